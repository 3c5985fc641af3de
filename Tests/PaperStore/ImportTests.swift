import Foundation
import GRDB
import TestSupport
import Testing

@testable import PaperStore

private func store(_ folder: TemporaryFolder) throws -> PaperStore {
  try PaperStore(path: folder.file("quire.sqlite").path)
}

private func record(
  _ ordinal: Int, _ title: String, _ abstract: String? = nil, _ identifiers: [ImportRecord.Identifier] = []
) -> ImportRecord {
  let text = "\(title)\n\(abstract ?? "")"
  var record = ImportRecord(
    ordinal: ordinal, span: ordinal * 1000..<ordinal * 1000 + text.utf8.count, bytes: Array(text.utf8), title: title)
  record.columns.abstract = abstract
  record.identifiers = identifiers
  return record
}

private func source(_ content: String) -> ImportSource {
  ImportSource(
    format: "list", name: "a.txt", sha256: content, parserVersion: "1", bytes: content.utf8.count,
    content: nil)
}

private func importing(
  _ records: [ImportRecord], _ store: PaperStore, source name: String = "first", dryRun: Bool = false
) throws -> [PlannedRecord] {
  try store.write(run: name, batch: 0) { writer in
    writer.isDryRun = dryRun
    return try writer.apply(records, from: writer.source(source(name)))
  }
}

private let three = [
  record(1, "A first paper of a certain length", "About one thing."),
  record(2, "A second paper of a certain length", "About another.", [.init("doi", "10.1/x")]),
  record(3, "A third paper of a certain length", "About language models."),
]

@Test func importingTheSameSourceAgainChangesNothing() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  #expect(try importing(three, store).map(\.decision) == [.new, .new, .new])
  let tag = try store.contentTag()
  let again = try importing(three, store)
  #expect(again.map(\.decision) == [.same, .same, .same])
  #expect(again.compactMap(\.paper).count == 3)
  #expect(try store.contentTag() == tag)
  #expect(try store.info().papers == 3)
  #expect(try store.commits().map(\.counts) == [["new": 3]])
}

@Test func aDryRunTellsThePlanAndWritesNothing() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  let tag = try store.contentTag()
  let plan = try importing(
    three + [record(4, "A first paper of a certain length", "About one thing.")], store, dryRun: true)
  #expect(plan.map(\.decision) == [.new, .new, .new, .same])
  #expect(try store.contentTag() == tag)
  #expect(try store.info().papers == 0)
  #expect(try importing(three, store).map(\.decision) == plan.prefix(3).map(\.decision))
}

@Test func aPaperIsKnownByIdentifierThenByTitle() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  let first = try importing(three, store)
  let second = try importing(
    [
      record(1, "Quite another title for the same work", "About another, at greater length.", [.init("doi", "10.1/x")]),
      record(2, "A FIRST paper, of a certain length", nil),
      record(3, "A first paper of a certain length", nil, [.init("doi", "10.1/y")]),
      record(4, "Editorial", "Not the other one."),
      record(5, "Editorial", "Another one."),
    ], store, source: "second")
  #expect(second.map(\.decision) == [.update, .same, .update, .new, .new])
  #expect(second[0].paper == first[1].paper)
  #expect(second[0].changes.map(\.field) == ["abstract"])
  #expect(second[1].paper == first[0].paper)
  #expect(try store.info().papers == 5)
}

@Test func identifiersOfDifferentPapersAreAConflict() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  _ = try importing(
    [
      record(1, "One work of some length", nil, [.init("doi", "10.1/a")]),
      record(2, "Two works of some length", nil, [.init("doi", "10.1/b")]),
    ],
    store)
  var both = record(1, "Both works at once, it seems", nil, [.init("doi", "10.1/a"), .init("doi", "10.1/b")])
  both.warnings = [.init(code: "id.conflict", severity: "warning", message: "two works", span: both.span)]
  #expect(try importing([both], store, source: "second").map(\.decision) == [.conflict])
  #expect(try store.info().papers == 2)
  // The same source again is known, conflict or not.
  #expect(try importing([both], store, source: "second").map(\.decision) == [.same])
  #expect(try store.check() == [])
}

@Test func handlesComeFromContentAlone() throws {
  let (a, b) = (try TemporaryFolder(), try TemporaryFolder())
  let first = try importing(three, store(a)).map(\.paper)
  let second = try importing(three.reversed(), store(b)).map(\.paper)
  #expect(first == second.reversed())
  #expect(first.compactMap { $0 }.allSatisfy { $0.hasPrefix("paper:") && $0.utf8.count == 22 })
}

/// SHA-256("abc") = ba7816bf 8f01cfea 4141…; its first ten bytes in Crockford's base 32, by Python's integers.
@Test func theHandleOfKnownBytesIsKnown() {
  #expect(PaperUID.make(from: Array("abc".utf8)) == "paper:q9w1dfwf077ymga1")
}

@Test func whatAPersonTypesIsNeverReadAsTheIndexsSyntax() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  _ = try importing(three + [record(4, "S^2IP-LLM and state-of-the-art k-means", "C++ by O'Neill, 50% faster")], store)
  func found(_ query: String) throws -> Int { try store.read { try $0.uids(query: query).count } }
  for query in [
    "S^2IP-LLM", "state-of-the-art", "k-means", "C++", "O'Neill", "@nasa", "50%", "(x", "NOT", "", "a\"b", "foo:bar",
    "*",
    "\"", "NEAR(", "title:", "-", "-paper", "AND OR",
  ] {
    _ = try found(query)
  }
  #expect(try found("S^2IP-LLM") == 1)
  #expect(try found("\"language models\"") == 1)
  #expect(try found("langu*") == 1)
  #expect(try found("paper -second") == 2)
  #expect(try found("papers") == 3, "words are stemmed")
  #expect(try found("") == 4)
  let check = try store.read { try String.fetchOne($0.database, sql: "PRAGMA integrity_check") }
  #expect(check == "ok")
}

@Test func aStoreOfANewerVersionIsReadAndNotWritten() throws {
  let folder = try TemporaryFolder()
  let path = folder.file("quire.sqlite").path
  let made = try store(folder)
  made.close()
  try DatabaseQueue(path: path).inDatabase { try $0.execute(sql: "PRAGMA user_version = 99") }
  let newer = try PaperStore(path: path)
  #expect(try newer.info().schemaVersion == 99)
  #expect(try newer.read { try $0.uids(query: "anything") } == [])
  let error = try #require(throws: StoreError.self) { try newer.write(run: "r", batch: 0) { _ in } }
  #expect(error.kind == .tooNew)
}

@Test func aFileThatIsNoDatabaseIsToldAsDamaged() throws {
  let folder = try TemporaryFolder()
  let file = folder.file("quire.sqlite")
  try Data(repeating: 65, count: 10_000).write(to: file)
  let error = try #require(throws: StoreError.self) { try PaperStore(path: file.path) }
  #expect(error.kind == .corrupt)
}

@Test func aNewReadingOfAKnownSourceReplacesItsRecords() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  var first = record(1, "A paper whose span was read wrongly", "About this.", [.init("doi", "10.1/a")])
  first.warnings = [.init(code: "list.uncertain", severity: "warning", message: "unsure", span: first.span)]
  _ = try importing([first], store)
  var again = first
  again.span = first.span.lowerBound..<first.span.upperBound + 5
  again.warnings = []
  #expect(try importing([again], store).map(\.decision) == [.same])
  let warnings = try store.read { try Int.fetchOne($0.database, sql: "SELECT count(*) FROM warning") }
  #expect(warnings == 0)
  #expect(try store.check() == [])
}

@Test func appendedDuplicatesAreOnePaper() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  let short = record(9, "Short", "A paper whose title is short.")
  var again = short
  again.ordinal = 10
  again.span = 10_000..<10_000 + short.span.count
  let plan = try importing(three + [record(4, "A FIRST paper of a certain length!"), short, again], store)
  #expect(plan.map(\.decision) == [.new, .new, .new, .same, .new, .same])
  #expect(plan[5].evidence == "bytes")
  #expect(try store.info().papers == 4)
}

@Test func anEditedEntryUpdatesItsPaper() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  func entry(_ title: String, year: Int?, container: String?, abstract: String? = nil) -> ImportRecord {
    var entry = record(1, title, abstract)
    entry.localKey = "smith2020"
    entry.columns.year = year
    entry.columns.container = container
    return entry
  }
  let first = try importing([entry("A title with a tpyo in it", year: 2020, container: "Journal")], store)
  let second = try importing(
    [entry("A title without a typo in it", year: 2021, container: "Journal", abstract: "Now with an abstract.")], store,
    source: "changed")
  #expect(second.map(\.decision) == [.update])
  #expect(second[0].paper == first[0].paper)
  #expect(Set(second[0].changes.map(\.field)) == ["title", "issued", "abstract"])
  let paper = try store.read { try $0.paper(first[0].paper ?? "") }
  #expect(paper.title == "A title without a typo in it")
  #expect(paper.year == 2021)
  let history = try store.read { try String.fetchAll($0.database, sql: "SELECT change FROM paper_history") }
  #expect(history == [#"{"title":"A title with a tpyo in it","issued":{"date-parts":[[2020]]},"abstract":null}"#])
  #expect(try store.read { try $0.uids(query: "tpyo").count } == 0)
  #expect(try store.check() == [])
}

@Test func aRecordWithBothIdentifiersMergesThePreprintWithThePublishedPaper() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  var preprint = record(
    1, "A preprint of a certain length", "A long abstract of the preprint.", [.init("arxiv", "2401.00001")])
  preprint.columns.year = 2024
  var published = record(2, "The published paper of some length", nil, [.init("doi", "10.1/a")])
  published.columns.container = "Journal"
  published.links = [.init(kind: "code", url: "https://a.b/c", urlRaw: "a.b/c", status: "present", span: 2000..<2005)]
  let first = try importing([preprint, published], store)
  let image = try dump(store)
  let bridge = record(1, "Both", nil, [.init("doi", "10.1/a"), .init("arxiv", "2401.00001")])
  let plan = try importing([bridge], store, source: "bridge")
  #expect(plan.map(\.decision) == [.merge])
  #expect(plan[0].paper == first[0].paper)
  #expect(try store.info().papers == 1)
  let merged = try store.read { try $0.paper(first[0].paper ?? "") }
  #expect(merged.identifiers.count == 2 && merged.container == "Journal" && merged.links.count == 1)
  #expect(try store.check() == [])
  // The other handle leads to the same paper.
  let again = try importing([published], store, source: "later")
  #expect(again[0].paper == first[0].paper)

  #expect(try store.write(run: "undo", batch: 0) { try $0.undoMerge(1) }.isEmpty)
  #expect(try store.info().papers == 2)
  #expect(try dump(store) == image)
  #expect(try store.check() == [])
  let error = try #require(throws: StoreError.self) {
    try store.write(run: "undo", batch: 1) { try $0.undoMerge(1) }
  }
  #expect(error.kind == .notFound)
}

/// The papers with all that hangs on them, without revisions and times.
private func dump(_ store: PaperStore) throws -> [String] {
  try store.read { reader in
    var lines: [String] = []
    for table in ["author", "identifier", "link", "mention", "field_origin", "paper_tag"] {
      lines += try Row.fetchAll(reader.database, sql: "SELECT * FROM \(table) ORDER BY 1, 2, 3").map {
        "\(table) \($0)"
      }
    }
    let columns = "id, uid, title, abstract_plain, hex(abstract_raw), year, container_title, merged_into"
    return try lines + Row.fetchAll(reader.database, sql: "SELECT \(columns) FROM paper ORDER BY id").map { "\($0)" }
  }
}

@Test func aFullDiskIsSaidPlainlyAndNothingIsKeptOfTheBatch() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  _ = try importing(three, store)
  let tag = try store.contentTag()
  // A limit on pages answers as a full disk does.
  _ = try store.write(run: "limit", batch: 0) { try Int.fetchOne($0.database, sql: "PRAGMA max_page_count = 60") }
  let many = (1...2000).map { record($0, "Paper \($0) of very many", String(repeating: "words and words ", count: 60)) }
  let error = try #require(throws: StoreError.self) { try importing(many, store, source: "many") }
  #expect(error.kind == .io)
  #expect(error.message.contains("disk is full"))
  #expect(try store.contentTag() == tag)
  #expect(try store.info().papers == 3)
  #expect(try store.check() == [])
}

@Test func aReadOnlyStoreIsReadAndNotWritten() throws {
  let folder = try TemporaryFolder()
  let writing = try store(folder)
  _ = try importing(three, writing)
  let reading = try PaperStore(path: folder.file("quire.sqlite").path, isReadOnly: true)
  #expect(try reading.info().papers == 3)
  let error = try #require(throws: StoreError.self) { try importing(three, reading, source: "other") }
  #expect(error.kind == .readOnly)
  let absent = try #require(throws: StoreError.self) {
    try PaperStore(path: folder.file("none/quire.sqlite").path, isReadOnly: true)
  }
  #expect(absent.kind == .io)
}

@Test func theSearchIndexFollowsEveryChange() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  var named = record(4, "A paper with people and a venue", "Text.")
  var author = ImportRecord.Author()
  (author.family, author.given) = ("Müller", "Ada")
  var editor = ImportRecord.Author()
  (editor.role, editor.literal) = ("editor", "The Consortium")
  named.columns.authors = [editor, author]
  named.columns.container = "Proceedings"
  let plan = try importing(three + [named], store)
  let uid = try #require(plan[3].paper)
  try store.write(run: "tag", batch: 0) { try $0.tag([uid], add: ["reading list"], origin: "user") }
  for query in ["muller", "consortium", "proceedings", "reading"] {
    #expect(try store.read { try $0.uids(query: query) } == [uid], "\(query)")
  }
  #expect(try store.check() == [])
  // A tag that is there already changes nothing.
  let tag = try store.contentTag()
  try store.write(run: "tag", batch: 1) { try $0.tag([uid], add: ["reading list"], origin: "user") }
  #expect(try store.contentTag() == tag)
  #expect(try store.commit(run: "tag", batch: 0) != nil)
  #expect(try store.commit(run: "tag", batch: 1) == nil)
}

@Test func twoWritersOfTheSamePapersMakeThemOnce() async throws {
  let folder = try TemporaryFolder()
  let stores = [try store(folder), try store(folder), try store(folder)]
  let many = (1...300).map { record($0, "Paper number \($0) of those that both bring", "Abstract \($0).") }
  try await withThrowingTaskGroup(of: Void.self) { group in
    for (number, store) in stores.enumerated() {
      group.addTask {
        for start in stride(from: 0, to: many.count, by: 50) {
          _ = try store.write(run: "\(number)", batch: start) { writer in
            try writer.apply(Array(many[start..<start + 50]), from: writer.source(source("same")))
          }
        }
      }
    }
    try await group.waitForAll()
  }
  #expect(try stores[0].info().papers == 300)
  #expect(try stores[0].commits().map { $0.counts["new"] ?? 0 }.reduce(0, +) == 300)
  #expect(try stores[2].check() == [])
}

@Test func twoWritersBothFinish() async throws {
  let folder = try TemporaryFolder()
  let stores = [try store(folder), try store(folder)]
  await withTaskGroup(of: Void.self) { group in
    for (number, store) in stores.enumerated() {
      group.addTask {
        for batch in 0..<10 {
          _ = try? importing(
            [record(batch, "Paper \(batch) of the writer number \(number)")], store, source: "\(number)-\(batch)")
        }
      }
    }
  }
  #expect(try stores[0].info().papers == 20)
  #expect(try stores[1].commits().count == 20)
}

@Test func synchronousIsFull() throws {
  let folder = try TemporaryFolder()
  let value = try store(folder).write(run: "r", batch: 0) { try Int.fetchOne($0.database, sql: "PRAGMA synchronous") }
  #expect(value == 2)
}
