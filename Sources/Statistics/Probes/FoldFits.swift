internal import Glibc
import Linear

/// Logistic regressions for all folds and all C at once, as columns of one walk over the rows.
///
/// The rows lie once, less their mean and divided by their deviation, in 32 bits; each fit folds the mean and deviation of
/// its own fold into its weights, and rows outside the fold have residual 0. What is left is to multiply wide blocks, where
/// a fit by itself multiplies by one column and waits for memory. Sums over blocks and all steps are in doubles: losses of
/// left-out rows are good to about 1e-5, which is for choosing C and no certificate.
struct FoldFits {
  private struct Fit {
    let fold: Int
    let C: Double
    let place: Int
    var search: SteppingBFGS
  }

  private let rows: RowBlocks<Float>
  private let labels: [Int]
  private let outputs: Int
  private let isTrain: [[Bool]]
  private let sizes: [Double]
  private let shifts: [[Double]]
  private let factors: [[Double]]
  /// Without standardised columns the penalty of a weight here, times C.
  private let penalties: [[Double]]
  private let workers: Workers
  private let settings: LogisticRegression
  private let counts: [[Int]]

  /// How the left-out rows of one fit fare.
  struct Score: Sendable {
    var loss = 0.0
    var right = 0
    var converged = false
  }

  init<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, folds: [Split], settings: LogisticRegression, workers: Workers
  ) throws {
    let whole = try ColumnScaling(features)
    let scale = zip(whole.scale, whole.isConstant).map { $1 || !(1 / $0).isFinite ? 0 : 1 / $0 }
    rows = try RowBlocks<Float>(features, rows: nil, shift: whole.mean, factor: scale).materialised(workers)
    self.labels = labels
    outputs = classes == 2 ? 1 : classes
    self.workers = workers
    self.settings = settings
    var (isTrain, shifts, factors, penalties, counts): ([[Bool]], [[Double]], [[Double]], [[Double]], [[Int]]) =
      ([], [], [], [], [])
    for fold in folds {
      var mask = [Bool](repeating: false, count: features.rows)
      for row in fold.train { mask[row] = true }
      isTrain.append(mask)
      let own = try classCounts(fold.train.map { labels[$0] }, classes: classes)
      if let missing = own.firstIndex(of: 0) {
        throw StatisticsError.classMissing(label: missing, in: "fitted rows of a fold")
      }
      counts.append(own)
      let scaling = try ColumnScaling(features, rows: fold.train)
      // The fold's own coordinates, seen from those of all rows.
      shifts.append(zip(zip(scaling.mean, whole.mean), scale).map { ($0.0 - $0.1) * $1 })
      let factor = zip(zip(scaling.deviation, scaling.isConstant), scale).map { own, scale in
        own.1 || scale == 0 || !(1 / own.0).isFinite ? 0 : 1 / (own.0 * scale)
      }
      factors.append(factor)
      penalties.append(
        zip(factor, scaling.deviation).map { factor, deviation in
          settings.standardize || factor == 0 ? 1 : 1 / (deviation * deviation)
        })
    }
    (self.isTrain, self.shifts, self.factors, self.penalties, self.counts) = (
      isTrain, shifts, factors, penalties, counts
    )
    sizes = folds.map { Double($0.train.count) }
  }

  /// The scores of each C, fold by fold.
  func scores(_ Cs: [Double], progress: Progress) throws -> [[Score]] {
    var fits: [Fit] = []
    for fold in sizes.indices {
      for (place, C) in Cs.enumerated() {
        let search = SteppingBFGS(
          from: start(fold), diagonal: diagonal(fold, C), maximumIterations: settings.maximumIterations,
          tolerance: max(settings.tolerance, 1e-5), noise: 3e-8)
        fits.append(Fit(fold: fold, C: C, place: place, search: search))
      }
    }
    var round = 0
    while true {
      let active = fits.indices.filter { fits[$0].search.trial != nil }
      if active.isEmpty { break }
      try workers.checkCancellation()
      let found = try evaluate(active.map { fits[$0] })
      for (k, place) in active.enumerated() { fits[place].search.receive(found[k]) }
      round += 1
      progress(fits.count - active.count, fits.count, "round \(round), \(active.count) fits under way")
    }
    return try scored(fits, Cs.count)
  }

  private var columns: Int { rows.columns }
  private var width: Int { rows.columns + 1 }

  private func start(_ fold: Int) -> [Double] {
    let logs = counts[fold].map { log(Double($0) * weights(fold)[counts[fold].firstIndex(of: $0) ?? 0]) }
    let biases = outputs == 1 ? [logs[1] - logs[0]] : logs.map { $0 - logs.reduce(0, +) / Double(logs.count) }
    return biases.flatMap { [Double](repeating: 0, count: columns) + [$0] }
  }

  /// ω of each class.
  private func weights(_ fold: Int) -> [Double] {
    counts[fold].map { settings.classWeight == .balanced ? sizes[fold] / (Double(counts[fold].count) * Double($0)) : 1 }
  }

  private func diagonal(_ fold: Int, _ C: Double) -> [Double] {
    let omega = weights(fold)
    let total = zip(omega, counts[fold]).reduce(0) { $0 + $1.0 * Double($1.1) }
    return (0..<outputs).flatMap { r -> [Double] in
      let own = outputs == 1 ? 1 : r
      let share = omega[own] * Double(counts[fold][own]) / total
      let spread = max(1e-6, total / sizes[fold] * share * (1 - share))
      return (0..<columns).map { j in
        1 / max(1e-12, spread * (factors[fold][j] == 0 ? 0 : 1) + penalties[fold][j] / (C * sizes[fold]))
      } + [1 / spread]
    }
  }

  /// What some rows add for all fits.
  private struct Partial: Sendable {
    var losses: [Double]
    var gradient: [Double]
    var residuals: [Double]

    mutating func merge(_ other: Partial) {
      losses.add(other.losses)
      gradient.add(other.gradient)
      residuals.add(other.residuals)
    }
  }

  /// J/n and its slope at the trial point of each fit, in one walk.
  private func evaluate(_ fits: [Fit]) throws -> [LimitedMemoryBFGS.Evaluation] {
    let (weights, offsets) = folded(fits.map { ($0.fold, $0.search.trial ?? $0.search.point) })
    let folds = fits.map(\.fold)
    let sum = try workers.sum(over: rows.rows, size: 1024) { range in
      partial(range, weights, offsets, folds)
    } merge: {
      $0.merge($1)
    }
    guard let sum else { throw StatisticsError.empty("rows") }
    return fits.enumerated().map { k, fit in
      let theta = fit.search.trial ?? fit.search.point
      let (shift, factor, penalty, n) = (shifts[fit.fold], factors[fit.fold], penalties[fit.fold], sizes[fit.fold])
      var gradient = [Double](repeating: 0, count: theta.count)
      var cost = 0.0
      for r in 0..<outputs {
        let column = k * outputs + r
        for j in 0..<columns {
          let weight = theta[r * width + j]
          let own = penalty[j] / fit.C
          let slope = (sum.gradient[column * columns + j] - sum.residuals[column] * shift[j]) * factor[j]
          gradient[r * width + j] = (slope + own * weight) / n
          cost += own * weight * weight / 2
        }
        gradient[r * width + columns] = sum.residuals[column] / n
      }
      return .init(value: (sum.losses[k] + cost) / n, gradient: gradient)
    }
  }

  /// Weights and offsets for the rows as they lie, a row of weights for each score of each fit.
  private func folded(_ points: [(fold: Int, theta: [Double])]) -> (weights: [Float], offsets: [Double]) {
    var weights = [Float](repeating: 0, count: points.count * outputs * columns)
    var offsets = [Double](repeating: 0, count: points.count * outputs)
    for (k, point) in points.enumerated() {
      let (shift, factor) = (shifts[point.fold], factors[point.fold])
      for r in 0..<outputs {
        var offset = point.theta[r * width + columns]
        let target = (k * outputs + r) * columns
        for j in 0..<columns {
          let weight = Float(point.theta[r * width + j] * factor[j])
          weights[target + j] = weight
          offset -= Double(weight) * shift[j]
        }
        offsets[k * outputs + r] = offset
      }
    }
    return (weights, offsets)
  }

  private func partial(_ range: Range<Int>, _ weights: [Float], _ offsets: [Double], _ folds: [Int]) -> Partial {
    let (d, wide) = (columns, offsets.count)
    var result = Partial(
      losses: [Double](repeating: 0, count: folds.count), gradient: [Double](repeating: 0, count: wide * d),
      residuals: [Double](repeating: 0, count: wide))
    var scores = [Float](repeating: 0, count: rows.blockRows * wide)
    var slope = [Float](repeating: 0, count: wide * d)
    let omega = isTrain.indices.map { self.weights($0) }
    rows.forEachBlock(in: range) { block, x in
      Float.gemm(
        .no, .yes, m: block.count, n: wide, k: d, alpha: 1, x, lda: d, weights, ldb: d, beta: 0, &scores, ldc: wide)
      for i in 0..<block.count {
        let row = block.lowerBound + i
        let label = labels[row]
        for (k, fold) in folds.enumerated() {
          let first = i * wide + k * outputs
          guard isTrain[fold][row] else {
            for r in 0..<outputs { scores[first + r] = 0 }
            continue
          }
          result.losses[k] += residuals(
            &scores, first, k * outputs, offsets, label, omega[fold][label], &result.residuals)
        }
      }
      Float.gemm(
        .yes, .no, m: wide, n: d, k: block.count, alpha: 1, scores, lda: wide, x, ldb: d, beta: 0, &slope, ldc: d)
      result.gradient.withUnsafeMutableBufferPointer { sum in
        for j in 0..<sum.count { sum[j] += Double(slope[j]) }
      }
    }
    return result
  }

  /// Puts ω·(p − y) in place of one row's scores of one fit, and gives its loss.
  @inline(__always)
  private func residuals(
    _ scores: inout [Float], _ first: Int, _ column: Int, _ offsets: [Double], _ label: Int, _ weight: Double,
    _ sums: inout [Double]
  ) -> Double {
    if outputs == 1 {
      let score = Double(scores[first]) + offsets[column]
      let small = exp(-score.magnitude)
      let against = small / (1 + small)
      let agrees = (label == 1) == (score > 0)
      let miss = agrees ? against : 1 - against
      let residual = label == 1 ? -weight * miss : weight * miss
      scores[first] = Float(residual)
      sums[column] += residual
      return weight * (log1p(small) + (agrees ? 0 : score.magnitude))
    }
    var largest = -Double.infinity
    for r in 0..<outputs { largest = max(largest, Double(scores[first + r]) + offsets[column + r]) }
    var total = 0.0
    for r in 0..<outputs { total += exp(Double(scores[first + r]) + offsets[column + r] - largest) }
    let own = Double(scores[first + label]) + offsets[column + label] - largest
    for r in 0..<outputs {
      let p = exp(Double(scores[first + r]) + offsets[column + r] - largest) / total
      let residual = weight * (r == label ? p - 1 : p)
      scores[first + r] = Float(residual)
      sums[column + r] += residual
    }
    return weight * (log(total) - own)
  }

  /// One more walk, over the rows that each fold left out.
  private func scored(_ fits: [Fit], _ count: Int) throws -> [[Score]] {
    let (weights, offsets) = folded(fits.map { ($0.fold, $0.search.point) })
    let folds = fits.map(\.fold)
    let (wide, d) = (offsets.count, columns)
    let sum = try workers.sum(over: rows.rows, size: 1024) { range in
      var result = [Score](repeating: Score(), count: folds.count)
      var scores = [Float](repeating: 0, count: rows.blockRows * wide)
      rows.forEachBlock(in: range) { block, x in
        Float.gemm(
          .no, .yes, m: block.count, n: wide, k: d, alpha: 1, x, lda: d, weights, ldb: d, beta: 0, &scores, ldc: wide)
        for i in 0..<block.count {
          for (k, fold) in folds.enumerated() where !isTrain[fold][block.lowerBound + i] {
            let own = (0..<outputs).map { Double(scores[i * wide + k * outputs + $0]) + offsets[k * outputs + $0] }
            let logs = LinearProbe.logProbabilities(scores: Matrix(rows: 1, columns: outputs, elements: own))
            let label = labels[block.lowerBound + i]
            result[k].loss -= logs[0, label]
            result[k].right += logs.largestColumns()[0] == label ? 1 : 0
          }
        }
      }
      return result
    } merge: { a, b in
      for k in a.indices {
        a[k].loss += b[k].loss
        a[k].right += b[k].right
      }
    }
    var result = [[Score]](repeating: [], count: count)
    for (k, fit) in fits.enumerated() {
      var score = sum?[k] ?? Score()
      score.converged = fit.search.state == .enough
      result[fit.place].append(score)
    }
    return result
  }
}
