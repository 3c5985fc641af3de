import Dispatch
import PluginKit

/// A cancellation that is raised when another is, or when a time has passed on the monotonic clock.
final class TimedCancellation: Sendable {
  let cancellation = Cancellation()
  private let deadline: Double

  init(_ outer: Cancellation, _ timeout: Duration) {
    let milliseconds = Double(timeout.components.seconds) * 1e3 + Double(timeout.components.attoseconds) * 1e-15
    deadline = monotonicMilliseconds() + milliseconds
    watch(outer)
  }

  var hasTimedOut: Bool { monotonicMilliseconds() >= deadline }

  /// Looks at the outer flag and the clock until the call has ended.
  private func watch(_ outer: Cancellation) {
    let remaining = deadline - monotonicMilliseconds()
    if outer.isCancelled || remaining <= 0 {
      cancellation.cancel()
      return
    }
    let pause = Int(max(1, min(20, remaining)))
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(pause)) { [weak self] in self?.watch(outer) }
  }
}
