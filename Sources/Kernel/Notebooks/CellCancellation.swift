import Dispatch
import PluginKit
import Synchronization

/// The cancellation of one cell: raised with that of the whole run, when the cell's time has passed on the monotonic
/// clock, or by itself.
final class CellCancellation: Sendable {
  let cancellation = Cancellation()
  private let outer: Cancellation
  private let deadline: Double?
  private let hasEnded = Atomic(false)

  /// How long after the outer flag this one is raised at the latest, in milliseconds.
  private static let pause = 20.0

  init(_ outer: Cancellation, timeout: Duration?) {
    self.outer = outer
    deadline = timeout.map {
      monotonicMilliseconds() + Double($0.components.seconds) * 1e3 + Double($0.components.attoseconds) * 1e-15
    }
    watch()
  }

  var hasTimedOut: Bool { deadline.map { monotonicMilliseconds() >= $0 } ?? false }

  /// The cell is done; nobody is to be told any more.
  func end() { hasEnded.store(true, ordering: .releasing) }

  private func watch() {
    if outer.isCancelled || hasTimedOut {
      cancellation.cancel()
      return
    }
    let remaining = deadline.map { $0 - monotonicMilliseconds() } ?? Self.pause
    let pause = Int(max(1, min(Self.pause, remaining)) * 1e6)
    DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(pause)) { [weak self] in
      guard let self, !hasEnded.load(ordering: .acquiring) else { return }
      watch()
    }
  }
}
