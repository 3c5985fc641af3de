import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct CausalInnerProductTests {
  /// γ = a·u + b·v over all four signs of a and b: the Euclidean cosine of u and v is 0.6, the causal one 0.
  @Test func conceptsThatVaryFreelyAreOrthogonal() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.causal_inner_product",
      [
        "unembedding": [[-1.6, -0.8], [-0.4, 0.8], [0.4, -0.8], [1.6, 0.8]],
        "concepts": [[[0, 2], [1, 3]], [[0, 1], [2, 3]]],
      ])
    #expect(abs(try bench.matrix(result["causal"])[0, 1]) < 1e-12)
    #expect(abs(try bench.matrix(result["euclidean"])[0, 1] - 0.6) < 1e-12)
    // Steering along one concept leaves the log odds of the other's pairs alone.
    let steering = try bench.matrix(result["steering"])
    #expect(steering[0, 0] > 1 && abs(steering[0, 1]) < 1e-12)
  }

  @Test func theTransformedTableHasTheIdentityAsCovariance() throws {
    var table = gaussians(60, 4, seed: 1).times(gaussians(4, 4, seed: 2))
    table.addToRows([5, -3, 0, 1])
    let space = try CausalSpace(table, floor: 1e-8, workers: .serial)
    let covariance = try Moments(space.rows).covariance(less: 0)
    #expect(covariance.adding(.identity(4), times: -1).frobeniusNorm < 1e-10)
    #expect(space.floored == 0)
  }

  @Test func plantedDirectionsStandOutFromRandomPairsWhenTheirPairIsLeftOut() throws {
    let bench = try geometryBench()
    var table = gaussians(600, 6, seed: 3)
    for pair in 0..<5 {
      for j in 0..<6 { table[2 * pair + 1, j] = table[2 * pair, j] + 0.1 * table[2 * pair + 1, j] + (j == 0 ? 10 : 0) }
    }
    let planted = (0..<5).map { [2 * $0, 2 * $0 + 1] }
    let noise = (0..<20).map { [60 + $0, 80 + $0] }
    let concepts = JSON.array([planted, noise].map { .array($0.map { .list($0) }) })
    let result = try bench.call(
      "geometry.causal_inner_product", ["unembedding": try bench.matrix(table), "concepts": concepts])
    #expect(result["concepts"]?[0]?["exceedsRandom"] == true)
    #expect(result["concepts"]?[1]?["exceedsRandom"] == false)
  }

  /// The paper's code divides by eigenvalues of 0 where rows are fewer than columns.
  @Test func fewerRowsThanColumnsGiveFiniteDirections() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.causal_inner_product",
      ["unembedding": JSON(rows: gaussians(5, 9, seed: 4)), "concepts": [[[0, 1], [2, 3]]]])
    #expect(try bench.matrix(result["directions"]).firstNonFinite() == nil)
    #expect((result["flooredDirections"]?.int ?? 0) >= 5)
    #expect(result.warningCodes.contains("floored") && result.warningCodes.contains("few-pairs"))
  }

  @Test func contextsAreToldApartByTheConceptThatPartsThem() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.causal_inner_product",
      [
        "unembedding": [[0, 0], [1, 0], [0, 1], [1, 1]], "concepts": [[[0, 1], [2, 3]], [[0, 2], [1, 3]]],
        "contexts": [[1, 5], [2, -5], [3, 5], [4, -5]], "contextLabels": ["no", "no", "yes", "yes"],
      ])
    #expect(near(result["concepts"]?[0]?["contextAUROC"], 1))
    #expect(near(result["concepts"]?[1]?["contextAUROC"], 0.5))
  }

  @Test func pairsThatCancelHaveNoDirection() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.causal_inner_product",
      ["unembedding": [[0, 0], [1, 0], [0, 1]], "concepts": [[[0, 1], [1, 0]], [[0, 2]]], "randomPairs": 5])
    #expect(try bench.matrix(result["causal"])[0, 1].isNaN)
    #expect(result.warningCodes.contains("no-direction"))
    #expect(result["concepts"]?[1]?["leaveOneOut"] == [nil])
  }

  @Test func whatCannotBeComputedIsRefusedWithItsPlace() throws {
    let bench = try geometryBench()
    let params: JSON = ["unembedding": [[0, 0], [1, 0], [0, 1]], "concepts": [[[0, 1], [1, 3]]]]
    #expect(bench.fault("geometry.causal_inner_product", params)?.path == "/concepts/0/1")
    let equal: JSON = ["unembedding": [[1, 1], [1, 1]], "concepts": [[[0, 1]]]]
    #expect(bench.fault("geometry.causal_inner_product", equal) != nil)
  }
}
