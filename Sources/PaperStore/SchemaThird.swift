import GRDB

/// Version 3: letters without parts (`ł`, `ø`, `ß`) are found by their plain ones; years have an index; JSON lines are
/// called by the name that an export gives them.
extension Schema {
  static func third(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE INDEX paper_year ON paper (year);
        -- Names are compared of papers with one title; nothing asks for all papers of a name.
        DROP INDEX author_name_key;
        UPDATE source SET format = 'jsonl' WHERE format = 'records';

        DROP TABLE paper_fts;
        CREATE VIRTUAL TABLE paper_fts USING fts5 (
          title, abstract, authors, container_title, tags, segmented,
          content = 'paper_search', content_rowid = 'rowid', tokenize = 'porter quire'
        );
        INSERT INTO paper_fts (paper_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0, 4.0, 2.0, 4.0, 2.0)');
        -- A batch of an import becomes one piece of the index: by default one is written for each megabyte of words.
        INSERT INTO paper_fts (paper_fts, rank) VALUES ('hashsize', 33554432);
        -- And the pieces are put together eight by eight.
        INSERT INTO paper_fts (paper_fts, rank) VALUES ('automerge', 8);
        INSERT INTO paper_fts (paper_fts) VALUES ('rebuild');
        """)
  }
}
