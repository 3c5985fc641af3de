import GRDB
import JSON
import TestSupport
import Testing

@testable import PaperStore

struct MergeTests {
  private let folder: TemporaryFolder
  private let store: PaperStore

  init() throws {
    folder = try TemporaryFolder()
    store = try PaperStore(path: folder.file("quire.sqlite").path)
  }

  private func importing(
    _ items: [JSON.Object], format: String = "bibtex", source name: String = "a", policy: MergePolicy = .ranked,
    identifiers: [[ImportRecord.Identifier]] = [], links: [[String]] = []
  ) throws -> [PlannedRecord] {
    let records = items.enumerated().map { index, item in
      let bytes = Array("\(name) \(JSON.object(item).text)".utf8)
      var record = ImportRecord(
        ordinal: index + 1, span: index * 10..<index * 10 + 5, uid: PaperUID.make(from: bytes),
        columns: ItemColumns(item))
      record.localKey = item["id"]?.string
      if index < identifiers.count { record.identifiers = identifiers[index] }
      if index < links.count {
        record.links = links[index].map { .init(kind: "code", url: $0, urlRaw: $0, status: "present", span: 0..<1) }
      }
      return record
    }
    let source = ImportSource(format: format, name: name, sha256: name, parserVersion: "1", bytes: 1, content: nil)
    return try store.write(run: "import \(name)", batch: 0) { writer in
      writer.policy = policy
      return try writer.apply(records, from: writer.source(source))
    }
  }

  private func paper(_ uid: String?) throws -> PaperReader.StoredPaper {
    try store.read { try $0.paper(uid ?? "") }
  }

  /// All that is known of the papers, revisions and times aside.
  private func dump() throws -> [String] {
    try store.read { reader in
      var lines: [String] = []
      for table in [
        "author", "identifier", "link", "mention", "field_origin", "paper_tag", "label", "version", "segmented",
      ] {
        lines += try Row.fetchAll(reader.database, sql: "SELECT * FROM \(table) ORDER BY 1, 2").map {
          "\(table) \($0)"
        }
      }
      lines += try Row.fetchAll(reader.database, sql: "SELECT id, paper_id FROM record ORDER BY id").map { "\($0)" }
      let names = try Row.fetchAll(reader.database, sql: "PRAGMA table_info(paper)").map { $0["name"] as String }
      let columns = names.filter { !["rev", "updated_at"].contains($0) }.joined(separator: ", ")
      return try lines + Row.fetchAll(reader.database, sql: "SELECT \(columns) FROM paper ORDER BY id").map { "\($0)" }
    }
  }

  @Test func aBetterSourceReplacesAndAnEqualOneFillsIn() throws {
    let doi = [ImportRecord.Identifier("doi", "10.1/a")]
    let first = try importing(
      [["id": "a", "type": "article-journal", "title": "A title of one work", "volume": "1"]], identifiers: [doi])
    let same = try importing(
      [["id": "b", "type": "article-journal", "title": "A title of one work!", "volume": "2", "issue": "3"]],
      source: "b", identifiers: [doi])
    #expect(same[0].decision == .update)
    #expect(same[0].changes.map { "\($0.field) \($0.rule)" } == ["issue missing"])
    let better = try importing(
      [["type": "article-journal", "title": "A Title of One Work", "volume": "4"]], format: "crossref", source: "c",
      identifiers: [doi])
    #expect(Set(better[0].changes.map { "\($0.field) \($0.rule)" }) == ["title ranked", "volume ranked"])
    #expect(better[0].changes.first { $0.field == "volume" }?.old == "1")
    let worse = try importing(
      [["type": "article", "title": "a title", "volume": "9", "abstract": "Text."]], format: "arxiv-atom", source: "d",
      identifiers: [doi])
    #expect(worse[0].changes.map(\.field) == ["abstract"])
    #expect(try paper(first[0].paper).item["volume"] == "4")
    #expect(try paper(first[0].paper).item["id"] == "a")
  }

  @Test func aPersonsEditIsKeptAgainstImportsAndMerges() throws {
    let doi = [ImportRecord.Identifier("doi", "10.1/a")]
    let first = try importing([["id": "a", "type": "book", "title": "A title of one work"]], identifiers: [doi])
    let uid = try #require(first[0].paper)
    let edit = try store.write(run: "e", batch: 0) {
      try $0.edit(uid, rev: 1, ["title": "My title", "note": "mine", "labels": ["topic": "ice"]])
    }
    #expect(edit.rev == 2 && edit.changes.map(\.field) == ["title", "note", "labels"])
    for policy in [MergePolicy.ranked, .replace] {
      _ = try importing(
        [["type": "book", "title": "Theirs", "note": "theirs", "volume": "1"]], format: "crossref",
        source: policy.rawValue, policy: policy, identifiers: [doi])
    }
    #expect(try paper(uid).item["title"] == "My title")
    let other = try importing([["id": "z", "type": "book", "title": "Another one that wins here"]], source: "z")
    let winner = try #require(other[0].paper)
    _ = try store.write(run: "m", batch: 0) { try $0.merge(winner, uid, reason: "test") }
    let merged = try paper(winner)
    #expect(merged.item["title"] == "My title" && merged.item["note"] == "mine" && merged.labels["topic"] == "ice")
    #expect(try paper(uid).uid == winner, "the loser's handle leads to the winner")
    let stale = try #require(throws: StoreError.self) {
      try store.write(run: "e", batch: 1) { try $0.edit(winner, rev: 1, ["title": "x"]) }
    }
    #expect(stale.kind == .conflict)
  }

  @Test func policiesDoWhatTheySay() throws {
    let doi = [ImportRecord.Identifier("doi", "10.1/a")]
    let first = try importing([["id": "a", "type": "book", "title": "A title", "volume": "1"]], identifiers: [doi])
    for (policy, fields) in [
      (MergePolicy.keep, []), (.fill, ["issue"]), (.replace, ["title", "volume"]),
    ] {
      let plan = try importing(
        [["type": "book", "title": "Other", "volume": "2", "issue": "5"]], format: "tei", source: "\(policy)",
        policy: policy, identifiers: [doi])
      #expect(plan[0].changes.map(\.field) == fields, "\(policy)")
      #expect(plan[0].decision == (fields.isEmpty ? .same : .update))
    }
    #expect(try paper(first[0].paper).title == "Other")
  }

  @Test func linksAndMentionsOfALaterSourceAreJoined() throws {
    let doi = [ImportRecord.Identifier("doi", "10.1/a")]
    let first = try importing(
      [["type": "book", "title": "A title"]], identifiers: [doi], links: [["https://a.b/c"]])
    let plan = try importing(
      [["type": "book", "title": "A title"]], source: "b", identifiers: [doi],
      links: [["https://a.b/c", "https://a.b/d", "https://a.b/d"]])
    #expect(plan[0].changes.map(\.field) == ["links"])
    #expect(try paper(first[0].paper).links.map(\.url) == ["https://a.b/c", "https://a.b/d"])
  }

  @Test func mergesAreTakenBackExactlyWhateverThePapersHold() throws {
    for seed in 1...40 {
      var generated = Generated(seed: UInt64(seed))
      let items = [generated.item(), generated.item()]
      let plan = try importing(
        items, format: generated.pick(["bibtex", "crossref", "list"]), source: "s\(seed)",
        identifiers: [[.init("s2", "\(seed)a")], [.init("openalex", "\(seed)b")]],
        links: [["https://a.b/\(seed)"], ["https://a.b/\(seed)", "https://c.d"]])
      let uids = plan.compactMap(\.paper)
      guard uids.count == 2, uids[0] != uids[1] else { continue }
      try store.write(run: "t", batch: seed) { try $0.tag([uids[1]], add: ["知识", "x"], origin: "user") }
      let before = try dump()
      let merged = try store.write(run: "m", batch: seed) { try $0.merge(uids[0], uids[1], reason: "test") }
      #expect(try store.check() == [])
      #expect(try dump() != before)
      let conflicts = try store.write(run: "u", batch: seed) { try $0.undoMerge(merged.id) }
      #expect(conflicts.isEmpty)
      #expect(try dump() == before, "seed \(seed)")
    }
    #expect(try store.check() == [])
  }

  @Test func aMergeOfPapersThatChangedSinceIsNotTakenBack() throws {
    let uids = try importing([["type": "book", "title": "First of two"], ["type": "book", "title": "Second of two"]])
      .compactMap(\.paper)
    let merged = try store.write(run: "m", batch: 0) { try $0.merge(uids[0], uids[1], reason: "test") }
    try store.write(run: "t", batch: 0) { try $0.tag([uids[0]], add: ["later"], origin: "user") }
    let conflicts = try store.write(run: "u", batch: 0) { try $0.undoMerge(merged.id) }
    #expect(conflicts.map { "\($0.paper) \($0.field)" } == ["\(uids[0]) tags"])
    #expect(try store.info().papers == 1)
    #expect(try paper(uids[1]).uid == uids[0])
  }

  @Test func mergesOfMergesLeadToTheLastWinner() throws {
    let uids = try importing((1...3).map { ["type": "book", "title": .string("Paper \($0)")] }).compactMap(\.paper)
    _ = try store.write(run: "m", batch: 0) { try $0.merge(uids[1], uids[2], reason: "test") }
    _ = try store.write(run: "m", batch: 1) { try $0.merge(uids[0], uids[1], reason: "test") }
    #expect(try paper(uids[2]).uid == uids[0])
    // The same bytes come again from elsewhere.
    let again = try store.write(run: "i", batch: 0) { writer in
      let source = ImportSource(format: "ris", name: "x", sha256: "x", parserVersion: "1", bytes: 1, content: nil)
      let record = ImportRecord(ordinal: 1, span: 0..<1, uid: uids[2], columns: ItemColumns(title: "Paper 3"))
      return try writer.apply([record], from: writer.source(source))
    }
    #expect(again[0].paper == uids[0])
    let error = try #require(throws: StoreError.self) {
      try store.write(run: "m", batch: 2) { try $0.merge(uids[0], uids[2], reason: "test") }
    }
    #expect(error.kind == .conflict)
  }

  @Test func papersThatWerePartedStayApart() throws {
    let plan = try importing(
      [["type": "article", "title": "A preprint of a work"], ["type": "article", "title": "The work as published"]],
      identifiers: [[.init("arxiv", "2401.00001")], [.init("doi", "10.1/a")]])
    let both: [[ImportRecord.Identifier]] = [[.init("arxiv", "2401.00001"), .init("doi", "10.1/a")]]
    #expect(
      try importing([["type": "article", "title": "Both"]], source: "b", identifiers: both)[0].decision == .merge)
    let merge = try #require(try store.read { try $0.merges(of: plan[0].paper ?? "") }.first)
    #expect(try store.write(run: "u", batch: 0) { try $0.undoMerge(merge.id) }.isEmpty)
    #expect(
      try importing([["type": "article", "title": "Both again"]], source: "b2", identifiers: both)[0].decision
        == .conflict)
    // Two that a person said are two.
    let pair = try importing(
      [["type": "article", "title": "Another preprint"], ["type": "article", "title": "Another publication"]],
      source: "c", identifiers: [[.init("arxiv", "2401.00002")], [.init("doi", "10.1/b")]])
    try store.write(run: "r", batch: 0) { try $0.refuse(pair[0].paper ?? "", pair[1].paper ?? "") }
    let again = try importing(
      [["type": "article", "title": "Both of them"]], source: "d",
      identifiers: [[.init("arxiv", "2401.00002"), .init("doi", "10.1/b")]])
    #expect(again[0].decision == .conflict)
    #expect(try store.read { try $0.refusedPairs().count } == 2)
  }

  @Test func aDeletedPaperStaysDeletedAndIsSaidToBe() throws {
    let item: JSON.Object = ["id": "a", "type": "book", "title": "A title of some length"]
    let plan = try importing([item])
    let uid = try #require(plan[0].paper)
    #expect(try store.write(run: "d", batch: 0) { try $0.setDeleted([uid], true) } == 1)
    #expect(try store.write(run: "d", batch: 1) { try $0.setDeleted([uid], true) } == 0)
    #expect(try store.read { try ($0.uids(), $0.search("title", limit: 5).total) } == ([], 0))
    let again = try importing([item])
    #expect(again[0].decision == .same && again[0].isDeleted && again[0].paper == uid)
    #expect(try store.check() == [])
    #expect(try store.write(run: "d", batch: 2) { try $0.setDeleted([uid], false) } == 1)
    #expect(try store.read { try $0.search("title", limit: 5).total } == 1)
    #expect(try store.read { try $0.history(uid, before: nil, limit: 10) }.map(\.rev) == [3, 2])
    #expect(try store.check() == [])
  }

  @Test func aKeyThatNowNamesAnotherWorkIsNoEdit() throws {
    let first = try importing(
      [["id": "k", "type": "book", "title": "The first work"]], source: "a", identifiers: [[.init("doi", "10.1/a")]])
    let source = ImportSource(format: "bibtex", name: "a", sha256: "other", parserVersion: "1", bytes: 1, content: nil)
    var record = ImportRecord(ordinal: 1, span: 0..<1, bytes: Array("x".utf8), title: "The second work")
    record.localKey = "k"
    record.identifiers = [.init("doi", "10.1/b")]
    let plan = try store.write(run: "i", batch: 0) { [record] in try $0.apply([record], from: $0.source(source)) }
    #expect(plan[0].decision == .new && plan[0].paper != first[0].paper)
    // Pasted text has no name by which an earlier state could be known.
    var pasted = source
    (pasted.sha256, pasted.isNamed) = ("third", false)
    record.identifiers = []
    record.columns.title = "A third work"
    record.uid = "paper:3"
    let third = try store.write(run: "i", batch: 1) { [record, pasted] in
      try $0.apply([record], from: $0.source(pasted))
    }
    #expect(third[0].decision == .new)
  }

  @Test func tagsThatDifferInCaseAreOne() throws {
    let uid = try #require(try importing([["type": "book", "title": "A title"]])[0].paper)
    #expect(try store.write(run: "t", batch: 0) { try $0.tag([uid], add: ["NLP", "nlp "], origin: "user") } == 1)
    #expect(try paper(uid).tags == ["NLP"])
    #expect(try store.write(run: "t", batch: 1) { try $0.tag([uid], add: ["nlp"], origin: "user") } == 0)
    #expect(try store.write(run: "t", batch: 2) { try $0.tag([uid], remove: ["Nlp"], origin: "user") } == 1)
    #expect(try paper(uid).tags == [])
    #expect(try store.read { try $0.history(uid, before: nil, limit: 1) }.first?.change == ["tags": ["NLP"]])
  }
}
