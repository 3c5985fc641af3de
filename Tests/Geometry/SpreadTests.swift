import JSON
import Linear
import MethodTestSupport
import Testing

import func Glibc.cosh

@testable import Geometry

@Suite struct SpreadTests {
  private func measures(_ rows: Matrix<Double>, window: Int? = nil) throws -> JSON {
    let bench = try geometryBench()
    var params: JSON = ["features": try bench.matrix(rows)]
    if let window { params["window"] = JSON(window) }
    return try bench.call("geometry.spread", params)
  }

  @Test func thePartitionFunctionIsThatOfBothSigns() throws {
    let even = try measures(Matrix([[1, 0], [-1, 0], [0, 1], [0, -1]]))
    #expect(near(even["iv"], 1, 1e-12))
    let flat = try measures(Matrix([[2, 0], [-2, 0], [0, 1], [0, -1]]))
    let wanted: Double = (2 * cosh(1) + 2) / (2 * cosh(2) + 2)
    #expect(near(flat["iv"], wanted, 1e-12))
    // A long row would overflow exp.
    #expect(near(try measures(Matrix([[2000, 0], [-2000, 0], [0, 1], [0, -1]]))["iv"], 0, 1e-12))
  }

  /// A constant drives the average cosine to 1 and leaves the spread about the mean.
  @Test func aConstantMovesTheAverageCosineAlone() throws {
    let rows = gaussians(2000, 20, seed: 1)
    var moved = rows
    moved.addToRows([100] + [Double](repeating: 0, count: 19))
    let (before, after) = (try measures(rows), try measures(moved))
    #expect(abs(before["averageCosine"]?.double ?? 1) < 0.002)
    #expect(near(after["averageCosine"], 0.998, 0.001))
    #expect(near(after["earlyEnrichment"], before["earlyEnrichment"]?.double ?? 9, 1e-9))
    #expect(near(after["centredAverageCosine"], before["centredAverageCosine"]?.double ?? 9, 1e-9))
  }

  @Test func averageCosineIsTheMeanOverPairsWithoutThemselves() throws {
    #expect(near(try measures(.identity(5))["averageCosine"], 0, 1e-15))
    let rows = gaussians(9, 3, seed: 2)
    var sum = 0.0
    for i in 0..<9 {
      for j in 0..<9 where i != j { sum += rows.row(i).dot(rows.row(j)) / rows.row(i).norm / rows.row(j).norm }
    }
    #expect(near(try measures(rows)["averageCosine"], sum / 72, 1e-12))
  }

  /// Quantiles of the uniform law have the entropy 0, of the normal law ln √(2πe) = 1.418939.
  @Test func vasicekEntropyIsThatOfTheLaw() throws {
    let uniform = (0..<10_000).map { (Double($0) + 0.5) / 10_000 }
    #expect(abs((Vasicek.entropy(uniform, window: 50) ?? 9) + 0.0031) < 1e-4)
    #expect(Vasicek.entropy([1, 1, 1, 2], window: 1) == nil)
    #expect(Vasicek.ratio(0.5, of: [0, 1]) == nil)
  }

  @Test func repeatedValuesAndZeroRowsAreNamed() throws {
    let result = try measures(Matrix([[0, 0], [1, 0], [2, 0], [3, 1]]), window: 1)
    #expect(result["vasicek"]?[1]?.isNull == true && result["zeroRows"] == 1)
    #expect(result.warningCodes == ["repeated-values", "zero-rows"])
    let bench = try geometryBench()
    let wide: JSON = ["features": [[0, 1], [1, 0], [2, 2]], "window": 2]
    #expect(bench.fault("geometry.spread", wide)?.path == "/window")
  }

  @Test(arguments: ["uniformCube", "normal", "anisotropicNormal", "clusters", "sphere", "offCentreBall", "lowRank"])
  func everySyntheticShapeIsMeasured(_ kind: String) throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.spread", ["synthetic": ["kind": .string(kind), "rows": 300, "columns": 10], "seed": 3])
    let rank = try #require(result["effectiveRank"]?.double)
    let cosine = try #require(result["averageCosine"]?.double)
    switch kind {
    case "lowRank": #expect(rank < 1.001)
    case "anisotropicNormal": #expect(rank > 1 && rank < 3)
    case "offCentreBall": #expect(rank > 9 && cosine > 0.98)
    case "clusters": #expect(rank < 6)
    default: #expect(rank > 9 && abs(cosine) < 0.02)
    }
  }
}
