import GRDB

/// The statements that an import runs for each record, prepared once for a connection.
struct PaperStatements {
  let recordAt, findRecord, findLocalKey, findIdentifier, findTitle: BoundStatement
  let insertPaper, updatePaper, updateAbstractRaw, insertAuthor, insertIdentifier, insertVersion: BoundStatement
  let insertLink, insertMention, insertRecord, updateRecord, insertWarning: BoundStatement
  let insertOrigin, replaceOrigin: BoundStatement
  let index, unindex, textsOfIndex: BoundStatement
  let paperByUID, uidOfPaper, mergedInto, isDeleted, originsOfPaper: BoundStatement
  let textOfPaper, insertSegmented, deleteSegmented: BoundStatement
  let identifiersOfPaper, linksOfPaper, mentionsOfPaper: BoundStatement

  init(_ database: Database) throws {
    func prepare(_ sql: String) throws -> BoundStatement { try BoundStatement(database, sql) }
    func insertion(_ table: String, _ columns: String) throws -> BoundStatement {
      let count = columns.split(separator: ",").count
      let marks = Array(repeating: "?", count: count).joined(separator: ", ")
      return try prepare("INSERT INTO \(table) (\(columns)) VALUES (\(marks))")
    }
    recordAt = try prepare("SELECT id FROM record WHERE source_id = ? AND ordinal = ?")
    findRecord = try prepare(
      "SELECT paper_id FROM record WHERE source_id = ? AND ordinal = ? AND span_start = ? AND span_end = ?")
    findLocalKey = try prepare(
      """
      SELECT r.paper_id FROM record r JOIN source old ON old.id = r.source_id JOIN source new ON new.id = ?
      WHERE r.local_key = ? AND old.format = new.format AND old.name = new.name AND old.id <> new.id
        AND r.paper_id IS NOT NULL ORDER BY r.id DESC LIMIT 1
      """)
    findIdentifier = try prepare("SELECT paper_id FROM identifier WHERE scheme = ? AND value = ?")
    findTitle = try prepare(
      """
      SELECT p.id, p.year, (SELECT name_key FROM author a WHERE a.paper_id = p.id AND a.role = 'author'
        ORDER BY a.pos LIMIT 1)
      FROM paper p WHERE p.title_key = ? AND p.merged_into IS NULL AND p.deleted_at IS NULL ORDER BY p.id
      LIMIT 64
      """)
    insertPaper = try insertion(
      "paper",
      """
      uid, title, title_raw, title_key, abstract_plain, abstract_raw, csl_type, year, month, day, date_literal,
      container_title, volume, issue, pages, publisher, place, language, note, extra, created_at, updated_at
      """)
    updatePaper = try prepare(
      """
      UPDATE paper SET title = ?, title_key = ?, abstract_plain = ?, csl_type = ?, year = ?, month = ?, day = ?,
        date_literal = ?, container_title = ?, volume = ?, issue = ?, pages = ?, publisher = ?, place = ?,
        language = ?, note = ?, extra = ?
      WHERE id = ?
      """)
    updateAbstractRaw = try prepare("UPDATE paper SET abstract_raw = ? WHERE id = ?")
    insertAuthor = try insertion(
      "author",
      "paper_id, role, pos, family, given, particle, particle_drops, suffix, literal, orcid, name_key")
    insertIdentifier = try prepare(
      "INSERT OR IGNORE INTO identifier (scheme, value, paper_id, record_id) VALUES (?, ?, ?, ?)")
    insertVersion = try prepare(
      "INSERT OR IGNORE INTO version (paper_id, kind, label, scheme, value, date) VALUES (?, ?, ?, ?, ?, ?)")
    insertLink = try insertion("link", "paper_id, kind, url, url_raw, status, span_start, span_end, field, record_id")
    insertMention = try insertion("mention", "paper_id, scheme, value, span_start, span_end, field, record_id")
    insertRecord = try insertion(
      "record", "source_id, ordinal, span_start, span_end, local_key, raw_type, fields, paper_id, decision")
    updateRecord = try prepare(
      """
      UPDATE record SET span_start = ?, span_end = ?, local_key = ?, raw_type = ?, fields = ?, paper_id = ?, decision = ?
      WHERE id = ?
      """)
    insertWarning = try insertion(
      "warning", "source_id, record_id, paper_id, code, severity, span_start, span_end, detail")
    let origin = "INTO field_origin (paper_id, field, record_id, span_start, span_end, rule) VALUES (?, ?, ?, ?, ?, ?)"
    // What may replace a row opens a savepoint; a new paper has none that could be replaced.
    insertOrigin = try prepare("INSERT OR IGNORE \(origin)")
    replaceOrigin = try prepare("INSERT OR REPLACE \(origin)")
    let columns = "title, abstract, authors, container_title, tags, segmented"
    index = try insertion("paper_fts", "rowid, " + columns)
    unindex = try prepare(
      "INSERT INTO paper_fts (paper_fts, rowid, \(columns)) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)")
    textsOfIndex = try prepare("SELECT \(columns) FROM paper_search WHERE rowid = ?")
    paperByUID = try prepare("SELECT id FROM paper WHERE uid = ?")
    uidOfPaper = try prepare("SELECT uid FROM paper WHERE id = ?")
    mergedInto = try prepare("SELECT merged_into FROM paper WHERE id = ?")
    isDeleted = try prepare("SELECT deleted_at IS NOT NULL FROM paper WHERE id = ?")
    originsOfPaper = try prepare(
      """
      SELECT o.field, o.rule, s.format, o.record_id, r.local_key, s.name FROM field_origin o
      LEFT JOIN record r ON r.id = o.record_id LEFT JOIN source s ON s.id = r.source_id WHERE o.paper_id = ?
      """)
    textOfPaper = try prepare(
      """
      SELECT title, coalesce(abstract_plain, ''), coalesce(container_title, ''), coalesce((SELECT group_concat(
          coalesce(a.literal, coalesce(a.family, '') || coalesce(a.given, '')), '; ')
        FROM author a WHERE a.paper_id = p.id), '')
      FROM paper p WHERE id = ?
      """)
    insertSegmented = try prepare("INSERT INTO segmented (paper_id, text) VALUES (?, ?)")
    deleteSegmented = try prepare("DELETE FROM segmented WHERE paper_id = ?")
    identifiersOfPaper = try prepare("SELECT scheme, value FROM identifier WHERE paper_id = ?")
    linksOfPaper = try prepare("SELECT coalesce(url, url_raw) FROM link WHERE paper_id = ?")
    mentionsOfPaper = try prepare("SELECT scheme || ':' || value FROM mention WHERE paper_id = ?")
  }

  /// What the index holds, or is to hold, of a paper; `nil` of one that is not shown.
  func indexedTexts(of paper: Int64) throws -> [String]? {
    var texts: [String]?
    try textsOfIndex.forEachRow(.integer(paper)) { columns in texts = (0..<6).map { columns.text($0) ?? "" } }
    return texts
  }

  /// Writes anew what the index gets of a paper in scripts without blanks.
  func segment(_ paper: Int64) throws {
    var texts: [String] = []
    try textOfPaper.forEachRow(.integer(paper)) { columns in
      for column in 0..<4 { if let text = columns.text(column), Unspaced.occurs(in: text) { texts.append(text) } }
    }
    try deleteSegmented.run(.integer(paper))
    if !texts.isEmpty {
      try insertSegmented.run(.integer(paper), .text(texts.map(Unspaced.segmented).joined(separator: "\n")))
    }
  }
}
