import Foundation
import GRDB

/// The papers of a workspace: SQLite with a write-ahead log, one writer, readers that each see one snapshot.
///
///     let store = try PaperStore(path: ".quire/quire.sqlite")
///     try store.write(run: run, batch: 0) { try $0.apply(records, from: $0.source(source)) }
///     let paper = try store.read { try $0.paper(uid) }
///
/// Several processes may use one file; a writer waits up to ten seconds for another.
public final class PaperStore: Sendable {
  let pool: DatabasePool
  /// The file.
  package let path: String
  let isReadOnly: Bool
  /// The schema of a file that a later version made: it is read as far as this version understands it.
  private let newerSchema: Int?

  /// Opens the file, or makes it; brings an older schema up to date after a backup beside it. A file of a later version
  /// is opened for reading: a write throws `store.tooNew`, and so does what cannot be read.
  ///
  /// Throws `store.tooNew`, `store.readOnly`, `store.corrupt`, `store.io`.
  public convenience init(path: String, isReadOnly: Bool = false) throws {
    try self.init(path: path, isReadOnly: isReadOnly, version: Schema.version)
  }

  /// - Parameter version: the schema's version to stop at, for tests of older files.
  init(path: String, isReadOnly: Bool, version: Int) throws {
    self.path = path
    newerSchema = Schema.newer(ofFile: path)
    let isReadOnly = isReadOnly || newerSchema != nil
    self.isReadOnly = isReadOnly
    var configuration = Configuration()
    configuration.readonly = isReadOnly
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA temp_store = MEMORY")
      database.add(tokenizer: SearchTokenizer.self)
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL on its writer when it turns to WAL; what was answered must survive a power cut.
      // Imports touch pages of many indexes, so the writer keeps 64 MiB of them.
      if !isReadOnly {
        try pool.writeWithoutTransaction {
          try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536")
        }
      }
      if newerSchema == nil { try Schema.migrate(pool, path: path, isReadOnly: isReadOnly, to: version) }
    } catch {
      throw StoreError.translated(error, path: path)
    }
  }

  /// One snapshot of the store.
  public func read<T>(_ body: (PaperReader) throws -> T) throws -> T {
    try translating { try pool.read { try body(PaperReader($0)) } }
  }

  /// One transaction. It also enters the batch of the run in `commit_log`, so that a log that was cut off by a kill
  /// can be completed. What changed nothing leaves no entry.
  @discardableResult
  public func write<T>(run: String, batch: Int, _ body: (PaperWriter) throws -> T) throws -> T {
    if let newerSchema { throw Schema.tooNew(newerSchema) }
    return try translating {
      try pool.writeWithoutTransaction { database in
        var result: T?
        var foldsLog = false
        try database.inTransaction(.immediate) {
          let writer = try PaperWriter(database, run: run)
          result = try body(writer)
          guard !writer.isDryRun else { return .rollback }
          try writer.writeIndex()
          try writer.finish(batch: batch)
          foldsLog = writer.foldsLog
          return .commit
        }
        // Readers may stand in the way; the next time will do.
        if foldsLog { _ = try? database.checkpoint(.truncate) }
        guard let result else { throw StoreError(.io, "the transaction gave no result") }
        return result
      }
    }
  }

  /// What stands for the content: the store's id and a counter that every change to papers raises.
  public func contentTag() throws -> String {
    try read { reader in
      let rows = try Row.fetchAll(
        reader.database, sql: "SELECT key, value FROM meta WHERE key IN ('change', 'store') ORDER BY key")
      return rows.map { row in row["value"] as String }.joined(separator: " ")
    }
  }

  /// A batch that was committed.
  public struct Commit: Sendable {
    public let run: String
    public let batch: Int
    public let counts: [String: Int]
  }

  /// What a batch of a run committed; `nil` when it changed nothing.
  public func commit(run: String, batch: Int) throws -> Commit? {
    try read { reader in
      try Row.fetchOne(
        reader.database, sql: "SELECT counts FROM commit_log WHERE run = ? AND batch = ?", arguments: [run, batch]
      ).map { Commit(run: run, batch: batch, counts: Counts.decode($0["counts"])) }
    }
  }

  /// All committed batches that changed something.
  public func commits() throws -> [Commit] {
    try read { reader in
      try Row.fetchAll(reader.database, sql: "SELECT run, batch, counts FROM commit_log ORDER BY rowid").map { row in
        Commit(run: row["run"], batch: row["batch"], counts: Counts.decode(row["counts"]))
      }
    }
  }

  public struct Info: Sendable {
    public let papers: Int
    public let schemaVersion: Int
    public let sqlite: String
  }

  public func info() throws -> Info {
    try read { reader in
      Info(
        papers: try Int.fetchOne(
          reader.database, sql: "SELECT count(*) FROM paper WHERE merged_into IS NULL AND deleted_at IS NULL") ?? 0,
        schemaVersion: newerSchema ?? Schema.version,
        sqlite: try String.fetchOne(reader.database, sql: "SELECT sqlite_version()") ?? "")
    }
  }

  /// Writes a whole copy of the store to a file that does not exist yet; others go on reading and writing.
  public func backUp(to path: String) throws { try translating { try StoreBackup.write(pool, to: path) } }

  /// Folds the write-ahead log into the file.
  public func checkpoint() {
    guard !isReadOnly else { return }
    try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
  }

  /// Folds the write-ahead log into the file, and closes it.
  public func close() {
    checkpoint()
    try? pool.close()
  }

  func translating<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR && newerSchema != nil {
      throw Schema.tooNew(newerSchema ?? 0)
    } catch {
      throw StoreError.translated(error, path: path)
    }
  }
}
