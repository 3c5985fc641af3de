internal import Glibc
import Linear

/// J/n and its slope at one point of each of many fits, in one walk over the rows.
struct JointKernel: Sendable {
  /// One fit's point.
  struct Place: Sendable {
    let fold: Int
    let objective: LogisticObjective
    /// θ, in the coordinates of the fold.
    let theta: [Double]

    init(_ fold: Int, _ objective: LogisticObjective, _ theta: [Double]) {
      self.fold = fold
      self.objective = objective
      self.theta = theta
    }
  }

  let columns: Int
  /// R: 1 for two classes, else K.
  let outputs: Int
  let labels: [Int]
  /// Whether a fold fits a row, n × folds.
  let isFitted: [Bool]
  let folds: Int
  /// ω of each class, fold by fold.
  let classWeights: [[Double]]

  /// Rows of a block: sums of 32-bit numbers go no further.
  private static let blockRows = 512
  /// Rows of one thread's share.
  private static let unitRows = 1024

  /// The fits of one fold stand side by side.
  private struct Group: Sendable {
    let fold: Int
    var fits: Range<Int>
  }

  /// - Parameter places: sorted by fold.
  func evaluate<A: Scalar>(
    _ rows: RowBlocks<A>, _ frames: [FoldFrame.Frame], _ places: [Place], _ workers: Workers
  ) throws -> [LimitedMemoryBFGS.Evaluation] {
    let (weights, offsets) = folded(places, frames, A.self)
    var groups: [Group] = []
    for (k, place) in places.enumerated() {
      if let last = groups.last, last.fold == place.fold {
        groups[groups.count - 1].fits = last.fits.lowerBound..<k + 1
      } else {
        groups.append(Group(fold: place.fold, fits: k..<k + 1))
      }
    }
    let all = groups
    let sum = try workers.sum(over: rows.rows, size: Self.unitRows) { range in
      partial(rows, range, weights, offsets, all)
    } merge: {
      $0.merge($1)
    }
    guard let sum else { throw StatisticsError.empty("rows") }
    return places.enumerated().map { k, place in finished(sum, k, place, frames[place.fold]) }
  }

  /// Weights and biases for the rows as they lie: a row of weights for each score of each fit.
  private func folded<A: Scalar>(
    _ places: [Place], _ frames: [FoldFrame.Frame], _: A.Type
  ) -> (weights: [A], offsets: [Double]) {
    let width = columns + 1
    var weights = [A](repeating: 0, count: places.count * outputs * columns)
    var offsets = [Double](repeating: 0, count: places.count * outputs)
    for (k, place) in places.enumerated() {
      let frame = frames[place.fold]
      for r in 0..<outputs {
        var offset = place.theta[r * width + columns]
        let target = (k * outputs + r) * columns
        for j in 0..<columns {
          let weight = A(place.theta[r * width + j] * frame.factor[j])
          weights[target + j] = weight
          offset -= Double(weight) * frame.shift[j]
        }
        offsets[k * outputs + r] = offset
      }
    }
    return (weights, offsets)
  }

  private func finished(
    _ sum: Partial, _ k: Int, _ place: Place, _ frame: FoldFrame.Frame
  ) -> LimitedMemoryBFGS.Evaluation {
    let width = columns + 1
    let (penalty, n) = (place.objective.penalty, Double(place.objective.labels.count))
    var gradient = [Double](repeating: 0, count: place.theta.count)
    var cost = 0.0
    for r in 0..<outputs {
      let column = k * outputs + r
      for j in 0..<columns {
        let weight = place.theta[r * width + j]
        let slope = (sum.gradient[column * columns + j] - sum.residuals[column] * frame.shift[j]) * frame.factor[j]
        gradient[r * width + j] = (slope + penalty[j] * weight) / n
        cost += penalty[j] * weight * weight / 2
      }
      gradient[r * width + columns] = sum.residuals[column] / n
    }
    return .init(value: (sum.losses[k] + cost) / n, gradient: gradient)
  }

  /// What some rows add.
  private struct Partial: Sendable {
    /// One a fit.
    var losses: [Double]
    /// Σ residual · xᵀ, a row for each score of each fit.
    var gradient: [Double]
    /// Σ residual.
    var residuals: [Double]

    mutating func merge(_ other: Partial) {
      losses.add(other.losses)
      gradient.add(other.gradient)
      residuals.add(other.residuals)
    }
  }

  private func partial<A: Scalar>(
    _ rows: RowBlocks<A>, _ range: Range<Int>, _ weights: [A], _ offsets: [Double], _ groups: [Group]
  ) -> Partial {
    let (d, wide) = (columns, offsets.count)
    var result = Partial(
      losses: [Double](repeating: 0, count: wide / outputs), gradient: [Double](repeating: 0, count: wide * d),
      residuals: [Double](repeating: 0, count: wide))
    var scores = [A](repeating: 0, count: min(range.count, Self.blockRows) * wide)
    var slope = [A](repeating: 0, count: wide * d)
    // In doubles, blocks add to one sum; in floats each block's sum is its own, and is then added in doubles.
    let isDouble = A.self == Double.self
    rows.forEachBlock(in: range, size: Self.blockRows) { block, x in
      A.gemm(
        .no, .yes, m: block.count, n: wide, k: d, alpha: 1, x, lda: d, weights, ldb: d, beta: 0, &scores, ldc: wide)
      scores.withUnsafeMutableBufferPointer { scores in
        guard let scores = scores.baseAddress else { return }
        if outputs == 1 {
          binaryResiduals(scores, block, offsets, groups, &result)
        } else {
          softmaxResiduals(scores, block, offsets, groups, &result)
        }
      }
      A.gemm(
        .yes, .no, m: wide, n: d, k: block.count, alpha: 1, scores, lda: wide, x, ldb: d, beta: isDouble ? 1 : 0,
        &slope, ldc: d)
      if !isDouble { addWidened(slope, to: &result.gradient) }
    }
    if isDouble { addWidened(slope, to: &result.gradient) }
    return result
  }

  /// Puts ω·(sigmoid(score) − y) in place of the scores.
  private func binaryResiduals<A: Scalar>(
    _ scores: UnsafeMutablePointer<A>, _ block: Range<Int>, _ offsets: [Double], _ groups: [Group],
    _ result: inout Partial
  ) {
    let wide = offsets.count
    // Π(1 + s) − 1 of the last rows, for each class and each fit: one logarithm serves them all.
    var products = [Double](repeating: 0, count: 2 * wide)
    let factors = LogisticObjective.factors
    products.withUnsafeMutableBufferPointer { products in
      result.residuals.withUnsafeMutableBufferPointer { sums in
        result.losses.withUnsafeMutableBufferPointer { losses in
          offsets.withUnsafeBufferPointer { offsets in
            for i in 0..<block.count {
              let row = block.lowerBound &+ i
              let isOne = labels[row] == 1
              let product = isOne ? wide : 0
              for group in groups {
                guard isFitted[row &* folds &+ group.fold] else {
                  for k in group.fits { scores[i &* wide &+ k] = 0 }
                  continue
                }
                let weight = classWeights[group.fold][isOne ? 1 : 0]
                let sign: Double = isOne ? 1 : -1
                for k in group.fits {
                  let margin = sign * (Double(scores[i &* wide &+ k]) + offsets[k])
                  let small = exp(-margin.magnitude)
                  let larger = 1 / (1 + small)
                  let q = products[product &+ k]
                  products[product &+ k] = q + (small + q * small)
                  losses[k] -= weight * min(margin, 0)
                  let residual = -sign * weight * (margin > 0 ? small * larger : larger)
                  sums[k] += residual
                  scores[i &* wide &+ k] = A(residual)
                }
              }
              guard i &+ 1 == block.count || (i &+ 1) % factors == 0 else { continue }
              for group in groups {
                let (weight0, weight1) = (classWeights[group.fold][0], classWeights[group.fold][1])
                for k in group.fits {
                  losses[k] += weight0 * log1p(products[k]) + weight1 * log1p(products[wide &+ k])
                  products[k] = 0
                  products[wide &+ k] = 0
                }
              }
            }
          }
        }
      }
    }
  }

  /// Puts ω·(softmax(scores) − one-hot y) in place of the scores.
  private func softmaxResiduals<A: Scalar>(
    _ scores: UnsafeMutablePointer<A>, _ block: Range<Int>, _ offsets: [Double], _ groups: [Group],
    _ result: inout Partial
  ) {
    let (wide, outputs) = (offsets.count, outputs)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: outputs) { p in
      result.residuals.withUnsafeMutableBufferPointer { sums in
        result.losses.withUnsafeMutableBufferPointer { losses in
          offsets.withUnsafeBufferPointer { offsets in
            for i in 0..<block.count {
              let row = block.lowerBound &+ i
              let label = labels[row]
              for group in groups {
                guard isFitted[row &* folds &+ group.fold] else {
                  for k in group.fits.lowerBound &* outputs..<group.fits.upperBound &* outputs {
                    scores[i &* wide &+ k] = 0
                  }
                  continue
                }
                let weight = classWeights[group.fold][label]
                for k in group.fits {
                  let first = k &* outputs
                  let own = scores + (i &* wide &+ first)
                  var largest = -Double.infinity
                  for c in 0..<outputs {
                    p[c] = Double(own[c]) + offsets[first &+ c]
                    largest = max(largest, p[c])
                  }
                  let above = largest - p[label]
                  // The rest of the classes are summed apart, since beside 1 their digits are lost.
                  var others = 0.0
                  for c in 0..<outputs {
                    p[c] = exp(p[c] - largest)
                    others += c == label ? 0 : p[c]
                  }
                  let total = others + p[label]
                  losses[k] += weight * (above == 0 ? log1p(others) : log(total) + above)
                  let scale = weight / total
                  for c in 0..<outputs {
                    let residual = c == label ? -scale * others : scale * p[c]
                    sums[first &+ c] += residual
                    own[c] = A(residual)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
