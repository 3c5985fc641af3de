import TestSupport
import Testing

@testable import PaperStore

struct SearchTests {
  private let folder: TemporaryFolder
  private let store: PaperStore
  private let uids: [String]

  init() throws {
    folder = try TemporaryFolder()
    store = try PaperStore(path: folder.file("quire.sqlite").path)
    let papers: [(title: String, abstract: String, year: Int, doi: String?)] = [
      (
        "Sparse probing of language models", "We probe neurons of language models with sparse linear probes.", 2023,
        "10.1/probe"
      ),
      ("Language models", "Short.", 2001, nil),
      ("On glaciers and their language", "Models of ice, sparse data and <b>long</b> winters & summers.", 2019, nil),
      ("State-of-the-art k-means", "C++ by O'Neill, 50% faster than S^2IP-LLM.", 2015, nil),
    ]
    let records = papers.enumerated().map { index, paper in
      var record = ImportRecord(
        ordinal: index + 1, span: index * 100..<index * 100 + 50, bytes: Array(paper.title.utf8), title: paper.title)
      record.columns.abstract = paper.abstract
      record.columns.year = paper.year
      record.identifiers = paper.doi.map { [.init("doi", $0)] } ?? []
      return record
    }
    let source = ImportSource(format: "list", name: "a", sha256: "a", parserVersion: "1", bytes: 1, content: nil)
    let plan = try store.write(run: "r", batch: 0) { try $0.apply(records, from: $0.source(source)) }
    uids = plan.compactMap(\.paper)
    try store.write(run: "r", batch: 1) { [uids] in try $0.tag([uids[2]], add: ["to read"], origin: "user") }
  }

  private func found(_ query: String) throws -> Set<Int> {
    let found = try store.read { try $0.uids(query: query) }
    return Set(found.compactMap { uids.firstIndex(of: $0) })
  }

  @Test(arguments: [
    ("language models", [0, 1, 2]), ("\"language models\"", [0, 1]), ("langu* -ice", [0, 1]),
    ("glaciers OR k-means", [2, 3]),
    ("sparse glaciers OR neurons", [0, 2]), ("title:sparse", [0]), ("abstract:sparse", [0, 2]), ("tag:read", [2]),
    ("year:2019", [2]), ("year:2010-2019", [2, 3]), ("models year:2023", [0]), ("models -year:2023", [1, 2]),
    ("doi:10.1/probe", [0]), ("year:2001 OR glaciers", [1, 2]),
    ("title:\"language models\"", [0, 1]), ("probing", [0]), ("probe", [0]), ("-sparse", [1, 3]), ("OR glaciers", [2]),
    ("glaciers OR", [2]), ("", [0, 1, 2, 3]),
  ])
  func theQueryLanguageFindsWhatItSays(query: String, expected: [Int]) throws {
    #expect(try found(query) == Set(expected))
  }

  @Test(arguments: [
    "S^2IP-LLM", "state-of-the-art", "k-means", "C++", "O'Neill", "50%", "(x", "NOT", "a\"b", "foo:bar", "*", "\"",
    "NEAR(",
    "title:", "-", "year:x", "year:9-1", "AND OR", "{title} : x", "rank", "doi:", "\u{0}", "-\"", ":", "title:\"", "^a",
  ])
  func whatAPersonTypesNeverFails(query: String) throws {
    _ = try store.read { reader in
      (try reader.uids(query: query), try reader.search(query, limit: 5))
    }
  }

  @Test func aTitleThatIsTheQueryComesFirst() throws {
    let result = try store.read { try $0.search("language models", limit: 10) }
    #expect(result.total == 3 && !result.relaxed)
    #expect(result.hits.map(\.uid).last == uids[2])
    #expect(result.hits.prefix(2).allSatisfy { $0.titlePhrase == 6 && $0.titleWords == 2 })
    for hit in result.hits { #expect(hit.score == hit.relevance + hit.titlePhrase + hit.titleWords + hit.recency) }
  }

  @Test func whenNothingHoldsAllWordsSomeAreEnough() throws {
    let result = try store.read { try $0.search("glaciers neurons", limit: 10) }
    #expect(result.relaxed && result.total == 2)
    #expect(try store.read { try $0.search("unheard whatnots", limit: 10) }.total == 0)
  }

  @Test func snippetsAreSafeMarkup() throws {
    let hit = try #require(try store.read { try $0.search("winters", limit: 1) }.hits.first)
    #expect(hit.snippet == "Models of ice, sparse data and &lt;b&gt;long&lt;/b&gt; <mark>winters</mark> &amp; summers.")
  }

  @Test func anIdentifierIsLookedUpFirst() throws {
    let hits = try store.read { try $0.search("10.1/probe", identifiers: [.init("doi", "10.1/probe")], limit: 5) }.hits
    #expect(hits.map(\.uid) == [uids[0]])
    #expect(try store.read { try $0.search("doi:10.1/probe", limit: 5) }.hits.map(\.uid) == [uids[0]])
  }
}
