import Crypto
import Dispatch
import Glibc
import JSON
import JSONRPC
import Linear
import PaperStore
import Synchronization

/// What a `Context` stands on in a program of its own: each need is a message to the host. Guarded by `created`.
final class WireHost: ContextHost {
  let parameters: JSON
  let seed: UInt64
  let cancellation: Cancellation
  let workers: Workers
  private let run: String
  private let inputs: JSON
  private let endpoint: Endpoint
  /// The artifacts of this run: hash to the name that the host knows them by.
  private let created = Mutex<(names: [String: String], count: Int)>(([:], 0))

  init(
    run: String, _ params: JSON, _ endpoint: Endpoint, _ workers: Workers, _ cancellation: Cancellation
  ) {
    self.run = run
    self.endpoint = endpoint
    self.workers = workers
    self.cancellation = cancellation
    parameters = params["params"] ?? [:]
    inputs = params["inputs"] ?? [:]
    seed = UInt64(max(0, params["seed"]?.int ?? 0))
  }

  // MARK: - Inputs and outputs

  func open(_ pointer: String) throws -> InputFile? {
    guard let input = JSON.Pointer(pointer).flatMap({ inputs[$0] }), let path = input["path"]?.string else {
      return nil
    }
    do {
      let bytes = try FileBytes(path: path)
      return InputFile(bytes: bytes, name: input["name"]?.string ?? "the input", part: input["part"]?.string)
    } catch {
      throw MethodError.notFound(what: "file", id: "at \(pointer): \(error)")
    }
  }

  func pdfText(_ pointer: String) throws -> [UInt8]? {
    try ask("host/pdfText", ["pointer": .string(pointer)])["text"]?.string.map { Array($0.utf8) }
  }

  func create(_ name: String, _ media: MediaType) throws -> any ArtifactSink {
    let unique = created.withLock { created in
      created.count += 1
      return "\(created.count) \(name)"
    }
    let answer = try ask("host/artifact.create", ["name": .string(unique), "media": .string(media.description)])
    return try WireSink(path: answer["path"]?.string ?? "") { [self] hash in
      created.withLock { $0.names[hash] = $0.names[hash] ?? unique }
    }
  }

  /// A value as the host wants it: the artifacts that this run made by the names that they were created under.
  func withNamesOfTheRun(_ value: JSON) -> JSON {
    let names = created.withLock { $0.names }
    return value.replacing { value, _ -> JSON? in
      guard let text = value["$artifact"]?.string, let name = names[String(text.dropFirst(7))] else { return nil }
      return ["$artifact": .string("run:\(name)")]
    }
  }

  func memo(_ key: [String]) throws -> ArtifactReference? {
    guard let text = try ask("host/memo", ["key": JSON(key)])["$artifact"]?.string else { return nil }
    return ArtifactReference(sha256: String(text.dropFirst(7)))
  }

  func remember(_ artifact: ArtifactReference, as key: [String]) throws {
    let reference = withNamesOfTheRun(["$artifact": .string("sha256:" + artifact.sha256)])
    _ = try ask("host/memo", ["key": JSON(key), "artifact": reference])
  }

  func memos(_ keys: [[String]]) throws -> [ArtifactReference?] { try keys.map(memo) }

  func remember(_ artifact: ArtifactReference, as keys: [[String]]) throws {
    for key in keys { try remember(artifact, as: key) }
  }

  /// The protocol lends no artifacts but the inputs.
  func content(of artifact: ArtifactReference) throws -> (any ByteSource)? { nil }

  // MARK: - Telling

  func display(_ bundle: JSON) { tell("host/display", ["display": bundle]) }

  func warn(_ warning: Warning) {
    guard let told = try? JSON.Encoder().encode(warning).object else { return }
    tell("host/warning", told)
  }

  func report(_ fraction: Double?, _ message: String) {
    endpoint.notify(
      "host/progress",
      [
        "run": .string(run), "done": .real(fraction ?? 0), "total": fraction == nil ? 0 : 1,
        "message": .string(message),
      ], topic: "progress \(run)")
  }

  func partial(_ item: JSON) { tell("host/partial", ["item": item]) }

  /// The host has limited the memory of this process.
  func reserve(_ bytes: Int, for what: String) throws {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max, UInt64(max(0, bytes)) > UInt64(limit.rlim_cur)
    else { return }
    throw MethodError.data(
      .memory, pointer: "",
      message: "\(what) needs \(bytes >> 20) MiB; this plugin may hold \(Int(limit.rlim_cur) >> 20) MiB",
      hint: "use fewer rows or columns, or raise limits.memoryMiB in its manifest")
  }

  // MARK: - The paper store

  func readPapers(_ body: (PaperReader) throws -> Void) throws {
    let grant = try ask("host/papers.open", ["write": false])
    try PaperStore(path: grant["path"]?.string ?? "", isReadOnly: true).read(body)
  }

  func changePapers(_ body: (PaperWriter) throws -> Void) throws {
    let grant = try ask("host/papers.open", ["write": true])
    guard let path = grant["path"]?.string, let batch = grant["batch"]?.int else {
      throw MethodError.internal("the host gave no batch to write")
    }
    try PaperStore(path: path).write(run: run, batch: batch, body)
    _ = try ask("host/papers.logBatch", ["batch": JSON(batch)])
  }

  // MARK: - Messages

  private func tell(_ method: String, _ params: JSON.Object) {
    var params = params
    params["run"] = .string(run)
    endpoint.notify(method, .object(params))
  }

  private func ask(_ method: String, _ params: JSON.Object) throws -> JSON {
    var params = params
    params["run"] = .string(run)
    let done = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<JSON, RPCError>?>(nil)
    endpoint.call(method, .object(params)) { result in
      answer.withLock { $0 = result }
      done.signal()
    }
    while done.wait(timeout: .now() + .milliseconds(50)) == .timedOut { try cancellation.check() }
    switch answer.withLock({ $0 }) {
    case .success(let value)?: return value
    case .failure(let error)?: throw MethodError.internal("\(method): \(error.message)")
    case nil: throw MethodError.internal("\(method) was not answered")
    }
  }
}

/// A file that the host made for an artifact; its hash is computed on the way.
private final class WireSink: ArtifactSink {
  private let descriptor: Int32
  private var hasher = SHA256()
  private let onFinish: (String) -> Void

  init(path: String, _ onFinish: @escaping (String) -> Void) throws {
    descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    self.onFinish = onFinish
    guard descriptor >= 0 else {
      throw MethodError.internal("cannot write the file of an artifact: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bufferPointer: bytes)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw MethodError.internal("cannot write an artifact: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }

  func finish() throws -> ArtifactReference {
    let hash = Digest.hexadecimal(hasher.finalize())
    onFinish(hash)
    return ArtifactReference(sha256: hash)
  }

  /// The host removes what no value names.
  func abandon() {}
}
