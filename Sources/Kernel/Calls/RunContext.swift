import JSON
import Linear
import PaperStore
import PluginKit
import RunLog
import Synchronization

/// What a built-in method's `Context` stands on during one run. Guarded by `state`.
final class RunContext: ContextHost {
  struct Created: Sendable {
    var name: String
    var media: MediaType
    var bytes: Int
  }

  struct Gathered: Sendable {
    var displays: [JSON] = []
    var warnings: [JSON] = []
    /// By hash.
    var created: [String: Created] = [:]
    var batches = 0
  }

  let parameters: JSON
  let seed: UInt64
  let cancellation: Cancellation
  let workers: Workers
  private let call: PluginCall
  private let run: String
  private let inputs: [String: ResolvedInput]
  private let workspace: Workspace
  /// For a run of which nothing is kept: its artifacts go here, and memos are left alone.
  private let scratch: ArtifactStore?
  private let memoryBudget: Int
  private let state = Mutex(Gathered())

  init(
    _ call: PluginCall, run: String, inputs: [ResolvedInput], workspace: Workspace, scratch: ArtifactStore?,
    workers: Workers, memoryBudget: Int, cancellation: Cancellation
  ) {
    self.call = call
    self.run = run
    self.inputs = Dictionary(inputs.map { ($0.pointer, $0) }, uniquingKeysWith: { first, _ in first })
    self.workspace = workspace
    self.scratch = scratch
    self.memoryBudget = memoryBudget
    self.cancellation = cancellation
    self.workers = workers
    parameters = call.params
    seed = UInt64(call.seed ?? 0)
  }

  var gathered: Gathered { state.withLock { $0 } }

  func open(_ pointer: String) throws -> InputFile? {
    guard let input = inputs[pointer] else { return nil }
    return InputFile(bytes: input.bytes, name: input.displayName, part: input.part, sha256: input.hash.hex)
  }

  /// What another program is told of the file or artifact at a pointer: where it is, and what is in it.
  func input(_ pointer: String) -> JSON? {
    guard let input = inputs[pointer], let log = try? workspace.log() else { return nil }
    var told: JSON.Object = [
      "path": .string(input.path(log)), "media": .string(input.media), "bytes": JSON(input.bytes.count),
      "name": .string(input.displayName),
    ]
    told["part"] = input.part.map(JSON.string)
    // Tables are known by their name alone.
    let format: ArrayFile.Format? = input.media == "text/csv" ? .csv : nil
    if let array = try? ArrayFile(input.bytes, format: format).array(input.part) {
      told["dtype"] = .string(array.info.type.name)
      told["shape"] = .array(array.info.shape.map { JSON($0) })
    }
    return .object(told)
  }

  /// Takes a file that another program wrote as an artifact of this run.
  func adopt(file path: String, _ name: String, _ media: MediaType) throws -> ArtifactReference {
    let stored = try (scratch ?? workspace.log().artifacts).put(file: path)
    state.withLock { $0.created[stored.hash.hex] = Created(name: name, media: media, bytes: stored.bytes) }
    return ArtifactReference(sha256: stored.hash.hex)
  }

  func pdfText(_ pointer: String) throws -> [UInt8]? {
    guard let input = inputs[pointer] else { return nil }
    return try PDFText.read(input.bytes, name: input.displayName, pointer: pointer, cancellation)
  }

  func create(_ name: String, _ media: MediaType) throws -> any ArtifactSink {
    StagedSink(try (scratch ?? workspace.log().artifacts).stage()) { [self] stored in
      state.withLock { $0.created[stored.hash.hex] = Created(name: name, media: media, bytes: stored.bytes) }
    }
  }

  func display(_ bundle: JSON) { state.withLock { $0.displays.append(bundle) } }

  func warn(_ warning: Warning) {
    guard let json = try? JSON.Encoder().encode(warning) else { return }
    state.withLock { $0.warnings.append(json) }
  }

  func report(_ fraction: Double?, _ message: String) {
    call.caller.progress?(Progress(fraction: fraction, message: message))
  }

  func reserve(_ bytes: Int, for what: String) throws {
    guard bytes <= memoryBudget else {
      throw MethodError.data(
        .memory, pointer: "", message: "\(what) needs \(bytes >> 20) MiB; one call may hold \(memoryBudget >> 20) MiB",
        hint: "use fewer rows or columns, or raise the budget")
    }
  }

  func memo(_ key: [String]) throws -> ArtifactReference? { try memos([key])[0] }

  func memos(_ keys: [[String]]) throws -> [ArtifactReference?] {
    guard scratch == nil else { return keys.map { _ in nil } }
    let log = try workspace.log()
    let names = keys.map(memoKey)
    let known = log.memos(names)
    var isStored: [ContentHash: Bool] = [:]
    return names.map { name in
      guard let bytes = known[name], let hash = ContentHash(hex: String(decoding: bytes, as: UTF8.self)) else {
        return nil
      }
      let stored = isStored[hash] ?? (log.artifacts.size(of: hash) != nil)
      isStored[hash] = stored
      return stored ? ArtifactReference(sha256: hash.hex) : nil
    }
  }

  func remember(_ artifact: ArtifactReference, as key: [String]) throws { try remember(artifact, as: [key]) }

  func remember(_ artifact: ArtifactReference, as keys: [[String]]) throws {
    guard scratch == nil else { return }
    let value = Array(artifact.sha256.utf8)
    try workspace.log().remember(keys.map { (key: memoKey($0), value: value) })
  }

  func content(of artifact: ArtifactReference) throws -> (any ByteSource)? {
    guard let hash = ContentHash(hex: artifact.sha256) else { return nil }
    return try workspace.openArtifact(hash, at: "").bytes
  }

  /// A memo belongs to its method and the plugin's version.
  private func memoKey(_ key: [String]) -> String {
    JSON([call.plugin.name, call.plugin.version, call.descriptor.name] + key).text
  }

  func partial(_ item: JSON) { call.caller.partial?([item]) }

  // MARK: - The paper store

  func readPapers(_ body: (PaperReader) throws -> Void) throws {
    try mayReadPapers()
    try workspace.papers().read(body)
  }

  func changePapers(_ body: (PaperWriter) throws -> Void) throws {
    try mayWritePapers()
    try workspace.changePapers(run: run, batch: nextBatch(), source: batchSource, body)
  }

  // MARK: - The paper store, for a program of its own

  /// The store's file, for a program that opens it by itself; with `writing` the batch under which it writes.
  func openPapers(writing: Bool) throws -> (path: String, batch: Int?) {
    if writing { try mayWritePapers() } else { try mayReadPapers() }
    let store = try writing ? workspace.papersToWrite() : workspace.papers()
    return (store.path, writing ? nextBatch() : nil)
  }

  /// Logs a batch that such a program wrote.
  func logBatch(_ batch: Int) throws {
    try mayWritePapers()
    try workspace.logBatch(run: run, batch: batch, source: batchSource)
  }

  private func mayReadPapers() throws {
    guard call.descriptor.readsPapers || call.descriptor.writesStore else {
      throw MethodError.internal("\(call.descriptor.name) does not declare that it reads papers")
    }
  }

  private func mayWritePapers() throws {
    guard call.descriptor.writesStore else {
      throw MethodError.internal("\(call.descriptor.name) does not declare that it writes the store")
    }
    try cancellation.check()
  }

  private func nextBatch() -> Int {
    state.withLock { state in
      defer { state.batches += 1 }
      return state.batches
    }
  }

  private var batchSource: String? { inputs["/source"].map { Path.lastComponent($0.displayName) } }
}

/// An artifact that is being written by a method.
private final class StagedSink: ArtifactSink {
  private let staging: ArtifactStaging
  private let onCommit: (StoredArtifact) -> Void

  init(_ staging: ArtifactStaging, _ onCommit: @escaping (StoredArtifact) -> Void) {
    self.staging = staging
    self.onCommit = onCommit
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try staging.write(bytes) }

  func finish() throws -> ArtifactReference {
    let stored = try staging.commit()
    onCommit(stored)
    return ArtifactReference(sha256: stored.hash.hex)
  }

  func abandon() { staging.discard() }
}
