import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct CrystalTests {
  @Test func aParallelogramIsSeenOnceTheDistractorIsTakenOut() throws {
    let bench = try geometryBench()
    let params: JSON = [
      "points": [[0, 0, 0], [1, 0, 5], [0, 1, 0], [1, 1, -4]], "relations": [[[0, 1], [2, 3]]],
      "distractors": [[0, 0, 2], [0, 0, 1]],
    ]
    let result = try bench.call("geometry.crystals", params)
    #expect((result["relations"]?[0]?["before"]?.double ?? 1) < -0.9)
    #expect(near(result["relations"]?[0]?["after"], 1, 1e-12) && result["distractorRank"] == 1)
  }

  /// Relations of one direction each below a large shared distractor: the discriminants find them, and shuffled relations
  /// do not look as good.
  @Test func discriminantsPartRelationsThatADistractorHides() throws {
    let bench = try geometryBench()
    var points = Matrix<Double>.zeros(240, 6)
    var numbers = RandomNumbers(seed: 1)
    for pair in 0..<120 {
      for j in 0..<6 { points[2 * pair, j] = numbers.gaussian() }
      for j in 0..<6 { points[2 * pair + 1, j] = points[2 * pair, j] + 0.1 * numbers.gaussian() }
      points[2 * pair + 1, pair / 40] += 1
      points[2 * pair + 1, 5] += 8 * numbers.gaussian()
    }
    let relations = JSON.array(
      (0..<3).map { r in .array((0..<40).map { .list([80 * r + 2 * $0, 80 * r + 2 * $0 + 1]) }) })
    let result = try bench.call(
      "geometry.crystals", ["points": try bench.matrix(points), "relations": relations, "components": [2, 9]])
    #expect((result["relations"]?[0]?["before"]?.double ?? 1) < 0.2)
    #expect((result["relations"]?[0]?["after"]?.double ?? 0) > 0.8)
    #expect(result["projections"]?.array?.count == 1, "three relations have two discriminants")
    let best = try #require(result["projections"]?[0])
    #expect((best["silhouette"]?.double ?? 0) > 0.8 && (best["permuted"]?.double ?? 1) < 0.1)
    #expect((result["silhouetteBefore"]?.double ?? 1) < 0.1)
    #expect(result.warningCodes == ["in-sample"])
  }

  @Test func whatHasNoCosineIsAbsent() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.crystals",
      [
        "points": [[0, 0], [1, 0], [0, 0], [2, 0]], "relations": [[[0, 1]], [[0, 1], [0, 2]]], "distractors": [[1, 0]],
      ])
    #expect(result["relations"]?[0]?["before"] == nil && result["relations"]?[1]?["before"] == nil)
    #expect(result["relations"]?[1]?["after"] == nil)
    let single = try bench.call(
      "geometry.crystals", ["points": [[0, 0], [1, 0], [0, 1]], "relations": [[[0, 1]], [[0, 2]]]])
    #expect(single["projections"] == [] && single.warningCodes.contains("no-spread"))
    let one = try bench.call(
      "geometry.crystals", ["points": [[0, 0], [1, 0], [0, 1]], "relations": [[[0, 1], [0, 2]]]])
    #expect(one.warningCodes == ["one-relation"])
  }
}
