import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Features

@Suite struct LatentSemanticAnalysisTests {
  @Test(.needsSharedData, arguments: ["auto", "exact", "lanczos", "randomized"])
  func textsHaveTheOraclesSingularValues(method: String) throws {
    let bench = try bench()
    let papers = try bench.papers(try FeatureOracle.papers())
    let tfidf = try bench.call(
      "features.tfidf", ["papers": papers, "compat": "sklearn", "ngram": [1, 2], "sublinear": true])
    let value = try bench.call(
      "features.lsa",
      ["matrix": tfidf["matrix"] ?? nil, "rank": 20, "method": .string(method), "oversample": 24])
    let oracle = try JSON.parse(SharedData.bytes("oracle/features/lsa_singular_values.json"))
    let expected = try #require(oracle["singular_values"]?.array).compactMap(\.double)
    let found = try #require(value["singularValues"]?.array).compactMap(\.double)
    // The oracle's own tolerances: dense, and iterative.
    let tolerance = method == "auto" || method == "exact" ? 1e-9 : 1e-6
    #expect(found.count == 20)
    for (x, y) in zip(found, expected) { #expect(abs(x - y) <= tolerance * y) }
    let energy = try #require(value["explainedEnergy"]?.double)
    #expect(abs(energy - 0.525980440818363) < tolerance)
    #expect(value["method"]?.string == (method == "auto" ? "exact" : method))
    #expect(value["rank"] == 20 && value["converged"] == true)
    let scores = try bench.matrix(value["scores"])
    #expect(scores.rows == 44 && scores.columns == 20)
    #expect(try bench.rowIDs(value["scores"]) == bench.rowIDs(tfidf["matrix"]))
    for row in 0..<44 {
      let norm = scores.row(row).norm
      #expect(abs(norm - 1) < 1e-12 || norm == 0)
    }
  }

  /// Random rows of a given number of directions.
  private func rows(_ n: Int, _ d: Int, rank: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed)
    let left: Matrix<Double> = numbers.gaussians(rows: n, columns: rank)
    return left.times(numbers.gaussians(rows: rank, columns: d))
  }

  @Test func scoresAreTheRowsInTheSpaceOfTheComponents() throws {
    let bench = try bench()
    let x = rows(12, 7, rank: 7)
    let value = try bench.call(
      "features.lsa", ["matrix": try bench.matrix(x), "rank": 7, "unitRows": false])
    let (scores, components) = (try bench.matrix(value["scores"]), try bench.matrix(value["components"]))
    #expect(scores.times(components).adding(x, times: -1).frobeniusNorm < 1e-12 * x.frobeniusNorm)
    let gram = components.timesTransposed(components)
    #expect(gram.adding(.identity(7), times: -1).frobeniusNorm < 1e-13)
    #expect(abs((value["explainedEnergy"]?.double ?? 0) - 1) < 1e-14)
    for row in 0..<7 {
      let largest = components.row(row).max { $0.magnitude < $1.magnitude } ?? 0
      #expect(largest > 0, "the sign is that of the largest entry")
    }
  }

  @Test func rowsLeftOutOfTheFitAreProjected() throws {
    let bench = try bench()
    let x = rows(20, 6, rank: 6)
    let ids = (0..<20).map { "r\(10 + $0)" }
    let train = [0, 2, 4, 6, 8, 10, 12]
    for centered in [false, true] {
      let part = try bench.call(
        "features.lsa",
        [
          "matrix": try bench.matrix(x.rows(at: train), rowIDs: train.map { ids[$0] }, name: "part.npz"), "rank": 3,
          "center": .bool(centered), "unitRows": false,
        ])
      let whole = try bench.call(
        "features.lsa",
        [
          "matrix": try bench.matrix(x, rowIDs: ids), "rank": 3, "center": .bool(centered), "unitRows": false,
          "fitOn": .array(train.map { .string(ids[$0]) }),
        ])
      #expect(whole["components"] == part["components"] && whole["singularValues"] == part["singularValues"])
      #expect(whole["mean"] == part["mean"] && (whole["mean"] != nil) == centered)
      #expect(whole["fittedOn"]?["rows"] == 7 && whole["fittedOn"]?["of"] == 20)
      #expect(whole["fittedOn"]?["digest"] == part["fittedOn"]?["digest"])
      let components = try bench.matrix(whole["components"])
      var shifted = x
      if centered {
        let mean = try bench.vector(whole["mean"])
        shifted.addOuterProduct([Double](repeating: 1, count: 20), mean, times: -1)
      }
      let expected = shifted.timesTransposed(components)
      #expect(try bench.matrix(whole["scores"]).adding(expected, times: -1).frobeniusNorm < 1e-12)
    }
  }

  @Test func theOrderOfRowsChangesNothing() throws {
    let bench = try bench()
    let x = rows(30, 9, rank: 9)
    let ids = (0..<30).map { "r\(10 + $0)" }
    let plain = try bench.call("features.lsa", ["matrix": try bench.matrix(x, rowIDs: ids), "rank": 4])
    for seed in 1...5 {
      var numbers = RandomNumbers(seed: UInt64(seed))
      let order = numbers.permutation(30)
      let moved = try bench.call(
        "features.lsa",
        ["matrix": try bench.matrix(x.rows(at: order), rowIDs: order.map { ids[$0] }, name: "moved.npz"), "rank": 4])
      #expect(moved["components"] == plain["components"] && moved["singularValues"] == plain["singularValues"])
      #expect(try bench.matrix(moved["scores"]) == bench.matrix(plain["scores"]).rows(at: order))
    }
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let x = rows(9000, 12, rank: 12)
    for method in ["exact", "lanczos", "randomized"] {
      let values = try [1, 4].map { jobs in
        let bench = try bench(jobs: jobs)
        return try bench.call(
          "features.lsa", ["matrix": try bench.matrix(x), "rank": 3, "method": .string(method), "seed": 5])
      }
      #expect(values[0] == values[1], "\(method)")
    }
  }

  @Test func automaticRankIsAQuarterOfTheRowsAndThirtyAtMost() throws {
    let bench = try bench()
    for (n, rank) in [(3, 1), (9, 2), (40, 10), (200, 30)] {
      let value = try bench.call("features.lsa", ["matrix": try bench.matrix(rows(n, 40, rank: 40))])
      #expect(value["rank"]?.int == rank)
    }
  }

  @Test func directionsThatTheRowsDoNotHaveAreLeftOut() throws {
    let bench = try bench()
    let value = try bench.call("features.lsa", ["matrix": try bench.matrix(rows(10, 8, rank: 3)), "rank": 6])
    #expect(value["rank"] == 3 && codes(value) == ["rank"])
    #expect(try bench.matrix(value["scores"]).columns == 3)
    let alike = try bench.call("features.lsa", ["matrix": [[1, 2, 2], [1, 2, 2], [1, 2, 2]], "rank": 2])
    #expect(alike["rank"] == 1 && codes(alike) == ["rank"])
    #expect(try bench.matrix(alike["scores"]) == Matrix([[1], [1], [1]]))
    let one = try bench.call("features.lsa", ["matrix": [[3, 4]]])
    #expect(one["rank"] == 1 && one["singularValues"] == [5])
  }

  @Test func matricesWithoutDirectionsAreRefused() throws {
    let bench = try bench()
    #expect(bench.fault("features.lsa", ["matrix": [[0, 0], [0, 0]]])?.kind == "math.degenerate")
    let centred = bench.fault("features.lsa", ["matrix": [[1, 2], [1, 2]], "center": true])
    #expect(centred?.kind == "math.degenerate" && centred?.hint?.contains("center") == true)
    let empty = try bench.matrix(Matrix<Double>.zeros(0, 3))
    #expect(bench.fault("features.lsa", ["matrix": empty])?.kind == "math.tooFewSamples")
    let noIDs = bench.fault("features.lsa", ["matrix": [[1, 2], [2, 1]], "fitOn": ["a"]])
    #expect(noIDs?.path == "/fitOn" && noIDs?.hint?.contains("train") == true)
    let alike = try bench.matrix(Matrix([[1.0, 2], [3, 4]]), rowIDs: ["a", "a"])
    #expect(bench.fault("features.lsa", ["matrix": alike])?.message.contains("two rows have the id a") == true)
    let broken = try bench.matrix(Matrix([[1.0, .nan], [3, 4]]))
    #expect(bench.fault("features.lsa", ["matrix": broken])?.kind == "math.nonFinite")
  }

  @Test func rowsWithNothingInCommonWithTheBasisAreZero() throws {
    let bench = try bench()
    let value = try bench.call(
      "features.lsa", ["matrix": [[1, 1, 0], [1, 2, 0], [0, 0, 5]], "rank": 2, "train": [0, 1]])
    #expect(codes(value) == ["empty-rows"])
    #expect(try bench.matrix(value["scores"]).row(2) == [0, 0])
  }

  @Test func theSplitNamesTheRowsToFitOn() throws {
    let bench = try bench()
    let split = try bench.file("split.npz", try splitFile(train: [0, 2, 3], test: [1]))
    let x = try bench.matrix(rows(4, 3, rank: 3))
    let value = try bench.call("features.lsa", ["matrix": x, "split": split, "rank": 2])
    #expect(value["fittedOn"]?["rows"] == 3)
    let same = try bench.call("features.lsa", ["matrix": x, "train": [0, 2, 3], "rank": 2])
    #expect(value["components"] == same["components"] && value["scores"] == same["scores"])
    #expect(try bench.json(value["fittedOn"]?["ids"]) == [0, 2, 3])
  }

  @Test func thePictureShowsHowMuchTheComponentsHold() throws {
    let bench = try bench()
    let displays = try bench.displays("features.lsa", ["matrix": try bench.matrix(rows(30, 8, rank: 8)), "rank": 4])
    #expect(displays.count == 1)
    #expect(displays[0]["data"]?["image/svg+xml"]?.string?.contains("component") == true)
  }
}
