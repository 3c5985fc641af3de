/// A = V·diag(λ)·Vᵀ of a symmetric matrix.
///
///     let axes = try SymmetricEigen(covariance, largest: 3)
///     let scores = rows.timesTransposed(axes.vectors)
///
/// Each vector's sign is such that its entry of largest magnitude is positive (of entries within 1e-12 of the
/// largest, the first). Where eigenvalues are equal, their vectors are some basis of the common subspace.
public struct SymmetricEigen: Sendable {
  /// λ, largest first.
  public let values: [Double]
  /// Vᵀ: row j is the unit eigenvector of `values[j]`.
  public let vectors: Matrix<Double>

  /// All eigenvalues and eigenvectors; reads the lower triangle of `a`.
  /// - Throws: `NumericError`.
  public init(_ a: Matrix<Double>) throws(NumericError) {
    try self.init(a, largest: a.rows)
  }

  /// The `count` largest eigenvalues with their eigenvectors; reads the lower triangle of `a`.
  /// - Throws: `NumericError`.
  public init(_ a: Matrix<Double>, largest count: Int) throws(NumericError) {
    precondition(count >= 0 && count <= a.rows, "a matrix of \(a.rows) rows has no \(count) eigenvectors")
    var work = try Self.lowerTriangle(of: a)
    guard count > 0 else {
      values = []
      vectors = .zeros(0, a.columns)
      return
    }
    let ascending: [Double]
    // Past half of them, finding all is faster.
    if count * 2 > a.rows {
      ascending = try LAPACK.symmetricEigen(&work, vectors: true)
    } else {
      (ascending, work) = try LAPACK.largestEigen(&work, count: count)
    }
    values = ascending.suffix(count).reversed()
    var vectors = work.rows(at: (work.rows - count..<work.rows).reversed())
    for j in 0..<count where vectors.signOfLargest(inRow: j) < 0 { vectors.negateRow(j) }
    self.vectors = vectors
  }

  /// The eigenvalues alone, largest first.
  /// - Throws: `NumericError`.
  public static func values(of a: Matrix<Double>) throws(NumericError) -> [Double] {
    var work = try lowerTriangle(of: a)
    return a.isEmpty ? [] : try LAPACK.symmetricEigen(&work, vectors: false).reversed()
  }

  private static func lowerTriangle(of a: Matrix<Double>) throws(NumericError) -> Matrix<Double> {
    precondition(a.rows == a.columns, "only a square matrix has eigenvectors")
    var work = a
    work.clearAboveDiagonal()
    try LAPACK.check(work, side: a.rows)
    return work
  }
}

extension Matrix where S == Double {
  /// −1 when the entry of largest magnitude in a row is negative, else 1. Rounding decides nothing: of entries
  /// within 1e-12 of the largest magnitude the first counts.
  func signOfLargest(inRow i: Int) -> Double {
    withRow(i) { row in
      let largest = row.reduce(0) { max($0, $1.magnitude) }
      let first = row.first { $0.magnitude >= largest * (1 - 1e-12) } ?? 0
      return first < 0 ? -1 : 1
    }
  }

  mutating func negateRow(_ i: Int) {
    withMutableRow(i) { row in
      for j in 0..<row.count { row[j] = -row[j] }
    }
  }
}
