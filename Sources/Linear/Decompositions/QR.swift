/// The thin decomposition A = Q·R of an m × n matrix, k = min(m, n), with no negative number on R's diagonal.
public struct QR: Sendable {
  /// m × k, orthonormal columns.
  public let q: Matrix<Double>
  /// k × n, zeros below the diagonal.
  public let r: Matrix<Double>

  /// - Throws: `NumericError`.
  public init(_ a: Matrix<Double>) throws(NumericError) {
    try LAPACK.check(a, side: min(a.rows, a.columns))
    guard !a.isEmpty else {
      q = .zeros(a.rows, min(a.rows, a.columns))
      r = .zeros(min(a.rows, a.columns), a.columns)
      return
    }
    var parts = try LAPACK.qr(a)
    let signs = parts.r.diagonal.map { $0 < 0 ? -1.0 : 1 }
    parts.q.scaleColumns(by: signs)
    for j in 0..<parts.r.rows where signs[j] < 0 { parts.r.negateRow(j) }
    (q, r) = parts
  }
}

/// The answer of a least-squares problem.
public struct LeastSquares: Sendable {
  /// X, n × k: among all that make ‖A·X − B‖ least, the smallest.
  public let solution: Matrix<Double>
  /// How many directions of A were used.
  public let rank: Int
  /// Of A, largest first.
  public let singularValues: [Double]

  /// Solves A·X ≈ B, A m × n, B m × k. Singular values at or below `tolerance`
  /// (`SVD.defaultTolerance` when none is given) count as zero.
  /// - Throws: `NumericError`.
  public init(_ a: Matrix<Double>, _ b: Matrix<Double>, tolerance: Double? = nil) throws(NumericError) {
    precondition(a.rows == b.rows, "sizes of a least-squares problem do not fit")
    try LAPACK.check(b, side: 0)
    let parts = try SVD(a)
    solution = parts.solve(b, tolerance: tolerance)
    rank = parts.rank(tolerance: tolerance)
    singularValues = parts.singularValues
  }
}
