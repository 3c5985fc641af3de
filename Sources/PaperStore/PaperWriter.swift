import Foundation
import GRDB
import JSON

/// Changes papers inside one transaction; made by `PaperStore.write` and good until it returns.
public final class PaperWriter {
  let database: Database
  private let run: String
  private let now: String
  private var counts: [String: Int] = [:]
  private var changedPapers = 0
  /// When set, the transaction is rolled back: what is returned is the plan.
  public var isDryRun = false

  init(_ database: Database, run: String) {
    self.database = database
    self.run = run
    var formatter = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    formatter.timeZone = .gmt
    now = Date().formatted(formatter)
  }

  /// Raises the counter and enters the batch, when anything about papers changed.
  func finish(batch: Int) throws {
    guard changedPapers > 0 else { return }
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
      cached("SELECT id FROM source WHERE format = ? AND sha256 = ?"), arguments: [source.format, source.sha256])
    if let known { return known }
    let content = source.bytes <= ImportSource.largestKept ? source.content.map { Data($0) } : nil
    try execute(
      """
      INSERT INTO source (format, name, sha256, bytes, encoding, imported_at, content, parser_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [source.format, source.name, source.sha256, source.bytes, source.encoding, now, content, source.parserVersion])
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
    let match = try PaperMatch.find(record, source: source, self)
    var planned = PlannedRecord(
      ordinal: record.ordinal, decision: .same, paper: nil, title: record.title, evidence: match.evidence, changed: [])
    switch match.outcome {
    case .sameRecord(let paper):
      planned.paper = try uid(of: paper)
      return planned
    case .conflict:
      planned.decision = .conflict
      _ = try insert(record, source, paper: nil, .conflict)
      return planned
    case .unknown where record.title.isEmpty && (record.abstract ?? "").isEmpty && record.identifiers.isEmpty:
      planned.decision = .skip
      _ = try insert(record, source, paper: nil, .skip)
      return planned
    case .unknown:
      let paper = try insertPaper(record)
      planned.decision = .new
      planned.paper = try uid(of: paper)
      let recordID = try insert(record, source, paper: paper, .new)
      try fill(paper, record, recordID)
      try index(paper, insert: true)
      changedPapers += 1
    case .paper(let paper):
      planned.paper = try uid(of: paper)
      planned.changed = try missing(in: paper, record)
      planned.decision = planned.changed.isEmpty ? .same : .update
      let recordID = try insert(record, source, paper: paper, planned.decision)
      if !planned.changed.isEmpty {
        try update(paper, planned.changed, record, recordID)
        changedPapers += 1
      }
    }
    return planned
  }

  private func insertPaper(_ record: ImportRecord) throws -> Int64 {
    let abstractRaw = record.abstractRaw.map { Data($0) }
    try execute(
      """
      INSERT INTO paper (uid, title, title_raw, title_key, abstract_plain, abstract_raw, csl_type, year, container_title,
        created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        PaperUID.make(from: record.bytes), record.title, record.titleRaw, PaperTitle.normalised(record.title),
        record.abstract, abstractRaw, record.type, record.year, record.container, now, now,
      ])
    return database.lastInsertedRowID
  }

  /// What hangs on a new paper: authors, identifiers, links, mentions, and where each field came from.
  private func fill(_ paper: Int64, _ record: ImportRecord, _ recordID: Int64) throws {
    try insertAuthors(record.authors, of: paper)
    try insertIdentifiers(record.identifiers, of: paper, recordID)
    for link in record.links {
      try execute(
        "INSERT INTO link (paper_id, kind, url, url_raw, status, span_start, span_end) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [paper, link.kind, link.url, link.urlRaw, link.status, link.span.lowerBound, link.span.upperBound])
    }
    for mention in record.mentions {
      try execute(
        "INSERT INTO mention (paper_id, scheme, value, span_start, span_end) VALUES (?, ?, ?, ?, ?)",
        [paper, mention.identifier.scheme, mention.identifier.value, mention.span.lowerBound, mention.span.upperBound])
    }
    try origin("title", record.titleSpan ?? record.span, paper, recordID, "first")
    if record.abstract != nil { try origin("abstract", record.abstractSpan ?? record.span, paper, recordID, "first") }
    if record.year != nil { try origin("year", record.span, paper, recordID, "first") }
    if record.container != nil { try origin("container_title", record.span, paper, recordID, "first") }
  }

  private func insertAuthors(_ authors: [ImportRecord.Author], of paper: Int64) throws {
    for (position, author) in authors.enumerated() {
      try execute(
        """
        INSERT INTO author (paper_id, role, pos, family, given, particle, particle_drops, suffix, literal, orcid, name_key)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          paper, author.role, position, author.family, author.given, author.particle, author.particleDrops,
          author.suffix, author.literal, author.orcid, author.nameKey,
        ])
    }
  }

  private func insertIdentifiers(_ identifiers: [ImportRecord.Identifier], of paper: Int64, _ record: Int64) throws {
    for identifier in identifiers {
      try execute(
        "INSERT OR IGNORE INTO identifier (scheme, value, paper_id, record_id) VALUES (?, ?, ?, ?)",
        [identifier.scheme, identifier.value, paper, record])
    }
  }

  private func insert(
    _ record: ImportRecord, _ source: Int64, paper: Int64?, _ decision: ImportDecision
  ) throws -> Int64 {
    try execute(
      """
      INSERT OR REPLACE INTO record (source_id, ordinal, span_start, span_end, local_key, raw_type, fields, paper_id, decision)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        source, record.ordinal, record.span.lowerBound, record.span.upperBound, record.localKey, record.rawType,
        record.fields.text, paper, decision.rawValue,
      ])
    let id = database.lastInsertedRowID
    for warning in record.warnings { try insert(warning, source: source, record: id, paper: paper) }
    return id
  }

  private func insert(_ warning: ImportRecord.Warning, source: Int64, record: Int64?, paper: Int64?) throws {
    try execute(
      """
      INSERT INTO warning (source_id, record_id, paper_id, code, severity, span_start, span_end, detail)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        source, record, paper, warning.code, warning.severity, warning.span.lowerBound, warning.span.upperBound,
        JSON.object(["message": .string(warning.message)]).text,
      ])
  }

  // MARK: - Filling in

  /// Fields that the record has and the paper lacks; a longer abstract counts.
  private func missing(in paper: Int64, _ record: ImportRecord) throws -> [String] {
    guard
      let row = try Row.fetchOne(
        cached("SELECT abstract_plain, year, container_title FROM paper WHERE id = ?"), arguments: [paper])
    else { return [] }
    var fields: [String] = []
    let abstract: String? = row["abstract_plain"]
    if let longer = record.abstract, longer.utf8.count > (abstract?.utf8.count ?? 0) { fields.append("abstract") }
    if record.year != nil, (row["year"] as Int?) == nil { fields.append("year") }
    if record.container != nil, (row["container_title"] as String?) == nil { fields.append("container_title") }
    if !record.authors.isEmpty, try count("author", of: paper) == 0 { fields.append("authors") }
    let known = try identifiers(of: paper)
    if record.identifiers.contains(where: { !known.contains($0) }) { fields.append("identifiers") }
    return fields
  }

  private func update(_ paper: Int64, _ fields: [String], _ record: ImportRecord, _ recordID: Int64) throws {
    try index(paper, insert: false)
    var before: JSON.Object = [:]
    let row = try Row.fetchOne(
      cached("SELECT abstract_plain, year, container_title, rev FROM paper WHERE id = ?"), arguments: [paper])
    let old: (String) -> JSON = { column in (row?[column] as String?).map(JSON.string) ?? .null }
    for field in fields {
      switch field {
      case "abstract":
        before["abstract"] = old("abstract_plain")
        try execute(
          "UPDATE paper SET abstract_plain = ?, abstract_raw = ? WHERE id = ?",
          [record.abstract, record.abstractRaw.map { Data($0) }, paper])
        try origin("abstract", record.abstractSpan ?? record.span, paper, recordID, "longer")
      case "year":
        before["year"] = .null
        try execute("UPDATE paper SET year = ? WHERE id = ?", [record.year, paper])
        try origin("year", record.span, paper, recordID, "missing")
      case "container_title":
        before["container_title"] = .null
        try execute("UPDATE paper SET container_title = ? WHERE id = ?", [record.container, paper])
        try origin("container_title", record.span, paper, recordID, "missing")
      case "authors":
        before["authors"] = []
        try insertAuthors(record.authors, of: paper)
      default:
        before["identifiers"] = JSON(try identifiers(of: paper).map { "\($0.scheme):\($0.value)" }.sorted())
        try insertIdentifiers(record.identifiers, of: paper, recordID)
      }
    }
    try execute("UPDATE paper SET rev = rev + 1, updated_at = ? WHERE id = ?", [now, paper])
    try execute(
      "INSERT INTO paper_history (paper_id, rev, at, actor, change) SELECT id, rev, ?, ?, ? FROM paper WHERE id = ?",
      [now, "run \(run)", JSON.object(before).text, paper])
    try index(paper, insert: true)
  }

  /// Adds tags to papers; what is there already stays.
  public func tag(_ uids: [String], _ tags: [String], origin: String) throws {
    for name in tags {
      try execute("INSERT OR IGNORE INTO tag (name) VALUES (?)", [name])
      for uid in uids {
        guard let paper = try Int64.fetchOne(cached("SELECT id FROM paper WHERE uid = ?"), arguments: [uid]) else {
          continue
        }
        try index(paper, insert: false)
        try execute(
          """
          INSERT OR IGNORE INTO paper_tag (paper_id, tag_id, origin) SELECT ?, id, ? FROM tag WHERE name = ?
          """, [paper, origin, name])
        if database.changesCount > 0 { changedPapers += 1 }
        try index(paper, insert: true)
      }
    }
  }

  // MARK: - Small things

  /// Writes or removes the paper's row in the search index; before a change the old row goes, after it the new comes.
  private func index(_ paper: Int64, insert: Bool) throws {
    let columns = "rowid, title, abstract, authors, container_title, tags"
    try execute(
      insert
        ? "INSERT INTO paper_fts (\(columns)) SELECT \(columns) FROM paper_search WHERE rowid = ?"
        : "INSERT INTO paper_fts (paper_fts, \(columns)) SELECT 'delete', \(columns) FROM paper_search WHERE rowid = ?",
      [paper])
  }

  private func origin(
    _ field: String, _ span: Range<Int>, _ paper: Int64, _ record: Int64, _ rule: String
  ) throws {
    try execute(
      """
      INSERT OR REPLACE INTO field_origin (paper_id, field, record_id, span_start, span_end, rule)
      VALUES (?, ?, ?, ?, ?, ?)
      """, [paper, field, record, span.lowerBound, span.upperBound, rule])
  }

  func uid(of paper: Int64) throws -> String? {
    try String.fetchOne(cached("SELECT uid FROM paper WHERE id = ?"), arguments: [paper])
  }

  func identifiers(of paper: Int64) throws -> Set<ImportRecord.Identifier> {
    let rows = try Row.fetchAll(cached("SELECT scheme, value FROM identifier WHERE paper_id = ?"), arguments: [paper])
    return Set(rows.map { ImportRecord.Identifier($0["scheme"], $0["value"]) })
  }

  private func count(_ table: String, of paper: Int64) throws -> Int {
    try Int.fetchOne(cached("SELECT count(*) FROM \(table) WHERE paper_id = ?"), arguments: [paper]) ?? 0
  }

  /// Prepared once, since preparing costs more than running.
  func cached(_ sql: String) throws -> Statement { try database.cachedStatement(sql: sql) }

  private func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try cached(sql).execute(arguments: arguments)
  }
}

extension ImportRecord.Author {
  /// Folded family name and first initial, by which two records' first authors are compared.
  var nameKey: String? {
    let name = family ?? literal
    guard let name, !name.isEmpty else { return nil }
    let initial = given?.first.map { String($0).lowercased() } ?? ""
    return PaperTitle.normalised(name) + " " + initial
  }
}
