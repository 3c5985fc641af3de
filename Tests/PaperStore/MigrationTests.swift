import Foundation
import GRDB
import JSON
import TestSupport
import Testing

@testable import PaperStore

/// A store of the first version with a paper, as that version wrote it.
private func makeFirst(_ path: String) throws {
  let store = try PaperStore(path: path, isReadOnly: false, version: 1)
  try store.pool.writeWithoutTransaction { database in
    try database.execute(
      sql: """
        INSERT INTO source (id, format, name, sha256, bytes, encoding, imported_at, content, parser_version)
          VALUES (1, 'bibtex', 'a.bib', 'x', 3, 'utf-8', 'now', NULL, '1');
        INSERT INTO paper (id, uid, title, title_key, abstract_plain, year, created_at, updated_at)
          VALUES (1, 'paper:one', 'A first paper', 'afirstpaper', 'On 知识图谱 and graphs.', 2020, 'now', 'now'),
            (2, 'paper:two', 'A second paper', 'asecondpaper', NULL, NULL, 'now', 'now');
        INSERT INTO record (id, source_id, ordinal, span_start, span_end, local_key, fields, paper_id, decision)
          VALUES (1, 1, 1, 0, 1, 'one', '{}', 1, 'new'), (2, 1, 2, 1, 2, 'two', '{}', 2, 'new');
        INSERT INTO author (paper_id, role, pos, family, given, literal, name_key)
          VALUES (1, 'author', 0, 'van den Müller', 'Ada', NULL, 'vandenmüller a');
        INSERT INTO field_origin (paper_id, field, record_id, span_start, span_end, rule)
          VALUES (1, 'title', 1, 0, 1, 'first'), (1, 'authors', 1, 0, 1, 'first'), (1, 'year', 1, 0, 1, 'first'),
            (1, 'month', 1, 0, 1, 'first');
        INSERT INTO link (paper_id, kind, url, url_raw, status) VALUES (1, 'code', 'https://a.b', 'a.b', 'present');
        INSERT INTO tag (id, name) VALUES (1, 'NLP'), (2, 'nlp'), (3, 'other');
        INSERT INTO paper_tag (paper_id, tag_id, origin) VALUES (1, 1, 'user'), (1, 2, 'user'), (2, 2, 'user');
        INSERT INTO paper_fts (rowid, title, abstract, authors, container_title, tags)
          SELECT rowid, title, abstract, authors, container_title, tags FROM paper_search;
        """)
  }
  store.close()
}

/// A store of the second version, as that version wrote it.
private func makeSecond(_ path: String) throws {
  let store = try PaperStore(path: path, isReadOnly: false, version: 2)
  try store.write(run: "r", batch: 0) { writer in
    let source = try writer.source(
      ImportSource(format: "records", name: "a.jsonl", sha256: "x", parserVersion: "1", bytes: 1, content: nil))
    var record = ImportRecord(ordinal: 1, span: 0..<1, bytes: [1], title: "Ein Café in Łódź")
    record.columns.year = 2020
    _ = try writer.apply([record], from: source)
  }
  store.close()
}

struct MigrationTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("quire.sqlite").path }

  init() throws { folder = try TemporaryFolder() }

  private var backups: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix("quire.sqlite.v") }.sorted()
  }

  @Test func aFileOfTheFirstVersionIsBroughtUpToDateAndKeepsItsPapers() throws {
    try makeFirst(path)
    let store = try PaperStore(path: path)
    #expect(try store.check() == [])
    let paper = try store.read { try $0.paper("paper:one") }
    #expect(paper.title == "A first paper" && paper.year == 2020 && paper.tags == ["NLP"])
    #expect(paper.authors == ["Ada van den Müller"])
    let (key, origins) = try store.read { reader in
      (
        try String.fetchOne(reader.database, sql: "SELECT name_key FROM author"),
        try String.fetchAll(reader.database, sql: "SELECT field FROM field_origin ORDER BY field")
      )
    }
    #expect(key == "muller a")
    #expect(origins == ["author", "issued", "title"])
    for query in ["tag:nlp", "a paper"] { #expect(try store.read { try $0.uids(query: query).count } == 2, "\(query)") }
    #expect(try store.read { try $0.uids(query: "知识") } == ["paper:one"])
  }

  @Test func aFileOfTheSecondVersionIsIndexedAnew() throws {
    try makeSecond(path)
    let store = try PaperStore(path: path)
    #expect(try store.check() == [])
    #expect(backups == ["quire.sqlite.v2-1"])
    for query in ["lodz", "Łódź", "cafe year:2020"] {
      #expect(try store.read { try $0.uids(query: query).count } == 1, "\(query)")
    }
    let formats = try store.read { try String.fetchAll($0.database, sql: "SELECT format FROM source") }
    #expect(formats == ["jsonl"])
  }

  @Test func beforeAMigrationThereIsABackupThatOpens() throws {
    try makeFirst(path)
    _ = try PaperStore(path: path)
    #expect(backups == ["quire.sqlite.v1-1"])
    let copy = try DatabaseQueue(path: folder.path + "/" + backups[0])
    let (version, papers) = try copy.read { database in
      (
        try Int.fetchOne(database, sql: "PRAGMA user_version"),
        try Int.fetchOne(database, sql: "SELECT count(*) FROM paper")
      )
    }
    #expect(version == 1 && papers == 2)
    // What is up to date needs none.
    _ = try PaperStore(path: path)
    #expect(backups.count == 1)
  }

  @Test func theLastThreeBackupsAreKept() throws {
    for round in 1...5 {
      let name = "\(round)/quire.sqlite"
      try FileManager.default.createDirectory(
        at: folder.file("\(round)"), withIntermediateDirectories: true)
      try makeFirst(folder.file(name).path)
      for file in ["quire.sqlite", "quire.sqlite-wal", "quire.sqlite-shm"] {
        try? FileManager.default.removeItem(at: folder.file(file))
      }
      try FileManager.default.moveItem(at: folder.file(name), to: folder.file("quire.sqlite"))
      try PaperStore(path: path).close()
    }
    #expect(backups.count == 3)
    #expect(backups.contains { $0 == "quire.sqlite.v1-3" || $0 == "quire.sqlite.v1-4" || $0 == "quire.sqlite.v1-1" })
  }

  @Test func aReadOnlyOpenMigratesNothing() throws {
    try makeFirst(path)
    let before = try Data(contentsOf: folder.file("quire.sqlite"))
    let error = try #require(throws: StoreError.self) { try PaperStore(path: path, isReadOnly: true) }
    #expect(error.kind == .readOnly)
    #expect(try Data(contentsOf: folder.file("quire.sqlite")) == before)
  }

  @Test func aFileOfANewerVersionIsNotTouched() throws {
    try PaperStore(path: path).close()
    let queue = try DatabaseQueue(path: path)
    try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 99") }
    try queue.close()
    let before = try Data(contentsOf: folder.file("quire.sqlite"))
    let store = try PaperStore(path: path)
    let error = try #require(throws: StoreError.self) { try store.write(run: "r", batch: 0) { _ in } }
    // A table that a later version does not have.
    #expect(throws: error) { try store.read { try Row.fetchOne($0.database, sql: "SELECT gone FROM paper") } }
    store.close()
    #expect(error.kind == .tooNew && error.hint?.contains("newer version") == true)
    #expect(try Data(contentsOf: folder.file("quire.sqlite")) == before)
    #expect(backups.isEmpty)
  }

  @Test func aDamagedFileNamesTheBackupToRestore() throws {
    try makeFirst(path)
    try PaperStore(path: path).close()
    try Data(repeating: 0x55, count: 20_000).write(to: folder.file("quire.sqlite"))
    let error = try #require(throws: StoreError.self) { try PaperStore(path: path) }
    #expect(error.kind == .corrupt && error.hint?.contains("quire.sqlite.v1-1") == true, "\(error)")
  }

  @Test func aBackupIsAWholeStoreAndOverwritesNothing() throws {
    let store = try PaperStore(path: path)
    let copy = folder.file("copy.sqlite").path
    try store.backUp(to: copy)
    #expect(try PaperStore(path: copy).check() == [])
    let error = try #require(throws: StoreError.self) { try store.backUp(to: copy) }
    #expect(error.kind == .io)
  }
}
