import GRDB
import JSON

/// Filling in and replacing fields of a known paper, with its history.
extension PaperWriter {
  private static let columns = PaperField.scalars.map(\.rawValue).joined(separator: ", ")

  private func row(of paper: Int64) throws -> Row? {
    try Row.fetchOne(
      database.cachedStatement(sql: "SELECT title, abstract_plain, \(Self.columns) FROM paper WHERE id = ?"),
      arguments: [paper])
  }

  /// Fields that the record has and the paper lacks; a longer abstract counts.
  func missing(in paper: Int64, _ record: ImportRecord) throws -> [String] {
    guard let row = try row(of: paper) else { return [] }
    var fields: [PaperField] = []
    let title: String = row["title"]
    if title.isEmpty, !record.title.isEmpty { fields.append(.title) }
    let abstract: String? = row["abstract_plain"]
    if let longer = record.abstract, longer.utf8.count > (abstract?.utf8.count ?? 0) { fields.append(.abstract) }
    fields += PaperField.scalars.filter { $0.value(of: record) && row.json($0.rawValue).isNull }
    return try (fields + missingLists(in: paper, record)).map(\.rawValue)
  }

  private func missingLists(in paper: Int64, _ record: ImportRecord) throws -> [PaperField] {
    var fields: [PaperField] = []
    if !record.authors.isEmpty, try authorKeys(of: paper).isEmpty { fields.append(.authors) }
    if !record.identifiers.isEmpty {
      let known = try identifiers(of: paper)
      if record.identifiers.contains(where: { !known.contains($0) }) { fields.append(.identifiers) }
    }
    return fields
  }

  /// Fields that the source gave before, and now gives otherwise, beside those that are missing. What came from
  /// elsewhere, a person's edits above all, stays.
  func edited(in paper: Int64, _ record: ImportRecord) throws -> [String] {
    guard let row = try row(of: paper) else { return [] }
    let own = try ownFields(of: paper, record)
    var fields: [PaperField] = []
    for field in PaperField.allCases where own.contains(field) && field.value(of: record) {
      let differs: Bool
      switch field {
      case .title: differs = row["title"] != record.title
      case .abstract: differs = row["abstract_plain"] != record.abstract
      case .authors: differs = try authorKeys(of: paper) != record.authors.map { $0.nameKey ?? "" }
      case .identifiers: differs = false
      default: differs = field.scalar(of: record).json != row.json(field.rawValue)
      }
      if differs { fields.append(field) }
    }
    let missing = try missing(in: paper, record)
    return fields.map(\.rawValue) + missing.filter { name in !own.contains { $0.rawValue == name } }
  }

  /// Fields that earlier entries of the same key gave.
  private func ownFields(of paper: Int64, _ record: ImportRecord) throws -> Set<PaperField> {
    let names = try String.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT o.field FROM field_origin o JOIN record r ON r.id = o.record_id
          WHERE o.paper_id = ? AND r.local_key = ?
          """), arguments: [paper, record.localKey])
    return Set(names.compactMap(PaperField.init))
  }

  private func authorKeys(of paper: Int64) throws -> [String] {
    try String.fetchAll(
      database.cachedStatement(
        sql: "SELECT coalesce(name_key, '') FROM author WHERE paper_id = ? AND role = 'author' ORDER BY pos"),
      arguments: [paper])
  }

  /// Gives fields the record's values, enters where they came from, and keeps what they were.
  func update(_ paper: Int64, _ fields: [String], _ record: ImportRecord, _ recordID: Int64) throws {
    guard let row = try row(of: paper) else { return }
    try unindex(paper)
    var before: JSON.Object = [:]
    for field in fields.compactMap(PaperField.init) {
      switch field {
      case .title:
        before["title"] = row.json("title")
        try execute(
          "UPDATE paper SET title = ?, title_raw = ?, title_key = ? WHERE id = ?",
          [record.title, record.titleRaw, PaperTitle.normalised(record.title), paper])
      case .abstract:
        before["abstract"] = row.json("abstract_plain")
        try BoundStatement(database, "UPDATE paper SET abstract_plain = ?, abstract_raw = ? WHERE id = ?").run(
          .of(record.abstract), .of(record.abstractRaw), .integer(paper))
      case .authors:
        before["authors"] = JSON(try authorKeys(of: paper))
        try execute("DELETE FROM author WHERE paper_id = ?", [paper])
        try insertAuthors(record.authors, of: paper)
      case .identifiers:
        before["identifiers"] = JSON(try identifiers(of: paper).map { "\($0.scheme):\($0.value)" }.sorted())
        try insertIdentifiers(record.identifiers, of: paper, recordID)
      default:
        before[field.rawValue] = row.json(field.rawValue)
        try BoundStatement(database, "UPDATE paper SET \(field.rawValue) = ? WHERE id = ?").run(
          field.scalar(of: record), .integer(paper))
      }
      try origin(field, record, paper, recordID, before[field.rawValue]?.isNull == true ? "missing" : "newer")
    }
    try revise(paper, before)
    try index(paper)
  }

  /// Raises the paper's revision and keeps what the change replaced.
  func revise(_ paper: Int64, _ before: JSON.Object) throws {
    try execute("UPDATE paper SET rev = rev + 1, updated_at = ? WHERE id = ?", [now, paper])
    try execute(
      "INSERT INTO paper_history (paper_id, rev, at, actor, change) SELECT id, rev, ?, ?, ? FROM paper WHERE id = ?",
      [now, "run \(run)", JSON.object(before).text, paper])
  }

  func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try database.cachedStatement(sql: sql).execute(arguments: arguments)
  }
}

extension Row {
  /// A column's value; blobs are not shown.
  func json(_ column: String) -> JSON {
    let value: DatabaseValue = self[column]
    return switch value.storage {
    case .null, .blob: .null
    case .int64(let integer): .integer(integer)
    case .double(let real): .real(real)
    case .string(let text): .string(text)
    }
  }
}
