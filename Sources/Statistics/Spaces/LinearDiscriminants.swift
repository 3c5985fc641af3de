import Linear

/// The directions in which classes lie apart, relative to how they spread within (Fisher 1936; Rao 1948).
///
///     let fit = try LinearDiscriminants(rows, labels: labels, classes: 4)
///     let projected = rows.timesTransposed(fit.directions)
///
/// Solves S_b·v = λ·(S_w + ridge)·v.
public struct LinearDiscriminants: Sendable {
  /// How much each class counts in S_b.
  public enum Weighting: String, Sendable, Codable {
    /// By its rows: Σ n_c/n·(μ_c − μ)(μ_c − μ)ᵀ about the mean of all rows.
    case rows
    /// All alike: Σ (μ_c − μ)(μ_c − μ)ᵀ/K.
    case classes
  }

  /// r × d, rows vᵀ with vᵀ·(S_w + ridge)·v = 1, r at most K − 1.
  public let directions: Matrix<Double>
  /// λ, largest first.
  public let ratios: [Double]
  /// K × d.
  public let means: Matrix<Double>
  /// Of all rows.
  public let mean: [Double]

  /// - Parameters:
  ///   - labels: 0 ..< classes, each with at least one row.
  ///   - shrinkage: the ridge as a share of the mean variance within classes.
  /// - Throws: `StatisticsError` for input that cannot be fitted; `NumericError` where S_w is singular.
  public init(
    _ rows: Matrix<Double>, labels: [Int], classes: Int, weighting: Weighting = .rows, shrinkage: Double = 0,
    workers: Workers = .serial
  ) throws {
    guard labels.count == rows.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: rows.rows, found: labels.count)
    }
    guard shrinkage >= 0, shrinkage.isFinite else {
      throw StatisticsError.parameter(name: "shrinkage", expected: "from 0", found: "\(shrinkage)")
    }
    let counts = try classCounts(labels, classes: classes)
    guard classes > 1 else { throw StatisticsError.tooFewClasses(found: classes) }
    if let missing = counts.firstIndex(of: 0) { throw StatisticsError.classMissing(label: missing, in: "rows") }
    let d = rows.columns
    var means = Matrix<Double>.zeros(classes, d)
    for (i, label) in labels.enumerated() {
      rows.withRow(i) { row in
        means.withMutableRow(label) { mean in
          for j in 0..<row.count { mean[j] += row[j] / Double(counts[label]) }
        }
      }
    }
    let middle = columnMeans(rows)
    var centred = rows
    for (i, label) in labels.enumerated() {
      let own = means.row(label)
      centred.withMutableRow(i) { row in
        for j in 0..<row.count { row[j] -= own[j] }
      }
    }
    var within = try Moments(centred, workers: workers).scatterXX
    within.scale(by: 1 / Double(rows.rows))
    let ridge = shrinkage * within.diagonal.reduce(0, +) / Double(max(1, d))
    for j in 0..<d { within[j, j] += ridge }
    var spread = means
    spread.addToRows(middle.map { -$0 })
    spread.scaleRows(
      by: counts.map { count in
        (weighting == .rows ? Double(count) / Double(rows.rows) : 1 / Double(classes)).squareRoot()
      })
    // In coordinates where the spread within is 1, the directions are those of the largest spread of the means.
    let factor = try Cholesky(within)
    let parts = try SVD(factor.solveLower(spread.transposed()).transposed())
    let kept = min(classes - 1, parts.rank(tolerance: 1e-10 * (parts.singularValues.first ?? 0)))
    directions = factor.solveUpper(parts.vt.rows(0..<kept).transposed()).transposed()
    ratios = parts.singularValues.prefix(kept).map { $0 * $0 }
    self.means = means
    mean = middle
  }
}
