import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Dictionaries

@Suite struct TopKDictionaryTests {
  private func gaussians(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed)
    return numbers.gaussians(rows: rows, columns: columns)
  }

  /// Central differences of the loss, with the choice of atoms held (the step is far below what changes it).
  @Test func gradientsAreThoseOfTheLoss() {
    let rows = gaussians(5, 4, seed: 1)
    let model = TopKAutoencoder(
      atoms: gaussians(6, 4, seed: 2), subspace: nil, mean: [0.1, -0.2, 0.3, 0], k: 2)
    let found = model.gradients(rows)
    let step = 1e-6
    func loss(_ change: (inout Matrix<Double>, inout Matrix<Double>, inout [Double]) -> Void) -> Double {
      var (decoder, encoder, bias) = (model.decoder, model.encoder, model.bias)
      change(&decoder, &encoder, &bias)
      let changed = TopKAutoencoder(ready: decoder, encoder: encoder, bias: bias, k: 2)
      return changed.gradients(rows).loss
    }
    for i in 0..<6 {
      for j in 0..<4 {
        let d = (loss { a, _, _ in a[i, j] += step } - loss { a, _, _ in a[i, j] -= step }) / (2 * step)
        let e = (loss { _, b, _ in b[i, j] += step } - loss { _, b, _ in b[i, j] -= step }) / (2 * step)
        #expect(abs(d - found.decoder[i, j]) < 1e-7 && abs(e - found.encoder[i, j]) < 1e-7)
      }
    }
    for j in 0..<4 {
      let b = (loss { _, _, c in c[j] += step } - loss { _, _, c in c[j] -= step }) / (2 * step)
      #expect(abs(b - found.bias[j]) < 1e-7)
    }
  }

  @Test func atomsOfAnActiveStartLieInTheSubspaceWithLengthOne() throws {
    let basis = try QR(gaussians(12, 3, seed: 3)).q.transposed()
    let model = TopKAutoencoder(
      atoms: gaussians(40, 12, seed: 4), subspace: basis, mean: [Double](repeating: 0, count: 12), k: 4)
    let outside = model.decoder.adding(model.decoder.timesTransposed(basis).times(basis), times: -1)
    #expect(outside.frobeniusNorm < 1e-12)
    // The official initialiser leaves lengths of about √r.
    for atom in 0..<40 { #expect(abs(model.decoder.row(atom).norm - 1) < 1e-12) }
  }

  /// Rows of rank 4 in 32 columns: in the subspace hardly an atom stays dead, and as much is explained.
  @Test func anActiveStartLeavesFewerAtomsDead() throws {
    let bench = try MethodBench([DictionariesPlugin.self])
    var rows = gaussians(400, 4, seed: 5).times(try QR(gaussians(32, 4, seed: 6)).q.transposed())
    rows.add(gaussians(400, 32, seed: 7), times: 0.002)
    let params: JSON = [
      "features": try bench.matrix(rows), "nFeatures": 64, "k": 3, "steps": 60, "batch": 100, "learningRate": 0.003,
    ]
    func trained(_ start: String) throws -> JSON {
      var own = params
      own["start"] = .string(start)
      if start == "active" { own["dActive"] = 4 }
      return try bench.call("dictionary.sae_topk", own)
    }
    let (active, random) = (try trained("active"), try trained("random"))
    let dead = (active["deadFraction"]?.double ?? 1, random["deadFraction"]?.double ?? 0)
    #expect(dead.0 < dead.1, "\(dead)")
    #expect((active["explainedVariance"]?.double ?? 0) > 0.85)
    let codes = try bench.sparse(active["codes"])
    #expect(codes.rows == 400 && codes.columns == 64 && codes.nonZeros <= 1200)
    let history = try #require(active["history"]?.array)
    #expect((history.last?["unexplained"]?.double ?? 1) < (history.first?["unexplained"]?.double ?? 0))
  }

  @Test func whatCannotBeTrainedIsRefused() throws {
    let bench = try MethodBench([DictionariesPlugin.self])
    let rows: JSON = [[1, 2], [3, 4], [5, 7]]
    #expect(
      bench.fault("dictionary.sae_topk", ["features": rows, "nFeatures": 2, "k": 3])?.path == "/k")
    #expect(
      bench.fault("dictionary.sae_topk", ["features": rows, "nFeatures": 4, "k": 1])?.path == "/dActive")
    let equal: JSON = ["features": [[1, 1], [1, 1]], "nFeatures": 2, "k": 1, "start": "random"]
    #expect(bench.fault("dictionary.sae_topk", equal)?.kind == "math.degenerate")
  }
}
