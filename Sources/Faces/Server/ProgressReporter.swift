import Glibc
import JSON
import JSONRPC
import Kernel
import Synchronization

/// Tells a client how far its request has come: `begin` once, at most ten reports a second, `end` before the answer.
/// Guarded by `state`.
final class ProgressReporter: Sendable {
  private struct State {
    var begun = false
    var ended = false
    var lastTime = 0.0
    var lastPercentage = 0
  }

  private let token: JSON
  private let title: String
  private let send: @Sendable (JSON, _ topic: String?) -> Void
  private let state = Mutex(State())

  init(token: JSON, title: String, send: @escaping @Sendable (JSON, String?) -> Void) {
    self.token = token
    self.title = title
    self.send = send
  }

  func report(_ progress: Progress) {
    let values = state.withLock { state -> [JSON] in
      if state.ended { return [] }
      var values: [JSON] = []
      if !state.begun {
        state.begun = true
        values.append(["kind": "begin", "title": .string(title), "cancellable": true, "percentage": 0])
      }
      let now = monotonicSeconds()
      guard now - state.lastTime >= 0.1 else { return values }
      state.lastTime = now
      var value: JSON.Object = ["kind": "report", "message": .string(progress.message)]
      if let fraction = progress.fraction {
        state.lastPercentage = max(state.lastPercentage, min(100, Int(fraction * 100)))
        value["percentage"] = JSON(state.lastPercentage)
      }
      values.append(.object(value))
      return values
    }
    // Only reports may replace each other while they wait.
    for value in values { emit(value, topic: value["kind"] == "report" ? "progress \(token.text)" : nil) }
  }

  func end(_ message: String) {
    let values = state.withLock { state -> [JSON] in
      if state.ended { return [] }
      state.ended = true
      let begin: [JSON] =
        state.begun ? [] : [["kind": "begin", "title": .string(title), "cancellable": true, "percentage": 0]]
      return begin + [["kind": "end", "message": .string(message)]]
    }
    for value in values { emit(value, topic: nil) }
  }

  private func emit(_ value: JSON, topic: String?) { send(["token": token, "value": value], topic) }
}

/// The monotonic clock.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
