import Foundation
import GRDB

/// The tables, in numbered migrations; a number, once released, keeps its meaning.
enum Schema {
  static let version = migrations.count

  /// The migration at place n makes version n + 1.
  private static let migrations: [@Sendable (Database) throws -> Void] = [
    { try first($0) }, { try second($0) }, { try third($0) },
  ]

  /// Brings a file up to date: one transaction a version, after a backup beside the file; a new file takes one in all.
  ///
  /// - Parameter last: the version to stop at, for tests of older files.
  static func migrate(_ pool: DatabasePool, path: String, isReadOnly: Bool, to last: Int = version) throws {
    let found = try pool.read(number)
    if found > version { throw tooNew(found) }
    guard found < last else { return }
    if isReadOnly {
      throw StoreError(.readOnly, "the paper store must be brought up to date first", hint: "open it once for writing")
    }
    if found > 0 { try StoreBackup.beforeMigration(of: path, version: found, pool) }
    // A new file is made at once.
    let parts = found == 0 ? [1...last] : (found + 1...last).map { $0...$0 }
    for part in parts {
      try pool.writeWithoutTransaction { database in
        try database.inTransaction(.immediate) {
          for target in part { try step(database, to: target) }
          return .commit
        }
      }
    }
  }

  /// The schema of a file of a later version; told before anything opens it, since opening alone may change it.
  static func newer(ofFile path: String) -> Int? {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    // SQLite's file format: a name of 16 bytes, and the user version in bytes 60 to 63, the highest first.
    guard let header = try? handle.read(upToCount: 64), header.count == 64,
      header.starts(with: Data("SQLite format 3\0".utf8))
    else { return nil }
    let found = header[60...].reduce(0) { $0 << 8 | Int($1) }
    return found > version ? found : nil
  }

  static func tooNew(_ found: Int) -> StoreError {
    StoreError(
      .tooNew,
      "the paper store was made by a newer version of Quire (schema \(found), known up to \(version)): it can be read, "
        + "not changed",
      hint: "use the newer version, or another workspace")
  }

  private static func step(_ database: Database, to target: Int) throws {
    // Another process may have been faster.
    guard try number(database) == target - 1 else { return }
    let papers = try target > 1 ? Int.fetchOne(database, sql: "SELECT count(*) FROM paper") : 0
    try migrations[target - 1](database)
    guard try Int.fetchOne(database, sql: "SELECT count(*) FROM paper") == papers,
      try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") == nil
    else {
      throw StoreError(
        .corrupt, "the paper store could not be brought to version \(target): references would be lost",
        hint: "run quire store check; the file is unchanged")
    }
    try database.execute(sql: "PRAGMA user_version = \(target)")
  }

  private static func number(_ database: Database) throws -> Int {
    try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
  }
}
