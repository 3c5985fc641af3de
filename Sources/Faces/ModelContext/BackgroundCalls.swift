import JSON
import Kernel
import Synchronization

/// Calls that were answered at once, and what became of them; the last ones are kept. Guarded by `state`.
final class BackgroundCalls: Sendable {
  enum Outcome: Sendable {
    case running(ActiveCall)
    case done(JSON)
    case failed(Fault)
  }

  private struct State {
    var next = 1
    var calls: [String: (method: String, outcome: Outcome?)] = [:]
    /// Ended ones, oldest first.
    var ended: [String] = []
  }

  /// Ended calls whose values are kept.
  static let kept = 100
  private let state = Mutex(State())

  /// A name for a call that is about to be made.
  func begin(_ method: String) -> String {
    state.withLock { state in
      let name = "call-\(state.next)"
      state.next += 1
      state.calls[name] = (method, nil)
      return name
    }
  }

  /// The call runs now, unless it has ended already.
  func runs(_ name: String, _ call: ActiveCall) {
    state.withLock { state in
      if let known = state.calls[name], known.outcome == nil { state.calls[name] = (known.method, .running(call)) }
    }
  }

  func end(_ name: String, _ result: Result<JSON, Fault>) {
    state.withLock { state in
      guard let known = state.calls[name] else { return }
      switch result {
      case .success(let value): state.calls[name] = (known.method, .done(value))
      case .failure(let fault): state.calls[name] = (known.method, .failed(fault))
      }
      state.ended.append(name)
      if state.ended.count > Self.kept { state.calls[state.ended.removeFirst()] = nil }
    }
  }

  func find(_ name: String) -> (method: String, outcome: Outcome?)? { state.withLock { $0.calls[name] } }

  var running: [ActiveCall] {
    state.withLock { state in
      state.calls.values.compactMap { call in
        if case .running(let running)? = call.outcome { running } else { nil }
      }
    }
  }
}
