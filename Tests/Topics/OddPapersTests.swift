import JSON
import Linear
import MethodTestSupport
import PluginKit
import Testing

@testable import Topics

/// Papers as nobody would choose them.
@Suite struct OddPapersTests {
  @Test func anAbstractOfAMegabyteIsAPaperLikeOthers() throws {
    let bench = try bench(jobs: 4)
    var papers = drawnPapers(20, topics: 2)
    let words = papers[0]["abstract"]?.string ?? ""
    papers[0]["abstract"] = .string(String(repeating: words + " ", count: 1_000_000 / words.utf8.count))
    let value = try bench.call("topics.auto", ["papers": try bench.papers(papers), "k": 2, "effort": "fast"])
    #expect(value["rows"] == 20 && value["sizes"]?.ints == [10, 10])
    let embedded = try bench.call("features.tfidf", ["papers": ["$file": "papers.jsonl"]])
    #expect(embedded["rows"] == 20)
  }

  /// One letter repeated for a megabyte, one word of a megabyte, formulas that never end.
  @Test func hostileTextsAreRead() throws {
    let bench = try bench()
    var papers = drawnPapers(8, topics: 2)
    for (place, text) in [
      String(repeating: "a", count: 1 << 20), String(repeating: "$x ", count: 100_000),
      String(repeating: "/", count: 1 << 18), String(repeating: "\u{301}", count: 1 << 18),
    ].enumerated() {
      papers[place]["abstract"] = .string(text)
    }
    let value = try bench.call("topics.auto", ["papers": try bench.papers(papers), "k": 2, "effort": "fast"])
    #expect(value["rows"] == 8)
    #expect(value["topics"]?.array?.allSatisfy { $0["label"]?.string?.isEmpty == false } == true)
  }

  @Test func papersInOtherScriptsAreGroupedByTheirWords() throws {
    let bench = try bench()
    let scripts = [
      ["обучение", "нейронных", "сетей", "градиент", "данные"], ["تعلم", "الآلة", "الشبكات", "البيانات", "التدريب"],
      ["한국어", "논문", "학습", "신경망", "자료"],
    ]
    var numbers = RandomNumbers(seed: 1)
    let papers = (0..<30).map { i in
      paper("p\(10 + i)", (0..<6).map { _ in scripts[i % 3][numbers.below(5)] }.joined(separator: " "))
    }
    let value = try bench.call("topics.auto", ["papers": try bench.papers(papers), "k": 3, "effort": "fast"])
    let codes = try bench.labels(value["labels"]).codes
    #expect(Set(codes.indices.map { "\($0 % 3) \(codes[$0])" }).count == 3)
    let labels = try bench.labels(value["labels"]).classes
    #expect(labels.allSatisfy { label in scripts.contains { $0.contains { label.contains($0) } } })
  }

  @Test(arguments: ["topics.kmeans", "topics.ward", "topics.nmf", "topics.lda"])
  func moreTopicsThanPapersAreRefusedOrFewer(method: String) throws {
    let bench = try bench()
    let params: JSON = ["matrix": [[1, 0], [0, 1], [1, 1]], "k": 7]
    if let fault = bench.fault(method, params) {
      #expect(fault.path == "/k", "\(fault)")
    } else {
      let value = try bench.call(method, params)
      #expect(value["rows"] == 3 && (value["topics"]?.int ?? 9) <= 3 && !codes(value).isEmpty)
    }
  }

  @Test(arguments: ["topics.kmeans", "topics.ward", "topics.nmf", "topics.density", "topics.lda"])
  func onePaperAndAllPapersAlikeAreResults(method: String) throws {
    let bench = try bench()
    let sets: [JSON] = [[[1, 2]], [[1, 2], [1, 2], [1, 2]]]
    for rows in sets {
      var params: JSON = ["matrix": rows]
      if method != "topics.density" { params["k"] = 1 }
      let value = try bench.call(method, params)
      #expect(value["rows"]?.int == rows.array?.count && value["topics"] == 1)
    }
  }

  /// What the rows that are scored later say has no part in vocabulary, idf and space.
  @Test func wordsWeightsAndSpaceAreFittedOnTheNamedRowsOnly() throws {
    let bench = try bench()
    let papers = drawnPapers(20, topics: 2)
    let train = (0..<12).map { JSON.string("p\(1000 + $0)") }
    var other = papers
    for place in 12..<20 { other[place]["abstract"] = .string("wholly other words \(place) of the rest") }
    func fit(_ papers: [JSON], _ name: String) throws -> (vocabulary: JSON, idf: [Double], space: Matrix<Double>) {
      let set = try bench.papers(papers, name: name)
      let words = try bench.call("features.tfidf", ["papers": set, "fitOn": .array(train)])
      #expect(words["fittedOn"]?["rows"] == 12 && words["rows"] == 20)
      let space = try bench.call(
        "features.lsa", ["matrix": words["matrix"] ?? nil, "rank": 2, "fitOn": .array(train)])
      return (
        try bench.json(words["vocabulary"]), try bench.vector(words["idf"]), try bench.matrix(space["components"])
      )
    }
    let (a, b) = (try fit(papers, "a.jsonl"), try fit(other, "b.jsonl"))
    #expect(a.vocabulary == b.vocabulary && a.idf == b.idf)
    for (x, y) in zip(a.space.elements, b.space.elements) { #expect(abs(x - y) < 1e-12) }
  }
}
