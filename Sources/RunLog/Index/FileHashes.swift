import Foundation
import GRDB

/// A file as it was when its content was hashed. Two equal ones have the same content.
public struct FileIdentity: Sendable, Hashable {
  public let device: UInt64
  public let inode: UInt64
  public let bytes: Int
  /// Nanoseconds since 1970 of the last change of the content and of the inode.
  public let modified: Int64
  public let changed: Int64

  init(_ status: FileStatus) {
    device = status.device
    inode = status.inode
    bytes = status.size
    modified = status.modified
    changed = status.changed
  }

  /// Whether both times lie so far back that a further change would show in them.
  func isSettled(at now: WallClock) -> Bool {
    let limit = now.nanoseconds - 2_000_000_000
    return modified < limit && changed < limit
  }
}

/// The hash of a file outside the store.
public struct HashedFile: Sendable, Equatable {
  public let hash: ContentHash
  public let identity: FileIdentity
  public var bytes: Int { identity.bytes }
}

extension LogIndex {
  func hash(of identity: FileIdentity) -> ContentHash? {
    let found = try? use { db in
      try String.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT sha256 FROM file_hash
            WHERE device = ? AND inode = ? AND size = ? AND modified = ? AND changed = ?
            """), arguments: LogIndex.arguments(identity))
    }
    return found.flatMap { $0 }.flatMap { ContentHash(hex: $0) }
  }

  func remember(_ file: HashedFile) {
    try? use { db in
      try db.cachedStatement(sql: "INSERT OR REPLACE INTO file_hash VALUES (?, ?, ?, ?, ?, ?)")
        .execute(arguments: LogIndex.arguments(file.identity) + [file.hash.hex])
    }
  }

  /// SQLite's integers have a sign; the bits are kept.
  private static func arguments(_ identity: FileIdentity) -> StatementArguments {
    [
      Int64(bitPattern: identity.device), Int64(bitPattern: identity.inode), identity.bytes, identity.modified,
      identity.changed,
    ]
  }

  // MARK: - Memos

  func memos(_ keys: [String]) -> [String: [UInt8]] {
    let found = try? use { db in
      let statement = try db.cachedStatement(sql: "SELECT value FROM memo WHERE key = ?")
      var values: [String: [UInt8]] = [:]
      for key in keys {
        if let value = try Data.fetchOne(statement, arguments: [key]) { values[key] = Array(value) }
      }
      return values
    }
    return found ?? [:]
  }

  func remember(_ memos: [(key: String, value: [UInt8])]) {
    try? use { db in
      try db.inTransaction(.immediate) {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO memo VALUES (?, ?)")
        for memo in memos { try statement.execute(arguments: [memo.key, Data(memo.value)]) }
        return .commit
      }
    }
  }
}
