import GRDB
import JSON

/// Version 2: tags that differ in letter case are one; origins name members of the item and may be a person; links and
/// mentions know their record; names are compared without accents.
extension Schema {
  static func second(_ database: Database) throws {
    try foldTags(database)
    try database.execute(sql: secondTables)
    try foldNames(database)
    let statements = try PaperStatements(database)
    for paper in try Int64.fetchAll(database, sql: "SELECT id FROM paper") { try statements.segment(paper) }
    try database.execute(sql: "INSERT INTO paper_fts (paper_fts) VALUES ('rebuild')")
  }

  private static func foldTags(_ database: Database) throws {
    try database.execute(sql: "ALTER TABLE tag ADD COLUMN key TEXT NOT NULL DEFAULT ''")
    var known: [String: Int64] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT id, name FROM tag ORDER BY id") {
      let id: Int64 = row["id"]
      let key = Folding.tag(row["name"])
      if let first = known[key] {
        try database.execute(
          sql: "UPDATE OR IGNORE paper_tag SET tag_id = ? WHERE tag_id = ?", arguments: [first, id])
        try database.execute(sql: "DELETE FROM paper_tag WHERE tag_id = ?", arguments: [id])
        try database.execute(sql: "DELETE FROM tag WHERE id = ?", arguments: [id])
      } else {
        known[key] = id
        try database.execute(sql: "UPDATE tag SET key = ? WHERE id = ?", arguments: [key, id])
      }
    }
    try database.execute(sql: "CREATE UNIQUE INDEX tag_key ON tag (key)")
  }

  private static func foldNames(_ database: Database) throws {
    let update = try database.makeStatement(
      sql: "UPDATE author SET name_key = ? WHERE paper_id = ? AND role = ? AND pos = ?")
    let rows = try Row.fetchCursor(
      database, sql: "SELECT paper_id, role, pos, family, given, literal FROM author WHERE name_key IS NOT NULL")
    var keys: [(key: String?, paper: Int64, role: String, position: Int)] = []
    while let row = try rows.next() {
      var author = ItemColumns.Author()
      (author.family, author.given, author.literal) = (row["family"], row["given"], row["literal"])
      keys.append((author.nameKey, row["paper_id"], row["role"], row["pos"]))
    }
    for key in keys { try update.execute(arguments: [key.key, key.paper, key.role, key.position]) }
  }

  private static let secondTables = """
    CREATE TABLE field_origin_2 (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      field TEXT NOT NULL,
      record_id INTEGER REFERENCES record (id),
      span_start INTEGER, span_end INTEGER,
      rule TEXT NOT NULL,
      PRIMARY KEY (paper_id, field),
      CHECK (record_id IS NOT NULL OR rule = 'user')
    ) WITHOUT ROWID;
    INSERT OR IGNORE INTO field_origin_2 (paper_id, field, record_id, span_start, span_end, rule)
      SELECT paper_id,
        CASE field WHEN 'authors' THEN 'author' WHEN 'year' THEN 'issued' WHEN 'month' THEN 'issued'
          WHEN 'day' THEN 'issued' WHEN 'date_literal' THEN 'issued' WHEN 'container_title' THEN 'container-title'
          WHEN 'pages' THEN 'page' WHEN 'place' THEN 'publisher-place' ELSE field END,
        record_id, span_start, span_end, rule
      FROM field_origin WHERE field <> 'identifiers' ORDER BY paper_id, field;
    DROP TABLE field_origin;
    ALTER TABLE field_origin_2 RENAME TO field_origin;

    ALTER TABLE link ADD COLUMN record_id INTEGER REFERENCES record (id);
    ALTER TABLE mention ADD COLUMN record_id INTEGER REFERENCES record (id);
    ALTER TABLE source ADD COLUMN artifact TEXT;
    CREATE INDEX warning_record ON warning (record_id) WHERE record_id IS NOT NULL;

    -- Text of scripts without blanks between words, letter by letter.
    CREATE TABLE segmented (paper_id INTEGER PRIMARY KEY REFERENCES paper (id) ON DELETE CASCADE, text TEXT NOT NULL);

    DROP TABLE paper_fts;
    DROP VIEW paper_search;
    CREATE VIEW paper_search AS
      SELECT p.id AS rowid, p.title AS title, coalesce(p.abstract_plain, '') AS abstract,
        coalesce((SELECT group_concat(coalesce(a.literal,
            coalesce(a.given, '') || ' ' || coalesce(a.particle, '') || ' ' || coalesce(a.family, '')), '; ')
          FROM author a WHERE a.paper_id = p.id), '') AS authors,
        coalesce(p.container_title, '') AS container_title,
        coalesce((SELECT group_concat(t.name, ' ') FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id
          WHERE pt.paper_id = p.id), '') AS tags,
        coalesce((SELECT s.text FROM segmented s WHERE s.paper_id = p.id), '') AS segmented
      FROM paper p WHERE p.merged_into IS NULL AND p.deleted_at IS NULL;
    CREATE VIRTUAL TABLE paper_fts USING fts5 (
      title, abstract, authors, container_title, tags, segmented,
      content = 'paper_search', content_rowid = 'rowid', tokenize = 'porter unicode61 remove_diacritics 2'
    );
    INSERT INTO paper_fts (paper_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0, 4.0, 2.0, 4.0, 2.0)');
    """
}
