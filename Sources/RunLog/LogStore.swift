import Glibc
import JSON
import Synchronization

/// Artifacts, run log and index of one workspace: the folder `.quire/`.
///
///     let store = try LogStore.open(workspace: ".")
///     let value = try store.artifacts.put(bytes)
///     try store.start(RunStart(run: run, …))
///     try store.finish(RunFinish(run: run, state: .ok, outputs: […], elapsedMilliseconds: 12.5))
///
/// Opening and looking write nothing; the first write makes what is missing, recovers what a killed process left,
/// and begins a session. Several processes may work on one workspace side by side. `state` guards the session;
/// calls may come from any thread.
public final class LogStore: Sendable {
  public struct Options: Sendable {
    /// The program and its version, for `log.open`.
    public var by = "quire"
    /// `env` of `session.start`: versions, system, processor, numeric library.
    public var environment: JSON = .object([:])
    /// How long a writer waits for another process's append, in seconds.
    public var lockTimeout = 10.0
    /// Refuse to write even where the folder allows it.
    public var isReadOnly = false
    /// The paper store's `commit_log`, asked for when a recovery runs.
    public var commits: (@Sendable () throws -> [CommitRecord])?
    package var segmentLimit = 64 << 20
    package var onStep: StepHook?

    public init() {}
  }

  /// Whether the store may be written, and if not, why.
  public enum Access: Sendable {
    case readWrite
    case readOnly(RunLogError)
  }

  public let artifacts: ArtifactStore
  /// The identifier of this process's session, which begins with its first entry.
  public let session: String
  public let access: Access
  let folder: StoreFolder
  let log: Log
  let index: LogIndex
  let options: Options
  private let state: Mutex<State>
  private let preparation: Preparation

  private struct State {
    var isStarted = false
    var hasRecovered = false
    var isClosed = false
  }

  /// The absolute path of `.quire`.
  public var path: String { folder.path }
  /// The absolute path of the folder that holds it.
  public var workspace: String { folder.workspace }
  /// Whether there is a store on disk yet.
  public var exists: Bool { folder.exists("format.json") }
  /// The store's identifier; `nil` before the first write.
  public var identifier: String? {
    let bytes = (try? folder.read("format.json")).flatMap { $0 }
    return bytes.flatMap { try? StoreFormat($0).store }
  }
  /// What is wrong with `index.sqlite`, when something is; nothing depends on it but time.
  public var indexTrouble: String? { index.trouble }

  /// Opens the store of a workspace, or the place where it will be made.
  ///
  /// A log that is damaged at or before HEAD, or a folder that cannot be written, is opened read-only (`access`).
  /// Throws `store.tooNew` for a store of a later format, `store.io` when the workspace cannot be read.
  public static func open(workspace: String, _ options: Options = Options()) throws -> LogStore {
    let folder = try StoreFolder(workspace: workspace, onStep: options.onStep)
    let index = LogIndex(folder: folder)
    let log = Log(
      folder: folder,
      options: Log.Options(by: options.by, lockTimeout: options.lockTimeout, segmentLimit: options.segmentLimit),
      mark: { index.mark(before: $0) })
    let access: Access
    if case .damaged(let error) = try log.inspect().condition {
      if error.kind == .tooNew { throw error }
      access = .readOnly(error)
    } else if options.isReadOnly {
      access = .readOnly(RunLogError(.readOnly, "the store was opened for reading only"))
    } else if !folder.isWritable {
      access = .readOnly(
        RunLogError(
          .readOnly, "the folder \(folder.exists("") ? ".quire" : "of the workspace") may not be written",
          hint: "change its permissions, or work on a copy"))
    } else {
      access = .readWrite
    }
    return LogStore(folder: folder, log: log, index: index, access: access, options: options)
  }

  private init(folder: StoreFolder, log: Log, index: LogIndex, access: Access, options: Options) {
    self.folder = folder
    self.log = log
    self.index = index
    self.access = access
    self.options = options
    session = UUIDv7.next()
    state = Mutex(State())
    let preparation = Preparation(folder: folder, log: log, index: index, access: access, session: session)
    self.preparation = preparation
    artifacts = ArtifactStore(folder: folder) { try preparation.run() }
  }

  deinit { close() }

  // MARK: - Writing

  /// Appends entries in one write. With `sync` they are durable when this returns; without, the sync of a later
  /// entry covers them.
  ///
  /// Throws `store.locked`, `store.readOnly`, `store.corrupt`, `store.io` (naming a full disk), and `params.value`
  /// for a number that has no canonical form.
  @discardableResult
  public func append(_ entries: [Entry], sync: Bool = true) throws -> [LoggedEntry] {
    try preparation.run()
    return try state.withLock { state in
      try recoverOnce(&state)
      return try write(entries, sync: sync, &state)
    }
  }

  private func write(_ entries: [Entry], sync: Bool, _ state: inout State) throws -> [LoggedEntry] {
    try log.exclusively { appender in try write(entries, sync: sync, &state, &appender) }
  }

  private func write(
    _ entries: [Entry], sync: Bool, _ state: inout State, _ appender: inout LogAppender
  ) throws -> [LoggedEntry] {
    guard !state.isClosed else { throw RunLogError(.readOnly, "the store was closed") }
    for entry in entries where entry.kind == .runFinish { try checkOutputs(of: entry) }
    let opening = state.isStarted ? [] : [Entry.sessionStart(environment: options.environment)]
    let logged = try appender.append(opening + entries, sync: sync, session: session)
    state.isStarted = true
    return Array(logged.dropFirst(opening.count))
  }

  /// A collector takes away what no entry names, under the same lock: so what an entry names is there.
  private func checkOutputs(of entry: Entry) throws {
    for output in entry.fields["outputs"]?.array?.compactMap(LoggedOutput.init) ?? []
    where artifacts.size(of: output.hash) != output.bytes {
      throw RunLogError(
        .artifactNotFound, "the output \(output.name) of the run is not in the store: \(output.hash)",
        hint: "run it again; a collector may have run at the same moment")
    }
  }

  /// Logs that a run begins; not durable by itself.
  @discardableResult
  public func start(_ run: RunStart) throws -> LoggedEntry? { try append([.runStart(run)], sync: false).first }

  /// Logs how a run ended; durable when this returns.
  @discardableResult
  public func finish(_ run: RunFinish) throws -> LoggedEntry? { try append([.runFinish(run)]).first }

  /// Logs a run that was answered from the cache: both entries in one write with one sync.
  @discardableResult
  public func hit(_ start: RunStart, _ finish: RunFinish) throws -> [LoggedEntry] {
    try append([.runStart(start), .runFinish(finish)])
  }

  /// Removes artifacts: first the entry `artifact.gc`, then the files. Returns what was removed.
  ///
  /// `choose` runs under the log's lock, so that no run ends between the choice and the removal. It may ask
  /// `artifacts` and the queries of this store, but not write.
  @discardableResult
  public func removeArtifacts(reason: String, choose: () throws -> [ContentHash]) throws -> [ContentHash] {
    try preparation.run()
    return try state.withLock { state in
      try recoverOnce(&state)
      return try log.exclusively { appender in
        let hashes = try choose()
        if hashes.isEmpty { return [] }
        _ = try write([.artifactGC(removed: hashes, reason: reason)], sync: true, &state, &appender)
        for hash in hashes { artifacts.remove(hash) }
        return hashes
      }
    }
  }

  /// Ends the session; nothing can be written afterwards.
  public func close() {
    state.withLock { state in
      if state.isClosed { return }
      if state.isStarted {
        _ = try? write([.sessionEnd()], sync: true, &state)
        // An index that has read to the end serves the next look as it is; one that is behind is copied for it.
        try? index.query { _ in }
      }
      state.isClosed = true
      preparation.end()
      index.close()
    }
  }

  // MARK: - Recovery

  /// Completes the log from the paper store's `commit_log` (rule h) and ends runs whose process is gone (rule d).
  /// It runs by itself before a session's first entry, with `Options.commits`.
  public func recover(commits: [CommitRecord] = []) throws {
    try preparation.run()
    try state.withLock { state in
      try recoverOnce(&state)
      if !commits.isEmpty { try recover(commits, &state) }
    }
  }

  private func recoverOnce(_ state: inout State) throws {
    if state.hasRecovered || state.isClosed { return }
    try recover(options.commits?() ?? [], &state)
    state.hasRecovered = true
  }

  private func recover(_ commits: [CommitRecord], _ state: inout State) throws {
    // The index reads the log before the lock is taken: after a loss of its file this takes a while.
    _ = try index.unfinishedRuns()
    try log.exclusively { appender in
      let living = try Session.living(folder)
      func isDead(_ session: String?) -> Bool { session.map { !living.contains($0) } ?? true }
      var entries: [Entry] = []
      let unfinished = try index.unfinishedRuns()
      if let lost = index.takeLostHead() {
        let detail = "the index knew \(lost.count) entries, the last with hash \(lost.hash)"
        entries.append(.recovered(rule: "witness", bytes: 0, detail: detail))
      }
      for (commit, session) in try index.unlogged(commits) where isDead(session) {
        entries.append(.imported(ImportBatch(run: commit.run, batch: commit.batch, counts: commit.counts)))
      }
      for run in unfinished where isDead(run.session) { entries.append(.runFinish(.processDied(run.run))) }
      if !entries.isEmpty { _ = try write(entries, sync: true, &state, &appender) }
    }
  }
}
