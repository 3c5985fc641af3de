import Glibc
import Synchronization

/// The append-only log of a store.
///
/// `state` guards what this process knows of the log's end. Between processes the `flock` on `.quire/lock` is
/// held while entries are appended; HEAD and the tail are read again under it, since others append too.
final class Log: Sendable {
  struct Options: Sendable {
    var by: String
    /// How long to wait for the lock, in seconds.
    var lockTimeout: Double
    /// A segment that has reached this many bytes is followed by a new one.
    var segmentLimit: Int
  }

  struct State {
    var store: String
    var position: LogPosition
    var head: Head?
    /// The segment of `position`, open for appending.
    var segment: OpenFile?
    /// What a repair found; written before the next entry.
    var pending: [Entry] = []
  }

  let folder: StoreFolder
  let options: Options
  /// A point of the log at or before entry `count` from which a scan may begin.
  private let mark: @Sendable (_ count: Int) -> LogPosition?
  private let state = Mutex<State?>(nil)

  init(folder: StoreFolder, options: Options, mark: @escaping @Sendable (Int) -> LogPosition?) {
    self.folder = folder
    self.options = options
    self.mark = mark
  }

  /// What is there, without changing anything.
  func inspect() throws -> LogInspection {
    let seen = try LogInspection(folder, mark: mark)
    guard case .damaged = seen.condition, let lock = try? folder.openExisting("lock") else { return seen }
    // Another process may have been appending or repairing meanwhile: look again while nobody does.
    try? LockFile.wait(for: lock, LOCK_SH, seconds: options.lockTimeout)
    return try LogInspection(folder, mark: mark)
  }

  /// Runs `body` while this process alone may append. Makes the store when there is none, and repairs a torn tail.
  ///
  /// Throws `store.locked` when another process holds the lock for too long, `store.corrupt` when the log is
  /// damaged at or before HEAD, `store.tooNew`, `store.readOnly`, `store.io`.
  func exclusively<T: Sendable>(_ body: (inout LogAppender) throws -> T) throws -> T {
    try state.withLock { state in
      try folder.makeFolder("")
      let lock = try LockFile.take(folder, seconds: options.lockTimeout)
      defer { lock.unlock() }
      try folder.passed(.lockTaken)
      let known = state
      state = nil
      var appender = try refreshed(known)
      do {
        let result = try body(&appender)
        state = appender.state
        return result
      } catch {
        // After a failed write the end is read again.
        if !appender.isUncertain { state = appender.state }
        throw error
      }
    }
  }

  /// The end of the log as it is now, repaired where the rules allow it.
  private func refreshed(_ known: State?) throws -> LogAppender {
    if let known, let appender = try caughtUp(known) { return appender }
    let found = try LogInspection(folder, mark: mark)
    switch found.condition {
    case .damaged(let error): throw error
    case .absent, .incomplete: return try create(found)
    case .usable:
      guard let store = found.store else { throw LogScan.damaged(".quire/format.json is missing") }
      let segment = try openSegment(found.position)
      var appender = LogAppender(
        log: self, state: State(store: store, position: found.position, head: found.head, segment: segment))
      if let torn = found.torn { try appender.setAside(torn) }
      // Rule g: killed between the first entry and the first HEAD.
      if found.head == nil { try appender.writeHead() }
      return appender
    }
  }

  private func openSegment(_ position: LogPosition) throws -> OpenFile? {
    try folder.openExisting(SegmentName.relative(position.segment), O_RDWR | O_APPEND)
  }

  /// The known end moved forward over what others have appended; `nil` when what is known no longer holds.
  private func caughtUp(_ known: State) throws -> LogAppender? {
    guard let segment = known.segment,
      let now = FileStatus(path: folder.path(SegmentName.relative(known.position.segment))),
      try segment.status().isSameFile(as: now), now.size >= known.position.offset,
      let head = try folder.read("log/HEAD").flatMap(Head.init), head.store == known.store,
      head.count >= known.position.count || head == known.head
    else { return nil }
    var state = known
    state.head = head
    let isUnchanged =
      now.size == known.position.offset && !folder.exists(SegmentName.relative(known.position.segment + 1))
    if isUnchanged, head == known.head { return LogAppender(log: self, state: state) }

    let scan = try LogScan.run(folder, from: known.position, head: head) { _ in true }
    if head.count >= known.position.count {
      guard scan.fault == nil, scan.end.count >= head.count, scan.hashAtHead == head.hash else { return nil }
    } else if scan.fault != nil {
      return nil
    }
    if scan.end.segment != known.position.segment { state.segment = try openSegment(scan.end) }
    state.position = scan.end
    var appender = LogAppender(log: self, state: state)
    if let torn = scan.torn { try appender.setAside(torn) }
    return appender
  }

  // MARK: - Making a store

  private static let ignored = """
    *.sqlite
    *.sqlite-*
    *.new
    lock
    artifacts/
    log/sessions/
    tmp/

    """

  /// Makes what is missing of a new store, in an order in which a kill at any point leaves one that can be
  /// made again.
  private func create(_ found: LogInspection) throws -> LogAppender {
    try folder.makeFolder("log")
    try folder.passed(.folderMade)
    if !folder.exists(".gitignore") {
      try folder.replace(
        ".gitignore", with: Array(Log.ignored.utf8), steps: (.ignoreWritten, .ignoreSynced, .ignoreRenamed))
    }
    let store = found.store ?? UUIDv7.next()
    if found.store == nil {
      try folder.replace(
        "format.json", with: StoreFormat(store: store).bytes, steps: (.formatWritten, .formatSynced, .formatRenamed))
    }
    try folder.syncFolder("")
    try OpenFile(folder.workspace, name: "the workspace", O_RDONLY | O_DIRECTORY).sync()
    var appender = LogAppender(log: self, state: State(store: store, position: .start, head: nil))
    if let torn = found.torn { try appender.setAside(torn) }
    // What a repair found is told after the first entry, which is always log.open.
    let pending = appender.state.pending
    appender.state.pending = []
    try appender.append([.logOpen(store: store, by: options.by)], sync: true, session: nil)
    appender.state.pending = pending
    return appender
  }
}
