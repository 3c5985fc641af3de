import Linear

/// Canonical correlations of two sets of columns on the same rows (Hotelling 1936), by orthonormal bases of both (Björck &
/// Golub 1973).
///
///     let fit = try CanonicalCorrelation(x, y)
///     fit.correlations
///
/// Directions at or below rounding are left out, so that columns may depend on each other. With a share of variance only
/// the largest directions of each side are kept, which is SVCCA (Raghu et al. 2017).
public struct CanonicalCorrelation: Sendable {
  /// 0 … 1, largest first; as many as the smaller of both ranks.
  public let correlations: [Double]
  /// d₁ × r: (x − mean)·left has variance 1 in each column and no correlation between them.
  public let left: Matrix<Double>
  /// d₂ × r.
  public let right: Matrix<Double>
  public let leftMean: [Double]
  public let rightMean: [Double]
  /// How many directions of each side were used.
  public let leftRank, rightRank: Int

  /// - Parameters:
  ///   - x: n × d₁.
  ///   - y: n × d₂.
  ///   - variance: the share of each side's variance that its kept directions reach; 1 for all of them.
  ///   - ridge: added to the eigenvalues of both covariances, which shrinks the correlations.
  /// - Throws: `StatisticsError` for fewer than two rows, or sizes or parameters that do not fit; `NumericError`.
  public init(_ x: Matrix<Double>, _ y: Matrix<Double>, variance: Double = 1, ridge: Double = 0) throws {
    guard x.rows == y.rows else {
      throw StatisticsError.lengthMismatch(what: "rows in the second matrix", expected: x.rows, found: y.rows)
    }
    guard x.rows > 1 else { throw StatisticsError.empty("two rows to correlate") }
    guard variance > 0, variance <= 1 else {
      throw StatisticsError.parameter(name: "variance", expected: "above 0 and at most 1", found: "\(variance)")
    }
    guard ridge >= 0, ridge.isFinite else {
      throw StatisticsError.parameter(name: "ridge", expected: "from 0", found: "\(ridge)")
    }
    let freedom = Double(x.rows - 1)
    let (a, b) = (try Side(x, variance, ridge * freedom), try Side(y, variance, ridge * freedom))
    let inner = try SVD(a.basis.transposedTimes(b.basis))
    let count = min(a.rank, b.rank)
    correlations = inner.singularValues.prefix(count).map { min(1, $0) }
    var (left, right) = (a.whitening.times(inner.u), b.whitening.timesTransposed(inner.vt))
    left.scale(by: freedom.squareRoot())
    right.scale(by: freedom.squareRoot())
    (self.left, self.right) = (left, right)
    (leftMean, rightMean) = (a.mean, b.mean)
    (leftRank, rightRank) = (a.rank, b.rank)
  }

  /// Rows of the first side as canonical variables, of the `count` largest correlations.
  public func leftScores(_ rows: Matrix<Double>, count: Int) -> Matrix<Double> {
    Self.scores(rows, leftMean, left, count)
  }

  /// Rows of the second side.
  public func rightScores(_ rows: Matrix<Double>, count: Int) -> Matrix<Double> {
    Self.scores(rows, rightMean, right, count)
  }

  private static func scores(
    _ rows: Matrix<Double>, _ mean: [Double], _ weights: Matrix<Double>, _ count: Int
  ) -> Matrix<Double> {
    var centred = rows
    centred.addToRows(mean.map { -$0 })
    return centred.times(weights.columns(0..<min(count, weights.columns)))
  }

  /// One side: the left singular vectors of its centred rows, and what turns centred rows into them.
  private struct Side {
    let mean: [Double]
    let rank: Int
    let basis: Matrix<Double>
    let whitening: Matrix<Double>

    init(_ rows: Matrix<Double>, _ variance: Double, _ ridge: Double) throws {
      mean = columnMeans(rows)
      var centred = rows
      centred.addToRows(mean.map { -$0 })
      let parts = try SVD(centred)
      // The mean is off by rounding of numbers of this size.
      let noise = rows.elements.reduce(0) { max($0, $1.magnitude) } * 0x1p-52 * Double(rows.count).squareRoot()
      var kept = parts.rank(tolerance: max(parts.defaultTolerance, noise))
      let spectrum = try Spectrum(singularValues: Array(parts.singularValues.prefix(kept)))
      if variance < 1, let enough = spectrum.directions(holding: variance) { kept = enough }
      rank = kept
      let values = parts.singularValues.prefix(kept)
      let whitened = values.map { 1 / ($0 * $0 + ridge).squareRoot() }
      var basis = parts.u.columns(0..<kept)
      basis.scaleColumns(by: zip(values, whitened).map { $0 * $1 })
      self.basis = basis
      var axes = parts.vt.rows(0..<kept)
      axes.scaleRows(by: whitened)
      whitening = axes.transposed()
    }
  }
}
