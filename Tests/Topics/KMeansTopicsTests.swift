import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Topics

@Suite struct KMeansTopicsTests {
  private static func dataset(_ name: String) throws -> Matrix<Double> {
    let all = try JSON.parse(SharedData.bytes("oracle/features/datasets.json"))
    return Matrix(try #require(all[name]?["rows"]?.array).map { $0.doubles ?? [] })
  }

  @Test(.needsSharedData, arguments: ["iris", "blobs60"]) func restartsFindTheOraclesInertia(name: String) throws {
    let bench = try bench()
    let oracle = try JSON.parse(SharedData.bytes("oracle/features/kmeans.json"))["values"]?[name]
    let best = try #require(oracle?["best_known_inertia"]?.double)
    let x = try Self.dataset(name)
    let matrix = try bench.matrix(x)
    for seed in 0..<5 {
      let value = try bench.call(
        "topics.kmeans", ["matrix": matrix, "k": 3, "metric": "euclidean", "seed": JSON(seed)])
      let inertia = try #require(value["inertia"]?.double)
      #expect(inertia <= best * 1.002 && inertia >= best * (1 - 1e-9))
      #expect(value["perRestart"]?.array?.count == 20 && value["converged"] == true)
      // The value fits itself: the inertia is that of the labels and the centroids.
      let (labels, centroids) = (try bench.labels(value["labels"]).codes, try bench.matrix(value["centroids"]))
      let sum = labels.enumerated().reduce(0.0) { sum, row in
        let difference = Matrix(rows: 1, columns: x.columns, elements: x.row(row.offset))
          .adding(centroids.rows(row.element..<row.element + 1), times: -1)
        return sum + difference.frobeniusNorm * difference.frobeniusNorm
      }
      #expect(abs(sum - inertia) < 1e-9 * inertia)
      #expect(value["sizes"]?.ints == (0..<3).map { topic in labels.count { $0 == topic } })
    }
  }

  /// The oracle's fixed point is the best partition of `blobs60`, whose groups everyone finds.
  @Test(.needsSharedData) func clearGroupsAreTheOracles() throws {
    let bench = try bench()
    let cases = try #require(
      try JSON.parse(SharedData.bytes("oracle/features/rng.json"))["values"]?["kmeanspp"]?.array)
    let known = try #require(cases.first { $0["dataset"] == "blobs60" })
    let value = try bench.call(
      "topics.kmeans", ["matrix": try bench.matrix(Self.dataset("blobs60")), "k": 3, "metric": "euclidean"])
    #expect(value["sizes"]?.ints == known["cluster_sizes"]?.ints)
    let expected = try #require(known["lloyd_inertia"]?.double)
    #expect(abs((value["inertia"]?.double ?? 0) - expected) < 1e-9 * expected)
    let truth = try JSON.parse(SharedData.bytes("oracle/features/datasets.json"))["blobs60"]?["truth"]?.ints
    #expect(try bench.labels(value["labels"]).codes == truth)
  }

  @Test func topicsAreNumberedBySizeThenBySmallestID() throws {
    let bench = try bench()
    let rows = Matrix<Double>([[9.0], [0], [5], [0.1], [5.1], [9.1], [0.2], [20]])
    // By id the rows at 5 come before those at 9.
    let ids = ["h", "b", "c", "d", "e", "f", "g", "a"]
    let value = try bench.call(
      "topics.kmeans", ["matrix": try bench.matrix(rows, rowIDs: ids), "k": 4, "metric": "euclidean"])
    let labels = try bench.labels(value["labels"])
    #expect(labels.codes == [2, 0, 1, 0, 1, 2, 0, 3])
    #expect(labels.classes == ["0", "1", "2", "3"] && labels.rowIDs == ids)
    #expect(value["sizes"] == [3, 2, 2, 1])
  }

  @Test func theOrderOfRowsChangesNoTopic() throws {
    let bench = try bench()
    let x = clouds(90, 6, topics: 5, distance: 0.6)
    let ids = (0..<90).map { "r\(10 + $0)" }
    let plain = try bench.call("topics.kmeans", ["matrix": try bench.matrix(x, rowIDs: ids), "k": 6])
    let labels = try bench.labels(plain["labels"]).codes
    for seed in 0..<10 {
      var numbers = RandomNumbers(seed: UInt64(seed))
      let order = numbers.permutation(90)
      let moved = try bench.call(
        "topics.kmeans",
        ["matrix": try bench.matrix(x.rows(at: order), rowIDs: order.map { ids[$0] }, name: "moved.npz"), "k": 6])
      #expect(try bench.labels(moved["labels"]).codes == order.map { labels[$0] })
      #expect(moved["centroids"] == plain["centroids"] && moved["perRestart"] == plain["perRestart"])
      let (a, b) = (try bench.matrix(moved["confidence"]), try bench.matrix(plain["confidence"]))
      #expect(a == b.rows(at: order))
    }
  }

  @Test(arguments: ["cosine", "euclidean"]) func bitsDoNotDependOnThreads(metric: String) throws {
    let x = clouds(9000, 5, topics: 4, distance: 1)
    let values = try [1, 4].map { jobs in
      let bench = try bench(jobs: jobs)
      return try bench.call(
        "topics.kmeans",
        ["matrix": try bench.matrix(x), "k": 5, "metric": .string(metric), "nInit": 5, "seed": 3])
    }
    #expect(values[0] == values[1])
  }

  @Test func theSeedDecides() throws {
    let bench = try bench()
    let matrix = try bench.matrix(clouds(80, 10, topics: 8, distance: 0.2))
    func call(_ seed: Int) throws -> JSON {
      try bench.call("topics.kmeans", ["matrix": matrix, "k": 8, "nInit": 1, "seed": JSON(seed)])
    }
    #expect(try call(1) == call(1))
    #expect(try Set((0..<5).map { try call($0)["inertia"]?.double }).count > 1)
    #expect(codes(try call(0)) == ["seed"])
  }

  @Test func confidenceFallsFromTheCentreToTheBorder() throws {
    let bench = try bench()
    let rows = Matrix<Double>([[-1.0], [0], [1], [4], [9], [10], [11]])
    let value = try bench.call(
      "topics.kmeans", ["matrix": try bench.matrix(rows), "k": 2, "metric": "euclidean"])
    // Centroids at 1 and 10: 1 − own/next by hand.
    let expected = [1 - 2.0 / 11, 1 - 1.0 / 10, 1, 1 - 3.0 / 6, 1 - 1.0 / 8, 1, 1 - 1.0 / 10]
    let found = try bench.matrix(value["confidence"]).elements
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-15) }
    let cosine = try bench.call("topics.kmeans", ["matrix": [[1, 0], [2, 0], [0, 1], [0, 3], [1, 1]], "k": 2])
    #expect(try bench.matrix(cosine["confidence"]).elements.allSatisfy { (0...1).contains($0) })
    let single = try bench.call("topics.kmeans", ["matrix": [[1, 0], [2, 0]], "k": 1])
    #expect(try bench.matrix(single["confidence"]).elements == [1, 1] && single["topics"] == 1)
  }

  @Test func fewerRowsThanTopicsAreRefused() throws {
    let bench = try bench()
    let fault = bench.fault("topics.kmeans", ["matrix": [[1, 0], [0, 1]], "k": 3])
    #expect(fault?.path == "/k" && fault?.kind == "params.value" && fault?.message.contains("at most 2") == true)
    let empty = try bench.matrix(Matrix<Double>.zeros(0, 3))
    #expect(bench.fault("topics.kmeans", ["matrix": empty, "k": 1])?.kind == "math.tooFewSamples")
    #expect(bench.fault("topics.kmeans", ["matrix": [[1, 0]], "k": 0])?.path == "/k")
  }

  @Test func tooManyNumbersAreRefusedBeforeTheyAreMade() throws {
    let bench = try bench()
    let n = 20_000
    var bytes: [UInt8] = []
    let wide = SparseMatrix(
      rows: n, columns: n, rowPointers: Array(0...n), columnIndices: (0..<n).map { Int32($0) },
      values: [Double](repeating: 1, count: n))
    try MatrixFile.write(wide) { bytes.append(contentsOf: $0) }
    let fault = bench.fault("topics.kmeans", ["matrix": try bench.file("wide.npz", bytes), "k": 2])
    #expect(fault?.kind == "math.memory" && fault?.hint?.contains("features.lsa") == true)
  }

  @Test func oneRowIsOneTopic() throws {
    let bench = try bench()
    let value = try bench.call("topics.kmeans", ["matrix": [[3, 4]], "k": 1])
    #expect(value["sizes"] == [1] && value["inertia"]?.double.map { $0 < 1e-15 } == true)
    let two = try bench.call("topics.kmeans", ["matrix": [[3, 4], [4, -3]], "k": 2])
    #expect(two["sizes"] == [1, 1])
  }

  @Test func alikeRowsShareATopicAndLeaveNoneEmpty() throws {
    let bench = try bench()
    let value = try bench.call("topics.kmeans", ["matrix": [[1, 2], [1, 2], [1, 2], [1, 2]], "k": 3])
    #expect(value["topics"] == 1 && value["k"] == 3 && value["sizes"] == [4])
    #expect(codes(value) == ["fewer-topics"])
    #expect(try bench.labels(value["labels"]).codes == [0, 0, 0, 0])
    #expect(try bench.labels(value["labels"]).classes == ["0"])
    #expect(try bench.matrix(value["centroids"]).rows == 1)
    var numbers = RandomNumbers(seed: 9)
    let some: Matrix<Double> = numbers.gaussians(rows: 12, columns: 4)
    let doubled = Matrix.stack([some, some, some])
    let twins = try bench.call("topics.kmeans", ["matrix": try bench.matrix(doubled), "k": 5])
    let codes = try bench.labels(twins["labels"]).codes
    #expect(Array(codes[..<12]) == Array(codes[12..<24]) && Array(codes[..<12]) == Array(codes[24...]))
  }

  @Test func rowsOfZerosAreNamed() throws {
    let bench = try bench()
    let matrix = try bench.matrix(Matrix([[1.0, 0], [0, 0], [0, 1], [1, 0.1]]), rowIDs: ["a", "b", "c", "d"])
    let value = try bench.call("topics.kmeans", ["matrix": matrix, "k": 2])
    #expect(value["warnings"]?[0]?["code"] == "empty-rows")
    #expect(value["warnings"]?[0]?["message"]?.string?.hasSuffix(": b") == true)
    let euclidean = try bench.call("topics.kmeans", ["matrix": matrix, "k": 2, "metric": "euclidean"])
    #expect(codes(euclidean) == [])
  }

  @Test func otherAlgorithmsFindTheSameOrNearlyTheSame() throws {
    let bench = try bench()
    let matrix = try bench.matrix(clouds(3000, 6, topics: 4, distance: 2))
    func call(_ more: JSON) throws -> JSON {
      try bench.call("topics.kmeans", (["matrix": matrix, "k": 4, "nInit": 3] as JSON).with(more))
    }
    let plain = try call([:])
    #expect(try call(["algorithm": "hamerly"]) == plain)
    let best = try #require(plain["inertia"]?.double)
    let batches = try #require(try call(["algorithm": "minibatch"])["inertia"]?.double)
    #expect(batches >= best && batches < 1.02 * best)
    let loose = try call(["tol": 0.05])
    #expect(loose["converged"] == true && loose["iterations"]?.int ?? 99 <= plain["iterations"]?.int ?? 0)
  }

  @Test func startsThatWereStoppedAreTold() throws {
    let bench = try bench()
    let matrix = try bench.matrix(clouds(300, 4, topics: 3, distance: 0.1))
    let value = try bench.call("topics.kmeans", ["matrix": matrix, "k": 8, "maxIter": 1])
    #expect(codes(value).contains("not-converged") && value["converged"] == false)
  }

  @Test func titlesAreFoundByID() throws {
    let bench = try bench()
    let papers = try bench.papers([paper("b", "Beta & co"), paper("a", "Alpha"), paper("c", "Gamma")])
    let matrix = try bench.matrix(Matrix([[1.0, 0], [0, 1]]), rowIDs: ["c", "b"])
    let displays = try bench.displays("topics.kmeans", ["matrix": matrix, "k": 2, "papers": papers])
    let svg = try #require(displays.first?["data"]?["image/svg+xml"]?.string)
    #expect(svg.contains("Gamma") && svg.contains("Beta &amp; co") && !svg.contains("Alpha"))
    let values = try #require(displays.first?["data"]?["application/vnd.vegalite.v5+json"]?["data"]?["values"]?.array)
    #expect(values.compactMap { $0["title"]?.string } == ["Beta & co", "Gamma"])
    let other = try bench.papers([paper("x", "Other")], name: "other.jsonl")
    let fault = bench.fault("topics.kmeans", ["matrix": matrix, "k": 2, "papers": other])
    #expect(fault?.kind == "math.shape" && fault?.message.contains("is c, which is not in the paper set") == true)
    let plain = bench.fault("topics.kmeans", ["matrix": [[1, 0], [0, 1]], "k": 2, "papers": papers])
    #expect(plain?.message == "2 rows in the matrix for 3 papers" && plain?.kind == "math.shape")
  }

  @Test func examplePapersFallIntoReadableTopics() throws {
    let bench = try bench()
    let vectors = try ExampleVectors(bench)
    let value = try bench.call("topics.kmeans", ["matrix": vectors.scores, "k": 8, "papers": vectors.papers])
    #expect(value["sizes"]?.ints?.reduce(0, +) == 96 && value["topics"] == 8)
    #expect(try bench.labels(value["labels"]).rowIDs?.first == "paper:00")
  }
}
