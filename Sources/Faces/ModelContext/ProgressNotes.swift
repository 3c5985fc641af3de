import JSON
import Kernel
import Server
import Synchronization

/// `notifications/progress` of one request: rising numbers, at most ten a second, none after the answer.
/// Guarded by `state`.
final class ProgressNotes: Sendable {
  private struct State {
    var hasEnded = false
    var lastTime = -1.0
    var last = -1.0
  }

  typealias Send = @Sendable (_ params: JSON, _ topic: String) -> Void

  private let token: JSON
  private let topic: String
  private let send: Send
  private let state = Mutex(State())

  init(token: JSON, number: Int, send: @escaping Send) {
    (self.token, self.topic, self.send) = (token, "progress \(number)", send)
  }

  func report(_ progress: Progress) {
    state.withLock { state in
      let now = monotonicSeconds()
      guard !state.hasEnded, now - state.lastTime >= 0.1 else { return }
      var params: JSON.Object = ["progressToken": token, "message": .string(progress.message)]
      if let fraction = progress.fraction, fraction.isFinite {
        let percent = (min(1, max(0, fraction)) * 1000).rounded() / 10
        guard percent > state.last else { return }
        state.last = percent
        params["total"] = 100
      } else {
        // The number has to rise although nobody knows how far the work has come.
        state.last = max(0, state.last + 0.001)
      }
      params["progress"] = .real(state.last)
      state.lastTime = now
      send(.object(params), topic)
    }
  }

  func end() { state.withLock { $0.hasEnded = true } }
}
