import Foundation
import GRDB
import JSON

/// Making one paper of two, and two of one again.
extension PaperWriter {
  /// The tables whose rows hang on a paper.
  private static let childTables = [
    "author", "identifier", "mention", "link", "field_origin", "version", "paper_tag", "label",
  ]

  /// The paper that a merged one became.
  func living(_ paper: Int64) throws -> Int64 {
    var paper = paper
    while let next = try Int64.fetchOne(
      database, sql: "SELECT merged_into FROM paper WHERE id = ? AND merged_into IS NOT NULL", arguments: [paper])
    {
      paper = next
    }
    return paper
  }

  /// Makes the loser a part of the winner: what the winner lacks it gets, lists are joined, and both papers as they
  /// were are kept, so that the merge can be undone.
  @discardableResult
  func merge(_ winner: Int64, _ loser: Int64, reason: String, evidence: JSON.Object) throws -> Int64 {
    try unindex(winner)
    try unindex(loser)
    let before: JSON = ["winner": try image(of: winner), "loser": try image(of: loser)]

    try execute("UPDATE record SET paper_id = ? WHERE paper_id = ?", [winner, loser])
    try execute("UPDATE warning SET paper_id = ? WHERE paper_id = ?", [winner, loser])
    try execute("UPDATE identifier SET paper_id = ? WHERE paper_id = ?", [winner, loser])
    for table in ["mention", "link"] {
      try execute("UPDATE \(table) SET paper_id = ? WHERE paper_id = ?", [winner, loser])
    }
    // Fields that the winner lacks come with their origin.
    for field in PaperField.scalars {
      try execute(
        """
        UPDATE paper SET \(field.rawValue) = (SELECT \(field.rawValue) FROM paper WHERE id = ?)
        WHERE id = ? AND \(field.rawValue) IS NULL
        """, [loser, winner])
    }
    try execute(
      """
      UPDATE paper SET (abstract_plain, abstract_raw) = (SELECT abstract_plain, abstract_raw FROM paper WHERE id = ?)
      WHERE id = ? AND coalesce(length(abstract_plain), 0)
        < coalesce((SELECT length(abstract_plain) FROM paper WHERE id = ?), 0)
      """, [loser, winner, loser])
    if database.changesCount > 0 {
      try execute("DELETE FROM field_origin WHERE paper_id = ? AND field = 'abstract'", [winner])
    }
    let authors = try Int.fetchOne(database, sql: "SELECT count(*) FROM author WHERE paper_id = ?", arguments: [winner])
    if authors == 0 { try execute("UPDATE author SET paper_id = ? WHERE paper_id = ?", [winner, loser]) }
    for table in ["field_origin", "version", "paper_tag", "label"] {
      try execute("UPDATE OR IGNORE \(table) SET paper_id = ? WHERE paper_id = ?", [winner, loser])
    }
    try execute(
      "UPDATE paper SET merged_into = ?, rev = rev + 1, updated_at = ? WHERE id = ?", [winner, now, loser])
    try revise(winner, ["merged": .string(try uid(of: loser) ?? "")])
    try execute(
      """
      INSERT INTO merge (at, actor, winner_id, loser_id, reason, evidence, before) VALUES (?, ?, ?, ?, ?, ?, ?)
      """, [now, "run \(run)", winner, loser, reason, JSON.object(evidence).text, before.text])
    let id = database.lastInsertedRowID
    try index(winner)
    changes += 1
    return id
  }

  /// Takes a merge back: both papers are as they were before it.
  ///
  /// Throws `store.notFound` for an unknown merge or one that was undone, `store.conflict` when one of the two papers
  /// was changed since.
  public func undoMerge(_ id: Int64) throws {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT winner_id, loser_id, before FROM merge WHERE id = ? AND undone_at IS NULL",
        arguments: [id])
    else { throw StoreError(.notFound, "no merge \(id) that could be undone") }
    let papers: [Int64] = [row["winner_id"], row["loser_id"]]
    let before = try JSON.parse(Array((row["before"] as String).utf8))
    let images = ["winner", "loser"].compactMap { before[$0] }
    guard images.count == 2 else { throw StoreError(.corrupt, "merge \(id) has no image of its papers") }
    for (paper, image) in zip(papers, images) {
      // The merge itself raised the revision once.
      let now = try Int.fetchOne(database, sql: "SELECT rev FROM paper WHERE id = ?", arguments: [paper])
      guard let rev = image["paper"]?["rev"]?.int, now == rev + 1 else {
        throw StoreError(
          .conflict, "\(try uid(of: paper) ?? "a paper") was changed since merge \(id)",
          hint: "undo the later changes first")
      }
    }
    try unindex(papers[0])
    for paper in papers { try clear(paper) }
    for (paper, image) in zip(papers, images) { try restore(paper, image) }
    try execute("UPDATE merge SET undone_at = ? WHERE id = ?", [now, id])
    for paper in papers { try index(paper) }
    changes += 1
  }

  // MARK: - Images

  /// The paper's row and all that hangs on it, as JSON; blobs as base 64 below `$blob`.
  private func image(of paper: Int64) throws -> JSON {
    func rows(_ sql: String) throws -> JSON {
      .array(try Row.fetchAll(database, sql: sql, arguments: [paper]).map(Self.json))
    }
    var image: JSON.Object = [:]
    image["paper"] = try rows("SELECT * FROM paper WHERE id = ?")[0]
    for table in Self.childTables { image[table] = try rows("SELECT * FROM \(table) WHERE paper_id = ?") }
    image["record"] = try rows("SELECT id FROM record WHERE paper_id = ?")
    image["warning"] = try rows("SELECT id FROM warning WHERE paper_id = ?")
    return .object(image)
  }

  private func clear(_ paper: Int64) throws {
    for table in Self.childTables { try execute("DELETE FROM \(table) WHERE paper_id = ?", [paper]) }
  }

  private func restore(_ paper: Int64, _ image: JSON) throws {
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
      sql: "UPDATE paper SET rev = rev + 1, \(columns.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?",
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
          if case .blob(let data) = value.storage { return .init(name, ["$blob": .string(data.base64EncodedString())]) }
          return .init(name, row.json(name))
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
