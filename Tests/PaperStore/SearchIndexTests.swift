import TestSupport
import Testing

@testable import PaperStore

/// The search index says what the papers say, whatever one transaction did to them.
struct SearchIndexTests {
  private let folder: TemporaryFolder
  private let store: PaperStore

  init() throws {
    folder = try TemporaryFolder()
    store = try PaperStore(path: folder.file("quire.sqlite").path)
  }

  private func record(_ ordinal: Int, _ title: String, doi: String? = nil, abstract: String? = nil) -> ImportRecord {
    let span = ordinal * 100..<ordinal * 100 + 50
    var record = ImportRecord(ordinal: ordinal, span: span, bytes: Array("\(ordinal) \(title)".utf8), title: title)
    record.identifiers = doi.map { [.init("doi", $0)] } ?? []
    record.columns.abstract = abstract
    return record
  }

  @discardableResult
  private func add(_ records: [ImportRecord], name: String = "a", isDryRun: Bool = false) throws -> [PlannedRecord] {
    let source = ImportSource(format: "bibtex", name: name, sha256: name, parserVersion: "1", bytes: 1, content: nil)
    return try store.write(run: name, batch: 0) { writer in
      writer.isDryRun = isDryRun
      return try writer.apply(records, from: writer.source(source))
    }
  }

  private func found(_ query: String) throws -> Int { try store.read { try $0.uids(query: query).count } }

  @Test(arguments: [
    ("Søren", "soren"), ("Łukasz", "lukasz"), ("Đorđe", "dorde"), ("Straße", "strasse"), ("Ærø", "aero"),
    ("Œuvres", "oeuvre"), ("Þorn", "thorn"), ("ıspanak", "ispanak"), ("Ħal", "hal"),
    ("Eiríkur Guðmundsson", "gudmundsson"),
  ])
  func lettersWithoutPartsAreFoundByPlainOnesAndTheOtherWayRound(written: String, typed: String) throws {
    try add([record(1, "On \(written) and others"), record(2, "Of \(typed) alone"), record(3, "Nothing of it")])
    #expect(try found(typed) == 2)
    #expect(try found(written.split(separator: " ").last.map(String.init) ?? "") == 2)
    let hits = try store.read { try $0.search(typed, limit: 5) }.hits
    let marked = written.split(separator: " ").last.map { "<mark>\($0)</mark>" } ?? ""
    #expect(hits.contains { $0.snippet.contains(marked) }, "\(hits.map(\.snippet))")
    #expect(try store.check() == [])
  }

  @Test func aPaperThatOneBatchMakesAndChangesIsIndexedOnceAsItEnds() throws {
    try add([
      record(1, "A first state of the thing", doi: "10.1/a"),
      record(2, "A first state of the thing", doi: "10.1/a", abstract: "Zymurgy of 知识图谱."),
      record(3, "Another thing altogether here", doi: "10.1/b"),
    ])
    #expect(try store.check() == [])
    #expect(try found("zymurgy") == 1 && found("知识") == 1 && found("thing") == 2)
  }

  @Test func everyChangeOfOneTransactionReachesTheIndex() throws {
    let plan = try add([
      record(1, "A paper about glaciers", doi: "10.1/a"), record(2, "A paper about volcanoes", doi: "10.1/b"),
      record(3, "A paper about oceans", doi: "10.1/c"),
    ])
    let uids = plan.compactMap(\.paper)
    try store.write(run: "r", batch: 1) { writer in
      try writer.tag([uids[0]], add: ["cold"], origin: "user")
      _ = try writer.edit(uids[0], rev: 2, ["title": "A paper about icebergs"])
      try writer.tag([uids[0]], remove: ["cold"], origin: "user")
      try writer.tag([uids[0]], add: ["frozen"], origin: "user")
      _ = try writer.merge(uids[1], uids[2], reason: "test")
      _ = try writer.setDeleted([uids[1]], true)
    }
    #expect(try store.check() == [])
    #expect(try found("glaciers") == 0 && found("cold") == 0)
    #expect(try found("icebergs") == 1 && found("tag:frozen") == 1)
    #expect(try found("volcanoes") == 0 && found("oceans") == 0)
    try store.write(run: "r", batch: 2) { _ = try $0.setDeleted([uids[1]], false) }
    #expect(try store.check() == [])
    #expect(try found("volcanoes") == 1)
  }

  @Test func aDryRunLeavesTheIndexAsItWas() throws {
    try add([record(1, "A paper about glaciers", doi: "10.1/a")])
    let again = [
      record(1, "A paper about glaciers", doi: "10.1/a", abstract: "Now with moraines."), record(2, "Of dunes only"),
    ]
    try add(again, name: "b", isDryRun: true)
    #expect(try store.check() == [])
    #expect(try found("moraines") == 0 && found("dunes") == 0 && found("glaciers") == 1)
  }
}
