import GRDB
import Glibc
import Synchronization

/// The index of log and cache in `index.sqlite`: derived, and deleted or rebuilt without loss.
///
/// While the store is only looked at, nothing is written: an index that is missing or behind is completed in
/// memory. Trouble with the file (corrupt, locked, not writable) ends in a rebuild or in memory too, never in
/// the failure of what asked. `state` guards the connection and how far it has read.
final class LogIndex: Sendable {
  struct State {
    var queue: DatabaseQueue?
    var isOnDisk = false
    var isWriting = false
    var refusesDisk = false
    var wasRebuilt = false
    var store: String?
    /// How far the connection had read the log when this process last looked.
    var position: LogPosition?
    /// The last indexed entry was found in this log.
    var isChecked = false
    var trouble: String?
    /// The HEAD that an index knew which no longer fits the log; settled when the log has been read again.
    var doubted: IndexHead.Witness?
    var lost: IndexHead.Witness?

    /// Without this the connection is closed some time later, on a thread of its own.
    mutating func disconnect() {
      try? queue?.close()
      queue = nil
    }
  }

  let folder: StoreFolder
  private let state = Mutex(State())
  /// Entries a transaction, so that other processes get in between.
  private static let batch = 4096
  private static let markDistance = 32
  private static let file = "index.sqlite"

  init(folder: StoreFolder) { self.folder = folder }

  /// What went wrong with the file, when something did.
  var trouble: String? { state.withLock { $0.trouble } }

  /// A HEAD that this folder once had and that the log no longer reaches; told once.
  func takeLostHead() -> IndexHead.Witness? {
    state.withLock { state in
      defer { state.lost = nil }
      return state.lost
    }
  }

  /// From now on the file is written.
  func beginWriting() {
    state.withLock { state in
      if state.isWriting { return }
      state.isWriting = true
      // A file that could only be refused while it was not to be written can be made anew now.
      state.refusesDisk = false
      state.disconnect()
    }
  }

  func close() {
    state.withLock { state in
      state.disconnect()
      state.isWriting = false
    }
  }

  /// Runs a query on an index that has read the log to its end.
  func query<T: Sendable>(_ body: (Database) throws -> T) throws -> T {
    try perform(reading: true, body)
  }

  /// Runs something that does not ask for the log: file hashes, memos, marks.
  func use<T: Sendable>(_ body: (Database) throws -> T) throws -> T {
    try perform(reading: false, body)
  }

  private func perform<T: Sendable>(reading: Bool, _ body: (Database) throws -> T) throws -> T {
    try state.withLock { state in
      while true {
        do {
          let queue = try connect(&state)
          if reading { try readOn(&state, queue) }
          return try queue.writeWithoutTransaction(body)
        } catch let error as DatabaseError {
          try degrade(&state, error.resultCode, error.message ?? "SQLite error \(error.resultCode.rawValue)")
        } catch let error as RowDecodingError {
          try degrade(&state, .SQLITE_CORRUPT, "\(error)")
        }
      }
    }
  }

  /// A point of the log at or before entry `count`.
  func mark(before count: Int) -> LogPosition? {
    let sql = "SELECT count, hash, segment, offset FROM mark WHERE count <= ? ORDER BY count DESC LIMIT 1"
    let found = try? query { db in
      try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [count]).map { row in
        try LogPosition(segment: row.value(2), offset: row.value(3), count: row.value(0), hash: row.value(1))
      }
    }
    return found.flatMap { $0 }.flatMap { $0.isPlausible ? $0 : nil }
  }

  /// The copy of HEAD that an index beside the log holds, read without the log.
  static func witness(_ folder: StoreFolder, store: String) -> IndexHead.Witness? {
    guard folder.exists(LogIndex.file),
      let queue = try? DatabaseQueue(path: folder.path(LogIndex.file), configuration: configuration(onDisk: true))
    else { return nil }
    defer { try? queue.close() }
    let head = try? queue.writeWithoutTransaction { try IndexHead.fetch($0) }
    return head?.store == store ? head?.witness : nil
  }

  // MARK: - Connection

  private func connect(_ state: inout State) throws -> DatabaseQueue {
    if let queue = state.queue { return queue }
    state.store = try? folder.read("format.json").map { try StoreFormat($0).store }
    state.isChecked = false
    state.position = nil
    state.isOnDisk = false
    let queue = try openOnDisk(&state) ?? LogIndex.openInMemory()
    state.queue = queue
    return queue
  }

  /// `nil` when the file is not to be used, or when it is behind and must not be written.
  private func openOnDisk(_ state: inout State) throws -> DatabaseQueue? {
    guard !state.refusesDisk, state.store != nil, state.isWriting || folder.exists(LogIndex.file) else { return nil }
    state.isOnDisk = true
    // Held against a process that throws a corrupt index away meanwhile.
    let guardian = try? folder.open("", O_RDONLY | O_DIRECTORY)
    try? guardian?.lock(LOCK_EX)
    let queue = try DatabaseQueue(path: folder.path(LogIndex.file), configuration: LogIndex.configuration(onDisk: true))
    let isWriting = state.isWriting
    let version = try queue.writeWithoutTransaction { db in
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      guard version == 0, isWriting else { return version }
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      try db.inTransaction(.exclusive) {
        // Another process may have been first.
        if try Int.fetchOne(db, sql: "PRAGMA user_version") == 0 { try IndexSchema.create(db) }
        return .commit
      }
      return try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }
    guard version == IndexSchema.version else {
      throw DatabaseError(resultCode: .SQLITE_NOTADB, message: "the index has version \(version)")
    }
    if isWriting { return queue }
    let head = try queue.writeWithoutTransaction { try IndexHead.fetch($0) }
    if let head, head.store == state.store, isEnd(head.position), isInLog(head) { return queue }
    state.isOnDisk = false
    let copy = try LogIndex.openInMemory(empty: true)
    try queue.backup(to: copy)
    try? queue.close()
    return copy
  }

  private static func openInMemory(empty: Bool = false) throws -> DatabaseQueue {
    let queue = try DatabaseQueue(configuration: configuration(onDisk: false))
    if !empty { try queue.writeWithoutTransaction { try IndexSchema.create($0) } }
    return queue
  }

  private static func configuration(onDisk: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    if onDisk {
      // Not `journalMode = .wal`, with which GRDB makes and drops a table each time it opens the file.
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
    }
    return configuration
  }

  /// Steps down after an error: a fresh file, then memory; throws when nothing is left to try.
  private func degrade(_ state: inout State, _ code: ResultCode, _ message: String) throws {
    guard state.isOnDisk else { throw RunLogError(.io, "the index of the log cannot be used: \(message)") }
    state.trouble = message
    state.disconnect()
    let isBroken = [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_SCHEMA].contains(code)
    if isBroken, state.isWriting, !state.wasRebuilt {
      state.wasRebuilt = true
      removeFile()
    } else {
      state.refusesDisk = true
    }
  }

  private func removeFile() {
    guard let guardian = try? folder.open("", O_RDONLY | O_DIRECTORY), (try? guardian.lock()) != nil else { return }
    for suffix in ["-wal", "-shm", ""] { folder.remove(LogIndex.file + suffix) }
  }

  // MARK: - Reading the log

  /// Whether the log ends at a position.
  private func isEnd(_ position: LogPosition) -> Bool {
    let size = FileStatus(path: folder.path(SegmentName.relative(position.segment)))?.size
    return (size ?? 0) == position.offset && !folder.exists(SegmentName.relative(position.segment + 1))
  }

  /// Whether the last entry that the index has read stands in this log.
  private func isInLog(_ head: IndexHead) -> Bool {
    if head.position.count == 0 { return true }
    let place = EntryPlace(
      segment: head.position.segment, offset: head.last, length: head.position.offset - head.last)
    let entry = try? EntryLine.read(folder, place)
    return entry?.seq == head.position.count - 1 && entry?.hash == head.position.hash
  }

  private func readOn(_ state: inout State, _ queue: DatabaseQueue) throws {
    if let position = state.position, state.isChecked, isEnd(position) { return }
    if state.store == nil { state.store = try? folder.read("format.json").map { try StoreFormat($0).store } }
    guard let store = state.store else { return }
    var isDone = false
    while !isDone {
      try queue.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          isDone = try readBatch(&state, store, db)
          return .commit
        }
      }
    }
  }

  /// Reads some entries into the index; `true` when the log has no more.
  private func readBatch(_ state: inout State, _ store: String, _ db: Database) throws -> Bool {
    var head = try IndexHead.fetch(db) ?? IndexHead(store: store)
    if !state.isChecked || head.store != store {
      if head.store != store || !isInLog(head) {
        if head.store == store, head.witness.count > 0 { state.doubted = head.witness }
        try IndexSchema.reset(db)
        head = IndexHead(store: store)
      }
      state.isChecked = true
    }
    let writer = IndexWriter(db: db)
    var added = 0
    let scan = try LogScan.run(folder, from: head.position) { entry in
      try writer.add(entry)
      head.position = head.position.after(entry)
      head.last = entry.place.offset
      if let doubted = state.doubted, doubted.count == entry.seq + 1, doubted.hash == entry.hash { state.doubted = nil }
      if (entry.seq + 1) % LogIndex.markDistance == 0 { try writer.mark(head.position) }
      added += 1
      return added < LogIndex.batch
    }
    if added == 0, scan.fault != nil, head.position.count > 0, !isInLog(head) {
      // The log was put back or exchanged under a running process.
      state.isChecked = false
      return false
    }
    if added > 0 {
      if let file = try folder.read("log/HEAD").flatMap(Head.init), file.store == store,
        file.count <= head.position.count
      {
        head.witness = IndexHead.Witness(count: file.count, hash: file.hash)
      }
      try head.save(db)
    }
    state.position = head.position
    guard added < LogIndex.batch else { return false }
    if let doubted = state.doubted { state.lost = doubted }
    state.doubted = nil
    return true
  }
}
