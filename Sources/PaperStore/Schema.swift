import Foundation
import GRDB

/// The tables, in numbered migrations; a number, once released, keeps its meaning.
enum Schema {
  static let version = migrations.count

  /// The migration at place n makes version n + 1.
  private static let migrations: [@Sendable (Database) throws -> Void] = [
    { try first($0) }, { try second($0) }, { try third($0) },
  ]

  /// Brings a file up to date: one transaction a version, after a backup beside the file.
  ///
  /// - Parameter last: the version to stop at, for tests of older files.
  static func migrate(_ pool: DatabasePool, path: String, isReadOnly: Bool, to last: Int = version) throws {
    let found = try pool.read(number)
    try refuseNewer(found)
    guard found < last else { return }
    if isReadOnly {
      throw StoreError(.readOnly, "the paper store must be brought up to date first", hint: "open it once for writing")
    }
    if found > 0 { try StoreBackup.beforeMigration(of: path, version: found, pool) }
    for target in found + 1...last { try pool.writeWithoutTransaction { try step($0, to: target) } }
  }

  /// Refuses a file of a newer version before anything opens it, since opening alone may change it.
  static func checkHeader(ofFile path: String) throws {
    guard let handle = FileHandle(forReadingAtPath: path) else { return }
    defer { try? handle.close() }
    // SQLite's file format: a name of 16 bytes, and the user version in bytes 60 to 63, the highest first.
    guard let header = try? handle.read(upToCount: 64), header.count == 64,
      header.starts(with: Data("SQLite format 3\0".utf8))
    else { return }
    try refuseNewer(header[60...].reduce(0) { $0 << 8 | Int($1) })
  }

  private static func refuseNewer(_ found: Int) throws {
    guard found > version else { return }
    throw StoreError(
      .tooNew, "the paper store was made by a newer version of Quire (schema \(found), known up to \(version))",
      hint: "use the newer version, or another workspace")
  }

  private static func step(_ database: Database, to target: Int) throws {
    try database.inTransaction(.immediate) {
      // Another process may have been faster.
      guard try number(database) == target - 1 else { return .commit }
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
      return .commit
    }
  }

  private static func number(_ database: Database) throws -> Int {
    try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
  }
}
