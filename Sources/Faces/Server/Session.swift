import Dispatch
import JSON
import JSONRPC
import Kernel
import Synchronization

/// One client's session over one endpoint: its life from `initialize` to `exit`, and which calls are in flight.
///
/// What the kernel can do it does by `Kernel.accept`; only the methods of a session's life are answered here.
/// Guarded by `state`.
final class Session: Endpoint.Handler {
  private struct State {
    var phase = Phase.fresh
    var roots: [String]
    var wantsCellEvents = false
    var calls: [RequestID: [ObjectIdentifier: ActiveCall]] = [:]
    var tokens: Set<String> = []
    /// Requests that were accepted and are not yet answered.
    var pending = 0
    var isWaitedFor = false
    /// Cancels for ids that are not known yet; they may stand in a body that is still being parsed.
    var earlyCancels: Set<RequestID> = []
  }

  private enum Phase { case fresh, ready, shutDown }

  static let pendingLimit = 10_000

  private let kernel: Kernel
  private let state: Mutex<State>
  private let watchProcess: @Sendable (Int) -> Void
  private let exit: @Sendable (Int32) -> Void
  private let allAnswered = DispatchSemaphore(value: 0)
  private let connection = Mutex<Endpoint?>(nil)

  /// - Parameter exit: ends the process with the status.
  init(
    _ kernel: Kernel, roots: [String], watchProcess: @escaping @Sendable (Int) -> Void,
    exit: @escaping @Sendable (Int32) -> Void
  ) {
    self.kernel = kernel
    self.watchProcess = watchProcess
    self.exit = exit
    state = Mutex(State(roots: roots))
  }

  func attach(_ endpoint: Endpoint) { connection.withLock { $0 = endpoint } }

  func isImmediate(_ method: String) -> Bool {
    method == "$/cancelRequest" || kernel.isInline(method) || Self.lifeMethods.contains(method)
  }

  private static let lifeMethods: Set<String> = ["initialize", "ping", "shutdown"]
  private static let beforeInitialize: Set<String> = ["initialize", "ping", "rpc.discover", "shutdown"]

  // MARK: - Notifications

  func handle(notification method: String, params: JSON?) {
    let phase = state.withLock { $0.phase }
    switch method {
    case "exit":
      // What shutdown has to answer is answered first.
      if phase == .shutDown { waitForCalls(seconds: 3) }
      exit(phase == .shutDown ? 0 : 1)
    case "$/cancelRequest" where phase == .ready:
      if let id = params?["id"].flatMap(RequestID.init) { cancel(id) }
    default: break
    }
  }

  private func cancel(_ id: RequestID) {
    let isParsing = connection.withLock { $0 }?.isParsing ?? false
    let calls = state.withLock { state -> [ActiveCall] in
      if let calls = state.calls[id] { return Array(calls.values) }
      if isParsing, state.earlyCancels.count < Self.pendingLimit { state.earlyCancels.insert(id) }
      return []
    }
    for call in calls { call.cancel() }
  }

  // MARK: - Requests

  func handle(_ request: IncomingRequest) {
    let phase = state.withLock { $0.phase }
    if phase == .shutDown {
      request.reply(.failure(.invalidRequest("after shutdown only exit is taken", kind: "session.shutDown")))
      return
    }
    if request.isInBatch, request.method == "initialize" || request.method == "shutdown" {
      request.reply(.failure(.invalidRequest("\(request.method) may not stand in a batch")))
      return
    }
    let params: JSON
    switch request.params {
    case nil: params = [:]
    case .array(let elements)? where elements.isEmpty: params = [:]
    case .array?:
      request.reply(
        .failure(
          RPCError(
            -32602, "params: all methods take named parameters", kind: "params.positional",
            ["path": "", "hint": "send an object"])))
      return
    case let object?: params = object
    }
    if phase == .fresh, !Self.beforeInitialize.contains(request.method) {
      request.reply(
        .failure(
          kernel.knows(request.method)
            ? RPCError(-32002, "send initialize first", kind: "session.notInitialized")
            : RPCError(kernel.notFound(request.method))))
      return
    }
    switch request.method {
    case "ping": request.reply(Self.ping(params))
    case "initialize": request.reply(initialize(params))
    case "shutdown": shutdown(request)
    default: accept(request, params)
    }
  }

  private static func ping(_ params: JSON) -> Result<JSON, RPCError> {
    guard params["echo"]?.bool == true else { return .success([:]) }
    return .success(["payload": params["payload"] ?? .null])
  }

  private func initialize(_ params: JSON) -> Result<JSON, RPCError> {
    let answer: Kernel.Greeting
    do throws(Fault) {
      answer = try kernel.greet(params)
    } catch {
      return .failure(RPCError(error))
    }
    let again = state.withLock { state in
      if state.phase != .fresh { return true }
      state.phase = .ready
      if !answer.roots.isEmpty { state.roots = answer.roots }
      state.wantsCellEvents = answer.wantsCellEvents
      return false
    }
    if again {
      return .failure(.invalidRequest("initialize was sent before", kind: "session.initialized"))
    }
    if let id = answer.processID { watchProcess(id) }
    return .success(answer.result)
  }

  private func shutdown(_ request: IncomingRequest) {
    let calls = state.withLock { state in
      state.phase = .shutDown
      state.pending += 1
      return state.calls.values.flatMap(\.values)
    }
    for call in calls { call.cancel(because: .serverStops) }
    kernel.whenIdle(within: 2) {
      request.reply(.success(.null))
      self.answered()
    }
  }

  /// Cancels everything that is in flight.
  func cancelAll() {
    let calls = state.withLock { $0.calls.values.flatMap(\.values) }
    for call in calls { call.cancel(because: .serverStops) }
  }

  // MARK: - Calls of the kernel

  private func accept(_ request: IncomingRequest, _ given: JSON) {
    var params = given
    let meta = params["_meta"]
    let token = params["workDoneToken"] ?? meta?["progressToken"]
    let partialToken = params["partialResultToken"]
    for name in ["_meta", "workDoneToken", "partialResultToken"] { params[name] = nil }

    var caller = Caller(roots: state.withLock { $0.roots })
    caller.wantsRunDetails = meta?["run"]?.bool == true
    caller.deadlineMilliseconds = meta?["deadlineMs"]?.int
    if state.withLock({ $0.wantsCellEvents }) {
      caller.notify = { [weak self] method, params, topic in self?.notify(method, params, topic) }
    }

    let reporter: ProgressReporter?
    if let token, token.string != nil || token.int != nil {
      let free = state.withLock { $0.tokens.insert(token.text).inserted }
      guard free else {
        request.reply(
          .failure(
            RPCError(
              -32602, "workDoneToken: in use by a request in flight", kind: "params.value",
              ["path": "/workDoneToken", "hint": "take a new token for each request"])))
        return
      }
      let made = ProgressReporter(token: token, title: request.method) { [weak self] params, topic in
        self?.notify("$/progress", params, topic)
      }
      caller.progress = { made.report($0) }
      reporter = made
    } else {
      reporter = nil
    }
    if let partialToken {
      caller.partial = { [weak self] items in
        self?.notify("$/progress", ["token": partialToken, "value": items], nil)
      }
    }

    let busy = state.withLock { state in
      guard state.pending < Self.pendingLimit else { return true }
      state.pending += 1
      return false
    }
    if busy {
      if let token { state.withLock { _ = $0.tokens.remove(token.text) } }
      request.reply(
        .failure(
          RPCError(
            -32004, "\(Self.pendingLimit) requests wait for their answers", kind: "busy", ["retryAfterMs": 100])))
      return
    }

    let tokenText = reporter == nil ? nil : token?.text
    let identity = Mutex<ObjectIdentifier?>(nil)
    let call = kernel.prepare(request.method, params, caller) { [weak self] result in
      reporter?.end(result.outcome)
      request.reply(result.mapError(RPCError.init))
      self?.forget(request.id, identity.withLock { $0 }, tokenText)
    }
    identity.withLock { $0 = ObjectIdentifier(call) }
    let isParsing = connection.withLock { $0 }?.isParsing ?? false
    let cancelNow = state.withLock { state in
      state.calls[request.id, default: [:]][ObjectIdentifier(call)] = call
      let wasCancelled = state.earlyCancels.remove(request.id) != nil
      if !isParsing { state.earlyCancels.removeAll() }
      return wasCancelled
    }
    kernel.start(call)
    if cancelNow { call.cancel() }
  }

  private func forget(_ id: RequestID, _ call: ObjectIdentifier?, _ token: String?) {
    state.withLock { state in
      if let token { state.tokens.remove(token) }
      guard let call else { return }
      state.calls[id]?[call] = nil
      if state.calls[id]?.isEmpty == true { state.calls[id] = nil }
    }
    answered()
  }

  /// Waits until every accepted request has its answer, at most so long.
  func waitForCalls(seconds: Int? = nil) {
    let pending = state.withLock { state in
      if state.pending > 0 { state.isWaitedFor = true }
      return state.pending
    }
    guard pending > 0 else { return }
    _ = allAnswered.wait(timeout: seconds.map { .now() + .seconds($0) } ?? .distantFuture)
  }

  /// Counts an answer that has left.
  private func answered() {
    let isLast = state.withLock { state in
      state.pending -= 1
      guard state.pending == 0, state.isWaitedFor else { return false }
      state.isWaitedFor = false
      return true
    }
    if isLast { allAnswered.signal() }
  }

  private func notify(_ method: String, _ params: JSON, _ topic: String?) {
    connection.withLock { $0 }?.notify(method, params, topic: topic)
  }
}

extension Result where Failure == Fault {
  fileprivate var outcome: String {
    switch self {
    case .success: "done"
    case .failure(let fault): fault.message
    }
  }
}

extension RPCError {
  init(_ fault: Fault) {
    self.init(fault.code, fault.message, kind: fault.kind)
    data = fault.data
  }
}
