import Foundation
import GRDB
import JSON

/// Changes papers inside one transaction; made by `PaperStore.write` and good until it returns.
public final class PaperWriter {
  let database: Database
  let run: String
  /// When the transaction began, in UTC; all its rows bear it.
  let now: String
  let statements: ImportStatements
  private var counts: [String: Int] = [:]
  /// How many papers, tags or labels changed.
  var changes = 0
  /// When set, the transaction is rolled back: what is returned is the plan.
  public var isDryRun = false

  init(_ database: Database, run: String) throws {
    self.database = database
    self.run = run
    var formatter = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    formatter.timeZone = .gmt
    now = Date().formatted(formatter)
    statements = try ImportStatements(database)
  }

  /// Raises the counter and enters the batch, when anything changed.
  func finish(batch: Int) throws {
    guard changes > 0 else { return }
    try database.execute(sql: "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'change'")
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO commit_log (run, batch, counts, change)
        SELECT ?, ?, ?, CAST(value AS INTEGER) FROM meta WHERE key = 'change'
        """, arguments: [run, batch, Counts.encode(counts)])
  }

  // MARK: - Importing

  /// Takes a source: entered now, or known from before by its bytes.
  public func source(_ source: ImportSource) throws -> Int64 {
    let known = try Int64.fetchOne(
      database, sql: "SELECT id FROM source WHERE format = ? AND sha256 = ?",
      arguments: [source.format, source.sha256])
    if let known { return known }
    let content = source.bytes <= ImportSource.largestKept ? source.content : nil
    try database.execute(
      sql: """
        INSERT INTO source (format, name, sha256, bytes, encoding, imported_at, content, parser_version)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        source.format, source.name, source.sha256, source.bytes, source.encoding, now, content.map { Data($0) },
        source.parserVersion,
      ])
    let id = database.lastInsertedRowID
    for warning in source.warnings { try insert(warning, source: id, record: nil, paper: nil) }
    return id
  }

  /// Imports records of a source, in their order; at most some thousands in one transaction.
  public func apply(_ records: [ImportRecord], from source: Int64) throws -> [PlannedRecord] {
    try records.map { record in
      let planned = try apply(record, source)
      counts[planned.decision.rawValue, default: 0] += 1
      return planned
    }
  }

  private func apply(_ record: ImportRecord, _ source: Int64) throws -> PlannedRecord {
    let uid = PaperUID.make(from: record.bytes)
    let match = try PaperMatch.find(record, uid: uid, source: source, self)
    var planned = PlannedRecord(
      ordinal: record.ordinal, decision: .same, paper: nil, title: record.title, evidence: match.evidence, changed: [])
    switch match.outcome {
    case .sameRecord(let paper):
      planned.paper = try paper.flatMap(self.uid)
    case .conflict:
      planned.decision = .conflict
      _ = try insert(record, source, paper: nil, .conflict)
    case .unknown where record.title.isEmpty && (record.abstract ?? "").isEmpty && record.identifiers.isEmpty:
      planned.decision = .skip
      _ = try insert(record, source, paper: nil, .skip)
    case .unknown:
      planned.decision = .new
      planned.paper = uid
      try insertNew(record, uid: uid, source)
    case .paper(let paper):
      planned.paper = try self.uid(of: paper)
      planned.changed = try missing(in: paper, record)
      planned.decision = planned.changed.isEmpty ? .same : .update
      try enter(record, source, paper, planned)
    case .edited(let paper):
      planned.paper = try self.uid(of: paper)
      planned.changed = try edited(in: paper, record)
      planned.decision = planned.changed.isEmpty ? .same : .update
      try enter(record, source, paper, planned)
    case .bridge(let winner, let loser):
      try merge(winner, loser, reason: "identifiers of one record", evidence: ["record": .string(match.evidence)])
      planned.decision = .merge
      planned.paper = try self.uid(of: winner)
      planned.changed = try missing(in: winner, record)
      try enter(record, source, winner, planned)
    }
    return planned
  }

  /// Enters a record of a known paper, and fills in what it brings.
  private func enter(_ record: ImportRecord, _ source: Int64, _ paper: Int64, _ planned: PlannedRecord) throws {
    let recordID = try insert(record, source, paper: paper, planned.decision)
    guard !planned.changed.isEmpty else { return }
    try update(paper, planned.changed, record, recordID)
    changes += 1
  }

  private func insertNew(_ record: ImportRecord, uid: String, _ source: Int64) throws {
    try statements.insertPaper.run(
      .text(uid), .text(record.title), .of(record.titleRaw), .text(PaperTitle.normalised(record.title)),
      .of(record.abstract), .of(record.abstractRaw), .text(record.type), .of(record.year), .of(record.month),
      .of(record.day), .of(record.dateLiteral), .of(record.container), .of(record.volume), .of(record.issue),
      .of(record.pages), .of(record.publisher), .of(record.place), .of(record.language), .of(record.note),
      .of(record.extra?.text), .text(now), .text(now))
    let paper = database.lastInsertedRowID
    let recordID = try insert(record, source, paper: paper, .new)
    try insertAuthors(record.authors, of: paper)
    try insertIdentifiers(record.identifiers, of: paper, recordID)
    for link in record.links {
      try statements.insertLink.run(
        .integer(paper), .text(link.kind), .of(link.url), .text(link.urlRaw), .text(link.status),
        .of(link.span.lowerBound), .of(link.span.upperBound), .of(record.field(of: link.span)))
    }
    for mention in record.mentions {
      try statements.insertMention.run(
        .integer(paper), .text(mention.identifier.scheme), .text(mention.identifier.value),
        .of(mention.span.lowerBound), .of(mention.span.upperBound), .of(record.field(of: mention.span)))
    }
    for field in PaperField.allCases where field != .identifiers && field.value(of: record) {
      try origin(field, record, paper, recordID, "first")
    }
    try statements.index.run(
      .integer(paper), .text(record.title), .text(record.abstract ?? ""), .text(indexedAuthors(record.authors)),
      .text(record.container ?? ""), .text(""))
    changes += 1
  }

  /// The authors as the view gives them: by role, then by position.
  private func indexedAuthors(_ authors: [ImportRecord.Author]) -> String {
    let inOrder = authors.contains { $0.role != "author" } ? authors.sorted { $0.role < $1.role } : authors
    return inOrder.map(\.indexed).joined(separator: "; ")
  }

  func insertAuthors(_ authors: [ImportRecord.Author], of paper: Int64) throws {
    for (position, author) in authors.enumerated() {
      try statements.insertAuthor.run(
        .integer(paper), .text(author.role), .of(position), .of(author.family), .of(author.given),
        .of(author.particle), .integer(author.particleDrops ? 1 : 0), .of(author.suffix), .of(author.literal),
        .of(author.orcid), .of(author.nameKey))
    }
  }

  func insertIdentifiers(_ identifiers: [ImportRecord.Identifier], of paper: Int64, _ record: Int64) throws {
    for identifier in identifiers {
      try statements.insertIdentifier.run(
        .text(identifier.scheme), .text(identifier.value), .integer(paper), .integer(record))
    }
  }

  private func insert(
    _ record: ImportRecord, _ source: Int64, paper: Int64?, _ decision: ImportDecision
  ) throws -> Int64 {
    // The same place of the same source, read otherwise by a later parser: the row stays, since others point to it.
    if let known = try statements.recordAt.firstInteger(.integer(source), .of(record.ordinal)) {
      try database.execute(sql: "DELETE FROM warning WHERE record_id = ?", arguments: [known])
      try statements.updateRecord.run(
        .of(record.span.lowerBound), .of(record.span.upperBound), .of(record.localKey), .of(record.rawType),
        .text(record.fields.text), .of(paper), .text(decision.rawValue), .integer(known))
      for warning in record.warnings { try insert(warning, source: source, record: known, paper: paper) }
      return known
    }
    try statements.insertRecord.run(
      .integer(source), .of(record.ordinal), .of(record.span.lowerBound), .of(record.span.upperBound),
      .of(record.localKey), .of(record.rawType), .text(record.fields.text), .of(paper), .text(decision.rawValue))
    let id = database.lastInsertedRowID
    for warning in record.warnings { try insert(warning, source: source, record: id, paper: paper) }
    return id
  }

  private func insert(_ warning: ImportRecord.Warning, source: Int64, record: Int64?, paper: Int64?) throws {
    try statements.insertWarning.run(
      .integer(source), .of(record), .of(paper), .text(warning.code), .text(warning.severity),
      .of(warning.span.lowerBound), .of(warning.span.upperBound),
      .text(JSON.object(["message": .string(warning.message)]).text))
  }

  func origin(_ field: PaperField, _ record: ImportRecord, _ paper: Int64, _ recordID: Int64, _ rule: String) throws {
    let span = field.span(in: record)
    try statements.insertOrigin.run(
      .integer(paper), .text(field.rawValue), .integer(recordID), .of(span.lowerBound), .of(span.upperBound),
      .text(rule))
  }

  // MARK: - Tags

  /// Adds tags to papers; what is there already stays.
  public func tag(_ uids: [String], _ tags: [String], origin: String) throws {
    for name in tags {
      for uid in uids {
        guard let paper = try statements.paperByUID.firstInteger(.text(uid)) else { continue }
        let bears = try statements.hasTag.firstInteger(.integer(paper), .text(name))
        guard bears == nil else { continue }
        try unindex(paper)
        try database.execute(sql: "INSERT OR IGNORE INTO tag (name) VALUES (?)", arguments: [name])
        try database.execute(
          sql: "INSERT INTO paper_tag (paper_id, tag_id, origin) SELECT ?, id, ? FROM tag WHERE name = ?",
          arguments: [paper, origin, name])
        try index(paper)
        changes += 1
      }
    }
  }

  // MARK: - Small things

  /// Writes the paper's row of the search index as the view has it now.
  func index(_ paper: Int64) throws { try statements.indexFromView.run(.integer(paper)) }

  /// Takes the row out; before a change, since the index is told the old words.
  func unindex(_ paper: Int64) throws { try statements.unindexFromView.run(.integer(paper)) }

  func uid(of paper: Int64) throws -> String? {
    var uid: String?
    try statements.uidOfPaper.forEachRow(.integer(paper)) { uid = $0.text(0) }
    return uid
  }

  func identifiers(of paper: Int64) throws -> Set<ImportRecord.Identifier> {
    var found: Set<ImportRecord.Identifier> = []
    try statements.identifiersOfPaper.forEachRow(.integer(paper)) { columns in
      if let scheme = columns.text(0), let value = columns.text(1) { found.insert(.init(scheme, value)) }
    }
    return found
  }
}
