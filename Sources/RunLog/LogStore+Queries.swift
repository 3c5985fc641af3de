import Glibc
import JSON

/// The answer to a search for a cached result.
public struct CacheLookup: Sendable {
  /// The run whose outputs serve; each artifact is there, and the smaller ones were hashed again.
  public let result: RunRecord?
  /// Why a result that the log names cannot be used: an artifact is missing or was changed.
  public let warning: RunLogError?
}

extension LogStore {
  // MARK: - Results

  /// Artifacts above this size are not hashed again on a cache hit.
  public static let rehashLimit = 64 << 20

  /// The newest good result for a key. It is read from the log, not from the index, and its artifacts are looked
  /// at: a wrong one makes a miss and a warning, never a wrong answer.
  public func cachedResult(for key: ContentHash) -> CacheLookup {
    guard let places = (try? index.result(key: key.hex)).flatMap({ $0 }),
      let record = (try? record(places)).flatMap({ $0 }), record.key == key, record.state == .ok
    else { return CacheLookup(result: nil, warning: nil) }
    do {
      for output in record.outputs {
        try artifacts.verifyOnce(output.hash, bytes: output.bytes, limit: LogStore.rehashLimit)
      }
      return CacheLookup(result: record, warning: nil)
    } catch {
      let warning = error as? RunLogError ?? RunLogError(.io, "\(error)")
      return CacheLookup(result: nil, warning: warning)
    }
  }

  /// The newest good result for a key, by the index alone: enough to show that there is one. What builds on it asks
  /// `cachedResult`.
  public func resultSummary(for key: ContentHash) -> RunSummary? {
    (try? index.resultSummary(key: key.hex)).flatMap { $0 }
  }

  /// Whether each artifact of a run's result is there, by its size.
  public func hasArtifacts(of run: RunSummary) -> Bool {
    guard let files = run.outputs?.files else { return false }
    return files.allSatisfy { artifacts.size(of: $0.hash) == $0.bytes }
  }

  /// Key → run, for those keys that have a result; artifacts are not looked at.
  public func results(for keys: [ContentHash]) -> [ContentHash: String] {
    let found = (try? index.results(keys: keys.map(\.hex))) ?? [:]
    return keys.reduce(into: [:]) { table, key in table[key] = found[key.hex] }
  }

  /// The newest finished run for a key, whatever its end.
  public func lastRun(for key: ContentHash) -> RunSummary? { (try? index.lastRun(key: key.hex)).flatMap { $0 } }

  /// The newest run of a cell that has a result (`ok` or `cached`), for whatever key.
  public func latestResult(notebook: String, cell: String) -> RunSummary? {
    (try? index.cell(notebook: notebook, cell: cell, results: true)).flatMap { $0 }
  }

  /// `latestResult` of all cells of a notebook.
  public func latestResults(notebook: String) -> [String: RunSummary] {
    (try? index.cells(notebook: notebook, results: true)) ?? [:]
  }

  /// The newest run of each cell of a notebook, whatever its end.
  public func latestRuns(notebook: String) -> [String: RunSummary] {
    (try? index.cells(notebook: notebook, results: false)) ?? [:]
  }

  // MARK: - Runs

  /// Runs, newest first.
  ///
  /// - Parameters:
  ///   - since: UTC time as the log writes it; runs that began before are left out.
  ///   - cursor: the `seq` of the last run of the page before.
  public func runs(
    method: String? = nil, since: String? = nil, notebook: String? = nil, cursor: Int? = nil, limit: Int = 50
  ) throws -> [RunSummary] {
    try index.runs(method: method, since: since, notebook: notebook, before: cursor, limit: max(0, limit))
  }

  /// A run with its entries. Throws `log.notFound`, or `store.corrupt` when its entries no longer match.
  public func run(_ run: String) throws -> RunRecord {
    guard let places = try index.places(run: run) else {
      throw RunLogError(.runNotFound, "the log has no run \(run)", hint: "'quire log list' shows the runs")
    }
    guard let record = try record(places) else {
      throw LogScan.damaged("the entries of run \(run) are not where they were")
    }
    return record
  }

  private func record(_ places: RunPlaces) throws -> RunRecord? {
    guard let start = try EntryLine.read(folder, places.start), start.kind == .runStart,
      start.object["run"]?.string == places.run
    else { return nil }
    guard let place = places.finish else { return RunRecord(start: start, finish: nil) }
    guard let finish = try EntryLine.read(folder, place), finish.kind == .runFinish,
      finish.object["run"]?.string == places.run
    else { return nil }
    return RunRecord(start: start, finish: finish)
  }

  /// Calls `body` with every entry in order until it returns `false`; the chain is checked on the way.
  ///
  /// Throws `store.corrupt` where the chain breaks.
  public func forEachEntry(_ body: (LoggedEntry) throws -> Bool) throws {
    let scan = try LogScan.run(folder, from: .start) { try body($0) }
    if let fault = scan.fault { throw fault }
  }

  // MARK: - Artifacts and files

  /// What the log says of an artifact; `nil` for one that no entry names.
  public func artifact(_ hash: ContentHash) -> ArtifactRecord? { (try? index.artifact(hash)).flatMap { $0 } }

  /// Artifacts that the log names, in order of hash, those after `cursor`; of one media type when it is given.
  public func artifactRecords(
    after cursor: ContentHash? = nil, media: String? = nil, limit: Int = 50
  ) throws -> [ArtifactRecord] {
    try index.artifacts(after: cursor, media: media, limit: max(0, limit))
  }

  /// Sessions that are alive now, this process's own among them once it has written.
  public func livingSessions() throws -> Set<String> { try Session.living(folder) }

  /// The hash of a regular file's content. It is remembered by device, inode, size and both times, once these
  /// are over 2 s old; `rehash` reads the file in any case. `checkCancellation` is called once a mebibyte.
  ///
  /// Throws `file.notFound`, `file.format` (no regular file), `file.changed` (while it was read), `store.io`.
  public func hash(
    file path: String, rehash: Bool = false, checkCancellation: () throws -> Void = {}
  ) throws -> HashedFile {
    guard let file = try OpenFile.existing(path, name: path, O_RDONLY | O_NONBLOCK | O_NOCTTY) else {
      throw RunLogError(.fileNotFound, "\(path) does not exist")
    }
    let status = try file.status()
    guard status.isRegular else { throw RunLogError(.fileFormat, "\(path) is not a regular file") }
    let identity = FileIdentity(status)
    if !rehash, let known = index.hash(of: identity) { return HashedFile(hash: known, identity: identity) }
    let began = WallClock.now()
    var hasher = ContentHasher()
    try file.forEachPiece { piece in
      try checkCancellation()
      hasher.update(piece)
    }
    guard FileIdentity(try file.status()) == identity else {
      throw RunLogError(.fileChanged, "\(path) was changed while it was read", hint: "run it again")
    }
    let hashed = HashedFile(hash: hasher.finish(), identity: identity)
    if identity.isSettled(at: began) { index.remember(hashed) }
    return hashed
  }

  /// Whether the file at a path still is the one that was hashed.
  public func isUnchanged(_ file: HashedFile, at path: String) -> Bool {
    let now = (try? OpenFile.existing(path, name: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)).flatMap { $0 }
    return (try? now?.status()).flatMap { $0 }.map { FileIdentity($0) == file.identity } ?? false
  }

  // MARK: - Memos

  /// A value that a method keeps between runs because it is dear to compute; it may be gone at any time.
  public func memo(_ key: String) -> [UInt8]? { memos([key])[key] }

  public func memos(_ keys: [String]) -> [String: [UInt8]] { index.memos(keys) }

  public func remember(_ memos: [(key: String, value: [UInt8])]) { index.remember(memos) }

  // MARK: - Trust

  /// The files that the log consists of, by their names in the store: HEAD first, so that a copy made in this order
  /// never has a HEAD beyond its entries.
  public func logFiles() throws -> [String] {
    let segments = try folder.names(in: "log").filter { SegmentName.number($0) != nil }
    return ["format.json", "log/HEAD"] + segments.map { "log/" + $0 }
  }

  /// Which end the log has now; `nil` when nothing was logged yet. It differs whenever a run has ended since.
  public var end: LogEnd? { FileStatus(path: folder.path("log/HEAD")).map(LogEnd.init) }

  /// The log's end as HEAD has it, to be kept elsewhere. Throws `log.notFound` when nothing was logged yet.
  public func checkpoint() throws -> Checkpoint {
    guard let head = try folder.read("log/HEAD").flatMap(Head.init), let hash = ContentHash(hex: head.hash) else {
      throw RunLogError(.runNotFound, "nothing was logged yet, so there is nothing to check against")
    }
    return Checkpoint(count: head.count, hash: hash, store: head.store)
  }
}

/// The end of a log, to be compared with a later one without reading either.
public struct LogEnd: Sendable, Equatable {
  private let head: FileStatus

  init(head: FileStatus) { self.head = head }
}
