import Glibc
import JSON
import Kernel
import Synchronization

/// Tells a client how far its request has come: `begin` once, at most ten reports a second, `end` before the answer;
/// and the items of a list as they come. Guarded by `state`.
///
/// What is sent is sent under the lock, so that nothing can follow the end.
final class ProgressReporter: Sendable {
  private struct State {
    var begun = false
    var ended = false
    var lastTime = -1.0
    var lastPercentage = 0
  }

  /// Sends the params of a `$/progress`; one of the same topic that still waits to be written is replaced.
  typealias Send = @Sendable (_ params: JSON, _ topic: String?) -> Void

  /// The client's tokens: for progress, and for items.
  private let token: JSON?
  private let partialToken: JSON?
  private let title: String
  private let topic: String
  private let send: Send
  private let state = Mutex(State())

  /// - Parameter number: tells this reporter from every other of the session, whatever their tokens.
  init(token: JSON?, partialToken: JSON?, title: String, number: Int, send: @escaping Send) {
    self.token = token
    self.partialToken = partialToken
    self.title = title.cut(toBytes: 200)
    topic = "progress \(number)"
    self.send = send
  }

  func report(_ progress: Progress) {
    guard let token else { return }
    state.withLock { state in
      if state.ended { return }
      begin(&state, token)
      let now = monotonicSeconds()
      guard now - state.lastTime >= 0.1 else { return }
      state.lastTime = now
      var value: JSON.Object = ["kind": "report", "message": .string(progress.message)]
      if let fraction = progress.fraction, fraction.isFinite {
        state.lastPercentage = max(state.lastPercentage, Int(min(1, max(0, fraction)) * 100))
        value["percentage"] = JSON(state.lastPercentage)
      }
      // Only reports may replace each other while they wait.
      send(["token": token, "value": .object(value)], topic)
    }
  }

  /// Items of a list method, in their final order.
  func send(items: JSON) {
    guard let partialToken else { return }
    state.withLock { state in
      if !state.ended { send(["token": partialToken, "value": items], nil) }
    }
  }

  func end(_ message: String) {
    state.withLock { state in
      if state.ended { return }
      if let token {
        begin(&state, token)
        send(["token": token, "value": ["kind": "end", "message": .string(message.cut(toBytes: 200))]], nil)
      }
      state.ended = true
    }
  }

  private func begin(_ state: inout State, _ token: JSON) {
    if state.begun { return }
    state.begun = true
    send(
      [
        "token": token,
        "value": ["kind": "begin", "title": .string(title), "cancellable": true, "percentage": 0],
      ], nil)
  }
}

/// The monotonic clock.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
