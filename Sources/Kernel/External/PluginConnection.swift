import Dispatch
import Glibc
import JSON
import JSONRPC
import PluginKit
import Synchronization
import Threads

/// One process of an external plugin and the runs in it, from its start to its end. Guarded by `state`.
final class PluginConnection: Sendable {
  /// What passes on a connection, as its observer hears it.
  enum Event: Sendable {
    /// The program answered a call of ours.
    case answered(method: String, Result<JSON, RPCError>)
    /// The program called us; the fault says why it was refused.
    case asked(method: String, Fault?)
    /// The program told something, of a run that is on or of another.
    case told(method: String, JSON, isOfRun: Bool)
    /// What it wrote to standard output was no message.
    case stray(String)
    /// The connection ended, for this reason.
    case ended(Fault)
  }

  private struct State {
    var runs: [String: ExternalRun] = [:]
    /// Calls of ours whose answer has not come.
    var waiting: [RequestID: Waiting] = [:]
    /// Set once; after that nothing is sent.
    var ending: Fault?
    /// Takes no more runs.
    var isRetired = false
    var lastLines: [String] = []
    var lastUse = DispatchTime.now()
  }

  /// An answer that a thread waits for.
  private final class Waiting: Sendable {
    let answer = Mutex<Result<JSON, Fault>?>(nil)
    let done = DispatchSemaphore(value: 0)

    func finish(_ result: Result<JSON, Fault>) {
      let isFirst = answer.withLock { answer in
        defer { answer = answer ?? result }
        return answer == nil
      }
      if isFirst { done.signal() }
    }
  }

  private let manifest: PluginManifest
  let process: ChildProcess
  let endpoint: Endpoint
  private let state = Mutex(State())
  private let log: @Sendable (String) -> Void
  private let observe: (@Sendable (Event) -> Void)?
  private let hasEnded = DispatchSemaphore(value: 0)
  /// Signalled when nothing more can come from its standard error.
  private let hasSaidAll = DispatchSemaphore(value: 0)

  var processID: Int { Int(process.processID) }
  /// Whether a run may still be made.
  var isOpen: Bool { state.withLock { $0.ending == nil && !$0.isRetired } }

  /// A line of what it writes to its standard error holds at most so much, and so many are kept for a crash's error.
  private static let longestLine = 2048
  private static let keptLines = 20
  /// How long it may take to obey a cancel: a little less than a call waits before it is answered without its method,
  /// so that the next call does not meet a program that is about to be ended.
  private static let grace = DispatchTimeInterval.milliseconds(1800)

  /// Starts the program and greets it. Throws when it does not answer in time, or as another plugin than its
  /// manifest says.
  init(_ manifest: PluginManifest, _ settings: ExternalPlugin.Settings) throws(Fault) {
    self.manifest = manifest
    log = { settings.log("\(manifest.name): \($0)") }
    observe = settings.observe
    let process = try ChildProcess(
      .init(
        words: manifest.command, folder: manifest.folder,
        environment: ["OPENBLAS_NUM_THREADS": "\(settings.jobs)", "OMP_NUM_THREADS": "\(settings.jobs)"],
        memory: manifest.limits.memoryMiB << 20))
    self.process = process
    // One that has ended must not end us when we write to it.
    signal(SIGPIPE, SIG_IGN)
    var options = Endpoint.Options()
    options.framing = .lines
    endpoint = Endpoint(input: process.output, output: process.input, options: options)
    PlainThread.start("quire-plugin-err") { self.readErrors() }
    PlainThread.start("quire-plugin") {
      self.endpoint.run(self)
      self.close(nil)
      self.hasEnded.signal()
    }
    do {
      let greeting = try call(
        "plugin/initialize",
        [
          "protocol": 1, "hostVersion": .string(Kernel.version), "workspace": nil,
          "numericThreads": JSON(settings.jobs),
        ], within: manifest.limits.startSeconds, cancellation: nil)
      let found = (greeting["name"]?.string, greeting["version"]?.string, greeting["protocol"]?.int)
      guard found == (manifest.name, manifest.version, 1) else {
        throw Fault(
          1101, "plugin.failed",
          "the program says that it is \(found.0 ?? "?") \(found.1 ?? "?") of protocol \(found.2.map(String.init) ?? "?"), the manifest says \(manifest.name) \(manifest.version) of protocol 1",
          hint: "make \(PluginManifest.fileName) and the program agree")
      }
    } catch {
      let fault = error as? Fault ?? Fault(any: error)
      end(fault)
      throw fault
    }
  }

  // MARK: - Calls

  /// Makes a run: its params go out, what the program asks meanwhile is answered by the run, its value comes back.
  /// `nil` when the program takes no more runs.
  func run(_ run: ExternalRun, _ cancellation: Cancellation) throws -> JSON? {
    let isTaken = state.withLock { state in
      guard !state.isRetired, state.ending == nil else { return false }
      state.runs[run.id] = run
      return true
    }
    guard isTaken else { return nil }
    defer {
      state.withLock { state in
        state.runs[run.id] = nil
        state.lastUse = .now()
      }
    }
    return try call("plugin/run", run.params, within: nil, cancellation: cancellation)
  }

  /// When nothing runs and nothing ran for so long: takes no more runs from now on, and says so.
  func retire(afterIdle seconds: Double) -> Bool {
    state.withLock { state in
      let idle = DispatchTime.now().uptimeNanoseconds - state.lastUse.uptimeNanoseconds
      state.isRetired = state.isRetired || state.runs.isEmpty && Double(idle) >= seconds * 1e9
      return state.isRetired
    }
  }

  private func call(
    _ method: String, _ params: JSON, within seconds: Double?, cancellation: Cancellation?
  ) throws -> JSON {
    if let ending = state.withLock({ $0.ending }) { throw ending }
    let waiting = Waiting()
    let id = endpoint.call(method, params) { [observe] answer in
      // Why the stream ended is told by `close`.
      if case .failure(let error) = answer, error.kind == "connection.closed" { return }
      observe?(.answered(method: method, answer))
      waiting.finish(answer.mapError { Fault(ofPlugin: $0) })
    }
    let isGone = state.withLock { state in
      state.waiting[id] = waiting
      return state.ending
    }
    if let isGone { waiting.finish(.failure(isGone)) }
    defer { state.withLock { $0.waiting[id] = nil } }
    try wait(waiting, id, method, seconds, cancellation)
    guard let answer = waiting.answer.withLock({ $0 }) else { throw Fault.internalFault("no answer of the plugin") }
    return try answer.get()
  }

  private func wait(
    _ waiting: Waiting, _ id: RequestID, _ method: String, _ seconds: Double?, _ cancellation: Cancellation?
  ) throws {
    let deadline = seconds.map { DispatchTime.now() + $0 }
    while waiting.done.wait(timeout: min(deadline ?? .distantFuture, .now() + .milliseconds(20))) == .timedOut {
      if let deadline, DispatchTime.now() >= deadline {
        let fault = Fault(
          1101, "plugin.failed", "\(manifest.name) did not answer \(method) within \(seconds ?? 0) s",
          hint: "raise limits.startSeconds in its manifest, or see what it writes to standard error")
        end(fault)
        throw fault
      }
      guard let cancellation, cancellation.isCancelled else { continue }
      endpoint.cancel(id)
      // One that does not obey in time is ended, and started again by the next call.
      if waiting.done.wait(timeout: .now() + Self.grace) == .timedOut {
        end(Fault(1102, "plugin.crashed", "\(manifest.name) was ended: it did not obey a cancel within 2 s"))
      }
      throw MethodError.cancelled
    }
  }

  // MARK: - The end

  /// Asks it to go, and ends it when it does not.
  func shutDown(within seconds: Double = 5) {
    guard state.withLock({ $0.ending == nil }) else { return }
    endpoint.call("plugin/shutdown", nil) { _ in }
    endpoint.notify("exit", nil)
    _ = hasEnded.wait(timeout: .now() + seconds)
    end(Fault(1102, "plugin.crashed", "\(manifest.name) was stopped"))
  }

  /// Ends the program at once; whoever waits gets the fault.
  func end(_ fault: Fault) {
    process.kill(SIGKILL)
    close(fault)
  }

  /// Tells everybody who waits; the first reason counts.
  private func close(_ fault: Fault?) {
    let fault = fault ?? crash()
    let (waiting, isFirst) = state.withLock { state in
      defer { state.ending = state.ending ?? fault }
      return (Array(state.waiting.values), state.ending == nil)
    }
    if isFirst { observe?(.ended(fault)) }
    for one in waiting { one.finish(.failure(fault)) }
  }

  /// The stream ended: how did the program?
  private func crash() -> Fault {
    // One that closed its output and lives on is of no use.
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace) { self.process.kill(SIGKILL) }
    let ending = process.wait()
    // Its last words may still be in the pipe; what it started itself may hold that open.
    _ = hasSaidAll.wait(timeout: .now() + .milliseconds(500))
    let lines = state.withLock { $0.lastLines }
    var fault = Fault(
      1102, "plugin.crashed", "\(manifest.name) \(ending.words)",
      hint: lines.last.map { "its last words: \($0.cut(toBytes: 160))" } ?? "run its command by hand to see why")
    fault.details["details"] = ["stderr": JSON(lines)]
    return fault
  }

  /// True when the program ended by itself, not because we ended it.
  var hasCrashed: Bool { state.withLock { $0.ending?.kind == "plugin.crashed" } }

  // MARK: - What it writes

  private func readErrors() {
    var line: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    func flush() {
      guard !line.isEmpty else { return }
      let text = String(decoding: line, as: UTF8.self)
      line.removeAll()
      state.withLock { state in
        state.lastLines.append(text)
        if state.lastLines.count > Self.keptLines { state.lastLines.removeFirst() }
      }
      log(text)
    }
    while true {
      let count = read(process.errors, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in chunk[..<count] {
        if byte == 0x0A { flush() } else if line.count < Self.longestLine { line.append(byte) }
      }
    }
    flush()
    hasSaidAll.signal()
  }
}

extension PluginConnection: Endpoint.Handler {
  func isImmediate(_ method: String) -> Bool { false }

  func note(_ event: Endpoint.Event) {
    if case .refused(let error) = event {
      log("refused: \(error.message)")
      observe?(.stray(error.message))
    }
  }

  func handle(_ request: IncomingRequest) {
    let params = request.params ?? [:]
    guard let run = run(of: params) else {
      request.reply(.failure(RPCError(-32602, "no run '\(params["run"]?.string ?? "")'", kind: "params.value")))
      return
    }
    // Files and the store are waited for elsewhere, so that progress and answers come through.
    PlainThread.start("quire-plugin-req") {
      do throws(Fault) {
        let answer = try run.answer(request.method, params)
        self.observe?(.asked(method: request.method, nil))
        request.reply(.success(answer))
      } catch {
        self.observe?(.asked(method: request.method, error))
        request.reply(.failure(RPCError(error.code, error.message, kind: error.kind)))
      }
    }
  }

  func handle(_ notification: IncomingNotification) {
    let params = notification.params ?? [:]
    if notification.method == "host/log" {
      log(params["message"]?.string?.cut(toBytes: Self.longestLine) ?? "")
    } else {
      let run = run(of: params)
      observe?(.told(method: notification.method, params, isOfRun: run != nil))
      run?.take(notification.method, params)
    }
  }

  /// What it prints on standard output is no message: the commonest mistake, and the run cannot be trusted any more.
  func handle(unreadable bytes: ArraySlice<UInt8>) -> Bool {
    let start = String(decoding: bytes.prefix(200), as: UTF8.self)
    observe?(.stray(start))
    end(
      Fault(
        1101, "plugin.failed",
        "\(manifest.name) wrote to standard output what is no message: \(start)".cut(toBytes: 199),
        hint: "print to standard error; standard output is for messages"))
    return true
  }

  private func run(of params: JSON) -> ExternalRun? {
    params["run"]?.string.flatMap { id in state.withLock { $0.runs[id] } }
  }
}

extension Fault {
  /// An error that an external plugin answered with: the kinds that a method may raise go through, all else is its
  /// failure.
  fileprivate init(ofPlugin error: RPCError) {
    let isKnown = error.code == -32602 || error.code == -32800 || (1000..<1500).contains(error.code)
    self.init(
      isKnown ? error.code : 1101, isKnown && !error.kind.isEmpty ? error.kind : "plugin.failed",
      error.message.cut(toBytes: 199), path: error.data["path"]?.string, hint: error.data["hint"]?.string)
    if isKnown {
      for member in ["row", "column"] { details[member] = error.data[member] }
    } else {
      details["details"] = ["error": error.json]
    }
  }
}
