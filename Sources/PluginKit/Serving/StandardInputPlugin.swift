import Glibc
import JSON
import JSONRPC
import Linear
import Synchronization
import Threads

/// Runs a plugin as a program of its own: a host calls its methods over standard input and output.
///
///     @main enum Readability {
///       static func main() { exit(StandardInputPlugin.run(ReadabilityPlugin.self)) }
///     }
///
/// The program needs `quire-plugin.json` and a schema file for each method beside it; the host checks params and
/// results against them.
public enum StandardInputPlugin {
  /// Serves until the host says `exit` or closes the pipe; the result is the exit status.
  public static func run(_ plugin: any Plugin.Type) -> Int32 {
    guard let streams = StandardStreams.take() else { return 4 }
    signal(SIGPIPE, SIG_IGN)
    let calls = CallPool("quire-method", limit: 64)
    let endpoint = Endpoint(input: streams.input, output: streams.output, onGone: { _exit(0) })
    let server = PluginServer(plugin, endpoint, calls)
    let couldRead = endpoint.run(server)
    endpoint.flush(stall: 1000)
    return couldRead ? 0 : 4
  }
}

/// The methods of a plugin behind an endpoint. Guarded by `state`.
private final class PluginServer: Endpoint.Handler {
  private struct State {
    var runs: [RequestID: Cancellation] = [:]
    var pool: ThreadPool?
    var threads = 1
  }

  private let plugin: any Plugin.Type
  private let methods: [String: any Method.Type]
  private let endpoint: Endpoint
  private let calls: CallPool
  private let state = Mutex(State())

  init(_ plugin: any Plugin.Type, _ endpoint: Endpoint, _ calls: CallPool) {
    self.plugin = plugin
    self.endpoint = endpoint
    self.calls = calls
    methods = Dictionary(plugin.methods.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func isImmediate(_ method: String) -> Bool { false }

  func handle(_ request: IncomingRequest) {
    switch request.method {
    case "plugin/initialize": request.reply(.success(greet(request.params ?? [:])))
    case "plugin/run": accept(request)
    case "plugin/shutdown": request.reply(.success(nil))
    default:
      request.reply(.failure(RPCError(-32601, "no method '\(request.method)'", kind: "method.notFound")))
    }
  }

  func handle(_ notification: IncomingNotification) {
    switch notification.method {
    case "$/cancelRequest":
      guard let id = notification.params?["id"].flatMap(RequestID.init) else { return }
      state.withLock { $0.runs[id] }?.cancel()
    case "exit":
      endpoint.flush(stall: 1000)
      exit(0)
    default: break
    }
  }

  private func greet(_ params: JSON) -> JSON {
    let threads = max(1, params["numericThreads"]?.int ?? 1)
    state.withLock { state in
      state.threads = threads
      state.pool = ThreadPool(threads: threads)
    }
    return ["name": .string(plugin.name), "version": .string(plugin.version), "protocol": 1]
  }

  private func accept(_ request: IncomingRequest) {
    let params = request.params ?? [:]
    guard let method = params["method"]?.string.flatMap({ methods[$0] }), let run = params["run"]?.string else {
      let name = params["method"]?.string ?? ""
      request.reply(.failure(RPCError(-32601, "no method '\(name)'", kind: "method.notFound")))
      return
    }
    let cancellation = Cancellation()
    let (pool, threads) = state.withLock { state in
      state.runs[request.id] = cancellation
      return (state.pool, state.threads)
    }
    let workers = Workers(
      jobs: threads, pool: pool ?? ThreadPool(threads: 1), checkCancellation: { try cancellation.check() })
    let host = WireHost(run: run, params, endpoint, workers, cancellation)
    calls.run {
      defer { self.state.withLock { $0.runs[request.id] = nil } }
      do {
        let value = try method.invoke(host.parameters, Context(host))
        request.reply(.success(["value": host.withNamesOfTheRun(value)]))
      } catch {
        request.reply(.failure(RPCError(error)))
      }
    }
  }
}

extension RPCError {
  /// From what a method threw.
  fileprivate init(_ error: any Error) {
    let known: MethodError =
      switch error {
      case let error as MethodError: error
      case let error as DecodingError: MethodError(error)
      default: .internal("\(error)")
      }
    let told = known.asMessage
    self.init(told.code, told.message, kind: told.kind, told.details)
    data["path"] = told.path.map(JSON.string)
    data["hint"] = told.hint.map(JSON.string)
  }
}
