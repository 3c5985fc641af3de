import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct CosineAuditTests {
  @Test func twoBestSolutionsHaveOneProductAndOtherCosines() throws {
    let rows = gaussians(50, 6, seed: 1)
    let fit = try ClosedFormEmbedding(rows, lambda: 4, rank: nil)
    // (A·D)·(B·D⁻¹)ᵀ with D = diag(√share).
    var left = fit.first
    left.scaleColumns(by: fit.shares.map { $0.squareRoot() })
    let (product, other) = (fit.first.timesTransposed(fit.first), left.timesTransposed(fit.rescaled))
    #expect(product.adding(other, times: -1).frobeniusNorm < 1e-14)
    let cosines = ItemCosines(fit.rescaled).values
    #expect(cosines.adding(.identity(6), times: -1).frobeniusNorm < 1e-14)
    #expect(ItemCosines(fit.first).values.adding(.identity(6), times: -1).frobeniusNorm > 0.01)
  }

  @Test func theFullRankProductIsRidgeRegressionOfXOnItself() throws {
    let rows = gaussians(40, 5, seed: 2)
    let fit = try ClosedFormEmbedding(rows, lambda: 3, rank: nil)
    let gram = rows.gram()
    let wanted = try Cholesky(gram.adding(.identity(5), times: 3)).solve(gram)
    #expect(fit.first.timesTransposed(fit.first).adding(wanted, times: -1).frobeniusNorm < 1e-13)
  }

  /// No small step from the closed form lowers either objective.
  @Test func bothSolutionsAreLeast() throws {
    let rows = gaussians(60, 5, seed: 3)
    let fit = try ClosedFormEmbedding(rows, lambda: 6, rank: 3)
    func first(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
      let product = a.timesTransposed(b)
      let rest = rows.adding(rows.times(product), times: -1).frobeniusNorm
      return rest * rest + 6 * product.frobeniusNorm * product.frobeniusNorm
    }
    func second(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
      let inner = rows.times(a)
      let rest = rows.adding(inner.timesTransposed(b), times: -1).frobeniusNorm
      return rest * rest + 6 * (inner.frobeniusNorm * inner.frobeniusNorm + b.frobeniusNorm * b.frobeniusNorm)
    }
    #expect(abs(first(fit.first, fit.first) - fit.firstObjective(rows)) < 1e-9)
    #expect(abs(second(fit.secondInput, fit.second) - fit.secondObjective(rows)) < 1e-9)
    for step in 0..<40 {
      let (da, db) = (gaussians(5, 3, seed: UInt64(100 + step)), gaussians(5, 3, seed: UInt64(200 + step)))
      for size in [1e-3, 1e-1] {
        #expect(
          first(fit.first.adding(da, times: size), fit.first.adding(db, times: size)) >= fit.firstObjective(rows) - 1e-9
        )
        #expect(
          second(fit.secondInput.adding(da, times: size), fit.second.adding(db, times: size))
            >= fit.secondObjective(rows) - 1e-9)
      }
    }
  }

  @Test func directionsBelowThePenaltyVanishUnderTheSecondObjectiveAlone() throws {
    let bench = try geometryBench()
    let rows: JSON = [[9, 0, 0], [0, 3, 0], [0, 0, 1]]
    let result = try bench.call("geometry.cosine_audit", ["features": rows, "lambda": 2])
    #expect(result["objectives"]?[0]?["verdict"] == "not unique")
    #expect(result["objectives"]?[0]?["survivingDirections"] == 3)
    #expect(result["objectives"]?[1]?["survivingDirections"] == 2)
    #expect(result.warningCodes == ["not-unique", "vanished"])
    // The third item has length 0 there, and no cosine.
    #expect(try bench.matrix(result["cosineSecond"])[2, 0].isNaN)
  }

  @Test func cosinesOfAReadyEmbeddingMoveUnderRescaling() throws {
    let bench = try geometryBench()
    let result = try bench.call("geometry.cosine_audit", ["embedding": JSON(rows: gaussians(20, 4, seed: 5))])
    #expect((result["againstRandom"]?["largestChange"]?.double ?? 0) > 0.5)
    let kendall = result["againstRandom"]?["kendall"]?.double ?? 1
    #expect(kendall > 0 && kendall < 0.95)
    let fixed = try bench.call(
      "geometry.cosine_audit", ["embedding": JSON(rows: gaussians(20, 4, seed: 5)), "exponent": 0])
    #expect(near(fixed["againstRandom"]?["kendall"], 1, 1e-12))
    #expect(bench.fault("geometry.cosine_audit", ["features": [[1, 2]]])?.path == "/lambda")
  }
}
