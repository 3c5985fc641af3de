internal import Glibc
import Linear

extension LogisticObjective {
  /// δᵀ·∂²(J/n)·δ from at most eight blocks of rows, evenly spread: good enough for the length of a first step.
  func bend<A: Scalar>(_ rows: RowBlocks<A>, at theta: [Double], along direction: [Double]) -> Double {
    let blocks = (rows.rows + rows.blockRows - 1) / rows.blockRows
    let probe = LinearScores(self, rows, theta)
    let change = LinearScores(self, rows, direction)
    var sum = 0.0
    var seen = 0
    for k in 0..<min(8, blocks) {
      let start = k * blocks / min(8, blocks) * rows.blockRows
      let range = start..<min(start + rows.blockRows, rows.rows)
      rows.forEachBlock(in: range) { block, x in
        let scores = probe.values(x, block.count)
        let changes = change.values(x, block.count)
        for i in 0..<block.count {
          let own = i * outputs..<(i + 1) * outputs
          sum += classWeights[labels[block.lowerBound + i]] * spread(scores[own], changes[own])
        }
        seen += block.count
      }
    }
    var cost = 0.0
    for (k, step) in direction.enumerated() where k % width < columns { cost += penalty[k % width] * step * step }
    return sum / Double(max(1, seen)) + cost / Double(max(1, rows.rows))
  }

  /// The variance of the changes under the probabilities of the scores: the loss's second derivative along them.
  private func spread(_ scores: ArraySlice<Double>, _ changes: ArraySlice<Double>) -> Double {
    if outputs == 1, let score = scores.first, let change = changes.first {
      let small = exp(-score.magnitude)
      return small / ((1 + small) * (1 + small)) * change * change
    }
    let largest = scores.max() ?? 0
    var (total, mean, square) = (0.0, 0.0, 0.0)
    for (score, change) in zip(scores, changes) {
      let p = exp(score - largest)
      total += p
      mean += p * change
      square += p * change * change
    }
    return max(0, square / total - (mean / total) * (mean / total))
  }
}

/// θ·x for the rows of a block.
private struct LinearScores<A: Scalar> {
  private let weights: [A]
  private let offsets: [Double]
  private let columns: Int

  init(_ objective: LogisticObjective, _ rows: RowBlocks<A>, _ theta: [Double]) {
    (weights, offsets) = objective.folded(theta, rows)
    columns = objective.columns
  }

  func values(_ x: UnsafePointer<A>, _ count: Int) -> [Double] {
    let outputs = offsets.count
    var scores = [A](repeating: 0, count: count * outputs)
    A.gemm(
      .no, .yes, m: count, n: outputs, k: columns, alpha: 1, x, lda: columns, weights, ldb: columns, beta: 0, &scores,
      ldc: outputs)
    return scores.enumerated().map { Double($1) + offsets[$0 % outputs] }
  }
}

extension LogisticObjective {
  /// 1/∂²(J/n) where the rows tell nothing apart and the columns do not correlate, in the order of θ.
  var inverseDiagonal: [Double] {
    let n = Double(max(1, labels.count))
    var weightOf = [Double](repeating: 0, count: max(2, outputs))
    for label in labels { weightOf[label] += classWeights[label] / n }
    let total = weightOf.reduce(0, +)
    var result: [Double] = []
    for r in 0..<outputs {
      let share = weightOf[r] / total
      let spread = max(1e-6, total * share * (1 - share))
      for (penalty, variance) in zip(penalty, variance) {
        result.append(1 / max(1e-12, spread * variance + penalty / n))
      }
      result.append(1 / spread)
    }
    return result
  }
}
