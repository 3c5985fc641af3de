import Linear
import Statistics

/// Erasure with the labels at hand (Belrose et al. 2023, theorem 4.4): x′ = x − Σxz·Σzz⁺·(z − mean z), the residual of
/// least squares. It changes rows less than LEACE, but needs z of each row and can write z into what is not linear.
struct OracleEraser: Sendable, Equatable {
  /// Σxz·Σzz⁺, d × k.
  let coefficients: Matrix<Double>
  /// k numbers.
  let meanZ: [Double]

  /// Directions of x that the map changes.
  let rank: Int

  /// - Throws: `StatisticsError` for sizes that do not fit or numbers that are not finite; `NumericError`.
  init(coefficients: Matrix<Double>, meanZ: [Double]) throws {
    guard coefficients.columns == meanZ.count else {
      throw StatisticsError.lengthMismatch(
        what: "means of the concept", expected: coefficients.columns, found: meanZ.count)
    }
    for matrix in [coefficients, Matrix(rows: 1, columns: meanZ.count, elements: meanZ)] {
      if let place = matrix.firstNonFinite() { throw StatisticsError.notFinite(row: place.row, column: place.column) }
    }
    let values = try SVD(coefficients).singularValues
    rank = values.prefix { $0 > 1e-10 * (values.first ?? 0) }.count
    self.coefficients = coefficients
    self.meanZ = meanZ
  }

  /// Fits the map. Directions of z with at most `tolerance` of the largest variance, each column of z at unit variance,
  /// are left alone; a rare class is none of them.
  /// - Parameter most: directions of z at most, where more can only be rounding.
  /// - Throws: `StatisticsError` for fewer than two rows; `NumericError`.
  init(_ moments: CrossMoments, tolerance: Double = 1e-10, most: Int = .max) throws {
    guard moments.count > 1 else { throw StatisticsError.empty("two rows to fit") }
    let k = moments.meanZ.count
    let deviations = moments.scatterZZ.diagonal.map { max(0, $0).squareRoot() }
    // A column of z that is constant over the rows has nothing to say of them.
    let limits = moments.meanZ.map { 1e-12 * $0.magnitude * Double(moments.count).squareRoot() }
    let scale = zip(deviations, limits).map { $0 <= $1 ? 0 : 1 / $0 }
    var correlations = Matrix<Double>.zeros(k, k)
    for i in 0..<k {
      for j in 0..<k { correlations[i, j] = moments.scatterZZ[i, j] * scale[i] * scale[j] }
    }
    let axes = try SymmetricEigen(correlations)
    let kept = axes.values.prefix { $0 > tolerance * (axes.values.first ?? 0) && $0 > 0 }.prefix(most)
    let vectors = axes.vectors.rows(0..<kept.count)
    let inverse = vectors.transposedTimes(vectors.rowsTimes(kept.map { 1 / $0 }))
    let units = Matrix.diagonal(scale)
    let plain = moments.scatterXZ.times(units).times(inverse).times(units)
    // Of all coefficients that give these rows the smallest, those of the pseudo-inverse itself: in the range of Szz.
    let basis = try QR(vectors.transposed().rowsTimes(deviations)).q
    try self.init(coefficients: plain.times(basis).timesTransposed(basis), meanZ: moments.meanZ)
  }

  /// The erased rows; `concept` has a row of z for each.
  /// - Throws: `StatisticsError` for sizes that do not fit or numbers that are not finite; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  func erased<S: Scalar>(
    _ rows: Matrix<S>, concept: Matrix<Double>, workers: Workers = .serial
  ) throws -> Matrix<S> {
    guard rows.columns == coefficients.rows else {
      throw StatisticsError.lengthMismatch(what: "columns", expected: coefficients.rows, found: rows.columns)
    }
    guard concept.columns == meanZ.count else {
      throw StatisticsError.lengthMismatch(
        what: "columns of the concept", expected: meanZ.count, found: concept.columns)
    }
    guard concept.rows == rows.rows else {
      throw StatisticsError.lengthMismatch(what: "rows of the concept", expected: rows.rows, found: concept.rows)
    }
    if let place = rows.firstNonFinite() { throw StatisticsError.notFinite(row: place.row, column: place.column) }
    if let place = concept.firstNonFinite() { throw StatisticsError.notFinite(row: place.row, column: place.column) }
    var result = rows
    try workers.fill(&result, size: 256) { range, buffer in
      var centred = concept.rows(range)
      centred.subtractFromRows(meanZ)
      let change = centred.timesTransposed(coefficients)
      change.withUnsafeBuffer { change in
        for k in 0..<buffer.count { buffer[k] = S(Double(buffer[k]) - change[k]) }
      }
    }
    return result
  }
}
