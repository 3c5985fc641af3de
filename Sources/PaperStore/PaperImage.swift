import Foundation
import GRDB
import JSON

/// A paper's row and all that hangs on it as JSON, from which it can be made again exactly.
extension PaperWriter {
  /// The tables whose rows hang on a paper.
  private static let childTables = [
    "author", "identifier", "mention", "link", "field_origin", "version", "paper_tag", "label",
  ]

  func image(of paper: Int64) throws -> JSON {
    func rows(_ sql: String) throws -> JSON {
      .array(try Row.fetchAll(database, sql: sql, arguments: [paper]).map(Self.json))
    }
    var image: JSON.Object = [:]
    image["paper"] = try rows("SELECT * FROM paper WHERE id = ?")[0]
    for table in Self.childTables { image[table] = try rows("SELECT * FROM \(table) WHERE paper_id = ?") }
    image["record"] = try rows("SELECT id FROM record WHERE paper_id = ?")
    image["warning"] = try rows(
      "SELECT id FROM warning WHERE record_id IN (SELECT id FROM record WHERE paper_id = ?)")
    return .object(image)
  }

  func clear(_ paper: Int64) throws {
    for table in Self.childTables { try execute("DELETE FROM \(table) WHERE paper_id = ?", [paper]) }
  }

  /// Puts the image back; the revision goes on counting.
  func restore(_ paper: Int64, _ image: JSON) throws {
    for table in Self.childTables {
      for row in image[table]?.array ?? [] { try insert(row, into: table) }
    }
    for table in ["record", "warning"] {
      for row in image[table]?.array ?? [] {
        try execute("UPDATE \(table) SET paper_id = ? WHERE id = ?", [paper, row["id"]?.int])
      }
    }
    let members = image["paper"]?.object?.members ?? []
    let columns = members.map(\.key).filter { $0 != "id" && $0 != "rev" }
    try database.execute(
      sql: "UPDATE paper SET \(columns.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?",
      arguments: StatementArguments(columns.map { Self.value(image["paper"]?[$0]) } + [paper.databaseValue]))
  }

  private func insert(_ row: JSON, into table: String) throws {
    let members = row.object?.members ?? []
    let marks = Array(repeating: "?", count: members.count).joined(separator: ", ")
    try database.execute(
      sql: "INSERT INTO \(table) (\(members.map(\.key).joined(separator: ", "))) VALUES (\(marks))",
      arguments: StatementArguments(members.map { Self.value($0.value) }))
  }

  private static func json(_ row: Row) -> JSON {
    .object(
      JSON.Object(
        distinct: row.map { name, value in
          switch value.storage {
          case .null: .init(name, .null)
          case .int64(let integer): .init(name, .integer(integer))
          case .double(let real): .init(name, .real(real))
          case .string(let text): .init(name, .string(text))
          case .blob(let data): .init(name, ["$blob": .string(data.base64EncodedString())])
          }
        }))
  }

  private static func value(_ json: JSON?) -> DatabaseValue {
    switch json {
    case .integer(let integer): integer.databaseValue
    case .real(let real): real.databaseValue
    case .string(let text): text.databaseValue
    case .object(let object):
      object["$blob"]?.string.flatMap { Data(base64Encoded: $0) }?.databaseValue ?? .null
    default: .null
    }
  }
}
