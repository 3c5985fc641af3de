import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import Testing

@testable import Topics

/// Papers whose words are drawn from the words of their topic and from common ones; with no topics, from all alike.
func drawnPapers(_ n: Int, topics: Int, words: Int = 30, seed: UInt64 = 1) -> [JSON] {
  var numbers = RandomNumbers(seed: seed)
  func name(_ number: Int) -> String {
    let letters = Array("abcdefghijklmnopqrst")
    return "w" + String([letters[number / 400 % 20], letters[number / 20 % 20], letters[number % 20]])
  }
  return (0..<n).map { i in
    let text = (0..<words).map { _ -> String in
      let isOwn = topics > 0 && numbers.unit() < 0.6
      return isOwn ? name(200 + 25 * (i % topics) + numbers.below(25)) : name(numbers.below(200))
    }
    return paper("p\(1000 + i)", text.prefix(5).joined(separator: " "), text.dropFirst(5).joined(separator: " "))
  }
}

@Suite struct AutoTopicsTests {
  @Test func plantedTopicsAreFoundAndNamedAndNothingIsDropped() throws {
    let bench = try bench(jobs: 4)
    let value = try bench.call(
      "topics.auto", ["papers": try bench.papers(drawnPapers(60, topics: 3)), "effort": "fast"])
    #expect(value["evidence"]?["found"] == true && value["path"] == "lsa")
    let labels = try bench.labels(value["labels"])
    #expect(try PartitionAgreement(labels.codes, (0..<60).map { $0 % 3 }).adjustedRand > 0.9)
    #expect(labels.classes.allSatisfy { !$0.isEmpty } && codes(value).contains("k-same-data"))
    #expect((value["topics"]?.array ?? []).flatMap { $0["papers"]?.array ?? [] }.count == 60)
    let curve = try #require(value["curve"]?.array)
    #expect(curve.first?["k"] == 2 && curve.last?["k"] == 7 && curve.allSatisfy { $0["nullMax"] != nil })
  }

  /// The trap: texts without structure have a best k too. Four of five seeds must say so (a false alarm has a chance of
  /// 1 in 20 at each).
  @Test func withoutStructureThereIsNoEvidence() throws {
    let bench = try bench(jobs: 4)
    let quiet = try (0..<5).count { seed in
      let papers = try bench.papers(drawnPapers(48, topics: 0, seed: UInt64(10 + seed)), name: "p\(seed).jsonl")
      let value = try bench.call("topics.auto", ["papers": papers, "effort": "fast", "seed": JSON(seed)])
      let found = value["evidence"]?["found"] == true
      #expect(codes(value).contains("null-curve") == !found)
      return !found
    }
    #expect(quiet >= 4)
  }

  @Test func normalVectorsAreNoEvidenceEither() throws {
    let bench = try bench(jobs: 4)
    var numbers = RandomNumbers(seed: 4)
    let quiet = try (0..<5).count { seed in
      let n = 48
      let x: Matrix<Double> = numbers.gaussians(rows: n, columns: 10)
      let papers = try bench.papers(drawnPapers(n, topics: 0), name: "p\(seed).jsonl")
      let matrix = try bench.matrix(x, rowIDs: (0..<n).map { "p\(1000 + $0)" }, name: "x\(seed).npz")
      let value = try bench.call("topics.auto", ["papers": papers, "matrices": [matrix], "effort": "fast"])
      #expect(value["path"] == "graph")
      return value["evidence"]?["found"] == false
    }
    #expect(quiet >= 4)
  }

  @Test func theOrderTheRunAndTheThreadsChangeNoTopic() throws {
    let papers = drawnPapers(30, topics: 3)
    var numbers = RandomNumbers(seed: 5)
    for params: JSON in [["effort": "fast"], ["k": 3]] {
      var known: [String: JSON] = [:]
      for round in 0..<(params["k"] == nil ? 10 : 3) {
        let bench = try bench(jobs: round % 2 == 0 ? 1 : 4)
        let order = round == 0 ? Array(papers.indices) : numbers.permutation(papers.count)
        let value = try bench.call(
          "topics.auto", params.with(["papers": try bench.papers(order.map { papers[$0] })]))
        let lines = try bench.lines(value["assignments"])
        #expect(lines.count == 30)
        for line in lines {
          let id = try #require(line["id"]?.string)
          if round == 0 { known[id] = line["topic"] }
          #expect(known[id] == line["topic"] && (0...1).contains(line["confidence"]?.double ?? -1))
        }
      }
    }
  }

  @Test func theConsensusFindsPlantedTopicsAndTheirStability() throws {
    let bench = try bench(jobs: 4)
    let value = try bench.call("topics.auto", ["papers": try bench.papers(drawnPapers(36, topics: 3)), "k": 3])
    #expect(value["path"] == "consensus" && value["k"] == 3 && value["curve"] == nil)
    #expect((value["stability"]?.double ?? 0) > 0.8 && value["doubtfulPairs"] != nil)
    #expect(value["topics"]?.array?.allSatisfy { ($0["stability"]?.double ?? 0) > 0.6 } == true)
    // New papers of a known topic, by the stored words.
    let fresh = Array(drawnPapers(72, topics: 3).suffix(36))
    let assigned = try bench.call(
      "topics.assign",
      [
        "model": value["model"] ?? nil, "text": value["text"] ?? nil,
        "papers": try bench.papers(fresh, name: "fresh.jsonl"),
      ])
    let codes = try bench.labels(assigned["labels"]).codes
    #expect(try PartitionAgreement(codes, (36..<72).map { $0 % 3 }).adjustedRand > 0.8)
  }

  @Test func weakPapersStandApartOnlyWhenAsked() throws {
    let bench = try bench()
    let papers = try bench.papers(drawnPapers(40, topics: 0))
    let plain = try bench.call("topics.auto", ["papers": papers, "k": 4, "effort": "fast"])
    let weak = try #require(plain["weak"]?.int)
    #expect(weak > 0 && plain["topics"]?.array?.count == 4)
    let apart = try bench.call("topics.auto", ["papers": papers, "k": 4, "effort": "fast", "outliers": true])
    let last = try #require(apart["topics"]?.array?.last)
    #expect(last["label"] == "unassigned" && last["size"]?.int == weak)
    let lines = try bench.lines(apart["assignments"]).filter { $0["weak"] == true }
    #expect(lines.count == weak && lines.allSatisfy { $0["next"] != nil })
  }

  /// Versions of one paper vouch for each other; they are found and named.
  @Test func nearDuplicatesAreFound() throws {
    let bench = try bench()
    var papers = drawnPapers(24, topics: 2, words: 60)
    var twin = papers[3]
    twin["id"] = "p2000"
    twin["title"] = .string((twin["title"]?.string ?? "") + " revised")
    papers.append(twin)
    let value = try bench.call("topics.auto", ["papers": try bench.papers(papers), "k": 2, "effort": "fast"])
    #expect(value["nearDuplicates"] == [["p1003", "p2000"]] && codes(value).contains("near-duplicates"))
    let lines = try bench.lines(value["assignments"])
    func topic(_ id: String) -> JSON? { lines.first { $0["id"]?.string == id }?["topic"] }
    #expect(topic("p1003") == topic("p2000"))
  }

  @Test(arguments: ["auto", "1"]) func edgeCasesAreResults(k: String) throws {
    let bench = try bench()
    let count: JSON = k == "auto" ? "auto" : 1
    let sets: [[JSON]] = [
      [paper("a", "One paper alone")], [paper("a", "One"), paper("b", "Two other words")],
      (0..<25).map { paper("p\(100 + $0)", "The very same title", "and the very same abstract of it") },
      [paper("a", "of the and"), paper("b", "Probing vectors"), paper("c", "")],
      [paper("a", "深層学習の研究"), paper("b", "Обучение представлений"), paper("c", "تعلم الآلة")],
    ]
    for (place, papers) in sets.enumerated() {
      let value = try bench.call(
        "topics.auto", ["papers": try bench.papers(papers, name: "s\(place).jsonl"), "k": count, "effort": "fast"])
      #expect(value["rows"]?.int == papers.count, "set \(place)")
      #expect(value["topics"]?.array?.allSatisfy { $0["label"]?.string?.isEmpty == false } == true)
    }
    let stop = bench.fault("topics.auto", ["papers": [["id": "a", "title": "of the"]]])
    #expect(stop?.kind == "math.degenerate")
    #expect(bench.fault("topics.auto", ["papers": [["id": "a", "title": "Probing"]], "k": 2])?.path == "/k")
  }
}
