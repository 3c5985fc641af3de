import Glibc
import JSON

/// The right to append, held under the log's lock.
struct LogAppender {
  let log: Log
  var state: Log.State
  /// A write failed and could not be taken back: the end must be read again.
  private(set) var isUncertain = false

  private var folder: StoreFolder { log.folder }

  init(log: Log, state: Log.State) {
    self.log = log
    self.state = state
  }

  /// The longest text of one entry; anything larger belongs in a file.
  private static let longestEntry = 1 << 25

  /// Appends entries in one `write(2)`. With `sync` they are durable when this returns, and HEAD counts them;
  /// without, the sync of a later entry covers them.
  @discardableResult
  mutating func append(_ entries: [Entry], sync: Bool, session: String?) throws -> [LoggedEntry] {
    if state.position.offset >= log.options.segmentLimit { try beginNextSegment() }
    let segment = try state.segment ?? openSegment()
    state.segment = segment

    var bytes: [UInt8] = []
    var end = state.position
    var logged: [LoggedEntry] = []
    for entry in state.pending + entries {
      let time = WallClock.now().text
      let line = try EntryLine.encode(entry, seq: end.count, prev: end.hash, time: time, session: session)
      guard line.bytes.count <= LogAppender.longestEntry else {
        throw RunLogError(
          .value, "the \(entry.kind.rawValue) entry would take \(line.bytes.count) bytes, more than 32 MiB",
          hint: "pass what is large as a file or an artifact")
      }
      let added = LoggedEntry(
        seq: end.count, hash: line.hash, prev: end.hash, time: time, type: entry.kind.rawValue, object: line.object,
        place: EntryPlace(segment: end.segment, offset: end.offset, length: line.bytes.count))
      bytes += line.bytes
      end = end.after(added)
      logged.append(added)
    }
    guard !bytes.isEmpty else { return [] }

    do {
      try segment.write(bytes)
      try folder.passed(.entryWritten)
      if sync {
        try segment.syncData()
        try folder.passed(.entrySynced)
      }
    } catch {
      do { try segment.truncate(to: state.position.offset) } catch { isUncertain = true }
      throw error
    }
    state.position = end
    let repairs = state.pending.count
    state.pending = []
    // The entries are accepted now. A HEAD that cannot be written stays behind, which the next one mends (rule b).
    if sync { try? writeHead() }
    return Array(logged.dropFirst(repairs))
  }

  /// Puts HEAD at the log's end: new file, fsync, rename.
  mutating func writeHead() throws {
    let head = Head(count: state.position.count, hash: state.position.hash, store: state.store)
    guard head != state.head else { return }
    try folder.replace("log/HEAD", with: head.bytes, steps: (.headWritten, .headSynced, .headRenamed))
    state.head = head
  }

  /// Moves bytes of a write that was never accepted to `log/torn/` and cuts them off (rule a).
  mutating func setAside(_ torn: LogScan.Torn) throws {
    let segment = try folder.open(SegmentName.relative(torn.segment), O_RDWR)
    let bytes = try segment.read(at: torn.offset, count: torn.length)
    try folder.makeFolder("log/torn")
    let relative = "log/torn/\(SegmentName.text(torn.segment).dropLast(6))-\(torn.offset)-\(UUIDv7.next())"
    let copy = try folder.open(relative, O_WRONLY | O_CREAT | O_EXCL, action: "write")
    try copy.write(bytes)
    try copy.sync()
    try folder.syncFolder("log/torn")
    try folder.passed(.tornCopied)
    try segment.truncate(to: torn.offset)
    try segment.syncData()
    try folder.passed(.tornCut)
    state.pending.append(.recovered(rule: "a", bytes: bytes.count, file: String(relative.dropFirst(4))))
  }

  // MARK: - Segments

  private func openSegment() throws -> OpenFile {
    let relative = SegmentName.relative(state.position.segment)
    if let file = try folder.openExisting(relative, O_RDWR | O_APPEND) { return file }
    let file = try folder.open(relative, O_RDWR | O_APPEND | O_CREAT, action: "make")
    try folder.syncFolder("log")
    try folder.passed(.segmentMade)
    return file
  }

  private mutating func beginNextSegment() throws {
    // Entries without a sync of their own must not be left behind in the old segment.
    try (state.segment ?? openSegment()).syncData()
    state.position.segment += 1
    state.position.offset = 0
    state.segment = nil
  }
}
