import GRDB

/// The tables, in numbered migrations; a number, once released, keeps its meaning.
enum Schema {
  static let version = migrations.count

  /// The migration at place n makes version n + 1.
  private static let migrations: [@Sendable (Database) throws -> Void] = [{ try first($0) }, { try second($0) }]

  /// Brings a file up to date: one transaction a version, after a backup beside the file.
  ///
  /// - Parameter last: the version to stop at, for tests of older files.
  static func migrate(_ pool: DatabasePool, path: String, isReadOnly: Bool, to last: Int = version) throws {
    let found = try pool.read(number)
    guard found <= version else {
      throw StoreError(
        .tooNew, "the paper store was made by a newer version of Quire (schema \(found), known up to \(version))",
        hint: "use the newer version, or another workspace")
    }
    guard found < last else { return }
    if isReadOnly {
      throw StoreError(.readOnly, "the paper store must be brought up to date first", hint: "open it once for writing")
    }
    if found > 0 { try StoreBackup.beforeMigration(of: path, version: found, pool) }
    for target in found + 1...last { try pool.writeWithoutTransaction { try step($0, to: target) } }
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
