import GRDB
import GRDBSQLite

/// A prepared statement whose values are bound by hand: GRDB's own binding costs more than the insertion itself, and
/// an import runs some fifteen statements a paper.
///
/// Belongs to the transaction that made it, on the connection's own queue.
final class BoundStatement {
  /// A value of a column. Text and blobs are copied by SQLite.
  enum Value {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func of(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
    static func of(_ integer: Int?) -> Value { integer.map { .integer(Int64($0)) } ?? .null }
    static func of(_ integer: Int64?) -> Value { integer.map { .integer($0) } ?? .null }
    static func of(_ bytes: [UInt8]?) -> Value { bytes.map { .blob($0) } ?? .null }
  }

  /// Keeps the handle alive.
  private let statement: Statement
  private let handle: OpaquePointer

  init(_ database: Database, _ sql: String) throws {
    statement = try database.cachedStatement(sql: sql)
    handle = statement.sqliteStatement
  }

  /// Runs a statement that gives no rows.
  func run(_ values: Value...) throws { try run(values) }

  func run(_ values: [Value]) throws {
    try bind(values)
    defer { sqlite3_reset(handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_DONE: return
      case SQLITE_ROW: continue
      case let code: throw failure(code)
      }
    }
  }

  /// The first column of the first row; `nil` when there is no row or it holds null.
  func firstInteger(_ values: Value...) throws -> Int64? {
    try bind(values)
    defer { sqlite3_reset(handle) }
    switch sqlite3_step(handle) {
    case SQLITE_DONE: return nil
    case SQLITE_ROW: return sqlite3_column_type(handle, 0) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, 0)
    case let code: throw failure(code)
    }
  }

  /// Calls `body` for each row.
  func forEachRow(_ values: Value..., body: (Columns) throws -> Void) throws {
    try bind(values)
    defer { sqlite3_reset(handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_DONE: return
      case SQLITE_ROW: try body(Columns(handle: handle))
      case let code: throw failure(code)
      }
    }
  }

  /// The columns of the row that the statement stands on.
  struct Columns {
    fileprivate let handle: OpaquePointer

    func integer(_ column: Int) -> Int64? {
      sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, CInt(column))
    }

    func text(_ column: Int) -> String? {
      guard let text = sqlite3_column_text(handle, CInt(column)) else { return nil }
      let count = Int(sqlite3_column_bytes(handle, CInt(column)))
      return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }
  }

  /// SQLite copies what is bound before the call returns.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private func bind(_ values: [Value]) throws {
    for (index, value) in values.enumerated() {
      let position = CInt(index + 1)
      let code: CInt
      switch value {
      case .null: code = sqlite3_bind_null(handle, position)
      case .integer(let integer): code = sqlite3_bind_int64(handle, position, integer)
      case .text(var text):
        code = text.withUTF8 { utf8 in
          utf8.withMemoryRebound(to: CChar.self) {
            // A null pointer would bind null.
            guard let start = $0.baseAddress else { return sqlite3_bind_text(handle, position, "", 0, Self.copied) }
            return sqlite3_bind_text64(
              handle, position, start, sqlite3_uint64($0.count), Self.copied, UInt8(SQLITE_UTF8))
          }
        }
      case .blob(let bytes):
        code = bytes.withUnsafeBytes {
          guard let start = $0.baseAddress else { return sqlite3_bind_zeroblob(handle, position, 0) }
          return sqlite3_bind_blob64(handle, position, start, sqlite3_uint64($0.count), Self.copied)
        }
      }
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  private func failure(_ code: CInt) -> DatabaseError {
    let connection = sqlite3_db_handle(handle)
    return DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
      message: sqlite3_errmsg(connection).map { String(cString: $0) }, sql: statement.sql)
  }
}
