import Dispatch
import PluginKit

/// The cancellation of one cell: raised with that of the whole run, when the cell's time has passed on the monotonic
/// clock, or by itself.
struct CellCancellation: Sendable {
  let cancellation: Cancellation
  private let deadline: Double?

  init(_ outer: Cancellation, timeout: Duration?) {
    let cancellation = Cancellation(within: outer)
    self.cancellation = cancellation
    guard let timeout else {
      deadline = nil
      return
    }
    let milliseconds = Double(timeout.components.seconds) * 1e3 + Double(timeout.components.attoseconds) * 1e-15
    deadline = monotonicMilliseconds() + milliseconds
    let nanoseconds = Int(min(milliseconds * 1e6, 1e18))
    // A cell that has ended holds its flag no longer.
    DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak cancellation] in
      cancellation?.cancel()
    }
  }

  var hasTimedOut: Bool { deadline.map { monotonicMilliseconds() >= $0 } ?? false }
}
