internal import Glibc
import Linear

/// J/n = (Σ ωᵢ·lossᵢ + ½·Σ pⱼ·w²ⱼ)/n of a linear classifier, with its gradient, in one walk over the rows.
///
/// The point θ is R × (d + 1), row after row: for each score the d weights on the scaled columns, then the bias.
/// Each block of rows is multiplied forwards and backwards while it lies in the cache, so a pass reads the rows once.
struct LogisticObjective: Sendable {
  /// d.
  let columns: Int
  /// R: 1 for two classes, else K.
  let outputs: Int
  /// The class of each row, in the order of the blocks.
  let labels: [Int]
  /// ω of each class.
  let classWeights: [Double]
  /// pⱼ, the same for all scores.
  let penalty: [Double]
  /// The variance of each column, roughly.
  let variance: [Double]

  /// d + 1.
  var width: Int { columns + 1 }

  /// Factors of at most 2 that are multiplied before their logarithm is taken.
  static let factors = 16

  /// The value and slope at a point.
  struct Pass: Sendable {
    /// J/n.
    var value: Double
    /// Of J/n, R × (d + 1).
    var gradient: [Double]
    /// ∂²(J/n) of the biases, R × R.
    var biasCurvature: [Double]
    /// Rows whose own class does not have the largest score.
    var notSeparated: Int

    /// ‖gradient‖∞.
    var steepest: Double { gradient.reduce(0) { max($0, $1.magnitude) } }
  }

  /// Walks once over the rows. In 32 bits the products are rounded, losses and sums over blocks are not.
  func pass<A: Scalar>(_ rows: RowBlocks<A>, at theta: [Double], workers: Workers) throws -> Pass {
    let (weights, offsets) = folded(theta, rows)
    let sum = try workers.sum(over: rows.rows) { range in
      unit(rows, range, weights, offsets)
    } merge: {
      $0.merge($1)
    }
    try rows.fault?.check()
    let total = sum ?? Partial(columns: columns, outputs: outputs)
    return finished(total, at: theta, rows)
  }

  /// θ for the blocks as they lie: weights · factor, and biases less what the shift takes away.
  func folded<A: Scalar>(_ theta: [Double], _ rows: RowBlocks<A>) -> (weights: [A], offsets: [Double]) {
    var weights = [A](repeating: 0, count: outputs * columns)
    var offsets = [Double](repeating: 0, count: outputs)
    for r in 0..<outputs {
      var offset = theta[r * width + columns]
      for j in 0..<columns {
        let weight = A(theta[r * width + j] * rows.factor[j])
        weights[r * columns + j] = weight
        offset -= Double(weight) * rows.shift[j]
      }
      offsets[r] = offset
    }
    return (weights, offsets)
  }

  private func finished<A: Scalar>(_ total: Partial, at theta: [Double], _ rows: RowBlocks<A>) -> Pass {
    let n = Double(max(1, rows.rows))
    var gradient = [Double](repeating: 0, count: theta.count)
    var cost = 0.0
    for r in 0..<outputs {
      for j in 0..<columns {
        let weight = theta[r * width + j]
        let slope = (total.gradient[r * columns + j] - total.residuals[r] * rows.shift[j]) * rows.factor[j]
        gradient[r * width + j] = (slope + penalty[j] * weight) / n
        cost += penalty[j] * weight * weight / 2
      }
      gradient[r * width + columns] = total.residuals[r] / n
    }
    return Pass(
      value: (total.loss + cost) / n, gradient: gradient, biasCurvature: total.curvature.map { $0 / n },
      notSeparated: total.notSeparated)
  }

  /// What some rows add.
  private struct Partial: Sendable {
    var loss = 0.0
    /// Σ residual · xᵀ, R × d.
    var gradient: [Double]
    /// Σ residual, R.
    var residuals: [Double]
    /// Σ ω·p·pᵀ, R × R; for two classes Σ ω·p·(1 − p).
    var products: [Double]
    /// Σ ω·p, R; 0 for two classes.
    var probabilities: [Double]
    var notSeparated = 0

    init(columns: Int, outputs: Int) {
      gradient = [Double](repeating: 0, count: outputs * columns)
      residuals = [Double](repeating: 0, count: outputs)
      products = [Double](repeating: 0, count: outputs * outputs)
      probabilities = [Double](repeating: 0, count: outputs)
    }

    mutating func merge(_ other: Partial) {
      loss += other.loss
      notSeparated += other.notSeparated
      gradient.add(other.gradient)
      residuals.add(other.residuals)
      products.add(other.products)
      probabilities.add(other.probabilities)
    }

    /// Σ ∂²loss/∂b∂bᵀ, R × R.
    var curvature: [Double] {
      let outputs = residuals.count
      if outputs == 1 { return products }
      var result = products.map { -$0 }
      for c in 0..<outputs { result[c * outputs + c] += probabilities[c] }
      return result
    }
  }

  /// One unit of rows, block after block.
  private func unit<A: Scalar>(
    _ rows: RowBlocks<A>, _ range: Range<Int>, _ weights: [A], _ offsets: [Double]
  ) -> Partial {
    var partial = Partial(columns: columns, outputs: outputs)
    let (d, outputs) = (columns, outputs)
    var scores = [A](repeating: 0, count: rows.blockRows * outputs)
    // In doubles, blocks add to one sum; in floats each block's sum is its own, and is then added in doubles.
    let isDouble = A.self == Double.self
    var slope = [A](repeating: 0, count: outputs * d)
    weights.withUnsafeBufferPointer { weights in
      scores.withUnsafeMutableBufferPointer { scores in
        slope.withUnsafeMutableBufferPointer { slope in
          guard let w = weights.baseAddress, let s = scores.baseAddress, let g = slope.baseAddress else { return }
          rows.forEachBlock(in: range) { block, x in
            let count = block.count
            if outputs == 1 {
              A.gemv(.no, m: count, n: d, alpha: 1, x, lda: d, w, beta: 0, s)
              binaryResiduals(s, block, offsets[0], &partial)
              A.gemv(.yes, m: count, n: d, alpha: 1, x, lda: d, s, beta: isDouble ? 1 : 0, g)
            } else {
              A.gemm(.no, .yes, m: count, n: outputs, k: d, alpha: 1, x, lda: d, w, ldb: d, beta: 0, s, ldc: outputs)
              softmaxResiduals(s, block, offsets, &partial)
              A.gemm(
                .yes, .no, m: outputs, n: d, k: count, alpha: 1, s, lda: outputs, x, ldb: d, beta: isDouble ? 1 : 0,
                g, ldc: d)
            }
            if !isDouble { addWidened(slope, to: &partial.gradient) }
          }
        }
      }
    }
    if isDouble { addWidened(slope[...], to: &partial.gradient) }
    return partial
  }

  /// Puts ω·(sigmoid(score) − y) in place of the scores.
  private func binaryResiduals<A: Scalar>(
    _ scores: UnsafeMutablePointer<A>, _ rows: Range<Int>, _ offset: Double, _ partial: inout Partial
  ) {
    let (weight0, weight1) = (classWeights[0], classWeights[1])
    var (loss, sum, curvature, wrong) = (0.0, 0.0, 0.0, 0)
    labels.withUnsafeBufferPointer { labels in
      for start in stride(from: 0, to: rows.count, by: Self.factors) {
        // One logarithm serves several rows: Σ ln(1 + s) = ln(1 + q), with q = Π(1 + s) − 1 built without rounding at 1.
        var (q0, q1) = (0.0, 0.0)
        for i in start..<min(start + Self.factors, rows.count) {
          let isOne = labels[rows.lowerBound &+ i] == 1
          let score = Double(scores[i]) + offset
          let margin = isOne ? score : -score
          let weight = isOne ? weight1 : weight0
          let small = exp(-margin.magnitude)
          let larger = 1 / (1 + small)
          let smaller = small * larger
          let (small0, small1) = (isOne ? 0 : small, isOne ? small : 0)
          q0 += small0 + q0 * small0
          q1 += small1 + q1 * small1
          loss -= weight * min(margin, 0)
          let miss = weight * (margin > 0 ? smaller : larger)
          let residual = isOne ? -miss : miss
          sum += residual
          curvature += weight * smaller * larger
          wrong &+= margin > 0 ? 0 : 1
          scores[i] = A(residual)
        }
        loss += weight0 * log1p(q0) + weight1 * log1p(q1)
      }
    }
    partial.loss += loss
    partial.residuals[0] += sum
    partial.products[0] += curvature
    partial.notSeparated += wrong
  }

  /// Puts ω·(softmax(scores) − one-hot y) in place of the scores.
  private func softmaxResiduals<A: Scalar>(
    _ scores: UnsafeMutablePointer<A>, _ rows: Range<Int>, _ offsets: [Double], _ partial: inout Partial
  ) {
    let outputs = outputs
    var (loss, wrong) = (0.0, 0)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: outputs) { p in
      offsets.withUnsafeBufferPointer { offsets in
        labels.withUnsafeBufferPointer { labels in
          partial.residuals.withUnsafeMutableBufferPointer { sums in
            partial.probabilities.withUnsafeMutableBufferPointer { probabilities in
              partial.products.withUnsafeMutableBufferPointer { products in
                for i in 0..<rows.count {
                  let row = scores + i &* outputs
                  let label = labels[rows.lowerBound &+ i]
                  let weight = classWeights[label]
                  var rival = -Double.infinity
                  for c in 0..<outputs {
                    p[c] = Double(row[c]) + offsets[c]
                    if c != label, p[c] > rival { rival = p[c] }
                  }
                  let own = p[label]
                  let largest = max(own, rival)
                  // The rest of the classes are summed apart, since beside 1 their digits are lost.
                  var others = 0.0
                  for c in 0..<outputs {
                    p[c] = exp(p[c] - largest)
                    if c != label { others += p[c] }
                  }
                  let total = others + p[label]
                  loss += weight * (own >= rival ? log1p(others) : log(total) + (largest - own))
                  wrong += own > rival ? 0 : 1
                  for c in 0..<outputs {
                    p[c] /= total
                    let share = weight * p[c]
                    let residual = c == label ? -weight * (others / total) : share
                    probabilities[c] += share
                    sums[c] += residual
                    row[c] = A(residual)
                  }
                  for c in 0..<outputs {
                    let share = weight * p[c]
                    let target = c &* outputs
                    for b in 0..<outputs { products[target &+ b] += share * p[b] }
                  }
                }
              }
            }
          }
        }
      }
    }
    partial.loss += loss
    partial.notSeparated += wrong
  }
}

/// sum ← sum + source, in doubles.
func addWidened<A: Scalar>(_ source: some Collection<A>, to sum: inout [Double]) {
  sum.withUnsafeMutableBufferPointer { sum in
    for (k, value) in source.enumerated() { sum[k] += Double(value) }
  }
}
