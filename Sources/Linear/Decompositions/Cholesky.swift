internal import Glibc

/// A = L·Lᵀ of a symmetric positive definite matrix.
///
///     let factor = try Cholesky(covariance)
///     let weights = factor.solve(crossCovariance)
public struct Cholesky: Sendable {
  /// L, n × n, zeros above the diagonal.
  public let lower: Matrix<Double>

  /// Reads the lower triangle of `a`.
  /// - Throws: `NumericError.notPositiveDefinite` with the index of the first pivot that is not positive,
  ///   `.notFinite`, `.tooLarge`.
  public init(_ a: Matrix<Double>) throws(NumericError) {
    precondition(a.rows == a.columns, "only a square matrix has a Cholesky factor")
    var factor = a
    factor.clearAboveDiagonal()
    try LAPACK.check(factor, side: a.rows)
    if !a.isEmpty, let failed = LAPACK.cholesky(&factor) { throw .notPositiveDefinite(index: failed) }
    lower = factor
  }

  /// A⁻¹·B.
  public func solve(_ b: Matrix<Double>) -> Matrix<Double> { solveUpper(solveLower(b)) }

  /// A⁻¹·b.
  public func solve(_ b: [Double]) -> [Double] {
    solve(Matrix(rows: b.count, columns: 1, elements: b)).elements
  }

  /// L⁻¹·B.
  public func solveLower(_ b: Matrix<Double>) -> Matrix<Double> { lower.solveTriangular(.lower, .no, b) }

  /// L⁻ᵀ·B.
  public func solveUpper(_ b: Matrix<Double>) -> Matrix<Double> { lower.solveTriangular(.lower, .yes, b) }

  /// A⁻¹, symmetric to the last bit.
  public func inverse() -> Matrix<Double> {
    var result = lower
    if result.isEmpty { return result }
    LAPACK.inverseFromCholesky(&result)
    result = result.transposed()
    result.copyUpperTriangleToLower()
    return result
  }

  /// ln |A|.
  public var logDeterminant: Double { 2 * lower.diagonal.reduce(0) { $0 + log($1) } }
}

extension Matrix where S == Double {
  /// T⁻¹·B (`.no`) or T⁻ᵀ·B (`.yes`) for a triangular T, whose other triangle is not read.
  /// A zero on the diagonal gives infinite or NaN elements.
  public func solveTriangular(_ triangle: Triangle, _ transpose: Transpose = .no, _ b: Matrix) -> Matrix {
    precondition(rows == columns && b.rows == rows, "sizes of a triangular solve do not fit")
    var result = b
    if b.isEmpty { return result }
    result.makeUnique()
    Double.trsm(
      triangle, transpose, m: b.rows, n: b.columns, alpha: 1, storage.start, ldt: stride, result.storage.start,
      ldx: b.stride)
    return result
  }

  mutating func clearAboveDiagonal() {
    makeUnique()
    for i in 0..<rows {
      for j in min(i + 1, columns)..<columns { storage.start[i &* columns &+ j] = 0 }
    }
  }
}
