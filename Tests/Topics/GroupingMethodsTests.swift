import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import Testing

@testable import Topics

/// Section by section the same claim for each method: the order of the rows, the run and the threads change no topic.
@Suite struct GroupingMethodsTests {
  static let calls: [(method: String, matrixName: String, params: JSON)] = [
    ("topics.kmeans", "matrix", ["k": 4]),
    ("topics.graph", "matrices", ["k": 4, "neighbors": 6]),
    ("topics.graph", "matrices", ["method": "leiden", "neighbors": 6]),
    ("topics.density", "matrix", ["minClusterSize": 5]),
    ("topics.density", "matrix", ["minClusterSize": 5, "selection": "leaf"]),
    ("topics.nmf", "matrix", ["k": 4]),
    ("topics.lda", "matrix", ["k": 4, "passes": 8, "heldOut": 0]),
    ("topics.lda", "matrix", ["k": 4, "passes": 2, "batch": 16, "heldOut": 0]),
  ]

  /// Whole numbers for the methods of counts.
  private static func rows(for method: String) -> Matrix<Double> {
    guard method == "topics.lda" || method == "topics.nmf" else { return clouds(60, 5, topics: 4, distance: 2) }
    var numbers = RandomNumbers(seed: 3)
    var counts = Matrix<Double>.zeros(60, 20)
    for i in 0..<60 { for _ in 0..<20 { counts[i, (5 * (i % 4) + numbers.below(6)) % 20] += 1 } }
    return counts
  }

  @Test(arguments: calls) func everyRowHasATopicWhateverTheOrderTheRunAndTheThreads(
    method: String, matrixName: String, params: JSON
  ) throws {
    let x = Self.rows(for: method)
    let ids = (0..<60).map { "r\(10 + $0)" }
    var numbers = RandomNumbers(seed: 1)
    var known: [String: JSON] = [:]
    for round in 0..<10 {
      let bench = try bench(jobs: round % 2 == 0 ? 1 : 4)
      let order = round == 0 ? Array(0..<60) : numbers.permutation(60)
      let matrix = try bench.matrix(x.rows(at: order), rowIDs: order.map { ids[$0] })
      var all = params
      all[matrixName] = matrixName == "matrices" ? [matrix] : matrix
      let value = try bench.call(method, all)
      let lines = try bench.lines(value["assignments"])
      #expect(lines.count == 60 && Set(lines.compactMap { $0["id"]?.string }).count == 60)
      for line in lines {
        let id = try #require(line["id"]?.string)
        if round == 0 { known[id] = line["topic"] }
        #expect(known[id] == line["topic"] && (line["topic"]?.int ?? -1) >= 0)
        #expect((0...1).contains(try #require(line["confidence"]?.double)) && line["weak"] != nil)
      }
    }
  }

  @Test func theConsensusOfTextsIsTheSameWhateverTheOrderTheRunAndTheThreads() throws {
    let papers = drawnPapers(16, topics: 2, words: 12)
    var numbers = RandomNumbers(seed: 6)
    var known: [String: JSON] = [:]
    for round in 0..<10 {
      let bench = try bench(jobs: round % 2 == 0 ? 1 : 4)
      let order = round == 0 ? Array(papers.indices) : numbers.permutation(papers.count)
      let value = try bench.call(
        "topics.consensus", ["papers": try bench.papers(order.map { papers[$0] }), "k": 2])
      for line in try bench.lines(value["assignments"]) {
        let id = try #require(line["id"]?.string)
        if round == 0 { known[id] = line }
        // Confidence too: shares of whole numbers of groupings.
        #expect(known[id] == line)
      }
      #expect(known.count == 16)
    }
  }

  @Test func countsGiveLDATopicsInAnyOrder() throws {
    var numbers = RandomNumbers(seed: 1)
    var counts = Matrix<Double>.zeros(40, 20)
    for i in 0..<40 { for _ in 0..<30 { counts[i, 5 * (i % 4) + numbers.below(5)] += 1 } }
    let ids = (0..<40).map { "r\(10 + $0)" }
    let bench = try bench()
    let params: JSON = ["k": 4, "passes": 20, "heldOut": 0.2]
    let value = try bench.call("topics.lda", params.with(["matrix": try bench.matrix(counts, rowIDs: ids)]))
    let labels = try bench.labels(value["labels"]).codes
    #expect(try PartitionAgreement(labels, (0..<40).map { $0 % 4 }).adjustedRand > 0.6)
    #expect(value["heldOut"]?["texts"] == 8 && (value["heldOut"]?["logProbabilityPerWord"]?.double ?? 0) < 0)
    let order = numbers.permutation(40)
    let other = try four()
    let moved = try other.call(
      "topics.lda", params.with(["matrix": try other.matrix(counts.rows(at: order), rowIDs: order.map { ids[$0] })]))
    #expect(try other.labels(moved["labels"]).codes == order.map { labels[$0] })
    #expect(bench.fault("topics.lda", ["matrix": [[0.5, 1], [1, 2]], "k": 1])?.kind == "file.format")
  }

  private func four() throws -> MethodBench { try bench(jobs: 4) }

  @Test func noiseIsAttachedUnlessOutliersAreAsked() throws {
    let bench = try bench()
    let rows = Matrix<Double>([[0], [0.1], [0.2], [0.3], [9], [9.1], [9.2], [9.3], [50]])
    let params: JSON = ["matrix": try bench.matrix(rows), "minClusterSize": 4, "metric": "euclidean"]
    let value = try bench.call("topics.density", params.with(["minSamples": 2]))
    #expect(try bench.labels(value["labels"]).codes.allSatisfy { $0 >= 0 } && value["weak"] == 1)
    #expect(codes(value).contains("noise") && (value["noise"]?.double ?? 0) > 0.1)
    let apart = try bench.call("topics.density", params.with(["minSamples": 2, "outliers": true]))
    #expect(try bench.labels(apart["labels"]).codes.last == -1)
    #expect(try bench.lines(apart["assignments"]).last?["next"] != nil)
  }

  @Test func isolatedRowsAreNamed() throws {
    let value = try bench().call(
      "topics.graph", ["matrices": [[[1, 0], [1, 0.1], [0.9, 0], [0, 0]]], "k": 1, "neighbors": 2])
    #expect(value["isolated"] == ["row 3"] && codes(value).contains("isolated") && value["weak"] == 1)
  }

  @Test func aMapSaysWhatItKeeps() throws {
    let bench = try bench()
    let x = try bench.matrix(clouds(40, 6, topics: 3, distance: 4))
    let labels = JSON.array((0..<40).map { JSON($0 % 3) })
    for method in ["tsne", "pca"] {
      let params: JSON = ["matrix": x, "labels": labels, "method": .string(method)]
      let value = try bench.call("topics.map", params)
      #expect(try bench.matrix(value["layout"]).rows == 40 && codes(value) == ["map"])
      #expect((value["trustworthiness"]?.double ?? 0) > 0.7 && value["topicSilhouette"] != nil)
      let svg = try #require(try bench.displays("topics.map", params).first?["data"]?["image/svg+xml"]?.string)
      #expect(svg.contains("trustworthiness") && svg.contains("<title>row 0"))
    }
  }
}
