internal import Glibc

/// A square matrix taken apart to solve A·x = b, by elimination with row exchanges.
public struct LU: Sendable {
  private let factors: Matrix<Double>
  private let pivots: [CInt]

  /// - Throws: `NumericError.singular` with the index of the first zero pivot, `.notFinite`, `.tooLarge`.
  public init(_ a: Matrix<Double>) throws(NumericError) {
    precondition(a.rows == a.columns, "only a square matrix is solved by elimination")
    try LAPACK.check(a, side: a.rows)
    var factors = a
    var pivots = [CInt](repeating: 0, count: a.rows)
    if !a.isEmpty, let failed = LAPACK.lu(&factors, &pivots) { throw .singular(index: failed) }
    self.factors = factors
    self.pivots = pivots
  }

  /// A⁻¹·B.
  public func solve(_ b: Matrix<Double>) -> Matrix<Double> {
    precondition(b.rows == factors.rows, "sizes of a linear system do not fit")
    var columns = b.transposed()
    if !b.isEmpty { LAPACK.solve(lu: factors, pivots, &columns) }
    return columns.transposed()
  }

  /// A⁻¹·b.
  public func solve(_ b: [Double]) -> [Double] {
    solve(Matrix(rows: b.count, columns: 1, elements: b)).elements
  }

  /// The sign of |A| and the logarithm of its magnitude.
  public var logDeterminant: (sign: Double, logarithm: Double) {
    var sign = 1.0
    var sum = 0.0
    for (i, pivot) in factors.diagonal.enumerated() {
      if (pivot < 0) != (Int(pivots[i]) != i + 1) { sign = -sign }
      sum += log(pivot.magnitude)
    }
    return (sign, sum)
  }
}
