import Foundation
import JSON
import Kernel
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Papers

private let two = """
  A Title of Some Paper
  We show a thing. It is a thing that was not shown before, and code is at https://github.com/example/thing.
  Another Title of a Paper
  This paper speaks of another thing, at some length, and ends.

  """

private func bench() throws -> MethodBench { try MethodBench([PapersPlugin.self]) }

/// The lines of an artifact of JSON lines.
private func lines(_ bench: MethodBench, _ artifact: JSON?) throws -> [JSON] {
  try bench.bytes(artifact).split(separator: 0x0A).map { try JSON.parse(Array($0)) }
}

/// The handles of all papers by title.
private func ids(_ bench: MethodBench) throws -> [String: String] {
  let papers = try lines(bench, bench.call("papers.select", [:])["papers"])
  return Dictionary(
    papers.map { ($0["title"]?.string ?? "", $0["id"]?.string ?? "") }, uniquingKeysWith: { first, _ in first })
}

@Test func aDryRunTellsThePlanThatApplyingCarriesOut() throws {
  let bench = try bench()
  let plan = try bench.call("papers.import", ["text": .string(two), "dryRun": true])
  #expect(plan["counts"]?["new"] == 2 && plan["base"] == 0)
  #expect(try bench.call("papers.select", [:])["count"] == 0)
  let done = try bench.call("papers.import", ["text": .string(two), "base": 0])
  #expect(try bench.bytes(done["records"]) == bench.bytes(plan["records"]))
  #expect(try bench.bytes(done["papers"]) == bench.bytes(plan["papers"]))
  // The plan was for an empty store.
  #expect(bench.fault("papers.import", ["text": "@misc{a, title={B}}", "base": 0])?.kind == "plan.stale")
  #expect(try bench.call("papers.select", [:])["count"] == 2)
}

@Test func thePlanNamesEveryFieldThatChanges() throws {
  let bench = try bench()
  let csl = { (volume: String, year: Int64) -> JSON in
    let item: JSON = [
      "id": "a", "type": "article-journal", "title": "A title of one work", "DOI": "10.1000/a",
      "volume": .string(volume), "issued": ["date-parts": [[.integer(year)]]],
    ]
    return .string(JSON.array([item]).text)
  }
  _ = try bench.call("papers.import", ["text": csl("1", 2020)])
  let ranked = try bench.call("papers.import", ["text": csl("2", 2021)])
  #expect(ranked["counts"]?["same"] == 1)
  let replaced = try bench.call("papers.import", ["text": csl("3", 2022), "mergePolicy": "replace", "tags": ["x"]])
  let line = try #require(try lines(bench, replaced["records"]).first)
  #expect(line["decision"] == "update" && line["evidence"] == "identifier doi 10.1000/a")
  #expect(
    line["changes"] == [
      ["field": "issued", "old": ["date-parts": [[2020]]], "new": ["date-parts": [[2022]]], "origin": "replaced"],
      ["field": "volume", "old": "1", "new": "3", "origin": "replaced"],
    ])
  #expect(try bench.call("papers.search", ["query": "tag:X"])["total"] == 1)
}

@Test func searchFindsPagesAndExplains() throws {
  let bench = try bench()
  let list = (1...25).map {
    "Paper number \($0) about probing things\nAn abstract of some length about \($0) models.\n"
  }
  _ = try bench.call("papers.import", ["text": .string(list.joined()), "format": "list"])
  var found: Set<String> = []
  var cursor: JSON = .null
  for page in 0..<3 {
    var params: JSON = ["query": "probing things", "limit": 10, "explain": true]
    if !cursor.isNull { params["cursor"] = cursor }
    let value = try bench.call("papers.search", params)
    #expect(value["total"] == 25 && value["relaxed"] == false)
    #expect(value["items"]?.array?.count == (page < 2 ? 10 : 5))
    for item in value["items"]?.array ?? [] {
      found.insert(item["id"]?.string ?? "")
      let parts = ["relevance", "titlePhrase", "titleWords", "recency"].map { item["explain"]?[$0]?.double ?? .nan }
      #expect(abs(parts.reduce(0, +) - (item["score"]?.double ?? .nan)) < 1e-9)
      #expect(item["snippet"]?.string?.contains("<mark>probing</mark>") == true)
    }
    cursor = value["next"] ?? .null
  }
  #expect(found.count == 25 && cursor.isNull)
  #expect(try bench.call("papers.search", ["query": "probing zebras"])["relaxed"] == true)
}

@Test(arguments: [
  ("10.1000/a", 1), ("https://doi.org/10.1000/A", 1), ("doi:10.1000/A", 1), ("arXiv:2401.00001v3", 1),
  ("arxiv:2401.00001", 1), ("https://arxiv.org/abs/2401.00001", 1), ("has:doi", 1), ("10.1000/none", 0),
])
func anIdentifierFindsItsPaper(query: String, total: Int) throws {
  let bench = try bench()
  let item: JSON = [
    "id": "a", "type": "article", "title": "A title of one work", "DOI": "10.1000/a", "archive": "arXiv",
    "archive_location": "arXiv:2401.00001",
  ]
  _ = try bench.call("papers.import", ["text": .string(JSON.array([item]).text)])
  #expect(try bench.call("papers.search", ["query": .string(query)])["total"]?.int == total, "\(query)")
}

@Test func anEditRaisesTheRevisionAndItsHistoryTellsWhatWas() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(two)])
  let id = JSON.string(try #require(try ids(bench)["A Title of Some Paper"]))
  let edit = try bench.call(
    "papers.update",
    ["id": id, "rev": 1, "fields": ["title": "A better title", "issued": ["date-parts": [[2024]]], "abstract": nil]])
  #expect(edit["rev"] == 2)
  #expect(bench.fault("papers.update", ["id": id, "rev": 1, "fields": ["title": "x"]])?.kind == "store.conflict")
  for fields: JSON in [
    ["title": 5], ["author": "Ada"], ["issued": "2020"], ["type": "no type"], ["type": nil], ["unknown-member": "x"],
    ["labels": ["a": 5]],
  ] {
    #expect(bench.fault("papers.update", ["id": id, "rev": 2, "fields": fields])?.kind == "params.value", "\(fields)")
  }
  let paper = try bench.call("papers.get", ["ids": [id]])["papers"]?[0]
  #expect(paper?["item"]?["title"] == "A better title" && paper?["item"]?["abstract"] == nil && paper?["rev"] == 2)
  let change = try bench.call("papers.history", ["id": id])["items"]?[0]?["change"]
  #expect(change?["title"] == "A Title of Some Paper" && change?["issued"] == .some(.null))
  // The same source again leaves the edit.
  #expect(try bench.call("papers.import", ["text": .string(two)])["counts"]?["same"] == 2)
  #expect(try bench.call("papers.search", ["query": "better"])["total"] == 1)
}

@Test func mergingAndPartingGivesBackBothPapers() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(two)])
  let before = try bench.bytes(bench.call("papers.export", ["format": "jsonl"])["file"])
  let known = try ids(bench)
  let winner = JSON.string(try #require(known["A Title of Some Paper"]))
  let loser = JSON.string(try #require(known["Another Title of a Paper"]))
  let merged = try bench.call("papers.merge", ["winner": winner, "loser": loser])
  #expect(try bench.call("papers.get", ["ids": [loser]])["papers"]?[0]?["id"] == winner)
  #expect(try bench.call("papers.select", ["ids": [loser]])["count"] == 1)
  let undone = try bench.call("papers.unmerge", ["merge": merged["merge"] ?? 0])
  #expect(undone["undone"] == true)
  #expect(try bench.bytes(bench.call("papers.export", ["format": "jsonl"])["file"]) == before)
  #expect(bench.fault("papers.unmerge", ["merge": merged["merge"] ?? 0])?.kind == "store.notFound")
  #expect(bench.fault("papers.merge", ["winner": winner, "loser": winner])?.kind == "store.conflict")
  #expect(bench.fault("papers.merge", ["winner": winner, "loser": "paper:none"])?.kind == "store.notFound")
}

private let alike = """
  On Probing the Layers of Large Models
  We probe every layer of a large model and find that the middle layers know most, and that the last ones forget.
  On Probing All Layers of Large Models
  We probe every layer of a large model and find that the middle layers know most, and that the last ones forget it.
  Something Else About Ice and Glaciers
  Glaciers move, and this paper says how they do that in winter when nobody looks at them at all.

  """

@Test func alikePapersAreSuggestedUntilTheyAreRefused() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(alike), "format": "list"])
  let value = try bench.call("papers.duplicates", ["threshold": 0.5])
  #expect(value["count"] == 1 && value["compared"] == 3)
  let pair = value["pairs"]?[0]
  #expect((pair?["score"]?.double ?? 0) > 0.6)
  #expect(try bench.call("papers.select", [:])["count"] == 3, "nothing was merged")
  _ = try bench.call(
    "papers.merge", ["winner": pair?["a"]?["id"] ?? "", "loser": pair?["b"]?["id"] ?? "", "refuse": true])
  #expect(try bench.call("papers.duplicates", ["threshold": 0.5])["count"] == 0)
}

@Test func aDeletedPaperIsSeenByNothingAndComesBack() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(two)])
  let id = JSON.string(try #require(try ids(bench)["A Title of Some Paper"]))
  #expect(try bench.call("papers.delete", ["ids": [id]]) == ["deleted": 1, "restored": 0])
  #expect(try bench.call("papers.select", [:])["count"] == 1)
  let again = try bench.call("papers.import", ["text": .string(two)])
  #expect(again["counts"]?["same"] == 2)
  #expect(try lines(bench, again["records"])[0]["deleted"] == true)
  #expect(try bench.call("papers.get", ["ids": [id], "fields": ["deleted"]])["papers"]?[0]?["deleted"] == true)
  #expect(try bench.call("papers.delete", ["ids": [id], "restore": true]) == ["deleted": 0, "restored": 1])
  #expect(try bench.call("papers.select", [:])["count"] == 2)
}

@Test func labelsBecomeTags() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(two)])
  let set = try bench.call("papers.select", [:])["papers"] ?? .null
  let labels = try bench.call("papers.labels", ["papers": set, "linkKind": "code"])["labels"] ?? .null
  #expect(
    try bench.call("papers.tag", ["papers": set, "labels": labels, "add": ["Seen"]]) == ["papers": 2, "changed": 2])
  #expect(try bench.call("papers.search", ["query": "tag:yes"])["total"] == 1)
  #expect(try bench.call("papers.select", ["tags": ["seen", "no"]])["count"] == 1)
  #expect(try bench.call("papers.tag", ["papers": set, "remove": ["SEEN"]])["changed"] == 2)
  #expect(bench.fault("papers.tag", ["ids": ["paper:none"], "add": ["x"]])?.kind == "store.notFound")
  #expect(bench.fault("papers.tag", ["papers": set, "labels": ["yes"]])?.kind == "math.shape")
}

/// Ground truth goes in by `papers.update` and comes out by `papers.labels`.
@Test func givenLabelsAreReadBack() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(two)])
  for (rank, id) in try ids(bench).values.sorted().enumerated() {
    _ = try bench.call(
      "papers.update", ["id": .string(id), "rev": 1, "fields": ["labels": ["topic": rank == 0 ? "ice" : "fire"]]])
  }
  let set = try bench.call("papers.select", [:])["papers"] ?? .null
  let value = try bench.call("papers.labels", ["papers": set, "given": "topic"])
  #expect(value["classes"]?.array?.compactMap { $0["name"]?.string } == ["fire", "ice"])
}

@Test func fieldsOfASetAreThoseThatWereAskedFor() throws {
  let bench = try bench()
  _ = try bench.call("papers.import", ["text": .string(two)])
  let line = try lines(bench, bench.call("papers.select", ["fields": ["links"]])["papers"])[0]
  let names = Set((line.object?.members ?? []).map { $0.key })
  #expect(names.isSubset(of: ["id", "hash", "title", "links"]))
}

@Test(arguments: ["jsonl", "csl-json"])
func whatIsExportedComesBackAsItWas(format: String) throws {
  let items: [JSON] = [
    [
      "id": "smith2020", "type": "article-journal", "title": "A <i>title</i> & more — with “signs”",
      "author": [["family": "Smith", "given": "Ada", "suffix": "Jr."], ["literal": "The Group"]],
      "issued": ["date-parts": [[2020, 5]]], "DOI": "10.1000/a", "volume": "3", "x-own": ["kept": true],
    ],
    [
      "id": "b", "type": "book", "title": "A book of some length", "issued": ["literal": "in press"],
      "ISBN": "9783161484100",
    ],
  ]
  let first = try bench()
  _ = try first.call("papers.import", ["text": .string(JSON.array(items).text), "format": "csl-json"])
  let file = try first.bytes(first.call("papers.export", ["format": .string(format)])["file"])
  let second = try bench()
  let source = try second.file("file", file)
  #expect(try second.call("papers.import", ["source": source])["counts"]?["new"] == 2)
  let again = try second.bytes(second.call("papers.export", ["format": .string(format)])["file"])
  #expect(String(decoding: again, as: UTF8.self) == String(decoding: file, as: UTF8.self))
  if format == "jsonl" { #expect(try ids(first) == ids(second), "handles are stable over an export") }
  for item in items {
    let found = try second.call("papers.search", ["query": item["title"] ?? ""])["items"]?[0]?["id"] ?? ""
    #expect(try second.call("papers.get", ["ids": [found]])["papers"]?[0]?["item"] == item)
  }
}

@Test func keysThatSeveralPapersCameWithAreToldApart() throws {
  let bench = try bench()
  for (name, title) in [("a", "The first of two works"), ("b", "The second of two works")] {
    let item: JSON = ["id": "same", "type": "book", "title": .string(title)]
    _ = try bench.call("papers.import", ["source": bench.file(name, Array(JSON.array([item]).text.utf8))])
  }
  let value = try bench.call("papers.export", ["format": "csl-json"])
  let items = try bench.json(value["file"]).array ?? []
  #expect(items.compactMap { $0["id"]?.string } == ["same", "same-2"])
  #expect(value["warnings"]?[0]?["code"] == "key.repeated")
}

@Test func theStoreIsCheckedAndBackedUp() throws {
  let bench = try bench()
  #expect(try bench.call("store/check", [:])["ok"] == true)
  #expect(bench.fault("store/backup", ["path": "copy.sqlite"])?.kind == "store.notFound")
  _ = try bench.call("papers.import", ["text": .string(two)])
  #expect(try bench.call("store/check", [:]) == ["ok": true, "problems": []])
  let copy = try bench.call("store/backup", ["path": "copy.sqlite"])
  #expect((copy["bytes"]?.int ?? 0) > 10_000 && copy["hash"]?.string?.hasPrefix("sha256:") == true)
  #expect(bench.fault("store/backup", ["path": "copy.sqlite"])?.kind == "store.io")
  #expect(bench.fault("store/backup", ["path": "/copy.sqlite"])?.kind == "file.denied")
}
