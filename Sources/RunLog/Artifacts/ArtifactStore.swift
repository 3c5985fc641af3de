import Glibc
import Synchronization

/// What a file in the artifact store is: its content's SHA-256 and its size in bytes.
public struct StoredArtifact: Sendable, Hashable {
  public let hash: ContentHash
  public let bytes: Int
}

/// The content-addressed files of a store, `artifacts/ab/cdef…`: immutable, mode 0444, named by their SHA-256.
///
///     let stored = try store.artifacts.put(bytes)
///     try store.artifacts.bytes(of: stored.hash)
///
/// What `put` and `ArtifactStaging.commit` return is durable. `state` guards what this process knows of
/// artifacts it has hashed; everything else is the file system's.
public final class ArtifactStore: Sendable {
  let folder: StoreFolder
  /// Makes the store exist before the first write into it.
  private let prepare: @Sendable () throws -> Void
  private let state = Mutex(Knowledge())

  private struct Knowledge {
    /// The file as it was when its content was found to match its name.
    var verified: [ContentHash: FileStatus] = [:]
    /// Artifacts whose content was found not to match; the next `put` of such content replaces the file.
    var suspect: Set<ContentHash> = []
  }

  init(folder: StoreFolder, prepare: @escaping @Sendable () throws -> Void) {
    self.folder = folder
    self.prepare = prepare
  }

  // MARK: - Writing

  /// Stores bytes. Content that is there already is not written again.
  ///
  /// Throws `store.io` (naming a full disk as such) or `store.readOnly`; nothing half-written stays.
  @discardableResult
  public func put(_ bytes: [UInt8]) throws -> StoredArtifact {
    try prepare()
    let stored = StoredArtifact(hash: ContentHash(of: bytes), bytes: bytes.count)
    if try keepExisting(stored) { return stored }
    let staging = try makeStaging()
    try bytes.withUnsafeBytes { try staging.write($0) }
    return try staging.commit()
  }

  /// Begins an artifact whose bytes come in pieces.
  public func stage() throws -> ArtifactStaging {
    try prepare()
    return try makeStaging()
  }

  /// Stores a copy of a regular file.
  public func put(file path: String) throws -> StoredArtifact {
    let source = try OpenFile(path, name: path, O_RDONLY | O_NONBLOCK)
    guard try source.status().isRegular else {
      throw RunLogError(.fileFormat, "\(path) is not a regular file")
    }
    let staging = try stage()
    try source.forEachPiece { try staging.write($0) }
    return try staging.commit()
  }

  private func makeStaging() throws -> ArtifactStaging {
    try folder.makeFolder("artifacts")
    try folder.makeFolder("artifacts/tmp")
    let relative = "artifacts/tmp/" + UUIDv7.next()
    // The cleaner of dead stagings takes this lock exclusively, so it never sees a new file without its own lock.
    let guardian = try folder.open("artifacts/tmp", O_RDONLY | O_DIRECTORY)
    try guardian.lock(LOCK_SH)
    let file = try folder.open(relative, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, action: "write")
    let staging = ArtifactStaging(store: self, file: file, relative: relative)
    try file.lock()
    try folder.passed(.artifactOpened)
    return staging
  }

  /// Whether the content is there in full already; then it is durable when this returns.
  func keepExisting(_ stored: StoredArtifact) throws -> Bool {
    guard let status = FileStatus(path: path(of: stored.hash)), status.isRegular, status.size == stored.bytes,
      !state.withLock({ $0.suspect.contains(stored.hash) })
    else { return false }
    // Another writer may have renamed it a moment ago and not yet have synced the folder.
    try folder.syncFolder(ArtifactStore.shelf(of: stored.hash))
    return true
  }

  /// Names a synced staging file by its hash.
  func adopt(_ relative: String, as stored: StoredArtifact) throws {
    let shelf = ArtifactStore.shelf(of: stored.hash)
    if try folder.makeFolder(shelf) { try folder.syncFolder("artifacts") }
    try folder.rename(relative, to: ArtifactStore.relative(stored.hash))
    try folder.passed(.artifactRenamed)
    try folder.syncFolder(shelf)
    try folder.passed(.artifactFolderSynced)
    state.withLock { _ = $0.suspect.remove(stored.hash) }
  }

  /// Removes staging files of processes that are gone (recovery rule e).
  static func removeDeadStagings(_ folder: StoreFolder) throws {
    guard let guardian = try folder.openExisting("artifacts/tmp", O_RDONLY | O_DIRECTORY),
      try guardian.tryLock()
    else { return }
    for name in try folder.names(in: "artifacts/tmp") {
      let relative = "artifacts/tmp/" + name
      guard let file = try? folder.openExisting(relative, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { continue }
      if (try? file.tryLock()) == true { folder.remove(relative) }
    }
  }

  // MARK: - Reading

  static func shelf(of hash: ContentHash) -> String { "artifacts/" + hash.hex.prefix(2) }
  static func relative(_ hash: ContentHash) -> String { "\(shelf(of: hash))/\(hash.hex.dropFirst(2))" }

  /// Where the artifact's file is, or would be.
  public func path(of hash: ContentHash) -> String { folder.path(ArtifactStore.relative(hash)) }

  /// The artifact's size in bytes; `nil` when there is no regular file of that name.
  public func size(of hash: ContentHash) -> Int? {
    guard let status = FileStatus(path: path(of: hash)), status.isRegular else { return nil }
    return status.size
  }

  /// Opens an artifact for reading. Throws `artifact.notFound`.
  public func open(_ hash: ContentHash) throws -> ArtifactFile {
    let relative = ArtifactStore.relative(hash)
    // A pipe or a device put in its place must not make the process wait.
    let file = try? folder.openExisting(relative, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    guard let file, let status = try? file.status(), status.isRegular else {
      throw RunLogError(
        .artifactNotFound, "the artifact \(hash) is not in the store",
        hint: "run the cell that makes it again, or copy \(folder.name(relative)) from where the run was made")
    }
    return ArtifactFile(hash: hash, file: file, bytes: status.size)
  }

  /// The artifact's whole content, checked against its hash. Throws `artifact.notFound`, `artifact.hash`.
  public func bytes(of hash: ContentHash) throws -> [UInt8] {
    let file = try open(hash)
    let bytes = try file.read(at: 0, count: file.bytes)
    guard ContentHash(of: bytes) == hash else { throw mismatch(hash) }
    return bytes
  }

  /// Reads the artifact and compares it with its name; returns its size in bytes.
  ///
  /// Throws `artifact.notFound`, `artifact.hash`. After `artifact.hash` the next `put` of the right content
  /// replaces the file.
  @discardableResult
  public func verify(_ hash: ContentHash) throws -> Int {
    let artifact = try open(hash)
    let before = try artifact.file.status()
    var hasher = ContentHasher()
    try artifact.file.forEachPiece { hasher.update($0) }
    guard hasher.finish() == hash else { throw mismatch(hash) }
    state.withLock { $0.verified[hash] = before }
    return before.size
  }

  /// `verify`, but only once a process for a file that has not changed since, and never for one of more than
  /// `limit` bytes, of which only the size is compared.
  public func verifyOnce(_ hash: ContentHash, bytes: Int, limit: Int) throws {
    guard let status = FileStatus(path: path(of: hash)), status.isRegular else {
      _ = try open(hash)
      return
    }
    guard status.size == bytes else { throw mismatch(hash) }
    if bytes > limit || state.withLock({ $0.verified[hash] }) == status { return }
    try verify(hash)
  }

  private func mismatch(_ hash: ContentHash) -> RunLogError {
    state.withLock {
      $0.suspect.insert(hash)
      $0.verified[hash] = nil
    }
    return RunLogError(
      .artifactHash, "the content of the artifact \(hash) is not what its name says",
      hint: "run the cell that makes it again; its file is then replaced")
  }

  /// The hashes of all files in the store whose names are hashes, sorted.
  public func hashes() throws -> [ContentHash] {
    try folder.names(in: "artifacts").filter { $0.utf8.count == 2 }.flatMap { shelf in
      try folder.names(in: "artifacts/" + shelf).compactMap { ContentHash(hex: shelf + $0) }
    }
  }

  func remove(_ hash: ContentHash) {
    folder.remove(ArtifactStore.relative(hash))
    state.withLock { $0.verified[hash] = nil }
  }
}

/// An artifact opened for reading. It holds nothing that changes, so threads may share it.
public final class ArtifactFile: Sendable {
  public let hash: ContentHash
  public let bytes: Int
  let file: OpenFile

  init(hash: ContentHash, file: OpenFile, bytes: Int) {
    self.hash = hash
    self.file = file
    self.bytes = bytes
  }

  /// The descriptor, for `pread` and `mmap`; valid while this object lives.
  public var descriptor: Int32 { file.descriptor }

  /// The bytes of a range, fewer where the artifact ends before it.
  public func read(at offset: Int, count: Int) throws -> [UInt8] { try file.read(at: offset, count: count) }

  /// Fills a buffer from a byte offset; returns how many bytes there were.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    try file.read(into: buffer, at: offset)
  }
}
