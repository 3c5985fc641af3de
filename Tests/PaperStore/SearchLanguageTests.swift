import TestSupport
import Testing

@testable import PaperStore

struct SearchLanguageTests {
  private let folder: TemporaryFolder
  private let store: PaperStore
  private let uids: [String]

  private static let papers: [(title: String, abstract: String)] = [
    ("基于知识图谱的推荐系统", "本文使用BERT模型研究推荐问题。"),
    ("大規模言語モデルの評価", "日本語の評価について述べる。"),
    ("한국어 모델을 위한 평가", "언어 모델의 평가."),
    ("การเรียนรู้เชิงลึก", "ภาษาไทย"),
    ("Глубокое обучение", "О моделях языка."),
    ("S^2IP-LLM: time series with C++", "O'Neill wrote state-of-the-art k-means at 50% of the cost; @nasa uses it."),
    ("Überraschung: ein Café in Łódź", "Naïve façade, e.g. ｆｕｌｌｗｉｄｔｈ letters \u{1}marked\u{2} <b>bold</b>."),
  ]

  init() throws {
    folder = try TemporaryFolder()
    store = try PaperStore(path: folder.file("quire.sqlite").path)
    let records = Self.papers.enumerated().map { index, paper in
      var record = ImportRecord(
        ordinal: index + 1, span: index * 100..<index * 100 + 50, bytes: Array(paper.title.utf8), title: paper.title)
      record.columns.abstract = paper.abstract
      record.columns.year = 2018 + index
      if index == 0 {
        record.links = [.init(kind: "code", url: "https://a.b", urlRaw: "a.b", status: "present", span: 0..<1)]
        var author = ItemColumns.Author()
        author.literal = "王小明"
        record.columns.authors = [author]
      }
      return record
    }
    let source = ImportSource(format: "list", name: "a", sha256: "a", parserVersion: "1", bytes: 1, content: nil)
    uids = try store.write(run: "r", batch: 0) { try $0.apply(records, from: $0.source(source)) }.compactMap(\.paper)
  }

  private func found(_ query: String) throws -> Set<Int> {
    let hits = try store.read { try $0.search(query, limit: 20) }
    return hits.relaxed ? [] : Set(hits.hits.compactMap { uids.firstIndex(of: $0.uid) })
  }

  @Test(arguments: [
    ("知识", [0]), ("知识图谱", [0]), ("图谱 推荐", [0]), ("BERT", [0]), ("BERT模型", [0]), ("识知", []), ("推荐 OR 評価", [0, 1]),
    ("言語", [1]), ("モデル", [1]), ("모델", [2]), ("평가", [2]), ("เรียน", [3]), ("ภาษา", [3]), ("обучение", [4]),
    ("ОБУЧЕНИЕ", [4]), ("title:知识", [0]), ("abstract:知识", []), ("author:小明", [0]), ("-知识 has:code", []),
    ("has:code", [0]), ("推荐 year:2018", [0]), ("推荐 year:2019-", []), ("S^2IP-LLM", [5]), ("C++", [5]), ("O'Neill", [5]),
    ("state-of-the-art", [5]), ("k-means", [5]), ("50%", [5]), ("@nasa", [5]), ("“time series”", [5]),
    ("cafe lodz", [6]), ("CAFÉ Łódź", [6]), ("title:\"in lodz\"", [6]), ("łod*", [6]),
    ("uberraschung", [6]), ("NAIVE facade", [6]), ("year:2018..2019", [0, 1]), ("year:2019–2020", [1, 2]),
    ("year:-2018", [0]), ("year:2023-", [5, 6]), ("year:2019-2018", [0, 1]), ("tim*", [5]), ("-series time", []),
  ])
  func everyScriptIsFoundAsAPersonExpects(query: String, expected: [Int]) throws {
    #expect(try found(query) == Set(expected), "\(query)")
  }

  @Test func snippetsAreCleanAndBalanced() throws {
    for query in ["marked", "bold", "BERT", "知识", "letters"] {
      for hit in try store.read({ try $0.search(query, limit: 20) }).hits {
        let opened = hit.snippet.split(separator: "<mark>", omittingEmptySubsequences: false).count
        let closed = hit.snippet.split(separator: "</mark>", omittingEmptySubsequences: false).count
        #expect(opened == closed && opened > 1, "\(hit.snippet)")
        #expect(!hit.snippet.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x200B }, "\(hit.snippet)")
        #expect(!hit.snippet.contains("<b>"))
      }
    }
  }

  /// Random texts of words, signs and bytes: there is always an answer, and never one of the index's errors.
  @Test func whateverIsTypedIsAnswered() throws {
    let pieces =
      Generated.hostile + [
        "author:", "year:", "has:", "tag:", "doi:", "arxiv:", "venue:", "-", "\"", " ", " OR ", "AND", "NEAR(a b, 2)",
        "{title}:", "title : x", "rank", "rowid", "2023-2025", "a*b", "**", "paper_fts", "x'", "--", "/*", "\\", "\t",
        "has:code", "has:nothing", "year:99999999999999999999", "year:-", "–", "：",
      ]
    try store.read { reader in
      for seed in 1...1500 {
        var generated = Generated(seed: UInt64(seed))
        let query: String
        if generated.chance(70) {
          query = (0..<Int.random(in: 0...8, using: &generated)).map { _ in generated.pick(pieces) }
            .joined(separator: generated.chance(50) ? "" : " ")
        } else {
          let bytes = (0..<Int.random(in: 0...24, using: &generated)).map { _ in
            UInt8.random(in: 0...255, using: &generated)
          }
          query = String(decoding: bytes, as: UTF8.self)
        }
        do {
          let result = try reader.search(query, limit: 5)
          #expect(result.hits.count <= result.total || result.isCapped)
          #expect(try reader.uids(query: query).count <= Self.papers.count)
        } catch {
          Issue.record("\(query.debugDescription): \(error)")
        }
      }
      _ = try reader.search(String(repeating: "word ", count: 100_000), limit: 5)
      _ = try reader.search(String(repeating: "\"", count: 10_000), limit: 5)
      _ = try reader.search(String(repeating: "a", count: 1_000_000), limit: 5)
    }
  }
}
