import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Alignment

@Suite struct LinearityTests {
  @Test func aLinearLayerScoresOneAndNoiseScoresChance() throws {
    let bench = try alignmentBench()
    let x = gaussians(1000, 10, seed: 1)
    var y = x.times(gaussians(10, 10, seed: 2))
    y.addToRows([Double](repeating: 7, count: 10))
    let layers = JSON.array([
      try bench.given(x, "x"), try bench.given(y, "y"), try bench.given(gaussians(1000, 10, seed: 3), "z"),
    ])
    let result = try bench.call("alignment.linearity", ["layers": layers, "holdout": 0.2])
    let pairs = try #require(result["pairs"]?.array)
    #expect(near(pairs[0]["score"], 1, 1e-12) && near(pairs[0]["heldOutScore"], 1, 1e-12))
    // Independent rows: d/(n − 1) on average.
    #expect(near(pairs[1]["score"], 0.01, 0.005) && near(pairs[1]["chanceScore"], 10.0 / 999, 1e-12))
    #expect((pairs[1]["heldOutScore"]?.double ?? 1) < 0)
    #expect((pairs[0]["procrustes"]?.double ?? 1) < 0.95, "a linear map is no rotation")
    let layer = result["layers"]?[0]
    #expect(near(layer?["anisotropy"], 0.1, 0.03))
    #expect(near(layer?["intrinsicDimension"], 10, 2.5))
  }

  @Test func theLastPairIsScoredToo() throws {
    let bench = try alignmentBench()
    let layers = JSON.array(try (0..<4).map { try bench.given(gaussians(40, 2, seed: UInt64($0)), "layer\($0)") })
    let result = try bench.call("alignment.linearity", ["layers": layers])
    #expect(result["pairs"]?.array?.map { $0["to"]?.int } == [1, 2, 3])
  }

  /// The official code divides by singular values of 0 there.
  @Test func columnsThatRepeatEachOtherGiveANumber() throws {
    let bench = try alignmentBench()
    let x = gaussians(50, 3, seed: 4)
    let twice = Matrix<Double>(rows: 50, columns: 6) { buffer in
      for i in 0..<50 { for j in 0..<6 { buffer[i * 6 + j] = x[i, j % 3] } }
    }
    let y = x.times(gaussians(3, 6, seed: 5))
    let result = try bench.call(
      "alignment.linearity", ["layers": [try bench.given(twice, "x"), try bench.given(y, "y")], "maps": true])
    let pair = try #require(result["pairs"]?[0])
    #expect(pair["rank"] == 3 && near(pair["score"], 1, 1e-12))
    let map = try bench.matrix(pair["map"])
    var centred = twice
    centred.addToRows((0..<6).map { j in -twice.column(j).reduce(0, +) / 50 })
    var wanted = y
    wanted.addToRows((0..<6).map { j in -y.column(j).reduce(0, +) / 50 })
    #expect(centred.times(map).adding(wanted, times: -1).frobeniusNorm < 1e-10)
  }

  @Test func moreColumnsThanRowsAreSaidToInterpolate() throws {
    let bench = try alignmentBench()
    let layers = JSON.array([
      try bench.given(gaussians(8, 9, seed: 6), "x"), try bench.given(gaussians(8, 9, seed: 7), "y"),
    ])
    let result = try bench.call("alignment.linearity", ["layers": layers])
    #expect(near(result["pairs"]?[0]?["score"], 1, 1e-12))
    #expect(result.warningCodes == ["interpolation"])
  }

  @Test func duplicatesAndConstantLayersHaveNoNumberButAReason() throws {
    let bench = try alignmentBench()
    let result = try bench.call(
      "alignment.linearity",
      [
        "layers": [
          [[1, 0], [1, 0], [2, 3], [4, 1], [0, 9]], [[0.1, 0.1], [0.1, 0.1], [0.1, 0.1], [0.1, 0.1], [0.1, 0.1]],
        ]
      ])
    #expect(result["layers"]?[0]?["duplicates"] == 2)
    #expect(result["pairs"]?[0]?["score"] == nil && result["layers"]?[1]?["anisotropy"] == nil)
    #expect(result.warningCodes.contains("duplicates"))
  }
}
