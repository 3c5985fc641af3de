import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Alignment

@Suite struct TransportTests {
  @Test func aLinearTargetIsCarriedOverWhole() throws {
    let bench = try alignmentBench()
    let x = gaussians(200, 4, seed: 1)
    let y = x.times(gaussians(4, 3, seed: 2))
    let result = try bench.call(
      "alignment.transport",
      [
        "source": try bench.given(x, "x"), "target": try bench.given(y, "y"), "method": "linear",
        "train": .list(0..<150), "test": .list(150..<200), "directions": [[1, 0, 0], [1, -1, 2]],
      ])
    #expect(result["explainedPerFeature"]?.doubles.allSatisfy { abs($0 - 1) < 1e-10 } == true)
    #expect(near(result["explained"], 1, 1e-10) && result["alpha"] == 0)
    #expect(near(result["ranks"]?[2]?["efficiency"], 1, 1e-9))
    #expect(result.warningCodes == [])
  }

  /// Of eight coordinates three are kept and five are new noise: the ceiling is 3/8, the subspace has three directions.
  @Test func theCeilingCountsTheCoordinatesThatAreKept() throws {
    let bench = try alignmentBench()
    let x = gaussians(4000, 8, seed: 3)
    var y = gaussians(4000, 8, seed: 4)
    for i in 0..<4000 { for j in 0..<3 { y[i, j] = x[i, j] } }
    let result = try bench.call(
      "alignment.transport",
      [
        "source": try bench.given(x, "x"), "target": try bench.given(y, "y"), "train": .list(0..<3000),
        "test": .list(3000..<4000),
      ])
    let ceiling = try #require(result["ceiling"]?.doubles)
    #expect(abs(ceiling[7] - 0.375) < 0.005 && abs(ceiling[2] - 0.375) < 1e-6)
    #expect(result["subspaceSize"] == 3)
    #expect(near(result["ranks"]?[2]?["explained"], 0.375, 0.01))
    // R² of a coordinate that is kept and of one that is not.
    #expect((result["explainedPerFeature"]?.doubles[0] ?? 0) > 0.999)
    #expect(abs(result["explainedPerFeature"]?.doubles[7] ?? 1) < 0.02)
  }

  /// relu of a standard normal coordinate: R² is 0.25/(0.5 − 1/2π) = 0.7335.
  @Test func aBentFeatureIsCarriedOverInPart() throws {
    let bench = try alignmentBench()
    let x = gaussians(6000, 2, seed: 5)
    let y = Matrix<Double>(rows: 6000, columns: 1, elements: x.column(0).map { max(0, $0) })
    let result = try bench.call(
      "alignment.transport", ["source": try bench.given(x, "x"), "target": try bench.given(y, "y"), "alpha": 0])
    #expect(near(result["explained"], 0.7335, 0.02))
    #expect(result.warningCodes == ["in-sample"])
  }

  @Test func crossValidationTakesTheSmallPenaltyOfCleanRowsAndTheLargeOneOfNoise() throws {
    let bench = try alignmentBench()
    let x = gaussians(60, 10, seed: 6)
    func chosen(_ y: Matrix<Double>, _ name: String) throws -> Double? {
      try bench.call(
        "alignment.transport",
        ["source": try bench.given(x, "x"), "target": try bench.given(y, name), "alphas": [0.01, 1000]])["alpha"]?
        .double
    }
    #expect(try chosen(x.times(gaussians(10, 2, seed: 7)), "clean") == 0.01)
    #expect(try chosen(gaussians(60, 2, seed: 8), "noise") == 1000)
  }

  @Test func fewRowsAndConstantFeaturesAreSaid() throws {
    let bench = try alignmentBench()
    let result = try bench.call(
      "alignment.transport",
      ["source": [[1, 2], [3, 1], [2, 5], [0, 1]], "target": [[1, 0.1], [2, 0.1], [3, 0.1], [5, 0.1]]])
    #expect(result["explainedPerFeature"]?[1]?.isNull == true)
    #expect(result.warningCodes.contains("few-rows"))
    #expect(result["canonicalCorrelations"]?[1] == 0)
  }
}
