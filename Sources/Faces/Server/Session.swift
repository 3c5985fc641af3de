import Dispatch
import JSON
import JSONRPC
import Kernel
import Logging
import Synchronization

/// One client's session over one endpoint: its life from `initialize` to `exit`, and which calls are in flight.
///
/// What the kernel can do it does by `Kernel.prepare`; only the methods of a session's life are answered here.
/// Guarded by `state`.
final class Session: Endpoint.Handler, LiveSession {
  private struct State {
    var phase = Phase.fresh
    var roots: [String]
    var wantsCellEvents = false
    /// The calls in flight by their ids, of which several may be the same; each has its own number.
    var calls: [RequestID: [Int: ActiveCall]] = [:]
    /// Numbers of calls that are not answered yet.
    var open: Set<Int> = []
    var nextNumber = 0
    var tokens: Set<String> = []
    /// Requests that were accepted and are not yet answered.
    var pending = 0
    /// Calls that were accepted and whose answers have not been handed on; what the limit is about.
    var unanswered = 0
    var waiters: [DispatchSemaphore] = []
    /// Cancels for ids that are not known yet, with their place in the order of arrival: the requests may stand in a
    /// body that is still being parsed, or behind it.
    var earlyCancels: [RequestID: Int] = [:]
    var unknownNotifications = 0
  }

  private enum Phase { case fresh, ready, shutDown }

  private let kernel: Kernel
  private let log: Logger
  private let messageLimit: Int
  private let pendingLimit: Int
  private let state: Mutex<State>
  private let watchProcess: @Sendable (Int) -> Void
  private let exit: @Sendable (_ afterShutdown: Bool) -> Void
  private let connection = Mutex<Endpoint?>(nil)

  /// - Parameter exit: ends the process.
  init(
    _ kernel: Kernel, _ log: Logger, _ options: Serve.Options,
    watchProcess: @escaping @Sendable (Int) -> Void, exit: @escaping @Sendable (_ afterShutdown: Bool) -> Void
  ) {
    self.kernel = kernel
    self.log = log
    messageLimit = options.messageLimit
    pendingLimit = options.pendingLimit
    self.watchProcess = watchProcess
    self.exit = exit
    state = Mutex(State(roots: options.roots))
  }

  func attach(_ endpoint: Endpoint) { connection.withLock { $0 = endpoint } }

  func isImmediate(_ method: String) -> Bool {
    method == "ping" || method == "$/cancelRequest" || kernel.isInline(method)
  }

  func note(_ event: Endpoint.Event) {
    switch event {
    case .cutAtTheEnd(let bytes): log.warning("the input ended inside a message; \(bytes) bytes are dropped")
    case .refused(let error): log.info("refused: \(error.code) \(error.kind): \(error.message)")
    }
  }

  // MARK: - Notifications

  func handle(_ notification: IncomingNotification) {
    let phase = state.withLock { $0.phase }
    switch notification.method {
    case "exit": exit(phase == .shutDown)
    case "$/cancelRequest":
      if phase == .ready, let id = notification.params?["id"].flatMap(RequestID.init) { cancel(id, notification.order) }
    case "initialized": break
    case let name where name.utf8.starts(with: "$/".utf8): break
    case let name:
      let count = state.withLock { state in
        state.unknownNotifications += 1
        return state.unknownNotifications
      }
      log.info("dropped the notification '\(name.cut(toBytes: 80))', the \(count). that is not known")
    }
  }

  private func cancel(_ id: RequestID, _ order: Int) {
    let isParsing = connection.withLock { $0 }?.isParsing ?? false
    let calls = state.withLock { state -> [ActiveCall] in
      if isParsing, state.earlyCancels.count < pendingLimit { state.earlyCancels[id] = order }
      return state.calls[id].map { Array($0.values) } ?? []
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
    guard kernel.knows(request.method) else {
      request.reply(.failure(rpcError(kernel.notFound(request.method))))
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
    switch request.method {
    case "ping": request.reply(Self.ping(params))
    case "initialize": initialize(request, params)
    case "shutdown": shutdown(request)
    case "rpc.discover": accept(request, params)
    default:
      if phase == .fresh {
        request.reply(.failure(RPCError(-32002, "send initialize first", kind: "session.notInitialized")))
      } else {
        accept(request, params)
      }
    }
  }

  private static func ping(_ params: JSON) -> Result<JSON, RPCError> {
    switch params["echo"] {
    case nil, .bool(false)?: .success([:])
    case .bool(true)?: .success(["payload": params["payload"] ?? .null])
    case let other?:
      .failure(
        RPCError(
          -32602, "params/echo: must be a boolean, not \(other.typeName)", kind: "params.schema", ["path": "/echo"]))
    }
  }

  private func initialize(_ request: IncomingRequest, _ params: JSON) {
    if state.withLock({ $0.phase != .fresh }) {
      request.reply(.failure(.invalidRequest("initialize was sent before", kind: "session.initialized")))
      return
    }
    let answer: Kernel.Greeting
    do throws(Fault) {
      answer = try kernel.greet(params)
    } catch {
      request.reply(.failure(rpcError(error)))
      return
    }
    state.withLock { state in
      state.phase = .ready
      if !answer.roots.isEmpty { state.roots = answer.roots }
      state.wantsCellEvents = answer.wantsCellEvents
    }
    var result = answer.result
    result["capabilities"]?["limits"] = [
      "message": JSON(messageLimit), "depth": JSON(JSON.maximumDepth), "pending": JSON(pendingLimit),
    ]
    request.reply(.success(result))
    if let id = answer.processID { watchProcess(id) }
  }

  private func shutdown(_ request: IncomingRequest) {
    let calls = state.withLock { state in
      state.phase = .shutDown
      state.pending += 1
      return state.calls.values.flatMap(\.values)
    }
    for call in calls { call.cancel(because: .serverStops) }
    kernel.whenIdle(within: 2) {
      for call in calls { call.abandon(because: .serverStops) }
      request.reply(.success(.null))
      self.state.withLock { Self.countAnswer(&$0) }
    }
  }

  /// Cancels everything that is in flight.
  func cancelAll(because reason: ActiveCall.StopReason) {
    let calls = state.withLock { $0.calls.values.flatMap(\.values) }
    for call in calls { call.cancel(because: reason) }
  }

  /// Answers what was cancelled and goes on all the same.
  func abandonAll() {
    let calls = state.withLock { $0.calls.values.flatMap(\.values) }
    for call in calls { call.abandon(because: .serverStops) }
  }

  // MARK: - Calls of the kernel

  private func accept(_ request: IncomingRequest, _ given: JSON) {
    let extras: RequestExtras
    do throws(RPCError) {
      extras = try RequestExtras(given)
    } catch {
      request.reply(.failure(error))
      return
    }
    let admission = state.withLock { state -> Admission in
      guard state.unanswered < pendingLimit else { return .busy }
      if let token = extras.progressToken, !state.tokens.insert(token.text).inserted { return .tokenInUse }
      state.pending += 1
      state.unanswered += 1
      let number = state.nextNumber
      state.nextNumber += 1
      state.open.insert(number)
      return .number(number, roots: state.roots, wantsCellEvents: state.wantsCellEvents)
    }
    guard case .number(let number, let roots, let wantsCellEvents) = admission else {
      request.reply(.failure(refusal(admission, extras)))
      return
    }
    let reporter = ProgressReporter(
      token: extras.progressToken, partialToken: extras.partialToken, title: request.method, number: number
    ) { [weak self] params, topic in
      self?.notify("$/progress", params, topic)
    }

    var caller = Caller(roots: roots)
    caller.wantsRunDetails = extras.wantsRunDetails
    caller.deadlineMilliseconds = extras.deadlineMilliseconds
    if wantsCellEvents {
      caller.notify = { [weak self] method, params, topic in self?.notify(method, params, topic) }
    }
    if extras.progressToken != nil { caller.progress = { reporter.report($0) } }
    if extras.partialToken != nil { caller.partial = { reporter.send(items: $0) } }

    let tokenText = extras.progressToken?.text
    let call = kernel.prepare(request.method, extras.params, caller) { [weak self] result in
      let result = extras.partialToken == nil ? result : result.map { Self.sendItems(of: $0, by: reporter) }
      reporter.end(result.outcome)
      guard let self else { return }
      // Whoever reads the answer may send the next request and take the token again.
      self.state.withLock { state in
        state.unanswered -= 1
        if let tokenText { state.tokens.remove(tokenText) }
      }
      request.reply(result.mapError { self.rpcError($0) })
      self.forget(request.id, number)
    }
    let isParsing = connection.withLock { $0 }?.isParsing ?? false
    let mustCancel = state.withLock { state in
      // A deadline may have passed already.
      if state.open.contains(number) { state.calls[request.id, default: [:]][number] = call }
      if !isParsing { state.earlyCancels.removeAll() }
      return (state.earlyCancels[request.id] ?? -1) > request.order
    }
    kernel.start(call)
    if mustCancel { call.cancel() }
  }

  /// A list's items leave before it, in order and some at a time; the list itself is then empty.
  private static func sendItems(of value: JSON, by reporter: ProgressReporter) -> JSON {
    guard let items = value["items"]?.array else { return value }
    for start in stride(from: 0, to: items.count, by: 100) {
      reporter.send(items: .array(Array(items[start..<min(items.count, start + 100)])))
    }
    var rest = value
    rest["items"] = []
    return rest
  }

  private enum Admission {
    case busy, tokenInUse
    case number(Int, roots: [String], wantsCellEvents: Bool)
  }

  private func refusal(_ admission: Admission, _ extras: RequestExtras) -> RPCError {
    if case .tokenInUse = admission {
      return RPCError(
        -32602, "params\(extras.progressPath): in use by a request in flight", kind: "params.value",
        ["path": .string(extras.progressPath), "hint": "take a new token for each request"])
    }
    return RPCError(
      -32004, "\(pendingLimit) requests wait for their answers", kind: "busy", ["retryAfterMs": 100])
  }

  private func forget(_ id: RequestID, _ number: Int) {
    state.withLock { state in
      state.open.remove(number)
      state.calls[id]?[number] = nil
      if state.calls[id]?.isEmpty == true { state.calls[id] = nil }
      Self.countAnswer(&state)
    }
  }

  private static func countAnswer(_ state: inout State) {
    state.pending -= 1
    guard state.pending == 0 else { return }
    for waiter in state.waiters { waiter.signal() }
    state.waiters = []
  }

  /// Waits until every accepted request has its answer, at most so long.
  func waitForCalls(seconds: Double?) {
    let waiter = state.withLock { state -> DispatchSemaphore? in
      guard state.pending > 0 else { return nil }
      let waiter = DispatchSemaphore(value: 0)
      state.waiters.append(waiter)
      return waiter
    }
    _ = waiter?.wait(timeout: seconds.map { .now() + $0 } ?? .distantFuture)
  }

  private func notify(_ method: String, _ params: JSON, _ topic: String?) {
    connection.withLock { $0 }?.notify(method, params, topic: topic)
  }

  private func rpcError(_ fault: Fault) -> RPCError { RPCError(fault, log) }
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
  /// A fault as the wire carries it. What went wrong inside is for the log; the client gets the name under which it
  /// stands there.
  package init(_ fault: Fault, _ log: Logger) {
    guard fault.code == -32603 else {
      self.init(fault)
      return
    }
    let trace = String(UInt64.random(in: 0 ... .max), radix: 36)
    log.error("internal error \(trace): \(fault.message)")
    self.init(-32603, "a fault of ours; the log tells more under \(trace)", kind: fault.kind)
    data["trace"] = .string(trace)
  }

  private init(_ fault: Fault) {
    self.init(fault.code, fault.message.cut(toBytes: 199), kind: fault.kind)
    data = fault.data
  }
}
