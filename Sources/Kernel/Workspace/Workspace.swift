import Glibc
import JSON
import Linear
import PaperStore
import RunLog
import Synchronization

/// A folder with its `.quire/`: the log, the artifacts and the paper store. Each is opened when it is first needed.
/// Guarded by `state`.
public final class Workspace: Sendable {
  /// The folder that holds `.quire/`, absolute.
  public let root: String

  private struct State {
    var log: LogStore?
    var papers: PaperStore?
  }

  private let state = Mutex(State())

  public init(root: String) { self.root = root }

  /// `.quire/` itself.
  public var folder: String { root == "/" ? "/.quire" : root + "/.quire" }

  /// The nearest folder upward that holds a `.quire/`, else the folder itself.
  public static func nearest(from folder: String) -> String {
    var here = folder
    while true {
      var status = stat()
      if stat(here == "/" ? "/.quire" : here + "/.quire", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        return here
      }
      if here == "/" { return folder }
      here = Path.folder(of: here)
    }
  }

  func log() throws -> LogStore {
    try state.withLock { state in
      if let log = state.log { return log }
      let log = try LogStore.open(workspace: root, logOptions)
      state.log = log
      return log
    }
  }

  private var papersPath: String { folder + "/quire.sqlite" }

  private var logOptions: LogStore.Options {
    var options = LogStore.Options()
    options.by = "quire \(Kernel.version)"
    options.environment = Environment.json
    let path = papersPath
    // What the store committed and a kill kept out of the log.
    options.commits = {
      guard access(path, F_OK) == 0, let store = try? PaperStore(path: path, isReadOnly: true) else { return [] }
      defer { store.close() }
      return try store.commits().map { CommitRecord(run: $0.run, batch: $0.batch, counts: .init($0.counts)) }
    }
    return options
  }

  /// The paper store when there is one; looking makes none.
  func existingPapers() throws -> PaperStore? { access(papersPath, F_OK) == 0 ? try papers() : nil }

  func papers() throws -> PaperStore {
    let log = try log()
    let isReadOnly = if case .readOnly = log.access { true } else { false }
    // The folder is the log's to make.
    if !isReadOnly, access(papersPath, F_OK) != 0 { _ = try log.append([], sync: false) }
    return try state.withLock { state in
      if let papers = state.papers { return papers }
      let papers = try PaperStore(path: papersPath, isReadOnly: isReadOnly)
      state.papers = papers
      return papers
    }
  }

  /// Closes what was opened; the store's write-ahead log is folded in.
  public func close() {
    let (log, papers) = state.withLock { state in
      defer { state = State() }
      return (state.log, state.papers)
    }
    papers?.close()
    log?.close()
  }

  // MARK: - Artifacts and files

  /// The size of an artifact in bytes. Throws when it is not in the store.
  private func size(ofArtifact hash: ContentHash, at pointer: String) throws -> Int {
    if let size = try log().artifacts.size(of: hash) { return size }
    throw Fault(
      1401, "artifact.notFound", "no artifact sha256:\(hash.hex)", path: pointer, hint: "run the cell that makes it")
  }

  /// The hash itself, when there is such an artifact.
  func found(_ hash: ContentHash, at pointer: String) throws -> ContentHash {
    _ = try size(ofArtifact: hash, at: pointer)
    return hash
  }

  func openArtifact(_ hash: ContentHash, at pointer: String) throws -> (bytes: any ByteSource, media: String) {
    let log = try log()
    let size = try size(ofArtifact: hash, at: pointer)
    do {
      try log.artifacts.verifyOnce(hash, bytes: size, limit: Self.rehashLimit)
    } catch {
      throw Fault(
        1402, "artifact.hash", "the artifact sha256:\(hash.hex.prefix(12))… is damaged", path: pointer,
        hint: "run the cell that makes it with force")
    }
    let file = try log.artifacts.open(hash)
    return (ArtifactBytes(file), log.artifact(hash)?.media ?? "application/octet-stream")
  }

  /// Artifacts up to this size are hashed again at their first use in a session.
  private static let rehashLimit = 64 << 20
}

/// An artifact as bytes.
struct ArtifactBytes: ByteSource {
  let file: ArtifactFile

  init(_ file: ArtifactFile) { self.file = file }

  var count: Int { file.bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    let got = try file.read(into: buffer, at: offset)
    guard got == buffer.count else {
      throw Fault(1402, "artifact.hash", "the artifact sha256:\(file.hash.hex.prefix(12))… is cut short")
    }
  }
}

extension Workspace {
  /// Stands for the content of the paper store among the inputs of what reads it. Looking makes no store.
  func papersHash() throws -> ContentHash {
    ContentHash(of: Array((try existingPapers()?.contentTag() ?? "no papers").utf8))
  }

  /// One batch: a transaction of the store, and after it an entry of the log.
  func changePapers(
    run: String, batch: Int, source: String?, _ body: (PaperWriter) throws -> Void
  ) throws {
    try papersToWrite().write(run: run, batch: batch, body)
    try logBatch(run: run, batch: batch, source: source)
  }

  /// The store, for somebody who will write to it.
  func papersToWrite() throws -> PaperStore {
    if case .readOnly(let error) = try log().access { throw error }
    return try papers()
  }

  /// The entry of a batch that the store has.
  func logBatch(run: String, batch: Int, source: String?) throws {
    guard let commit = try papers().commit(run: run, batch: batch) else { return }
    try log().append([.imported(ImportBatch(run: run, batch: batch, source: source, counts: .init(commit.counts)))])
  }
}

extension ImportBatch.Counts {
  /// From the decisions that the store counted.
  init(_ decisions: [String: Int]) {
    self.init(
      added: decisions["new"] ?? 0, changed: (decisions["update"] ?? 0) + (decisions["merge"] ?? 0),
      same: decisions["same"] ?? 0, refused: (decisions["conflict"] ?? 0) + (decisions["skip"] ?? 0))
  }
}
