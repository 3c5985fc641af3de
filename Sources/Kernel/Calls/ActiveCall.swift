import Dispatch
import JSON
import PluginKit
import Synchronization

/// A call that was accepted: it is answered exactly once, and may be cancelled until then. Guarded by `state`.
public final class ActiveCall: Sendable {
  public typealias Reply = @Sendable (Result<JSON, Fault>) -> Void

  /// Who wants a call to stop.
  public enum StopReason: Sendable {
    case client, serverStops, deadline

    var fault: Fault {
      switch self {
      case .client: .cancelled
      case .serverStops: Fault(-32802, "server.stops", "the host stops")
      case .deadline: Fault(-32006, "request.deadline", "the request's own deadline passed")
      }
    }
  }

  private struct State {
    var started = false
    var reason: StopReason?
    /// Why the call was not accepted.
    var refusal: Fault?
    var reply: Reply?
  }

  let cancellation = Cancellation()
  /// What is to be done, and beside what it may run.
  let work: Work?
  private let state: Mutex<State>

  struct Work: Sendable {
    var method: String
    var effect: Effect
    var reads: [Resource] = []
    var writes: [Resource] = []
    /// Notes the text that a run is of; done between the edits that were accepted before and after the call.
    var capture: (@Sendable () -> Void)?
    /// A call that changes the store is answered after its rollback, however long that takes.
    var mayBeAbandoned = true
    var run: @Sendable (Cancellation) throws -> JSON
  }

  /// How long a running call may take to obey before its answer leaves without it.
  static let grace = DispatchTimeInterval.seconds(2)

  init(_ work: Work?, _ reply: @escaping Reply) {
    self.work = work
    state = Mutex(State(reply: reply))
  }

  /// Notes why the call cannot be accepted; the answer leaves when the call is started, like every other.
  func refuse(_ fault: Fault) { state.withLock { $0.refusal = fault } }

  func answerRefusal() {
    finish(.failure(state.withLock { $0.refusal } ?? .internalFault("a call without work")))
  }

  /// The caller's own deadline.
  func cancel(after milliseconds: Int) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
      self?.cancel(because: .deadline)
    }
  }

  /// Answers, unless it has been answered.
  func finish(_ result: Result<JSON, Fault>) {
    let reply = state.withLock { state in
      defer { state.reply = nil }
      return state.reply
    }
    reply?(result)
  }

  /// Does the work and answers, unless the call was cancelled while it waited.
  func perform() {
    let mustRun = state.withLock { state in
      state.started = true
      return state.reply != nil
    }
    guard mustRun, let work else { return }
    do {
      finish(.success(try work.run(cancellation)))
    } catch {
      var fault = Fault(any: error)
      if fault.code == Fault.cancelled.code, let reason = state.withLock({ $0.reason }) { fault = reason.fault }
      finish(.failure(fault))
    }
  }

  /// Asks the call to stop. One that waits is answered at once; one that runs is answered when it obeys, or after the
  /// grace time, and then its result is dropped when it comes.
  public func cancel(because reason: StopReason = .client) {
    let started = state.withLock { state in
      if state.reason == nil { state.reason = reason }
      return state.started
    }
    cancellation.cancel()
    if !started {
      finish(.failure(reason.fault))
    } else if work?.mayBeAbandoned ?? true {
      DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace) { self.abandon(because: reason) }
    }
  }

  /// Answers without waiting any longer, unless the call must tell how its write ended.
  public func abandon(because reason: StopReason) {
    if work?.mayBeAbandoned ?? true { finish(.failure(reason.fault)) }
  }
}
