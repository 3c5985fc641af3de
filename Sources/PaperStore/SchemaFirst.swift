import Foundation
import GRDB

/// Version 1: the tables.
extension Schema {
  static func first(_ database: Database) throws {
    try database.execute(sql: firstTables)
    try database.execute(
      sql: "INSERT INTO meta (key, value) VALUES ('store', ?), ('change', '0')",
      arguments: [UUID().uuidString.lowercased()])
  }

  private static let firstTables = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE paper (
      id INTEGER PRIMARY KEY,
      uid TEXT NOT NULL UNIQUE,
      title TEXT NOT NULL,
      title_raw TEXT,
      title_key TEXT NOT NULL,
      abstract_plain TEXT,
      abstract_raw BLOB,
      csl_type TEXT NOT NULL DEFAULT 'article',
      year INTEGER, month INTEGER, day INTEGER, date_literal TEXT,
      container_title TEXT, volume TEXT, issue TEXT, pages TEXT, publisher TEXT, place TEXT, language TEXT, note TEXT,
      extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
      rev INTEGER NOT NULL DEFAULT 1,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      merged_into INTEGER REFERENCES paper (id),
      deleted_at TEXT
    );
    CREATE INDEX paper_title_key ON paper (title_key);

    CREATE TABLE author (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      role TEXT NOT NULL CHECK (role IN ('author', 'editor', 'translator')),
      pos INTEGER NOT NULL,
      family TEXT, given TEXT, particle TEXT, particle_drops INTEGER NOT NULL DEFAULT 0, suffix TEXT, literal TEXT,
      orcid TEXT, name_key TEXT,
      PRIMARY KEY (paper_id, role, pos)
    ) WITHOUT ROWID;
    CREATE INDEX author_name_key ON author (name_key);

    CREATE TABLE source (
      id INTEGER PRIMARY KEY,
      format TEXT NOT NULL,
      name TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      encoding TEXT NOT NULL,
      imported_at TEXT NOT NULL,
      content BLOB,
      parser_version TEXT NOT NULL,
      UNIQUE (format, sha256)
    );

    CREATE TABLE record (
      id INTEGER PRIMARY KEY,
      source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
      ordinal INTEGER NOT NULL,
      span_start INTEGER NOT NULL,
      span_end INTEGER NOT NULL,
      local_key TEXT,
      raw_type TEXT,
      fields TEXT NOT NULL CHECK (json_valid(fields)),
      paper_id INTEGER REFERENCES paper (id),
      decision TEXT NOT NULL,
      UNIQUE (source_id, ordinal)
    );
    CREATE INDEX record_paper ON record (paper_id);
    CREATE INDEX record_local_key ON record (local_key) WHERE local_key IS NOT NULL;

    CREATE TABLE identifier (
      scheme TEXT NOT NULL,
      value TEXT NOT NULL,
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      record_id INTEGER REFERENCES record (id),
      PRIMARY KEY (scheme, value)
    ) WITHOUT ROWID;
    CREATE INDEX identifier_paper ON identifier (paper_id);

    CREATE TABLE mention (
      id INTEGER PRIMARY KEY,
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      scheme TEXT NOT NULL, value TEXT NOT NULL,
      span_start INTEGER, span_end INTEGER, field TEXT
    );
    CREATE INDEX mention_paper ON mention (paper_id);

    CREATE TABLE link (
      id INTEGER PRIMARY KEY,
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('code', 'project', 'data', 'paper', 'other')),
      url TEXT, url_raw TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('present', 'promised')),
      span_start INTEGER, span_end INTEGER, field TEXT
    );
    CREATE INDEX link_paper ON link (paper_id);

    CREATE TABLE field_origin (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      field TEXT NOT NULL,
      record_id INTEGER NOT NULL REFERENCES record (id),
      span_start INTEGER, span_end INTEGER,
      rule TEXT NOT NULL,
      PRIMARY KEY (paper_id, field)
    ) WITHOUT ROWID;

    CREATE TABLE warning (
      id INTEGER PRIMARY KEY,
      source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
      record_id INTEGER REFERENCES record (id),
      paper_id INTEGER REFERENCES paper (id),
      code TEXT NOT NULL,
      severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
      span_start INTEGER, span_end INTEGER,
      detail TEXT CHECK (detail IS NULL OR json_valid(detail))
    );
    CREATE INDEX warning_source ON warning (source_id);

    CREATE TABLE version (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      kind TEXT NOT NULL, label TEXT NOT NULL,
      scheme TEXT, value TEXT, date TEXT, url TEXT, note TEXT,
      PRIMARY KEY (paper_id, kind, label)
    ) WITHOUT ROWID;

    CREATE TABLE paper_history (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      rev INTEGER NOT NULL,
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      change TEXT NOT NULL CHECK (json_valid(change)),
      PRIMARY KEY (paper_id, rev)
    ) WITHOUT ROWID;

    CREATE TABLE merge (
      id INTEGER PRIMARY KEY,
      at TEXT NOT NULL, actor TEXT NOT NULL,
      winner_id INTEGER NOT NULL REFERENCES paper (id),
      loser_id INTEGER NOT NULL REFERENCES paper (id),
      reason TEXT NOT NULL,
      evidence TEXT NOT NULL CHECK (json_valid(evidence)),
      before TEXT NOT NULL CHECK (json_valid(before)),
      undone_at TEXT
    );

    CREATE TABLE duplicate_hint (
      a_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      b_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      score REAL NOT NULL, method TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
      PRIMARY KEY (a_id, b_id), CHECK (a_id < b_id)
    ) WITHOUT ROWID;

    CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE paper_tag (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      tag_id INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
      origin TEXT NOT NULL,
      PRIMARY KEY (paper_id, tag_id)
    ) WITHOUT ROWID;
    CREATE INDEX paper_tag_tag ON paper_tag (tag_id);

    CREATE TABLE label (
      paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
      label_set TEXT NOT NULL, name TEXT NOT NULL,
      value TEXT NOT NULL, annotator TEXT, at TEXT NOT NULL,
      PRIMARY KEY (paper_id, label_set, name)
    ) WITHOUT ROWID;

    CREATE TABLE commit_log (
      run TEXT NOT NULL, batch INTEGER NOT NULL,
      counts TEXT NOT NULL CHECK (json_valid(counts)),
      change INTEGER NOT NULL,
      PRIMARY KEY (run, batch)
    );

    CREATE VIEW paper_search AS
      SELECT p.id AS rowid, p.title AS title, coalesce(p.abstract_plain, '') AS abstract,
        coalesce((SELECT group_concat(coalesce(a.literal, coalesce(a.given, '') || ' ' || coalesce(a.family, '')), '; ')
          FROM author a WHERE a.paper_id = p.id), '') AS authors,
        coalesce(p.container_title, '') AS container_title,
        coalesce((SELECT group_concat(t.name, ' ') FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id
          WHERE pt.paper_id = p.id), '') AS tags
      FROM paper p WHERE p.merged_into IS NULL AND p.deleted_at IS NULL;
    CREATE VIRTUAL TABLE paper_fts USING fts5 (
      title, abstract, authors, container_title, tags,
      content = 'paper_search', content_rowid = 'rowid', tokenize = 'porter unicode61 remove_diacritics 2'
    );
    INSERT INTO paper_fts (paper_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0, 4.0, 2.0, 4.0)');
    """
}
