import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct ActiveSubspaceTests {
  /// Rank 16 in 64 columns with a little noise.
  @Test func thePlantedRankIsFound() throws {
    let bench = try geometryBench()
    var rows = gaussians(800, 16, seed: 1).times(try QR(gaussians(64, 16, seed: 2)).q.transposed())
    rows.add(gaussians(800, 64, seed: 3), times: 0.002)
    let result = try bench.call("geometry.active_subspace", ["features": try bench.matrix(rows)])
    #expect(result["rank"] == 16)
    let basis = try bench.matrix(result["basis"])
    #expect(basis.outerGram().adding(.identity(16), times: -1).frobeniusNorm < 1e-12)
    #expect((result["effectiveRank"]?.double ?? 0) > 15 && result["directions"]?.ints.count == 3)
  }

  @Test func theMeanIsTheFirstDirectionWhereItIsLeftIn() throws {
    let bench = try geometryBench()
    var rows = gaussians(100, 4, seed: 4)
    rows.addToRows([50, 0, 0, 0])
    let params: JSON = ["features": try bench.matrix(rows), "threshold": 0.9]
    var left = params
    left["centred"] = false
    #expect(try bench.call("geometry.active_subspace", params)["rank"] == 4)
    let raw = try bench.call("geometry.active_subspace", left)
    #expect(raw["rank"] == 1 && raw.warningCodes == ["uncentred"])
  }

  @Test func equalRowsHaveNoActiveDirection() throws {
    let bench = try geometryBench()
    let result = try bench.call("geometry.active_subspace", ["features": [[0.1, 0.2], [0.1, 0.2], [0.1, 0.2]]])
    #expect(result["rank"] == nil && result["effectiveRank"] == nil && result["directions"] == [nil, nil, nil])
    #expect(result.warningCodes == ["constant"])
  }
}
