import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct DirectionTests {
  @Test(.needsSharedData) func ablationsAreThePapers() throws {
    let cases = try KnownAnswer.all("1-59", method: "probe.direction")
    #expect(cases.count >= 2)
    for known in cases where known.expected["ablated"] != nil {
      let bench = try MethodBench([ErasePlugin.self])
      let features = Matrix(json: known.input["X"])
      let params: JSON = ["features": try bench.matrix(features), "labels": known.input["labels"] ?? nil]
      let fit = try bench.call("erase.direction", params)
      #expect(known.matches(try bench.vector(fit["direction"]), "mean_diff"), "\(known.name)")
      let erased = try bench.call(
        "erase.apply", ["features": try bench.matrix(features), "eraser": fit["eraser"] ?? nil])
      #expect(known.matches(try bench.matrix(erased["matrix"]), "ablated"), "\(known.name)")
      #expect(fit["guarded"] == true && !fit.warningCodes.contains("no-guarantee"))
      for by in ["pca", "svd"] {
        var other = params
        other["by"] = .string(by)
        let found = try bench.call("erase.direction", other)
        #expect(known.matches(try bench.vector(found["direction"]), by), "\(known.name), \(by)")
        #expect(found["guarded"] == false && found.warningCodes.contains("no-guarantee"))
      }
    }
  }

  @Test(.needsSharedData) func patchesAndLostAccuracyAreThePapers() throws {
    for known in try KnownAnswer.all("1-59", method: "erase.direction") {
      let patched = try DirectionFit.patched(
        Matrix(json: known.input["x"]), from: Matrix(json: known.input["x_flip"]),
        along: known.input["v"]?.doubles ?? [])
      #expect(known.matches(patched, "patched"))
      let lost = (known.input["accuracies"]?.array ?? []).map { pair in
        DirectionFit.lostAccuracy(before: pair.doubles[0], after: pair.doubles[1]) ?? .nan
      }
      #expect(known.matches(lost, "lost_accuracy"))
    }
    #expect(DirectionFit.lostAccuracy(before: 0.5, after: 0.5) == nil)
  }

  @Test func everyWayFindsAPlantedDirection() throws {
    var numbers = RandomNumbers(seed: 4)
    let noise: Matrix<Double> = numbers.gaussians(rows: 400, columns: 8)
    let planted: [Double] = try #require((0..<8).map { Double($0 + 1) }.unit)
    let labels = (0..<400).map { _ in numbers.below(2) }
    var rows = noise
    rows.scale(by: 0.1)
    rows.addOuterProduct(labels.map { Double(2 * $0 - 1) }, planted)
    let moments = try Moments(rows, ConceptCoding.classes(2).columns(of: labels))
    for fit in DirectionFit.allCases where fit != .random {
      let found = try fit.direction(moments: moments, labels: labels, rows: { rows }, seed: 1)
      #expect(found.dot(planted) > 0.99, "\(fit)")
    }
    // Random directions of 100 columns: mean |cos| = √(2/(π·100)) = 0.0798, with 300 draws ± 0.0035.
    let wide = Moments(d: 100, k: 1)
    let cosines = try (0..<300).map { seed in
      try DirectionFit.random.direction(moments: wide, labels: [], rows: { rows }, seed: UInt64(seed))[0].magnitude
    }
    #expect((cosines.reduce(0, +) / 300 - 0.0798).magnitude < 0.0125)
  }

  @Test func ablationTakesTheDirectionAndNothingElse() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = correlatedRows(120, 6, classes: 2)
    let input = try bench.matrix(features)
    for by in DirectionFit.allCases {
      let fit = try bench.call(
        "erase.direction", ["features": input, "labels": .list(labels), "by": .string(by.rawValue), "seed": 3])
      let erased = try bench.matrix(
        bench.call("erase.apply", ["features": input, "eraser": fit["eraser"] ?? nil])["matrix"])
      let v = try bench.vector(fit["direction"])
      let mean = try #require(fit["meanProjection"]?.double)
      #expect((v.norm - 1).magnitude < 1e-12)
      for (i, share) in erased.times(v).enumerated() {
        #expect((share - mean).magnitude < 1e-10 * max(1, mean.magnitude))
        var change = features.row(i)
        change.add(erased.row(i), times: -1)
        change.add(v, times: -change.dot(v))
        #expect(change.norm < 1e-10 * max(1, features.row(i).norm))
      }
    }
  }

  @Test func givenDirectionsAndPatchesAreTaken() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let rows: JSON = [[1, 2, 0], [2, 1, 1], [3, 5, 1], [4, 4, 0]]
    let params: JSON = [
      "features": rows, "labels": [0, 0, 1, 1], "direction": [0, 2, 0],
      "flipped": [[0, 7, 0], [0, 8, 0], [0, 9, 0], [0, 6, 0]],
    ]
    let fit = try bench.call("erase.direction", params)
    #expect(try bench.matrix(fit["patched"]) == Matrix([[1, 7, 0], [2, 8, 1], [3, 9, 1], [4, 6, 0]]))
    #expect(fit["guarded"] == false && fit["meanProjection"] == 3)
    var wrong = params
    wrong["direction"] = [1, 2]
    #expect(bench.fault("erase.direction", wrong)?.path == "/direction")
    #expect(
      bench.fault("erase.direction", ["features": rows, "labels": [0, 1, 2, 1]])?.kind == "math.degenerate")
  }
}
