import Linear
import Statistics

import func Glibc.log

/// Quadratic discriminant analysis on the widest components of the fitted rows: a normal law for each class.
struct QuadraticProbe: LeakProbe {
  var name: String { "quadratic discriminant" }
  /// Components at most.
  var most = 50
  /// a in (1 − a)·S + a·tr(S)/q·I.
  var shrinkage = 0.02

  func predictions(
    _ rows: ScaledRows, labels: [Int], weights: [Double], seed: UInt64, workers: Workers
  ) throws -> [[Int]] {
    let classes = weights.count
    let counts = try classCounts(labels, classes: classes)
    let axes = try Self.axes(rows.fitted, at: most(for: counts))
    guard axes.rows > 0 else { return [] }
    let (fitted, scored) = (rows.fitted.timesTransposed(axes), rows.scored.timesTransposed(axes))
    var scores = Matrix<Double>.zeros(scored.rows, classes)
    for c in 0..<classes {
      let moments = try Moments(fitted, rows: labels.indices.filter { labels[$0] == c })
      var covariance = moments.covariance()
      let mean = covariance.diagonal.reduce(0, +) / Double(axes.rows)
      covariance.scale(by: 1 - shrinkage)
      covariance.add(.identity(axes.rows), times: shrinkage * max(mean, 1e-12))
      let factor = try Cholesky(covariance)
      var centred = scored
      centred.subtractFromRows(moments.meanX)
      let white = factor.solveLower(centred.transposed())
      let constant = log(Double(counts[c]) * weights[c]) - factor.logDeterminant / 2
      for i in 0..<scored.rows {
        var square = 0.0
        for k in 0..<axes.rows { square += white[k, i] * white[k, i] }
        scores[i, c] = constant - square / 2
      }
    }
    return [scores.largestColumns()]
  }

  /// A third of the rarest class's rows, so that each covariance has rows enough.
  private func most(for counts: [Int]) -> Int { min(most, max(1, (counts.min() ?? 0) / 3)) }

  /// The widest directions, unit rows, without those that hold only rounding.
  static func axes(_ rows: Matrix<Double>, at most: Int) throws -> Matrix<Double> {
    let found = try SymmetricEigen(Moments(rows).covariance())
    let kept = found.values.prefix { $0 > 1e-10 * (found.values.first ?? 0) && $0 > 0 }.count
    return found.vectors.rows(0..<min(most, kept))
  }

  /// The largest 2-Wasserstein distance between two classes' covariances, means left aside, on the widest components.
  static func distance(_ rows: Matrix<Double>, labels: [Int], classes: Int, most: Int = 50) throws -> Double {
    let axes = try axes(rows, at: most)
    let fitted = rows.timesTransposed(axes)
    let covariances = try (0..<classes).map { c in
      try Moments(fitted, rows: labels.indices.filter { labels[$0] == c }).covariance()
    }
    var largest = 0.0
    for (c, covariance) in covariances.enumerated() {
      let transport = try Transport(covariance)
      for other in covariances[(c + 1)...] {
        largest = max(largest, max(0, try transport.squaredDistance(to: other)).squareRoot())
      }
    }
    return largest
  }
}
