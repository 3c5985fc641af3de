import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Alignment

@Suite struct SubspaceTests {
  @Test(arguments: ["none", "affine", "procrustes", "localCKA"])
  func aRotatedSpaceIsMatchedWhole(_ method: String) throws {
    let bench = try alignmentBench()
    let x = gaussians(90, 4, seed: 1)
    let y = x.times(try QR(gaussians(4, 4, seed: 2)).q)
    let result = try bench.call(
      "alignment.subspace_match",
      [
        "first": try bench.given(x, "x"), "second": try bench.given(y, "y"), "anchors": .list(0..<60),
        "queries": .list(60..<90), "method": .string(method), "dimensions": [4],
      ])
    #expect(near(result["cka"], 1, 1e-10))
    #expect(near(result["dimensions"]?[0]?["matchingAccuracy"], 1, 1e-12))
    #expect(near(result["dimensions"]?[0]?["firstVarianceShare"], 1, 1e-10))
    if method != "localCKA" { #expect(near(result["dimensions"]?[0]?["recallAt1"], 1)) }
  }

  /// Five shared directions and fifty of noise on each side: few directions match items, many do not.
  @Test func itemsAreMatchedInTheSharedDirectionsAlone() throws {
    let bench = try alignmentBench()
    let shared = gaussians(600, 5, seed: 3)
    func space(_ seed: UInt64) throws -> Matrix<Double> {
      let noise = gaussians(600, 50, seed: seed)
      let all = Matrix<Double>(rows: 600, columns: 55) { buffer in
        for i in 0..<600 { for j in 0..<55 { buffer[i * 55 + j] = j < 5 ? shared[i, j] : noise[i, j - 5] } }
      }
      return all.times(try QR(gaussians(55, 55, seed: seed + 1)).q)
    }
    let result = try bench.call(
      "alignment.subspace_match",
      [
        "first": try bench.given(space(10), "x"), "second": try bench.given(space(20), "y"),
        "anchors": .list(0..<400), "queries": .list(400..<500), "dimensions": [3, 5, 10, 30],
      ])
    let recalls = (result["dimensions"]?.array ?? []).map { $0["recallAt1"]?.double ?? -1 }
    #expect(recalls.count == 4 && recalls[0] > 0.97 && recalls[1] > 0.97)
    #expect(recalls[2] < 0.5 && recalls[3] < recalls[2])
  }

  @Test func otherPairsAreMatchedByChance() throws {
    let bench = try alignmentBench()
    let result = try bench.call(
      "alignment.subspace_match",
      [
        "first": try bench.given(gaussians(140, 4, seed: 5), "x"),
        "second": try bench.given(gaussians(140, 4, seed: 6), "y"),
        "anchors": .list(0..<100), "queries": .list(100..<140), "dimensions": [2],
      ])
    #expect((result["dimensions"]?[0]?["matchingAccuracy"]?.double ?? 1) < 0.2)
    #expect(near(result["chance"], 0.025))
  }

  @Test func fewAnchorsAreSaidUntilARidgeIsSet() throws {
    let bench = try alignmentBench()
    let params: JSON = ["first": [[1, 2], [3, 1], [0, 5]], "second": [[1, 0], [2, 2], [7, 1]]]
    let bare = try bench.call("alignment.subspace_match", params)
    #expect(bare.warningCodes == ["few-anchors"] && near(bare["canonicalCorrelations"]?[0], 1))
    var ridged = params
    ridged["ridge"] = 1
    let shrunk = try bench.call("alignment.subspace_match", ridged)
    #expect(shrunk.warningCodes == [] && (shrunk["canonicalCorrelations"]?[0]?.double ?? 1) < 0.99)
  }

  @Test func sidesOfDifferentLengthAreStillPaired() throws {
    let bench = try alignmentBench()
    let x = gaussians(60, 3, seed: 8)
    let y = x.times(try QR(gaussians(3, 3, seed: 9)).q)
    let result = try bench.call(
      "alignment.subspace_match",
      [
        "first": try bench.given(x, "x"), "second": try bench.given(y, "y"), "anchors": .list(0..<50),
        "queries": [50, 51, 52], "secondQueries": [55, 52, 51, 50], "dimensions": [3],
      ])
    #expect(try bench.matrix(result["localCKA"]).columns == 4)
    #expect(result["matching"]?.ints.count == 3 && result["matchingAccuracy"] == nil)
    #expect(result["dimensions"]?[0]?["recallAt1"] == nil)
  }
}
