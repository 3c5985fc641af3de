internal import Glibc
import Linear

/// Linear discriminant analysis: one covariance for all classes, shrunk towards a multiple of the identity (Fisher 1936;
/// Ledoit & Wolf 2004).
///
///     let fit = try DiscriminantAnalysis(shrinkage: nil).fit(features, labels: labels, classes: 3)
///
/// S = Σ_c M_c/n, shrunk to (1 − a)·S + a·tr(S)/d·I; w_c = S⁻¹μ_c, b_c = −μ_cᵀS⁻¹μ_c/2 + ln π_c.
public struct DiscriminantAnalysis: Sendable, Equatable {
  /// a, 0 … 1; nil to take Ledoit & Wolf's estimate of the best one.
  public var shrinkage: Double?
  public var standardize: Bool

  public init(shrinkage: Double? = nil, standardize: Bool = true) {
    self.shrinkage = shrinkage
    self.standardize = standardize
  }

  /// - Throws: `StatisticsError` for input that cannot be fitted, a class without rows among it.
  public func fit(
    _ features: Matrix<Double>, labels: [Int], classes: Int, workers: Workers = .serial
  ) throws -> DiscriminantFit {
    if let shrinkage, !(0...1).contains(shrinkage) {
      throw StatisticsError.parameter(name: "shrinkage", expected: "0 to 1", found: "\(shrinkage)")
    }
    guard features.columns > 0 else { throw StatisticsError.empty("columns") }
    guard labels.count == features.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: features.rows, found: labels.count)
    }
    let counts = try classCounts(labels, classes: classes)
    guard counts.count(where: { $0 > 0 }) > 1 else { throw StatisticsError.tooFewClasses(found: 1) }
    if let missing = counts.firstIndex(of: 0) {
      throw StatisticsError.classMissing(label: missing, in: "fitted rows")
    }
    let scaling = try ColumnScaling(features)
    let factor = zip(scaling.deviation, scaling.isConstant).map { $1 || !(1 / $0).isFinite ? 0 : 1 / $0 }
    var rows = Matrix<Double>.zeros(features.rows, features.columns)
    try RowBlocks<Double>(features, rows: nil, shift: scaling.mean, factor: factor).write(to: &rows, workers)
    let means = centreByClass(&rows, labels, counts)
    let (n, d) = (features.rows, features.columns)
    // The shrinkage is of the caller's coordinates, the factor of the matrix of scaled ones.
    let unit = standardize ? [Double](repeating: 1, count: d) : factor.map { $0 == 0 ? 0 : 1 / $0 }
    var within = try Moments(rows, workers: workers).scatterXX
    within.scale(by: 1 / Double(n))
    let amount = try shrinkage ?? Self.ledoitWolf(rows, within, unit)
    let trace = zip(within.diagonal, unit).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    within.scale(by: 1 - amount)
    for j in 0..<d where factor[j] > 0 {
      // In scaled coordinates the identity is D⁻².
      within[j, j] += amount * trace / Double(d) / (unit[j] * unit[j])
    }
    let (solved, rank) = try Self.solve(within, means.transposed())
    return DiscriminantFit(
      probe: probe(solved.transposed(), means, counts, n, factor, scaling),
      priors: counts.map { Double($0) / Double(n) }, shrinkage: amount, rank: rank,
      constantColumns: factor.indices.filter { factor[$0] == 0 })
  }

  /// Takes each class's mean off its rows; the means are K × d.
  private func centreByClass(_ rows: inout Matrix<Double>, _ labels: [Int], _ counts: [Int]) -> Matrix<Double> {
    var means = Matrix<Double>.zeros(counts.count, rows.columns)
    for (i, label) in labels.enumerated() {
      let row = rows.row(i)
      means.withMutableRow(label) { mean in
        for j in 0..<mean.count { mean[j] += row[j] }
      }
    }
    means.scaleRows(by: counts.map { 1 / Double($0) })
    for (i, label) in labels.enumerated() {
      let mean = means.row(label)
      rows.withMutableRow(i) { row in
        for j in 0..<row.count { row[j] -= mean[j] }
      }
    }
    return means
  }

  /// The shrinkage of least expected error: b²/δ², with δ² = ‖S − mI‖², b² = (Σ‖xᵢxᵢᵀ‖² − n‖S‖²)/n², at most δ².
  private static func ledoitWolf(
    _ centred: Matrix<Double>, _ scaled: Matrix<Double>, _ unit: [Double]
  ) throws -> Double {
    var s = scaled
    s.scaleRows(by: unit)
    s.scaleColumns(by: unit)
    let (n, d) = (Double(centred.rows), Double(s.rows))
    let middle = s.diagonal.reduce(0, +) / d
    let square = fixedSum(s.elements.map { $0 * $0 })
    let distance = square - d * middle * middle
    guard distance > 0 else { return 1 }
    let fourth = fixedSum(
      (0..<centred.rows).map { i in
        centred.withRow(i) { row in
          var sum = 0.0
          for j in 0..<row.count { sum += row[j] * unit[j] * (row[j] * unit[j]) }
          return sum * sum
        }
      })
    return max(0, min(1, (fourth - n * square) / (n * n) / distance))
  }

  /// A⁻¹·B by Cholesky of the matrix with a diagonal of ones; by the eigenvectors that count where it has no inverse.
  private static func solve(_ a: Matrix<Double>, _ b: Matrix<Double>) throws -> (Matrix<Double>, rank: Int) {
    let scale = a.diagonal.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
    var equal = a
    equal.scaleRows(by: scale)
    equal.scaleColumns(by: scale)
    var right = b
    right.scaleRows(by: scale)
    let eigen = try SymmetricEigen(equal)
    let kept = eigen.values.count { $0 > 1e-8 * (eigen.values.first ?? 0) }
    var solved: Matrix<Double>
    if kept == a.rows, let factor = try? Cholesky(equal) {
      solved = factor.solve(right)
    } else {
      let vectors = eigen.vectors.rows(0..<kept)
      var parts = vectors.times(right)
      parts.scaleRows(by: eigen.values.prefix(kept).map { 1 / $0 })
      solved = vectors.transposedTimes(parts)
    }
    solved.scaleRows(by: scale)
    return (solved, kept)
  }

  /// Two classes have the difference of both scores.
  private func probe(
    _ solved: Matrix<Double>, _ means: Matrix<Double>, _ counts: [Int], _ n: Int, _ factor: [Double],
    _ scaling: ColumnScaling
  ) -> LinearProbe {
    var weights = solved
    var bias = counts.indices.map { c in
      log(Double(counts[c]) / Double(n)) - zip(means.row(c), solved.row(c)).reduce(0) { $0 + $1.0 * $1.1 } / 2
    }
    if counts.count == 2 {
      weights = solved.rows(1..<2).adding(solved.rows(0..<1), times: -1)
      bias = [bias[1] - bias[0]]
    }
    let d = factor.count
    if standardize {
      return LinearProbe(checked: weights, bias, scaling.mean, factor.map { $0 == 0 ? 1 : 1 / $0 })
    }
    weights.scaleColumns(by: factor)
    bias = zip(bias, weights.times(scaling.mean)).map { $0 - $1 }
    return LinearProbe(checked: weights, bias, [Double](repeating: 0, count: d), [Double](repeating: 1, count: d))
  }
}

/// A fitted discriminant analysis.
public struct DiscriminantFit: Sendable, Equatable {
  public let probe: LinearProbe
  /// The share of each class.
  public let priors: [Double]
  /// a.
  public let shrinkage: Double
  /// Of the covariance that was inverted.
  public let rank: Int
  public let constantColumns: [Int]
}
