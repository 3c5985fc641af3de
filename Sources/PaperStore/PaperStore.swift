import Foundation
import GRDB

/// The papers of a workspace: SQLite with a write-ahead log, one writer, readers that each see one snapshot.
///
///     let store = try PaperStore(path: ".quire/quire.sqlite")
///     try store.write(run: run, batch: 0) { try $0.apply(records, from: source) }
///     let papers = try store.read { try $0.papers(after: nil, limit: 100) }
///
/// Several processes may use one file; a writer waits up to ten seconds for another.
public final class PaperStore: Sendable {
  private let pool: DatabasePool

  /// Opens the file, or makes it; brings an older schema up to date after a backup beside it.
  ///
  /// Throws `store.tooNew` for a file of a later version, `store.readOnly`, `store.corrupt`, `store.io`.
  public init(path: String, isReadOnly: Bool = false) throws {
    var configuration = Configuration()
    configuration.readonly = isReadOnly
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL on its writer when it turns to WAL; what was answered must survive a power cut.
      // Imports touch pages of many indexes, so the writer keeps 32 MiB of them.
      if !isReadOnly {
        try pool.writeWithoutTransaction {
          try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -32768")
        }
      }
      try Schema.migrate(pool, path: path, isReadOnly: isReadOnly)
    } catch {
      throw StoreError.translated(error)
    }
  }

  /// One snapshot of the store.
  public func read<T>(_ body: (PaperReader) throws -> T) throws -> T {
    do {
      return try pool.read { try body(PaperReader($0)) }
    } catch {
      throw StoreError.translated(error)
    }
  }

  /// One transaction. With a run it also enters the batch in `commit_log`, so that a log that was cut off by a kill
  /// can be completed. What changed nothing leaves no entry.
  public func write<T>(run: String, batch: Int, _ body: (PaperWriter) throws -> T) throws -> T {
    do {
      return try pool.writeWithoutTransaction { database in
        var result: T?
        try database.inTransaction(.immediate) {
          let writer = try PaperWriter(database, run: run)
          result = try body(writer)
          guard !writer.isDryRun else { return .rollback }
          try writer.finish(batch: batch)
          return .commit
        }
        guard let result else { throw StoreError(.io, "the transaction gave no result") }
        return result
      }
    } catch {
      throw StoreError.translated(error)
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
        schemaVersion: Schema.version,
        sqlite: try String.fetchOne(reader.database, sql: "SELECT sqlite_version()") ?? "")
    }
  }

  /// What is wrong with the file, one line a fault; empty when all is well.
  ///
  /// Looks at the pages, at references between tables, at the search index against the papers, and at what the search
  /// index would not notice: papers without a row in it.
  public func check() throws -> [String] {
    do {
      return try pool.writeWithoutTransaction { database in
        var faults = try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check") {
          faults.append("a row of \(row[0] as String) refers to a missing row of \(row[2] as String)")
        }
        do {
          try database.execute(sql: "INSERT INTO paper_fts (paper_fts, rank) VALUES ('integrity-check', 1)")
        } catch let error as DatabaseError {
          faults.append("the search index does not agree with the papers: \(error.message ?? "")")
        }
        return faults
      }
    } catch {
      throw StoreError.translated(error)
    }
  }

  /// Folds the write-ahead log into the file, and closes it.
  public func close() {
    try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try? pool.close()
  }
}
