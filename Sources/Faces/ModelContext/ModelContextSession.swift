import Dispatch
import JSON
import JSONRPC
import Kernel
import Logging
import Server
import Synchronization

/// One client's session of the Model Context Protocol, in either of its eras. Guarded by `state`.
final class ModelContextSession: Endpoint.Handler, LiveSession {
  struct State {
    /// Of the handshake, when there was one.
    var version: String?
    var requests: [RequestID: Pending] = [:]
    var nextNumber = 0
    var waiters: [DispatchSemaphore] = []
  }

  /// A request without its answer.
  struct Pending {
    var call: ActiveCall?
    /// The client no longer wants an answer.
    var isCancelled = false
    /// Lasts until it is cancelled, and keeps nobody waiting.
    var isSubscription = false
  }

  let kernel: Kernel
  let log: Logger
  let tools: ToolList
  let background = BackgroundCalls()
  let roots: [String]
  let pictures: PictureForm
  let state = Mutex(State())
  private let connection = Mutex<Endpoint?>(nil)

  init(_ kernel: Kernel, _ log: Logger, _ options: ServeModelContext.Options) {
    self.kernel = kernel
    self.log = log
    roots = options.roots
    pictures = options.pictures
    tools = ToolList(kernel, options.tools, isReadOnly: options.isReadOnly)
  }

  func attach(_ endpoint: Endpoint) { connection.withLock { $0 = endpoint } }

  func notify(_ method: String, _ params: JSON, topic: String? = nil) {
    connection.withLock { $0 }?.notify(method, params, topic: topic)
  }

  func isImmediate(_ method: String) -> Bool { method == "ping" || method == "notifications/cancelled" }

  func note(_ event: Endpoint.Event) {
    switch event {
    case .cutAtTheEnd(let bytes): log.warning("the input ended inside a message; \(bytes) bytes are dropped")
    case .refused(let error): log.info("refused: \(error.code) \(error.kind): \(error.message)")
    }
  }

  // MARK: - Notifications

  func handle(_ notification: IncomingNotification) {
    guard notification.method == "notifications/cancelled" else { return }
    guard let id = notification.params?["requestId"].flatMap(RequestID.init) else { return }
    let call = state.withLock { state -> ActiveCall? in
      guard let pending = state.requests[id] else { return nil }
      if pending.isSubscription {
        state.requests[id] = nil
      } else {
        state.requests[id]?.isCancelled = true
      }
      return pending.call
    }
    call?.cancel()
  }

  // MARK: - Requests

  func handle(_ request: IncomingRequest) {
    let params: JSON
    switch request.params {
    case nil: params = [:]
    case .object?: params = request.params ?? [:]
    default:
      request.reply(.failure(RPCError(-32602, "params: an object is expected", kind: "params.positional")))
      return
    }
    let era: Era
    do throws(RPCError) {
      if request.method != "initialize", try Era.isStateless(params) {
        era = .stateless
      } else if let version = state.withLock({ $0.version }) {
        era = .handshake(version: version)
      } else {
        era = try greeted(request.method)
      }
    } catch {
      request.reply(.failure(error))
      return
    }
    answer(request, params, era)
  }

  /// Before the handshake: what may be asked all the same.
  private func greeted(_ method: String) throws(RPCError) -> Era {
    switch method {
    case "server/discover": return .stateless
    case "initialize", "ping": return .handshake(version: Era.newestHandshake)
    case _ where Self.methods.contains(method):
      throw RPCError.invalidRequest("send initialize first, or the version in _meta", kind: "session.notInitialized")
    default: throw Self.unknown(method)
    }
  }

  private static let methods: Set<String> = [
    "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read", "prompts/list",
    "prompts/get", "logging/setLevel", "subscriptions/listen",
  ]

  private static func unknown(_ method: String) -> RPCError {
    RPCError(-32601, "no method '\(method.cut(toBytes: 80))'", kind: "method.notFound")
  }

  private func answer(_ request: IncomingRequest, _ params: JSON, _ era: Era) {
    switch request.method {
    case "initialize": initialize(request, params)
    case "ping" where era != .stateless: request.reply(.success([:]))
    case "logging/setLevel" where era != .stateless: request.reply(.success([:]))
    case "server/discover": request.reply(.success(era.dressed(discovered, isCacheable: true)))
    case "subscriptions/listen" where era == .stateless: listen(request)
    case "tools/call": callTool(request, params, era)
    case "tools/list", "resources/list", "resources/templates/list", "resources/read", "prompts/list", "prompts/get":
      // They may read files or many schemas, which the reading thread must not.
      guard begin(request) else { return }
      kernel.pool.run {
        self.finish(request, Result { () throws(RPCError) in try self.look(request.method, params, era) })
      }
    default: request.reply(.failure(Self.unknown(request.method)))
    }
  }

  private func initialize(_ request: IncomingRequest, _ params: JSON) {
    let wanted = params["protocolVersion"]?.string ?? ""
    let version = Era.handshakeVersions.contains(wanted) ? wanted : Era.newestHandshake
    state.withLock { $0.version = version }
    request.reply(
      .success([
        "protocolVersion": .string(version), "capabilities": Self.capabilities, "serverInfo": Era.serverInfo,
        "instructions": .string(Self.instructions),
      ]))
  }

  private static let capabilities: JSON = ["tools": [:], "resources": [:], "prompts": [:]]

  private static let instructions = """
    Quire runs analyses of papers and of representations (probes, erasure, topics, geometry) and logs every run. Find a \
    method with methods_find, read method_describe, call it with method_call; files are named as {"$file": "x.npy"}, \
    results of earlier calls as {"$artifact": "sha256:…"}. Scores come with intervals and baselines: report them, and \
    every warning.
    """

  private var discovered: JSON {
    [
      "supportedVersions": JSON(Era.statelessVersions), "capabilities": Self.capabilities,
      "instructions": .string(Self.instructions),
    ]
  }

  /// Nothing that is listed changes while the process lives, so nothing else is ever sent.
  private func listen(_ request: IncomingRequest) {
    guard begin(request, isSubscription: true) else { return }
    notify(
      "notifications/subscriptions/acknowledged",
      ["_meta": .object([Era.subscriptionKey: request.id.value]), "notifications": [:]])
  }

  // MARK: - Answers

  /// False when the id is in use; then the request was refused.
  func begin(_ request: IncomingRequest, isSubscription: Bool = false) -> Bool {
    let isNew = state.withLock { state in
      guard state.requests[request.id] == nil else { return false }
      state.requests[request.id] = Pending(isSubscription: isSubscription)
      return true
    }
    if !isNew { request.reply(.failure(.invalidRequest("the id belongs to a request in flight"))) }
    return isNew
  }

  /// Answers, unless the client cancelled the request: then nothing is sent.
  func finish(_ request: IncomingRequest, _ result: Result<JSON, RPCError>) {
    let mustAnswer = state.withLock { !($0.requests[request.id]?.isCancelled ?? true) }
    if mustAnswer { request.reply(result) }
    let waiters = state.withLock { state -> [DispatchSemaphore] in
      state.requests[request.id] = nil
      guard state.requests.values.allSatisfy(\.isSubscription) else { return [] }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.signal() }
  }

  // MARK: - The end

  func waitForCalls(seconds: Double?) {
    let waiter = state.withLock { state -> DispatchSemaphore? in
      guard !state.requests.values.allSatisfy(\.isSubscription) else { return nil }
      let waiter = DispatchSemaphore(value: 0)
      state.waiters.append(waiter)
      return waiter
    }
    _ = waiter?.wait(timeout: seconds.map { .now() + $0 } ?? .distantFuture)
  }

  private var calls: [ActiveCall] { state.withLock { $0.requests.values.compactMap(\.call) } + background.running }

  func cancelAll(because reason: ActiveCall.StopReason) { for call in calls { call.cancel(because: reason) } }

  func abandonAll() { for call in calls { call.abandon(because: .serverStops) } }
}
