import Linear
import Statistics

/// Least-squares concept erasure (Belrose et al. 2023, theorem 4.3): among all affine maps after which no linear
/// predictor of the concept beats a constant on the fitted rows, the one that changes the rows least, in every quadratic
/// norm at once.
///
///     let moments = try Moments(features, coding.columns(of: labels), rows: train)
///     let fit = try LEACE().fit(moments)
///     let erased = try fit.eraser.erased(features)
///
/// P = I − Σxz·(ΣxzᵀΣxx⁺Σxz)⁺·ΣxzᵀΣxx⁺ does not depend on the units of x. So columns are divided by their deviation, and
/// with R = L·Lᵀ their correlations and A = L⁻¹·(correlations with z) = U·s·Vᵀ, P is I − (D·L·U)(Uᵀ·L⁻¹·D⁻¹).
struct LEACE: Sendable, Equatable, Codable {
  /// Directions whose singular value is at most this are left alone. It is compared with values of columns and concepts
  /// of unit variance, so no unit and no class size enters.
  var tolerance = 1e-10
  /// a in (1 − a)·R + a·I, 0 … 1. The guarantee holds for every a below 1, the least change for 0 alone.
  var shrinkage = 0.0
  /// Whether the mean of the rows stays; else the map is linear and moves it.
  var affine = true
  /// A column is constant when its deviation is at most this much of its mean: 1e-12, for rows that were stored in 32
  /// bits 1e-6.
  var constantTolerance = 1e-12
  /// Whether the products of rows were summed in doubles; else what counts as singular is what floats cannot tell from it.
  var sumsInDoubles = true

  /// Settings for rows that are stored in 32 bits.
  static let single = LEACE(tolerance: 1e-5, constantTolerance: 1e-6)

  /// The map for rows of `features` and `concept` (n × k).
  ///
  /// Rows in 32 bits are summed in floats, 4096 at a time, which is twice as fast and right to about 1e-6; where that
  /// leaves the covariance too close to singular they are summed again in doubles.
  /// - Parameter rows: row numbers; nil for all.
  /// - Throws: as below, and `StatisticsError` for lists that do not fit; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  func fit<S: Scalar>(
    _ features: Matrix<S>, _ concept: Matrix<Double>, rows: [Int]? = nil, workers: Workers = .serial
  ) throws -> LEACEFit {
    guard concept.rows == features.rows else {
      throw StatisticsError.lengthMismatch(
        what: "rows of the concept", expected: features.rows, found: concept.rows)
    }
    if let row = rows?.first(where: { $0 < 0 || $0 >= features.rows }) {
      throw StatisticsError.badRow(list: "fitted", row: row, rows: features.rows)
    }
    var settings = self
    if S.self == Float.self {
      settings.sumsInDoubles = false
      let quick = try Moments(features, concept, rows: rows, precision: .mixed, workers: workers)
      let fit = try settings.fit(quick)
      if !fit.byEigenvectors { return fit }
      settings.sumsInDoubles = true
    }
    return try settings.fit(Moments(features, concept, rows: rows, workers: workers))
  }

  /// The map for rows x and concept columns z with these moments.
  /// - Throws: `StatisticsError` for fewer than two rows, no columns, or parameters out of range; `NumericError`.
  func fit(_ moments: Moments) throws -> LEACEFit {
    try check(moments)
    let scaled = ScaledMoments(moments, constantTolerance: constantTolerance)
    guard !scaled.columns.isEmpty, !scaled.concepts.isEmpty else {
      return LEACEFit(
        eraser: try .identity(columns: moments.meanX.count), moments: moments, scaled: scaled, settings: self,
        singularValues: [], canonicalCorrelations: [], covarianceRank: scaled.columns.count, byEigenvectors: false)
    }
    let whitening = try Whitening(
      scaled.correlations, shrinkage: shrinkage, rows: moments.count, unit: sumsInDoubles ? 0x1p-52 : 0x1p-24)
    let parts = try SVD(whitening.whiten(scaled.crossCorrelations))
    let rank = parts.singularValues.prefix { $0 > tolerance }.count
    let directions = parts.u.columns(0..<rank)
    let left = whitening.unwhiten(directions)
    let right = try whitening.readers(directions, deviations: scaled.deviations)
    return LEACEFit(
      eraser: try Eraser(
        left: scaled.spread(left, times: scaled.deviations),
        right: scaled.spread(right, times: scaled.deviations.map { 1 / $0 }).transposed(),
        mean: affine ? moments.meanX : [Double](repeating: 0, count: moments.meanX.count),
        // Whitened rows have unit variance in every direction.
        spread: [Double](repeating: 1, count: rank)),
      moments: moments, scaled: scaled, settings: self, singularValues: parts.singularValues,
      canonicalCorrelations: try canonicalCorrelations(whitening, scaled), covarianceRank: whitening.rank,
      byEigenvectors: whitening.byEigenvectors)
  }

  private func check(_ moments: Moments) throws(StatisticsError) {
    guard moments.count > 1 else { throw .empty("two rows to fit") }
    guard !moments.meanX.isEmpty else { throw .empty("columns") }
    guard !moments.meanZ.isEmpty else { throw .empty("columns of the concept") }
    guard shrinkage >= 0, shrinkage < 1 else {
      throw .parameter(name: "shrinkage", expected: "from 0 to below 1", found: "\(shrinkage)")
    }
    guard tolerance >= 0, tolerance < 1 else {
      throw .parameter(name: "rtol", expected: "from 0 to below 1", found: "\(tolerance)")
    }
    if let place = moments.scatterXX.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    if let place = moments.scatterXZ.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
  }

  /// Singular values of L⁻¹·Rxz·Rzz^(+½): both sides whitened, the concept on its range.
  private func canonicalCorrelations(_ whitening: Whitening, _ scaled: ScaledMoments) throws -> [Double] {
    let axes = try SymmetricEigen(scaled.conceptCorrelations)
    let largest = axes.values.first ?? 0
    let kept = axes.values.prefix { $0 > 1e-10 * largest }
    var root = axes.vectors.rows(0..<kept.count)
    for (i, value) in kept.enumerated() {
      root.withMutableRow(i) { row in
        for j in 0..<row.count { row[j] /= value.squareRoot() }
      }
    }
    let both = whitening.whiten(scaled.crossCorrelations).timesTransposed(root)
    return try SVD(both).singularValues.map { min(1, $0) }
  }
}

/// A fitted LEACE map, and what it does to the fitted rows.
struct LEACEFit: Sendable, Equatable {
  let eraser: Eraser
  /// Of whitened x with z of unit variance, largest first. Above 1 is possible for one-hot z.
  let singularValues: [Double]
  /// The canonical correlations of x and z before, largest first, none above 1.
  let canonicalCorrelations: [Double]
  /// The mean of ‖x − x′‖² over the fitted rows.
  let meanSquaredChange: Double
  /// The same, of the rows' total variance; 0 for rows without any.
  let meanSquaredChangeRelative: Double
  /// Directions in which the (shrunk) covariance of x varies.
  let covarianceRank: Int
  /// Columns of x that were constant; the map leaves them alone.
  let constantColumns: [Int]
  /// Columns of z that were constant: classes without a row, or with all.
  let constantConcepts: [Int]
  /// Whether the correlations were so close to singular that their eigenvectors took the place of a Cholesky factor.
  let byEigenvectors: Bool
  /// Fitted rows.
  let count: Int
  let settings: LEACE

  /// Of I − P; 0 when there was nothing to erase.
  var rank: Int { eraser.rank }

  fileprivate init(
    eraser: Eraser, moments: Moments, scaled: ScaledMoments, settings: LEACE, singularValues: [Double],
    canonicalCorrelations: [Double], covarianceRank: Int, byEigenvectors: Bool
  ) {
    self.eraser = eraser
    self.singularValues = singularValues
    self.canonicalCorrelations = canonicalCorrelations
    self.covarianceRank = covarianceRank
    self.byEigenvectors = byEigenvectors
    self.settings = settings
    count = moments.count
    constantColumns = scaled.constantColumns
    constantConcepts = scaled.constantConcepts
    (meanSquaredChange, meanSquaredChangeRelative) = eraser.change(of: moments)
  }
}
