import GRDB

/// The statements that an import runs for each record, prepared once for a connection.
struct ImportStatements {
  let recordAt, findRecord, findLocalKey, findIdentifier, findUID, findTitle: BoundStatement
  let insertPaper, insertAuthor, insertIdentifier, insertLink, insertMention: BoundStatement
  let insertRecord, updateRecord, insertWarning, insertOrigin: BoundStatement
  let index, indexFromView, unindexFromView: BoundStatement
  let paperByUID, uidOfPaper, identifiersOfPaper, hasTag: BoundStatement

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
    findUID = try prepare("SELECT coalesce(merged_into, id) FROM paper WHERE uid = ?")
    findTitle = try prepare(
      """
      SELECT p.id, p.year, (SELECT name_key FROM author a WHERE a.paper_id = p.id AND a.role = 'author'
        ORDER BY a.pos LIMIT 1)
      FROM paper p WHERE p.title_key = ? AND p.merged_into IS NULL AND p.deleted_at IS NULL ORDER BY p.id
      """)
    insertPaper = try insertion(
      "paper",
      """
      uid, title, title_raw, title_key, abstract_plain, abstract_raw, csl_type, year, month, day, date_literal,
      container_title, volume, issue, pages, publisher, place, language, note, extra, created_at, updated_at
      """)
    insertAuthor = try insertion(
      "author",
      "paper_id, role, pos, family, given, particle, particle_drops, suffix, literal, orcid, name_key")
    insertIdentifier = try prepare(
      "INSERT OR IGNORE INTO identifier (scheme, value, paper_id, record_id) VALUES (?, ?, ?, ?)")
    insertLink = try insertion("link", "paper_id, kind, url, url_raw, status, span_start, span_end, field")
    insertMention = try insertion("mention", "paper_id, scheme, value, span_start, span_end, field")
    insertRecord = try insertion(
      "record", "source_id, ordinal, span_start, span_end, local_key, raw_type, fields, paper_id, decision")
    updateRecord = try prepare(
      """
      UPDATE record SET span_start = ?, span_end = ?, local_key = ?, raw_type = ?, fields = ?, paper_id = ?, decision = ?
      WHERE id = ?
      """)
    insertWarning = try insertion(
      "warning", "source_id, record_id, paper_id, code, severity, span_start, span_end, detail")
    insertOrigin = try prepare(
      """
      INSERT OR REPLACE INTO field_origin (paper_id, field, record_id, span_start, span_end, rule)
      VALUES (?, ?, ?, ?, ?, ?)
      """)
    let columns = "rowid, title, abstract, authors, container_title, tags"
    index = try insertion("paper_fts", columns)
    indexFromView = try prepare(
      "INSERT INTO paper_fts (\(columns)) SELECT \(columns) FROM paper_search WHERE rowid = ?")
    unindexFromView = try prepare(
      "INSERT INTO paper_fts (paper_fts, \(columns)) SELECT 'delete', \(columns) FROM paper_search WHERE rowid = ?")
    paperByUID = try prepare("SELECT id FROM paper WHERE uid = ?")
    uidOfPaper = try prepare("SELECT uid FROM paper WHERE id = ?")
    identifiersOfPaper = try prepare("SELECT scheme, value FROM identifier WHERE paper_id = ?")
    hasTag = try prepare(
      "SELECT 1 FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = ? AND t.name = ?")
  }
}
