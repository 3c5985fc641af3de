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
  record.abstract = abstract
  record.identifiers = identifiers
  return record
}

private func source(_ content: String) -> ImportSource {
  ImportSource(
    format: "list", name: "a.txt", sha256: content, parserVersion: "1", bytes: content.utf8.count,
    content: Array(content.utf8))
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
  #expect(second[0].changed == ["abstract"])
  #expect(second[1].paper == first[0].paper)
  #expect(try store.info().papers == 5)
}

@Test func identifiersOfDifferentPapersAreAConflict() throws {
  let folder = try TemporaryFolder()
  let store = try store(folder)
  _ = try importing(
    [
      record(1, "One work of some length", nil, [.init("doi", "10.1/a")]),
      record(2, "Two works of some length", nil, [.init("arxiv", "2401.00001")]),
    ],
    store)
  let plan = try importing(
    [record(1, "Both works at once, it seems", nil, [.init("doi", "10.1/a"), .init("arxiv", "2401.00001")])], store,
    source: "second")
  #expect(plan.map(\.decision) == [.conflict])
  #expect(try store.info().papers == 2)
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

@Test func aStoreOfANewerVersionIsRefused() throws {
  let folder = try TemporaryFolder()
  let path = folder.file("quire.sqlite").path
  let made = try store(folder)
  made.close()
  try DatabaseQueue(path: path).inDatabase { try $0.execute(sql: "PRAGMA user_version = 99") }
  let error = try #require(throws: StoreError.self) { try PaperStore(path: path) }
  #expect(error.kind == .tooNew)
}

@Test func aFileThatIsNoDatabaseIsToldAsDamaged() throws {
  let folder = try TemporaryFolder()
  let file = folder.file("quire.sqlite")
  try Data(repeating: 65, count: 10_000).write(to: file)
  let error = try #require(throws: StoreError.self) { try PaperStore(path: file.path) }
  #expect(error.kind == .corrupt)
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
