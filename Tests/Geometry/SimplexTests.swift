import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct SimplexTests {
  @Test(arguments: [1, 2, 3, 10, 50]) func cornersHaveOneCosineAndSumToNothing(_ d: Int) {
    let corners = RegularSimplex.corners(dimension: d)
    let gram = corners.outerGram()
    for i in 0...d {
      for j in 0...d { #expect(abs(gram[i, j] - (i == j ? 1 : -1 / Double(d))) < 1e-14) }
    }
    #expect((0..<d).allSatisfy { abs(corners.column($0).reduce(0, +)) < 1e-13 })
  }

  @Test func rowsAtTheirCornersAreToldApartAndCornersAreLeftOver() throws {
    let bench = try geometryBench()
    let corners = RegularSimplex.corners(dimension: 4)
    let result = try bench.call(
      "geometry.simplex_classifier", ["features": JSON(rows: corners.rows(at: [2, 0, 1])), "labels": ["c", "a", "b"]])
    #expect(result["predictions"]?.ints == [2, 0, 1])
    #expect(result["accuracy"] == 1 && result["reserved"] == 2 && result["classes"] == 5)
  }

  @Test func aHeadMovesFeaturesOfAnyWidthToTheCorners() throws {
    let bench = try geometryBench()
    var rows = gaussians(60, 7, seed: 1)
    for i in 0..<60 { rows[i, i % 3] += 8 }
    let result = try bench.call(
      "geometry.simplex_classifier",
      ["features": JSON(rows: rows), "labels": .list((0..<60).map { $0 % 3 }), "dimension": 3, "head": true])
    #expect((result["accuracy"]?.double ?? 0) > 0.95 && near(result["majority"], 1.0 / 3))
    #expect(try bench.matrix(result["head"]).rows == 8)
    #expect(result.warningCodes == ["in-sample"])
    let narrow: JSON = ["features": [[1, 2]], "dimension": 3]
    #expect(bench.fault("geometry.simplex_classifier", narrow)?.path == "/features")
    #expect(bench.fault("geometry.simplex_classifier", [:])?.path == "/dimension")
  }
}
