/// Products of tall matrices, rows in blocks over the threads, sums in the fixed tree.
enum BlockProducts {
  /// AᵀB.
  static func transposedTimes(_ a: Matrix<Double>, _ b: Matrix<Double>, _ workers: Workers) throws -> Matrix<Double> {
    try transposedTimes(a, columns: 0..<a.columns, b, workers)
  }

  /// Some columns of A, turned, times B.
  static func transposedTimes(
    _ a: Matrix<Double>, columns: Range<Int>, _ b: Matrix<Double>, _ workers: Workers
  ) throws -> Matrix<Double> {
    precondition(a.rows == b.rows && columns.upperBound <= a.columns, "sizes of a matrix product do not fit")
    if columns.isEmpty || b.columns == 0 { return .zeros(columns.count, b.columns) }
    let sum = try workers.sum(over: a.rows) { range in
      Matrix<Double>(rows: columns.count, columns: b.columns) { target in
        a.withUnsafeBuffer { a in
          b.withUnsafeBuffer { source in
            guard let left = a.baseAddress, let right = source.baseAddress, let to = target.baseAddress else { return }
            let stride = a.count / b.rows
            Double.gemm(
              .yes, .no, m: columns.count, n: b.columns, k: range.count, alpha: 1,
              left + range.lowerBound * stride + columns.lowerBound, lda: stride, right + range.lowerBound * b.columns,
              ldb: b.columns, beta: 0, to, ldc: b.columns)
          }
        }
      }
    } merge: {
      $0.add($1)
    }
    return sum ?? .zeros(columns.count, b.columns)
  }

  /// B ← α·A[:, columns]·C + β·B.
  static func add(
    _ a: Matrix<Double>, columns: Range<Int>, _ c: Matrix<Double>, times alpha: Double, to b: inout Matrix<Double>,
    beta: Double = 1, _ workers: Workers
  ) throws {
    precondition(
      a.rows == b.rows && c.rows == columns.count && c.columns == b.columns, "sizes of a product do not fit")
    if columns.isEmpty || b.isEmpty { return }
    let width = b.columns
    try workers.fill(&b) { range, buffer in
      a.withUnsafeBuffer { source in
        c.withUnsafeBuffer { c in
          guard let left = source.baseAddress, let right = c.baseAddress, let to = buffer.baseAddress else { return }
          Double.gemm(
            .no, .no, m: range.count, n: width, k: columns.count, alpha: alpha,
            left + range.lowerBound * a.columns + columns.lowerBound, lda: a.columns, right, ldb: width, beta: beta, to,
            ldc: width)
        }
      }
    }
  }

  /// A·C.
  static func times(_ a: Matrix<Double>, _ c: Matrix<Double>, _ workers: Workers) throws -> Matrix<Double> {
    var result = Matrix<Double>.zeros(a.rows, c.columns)
    try add(a, columns: 0..<a.columns, c, times: 1, to: &result, beta: 0, workers)
    return result
  }
}

/// Q·R of a tall matrix, m × n with m ≥ n.
///
/// Twice the Cholesky factor of the Gram matrix (Fukaya et al. 2014), which splits over threads, where the columns are
/// independent enough for it (condition below about 1e6); else Householder's reflections on one thread.
struct TallQR {
  let q: Matrix<Double>
  let r: Matrix<Double>

  init(_ a: Matrix<Double>, _ workers: Workers) throws {
    if let (q, r) = try Self.byCholesky(a, workers), let (q2, r2) = try Self.byCholesky(q, workers) {
      self.q = q2
      self.r = r2.times(r)
    } else {
      let parts = try QR(a)
      (q, r) = (parts.q, parts.r)
    }
  }

  private static func byCholesky(
    _ a: Matrix<Double>, _ workers: Workers
  ) throws -> (q: Matrix<Double>, r: Matrix<Double>)? {
    var gram = try BlockProducts.transposedTimes(a, a, workers)
    gram.copyUpperTriangleToLower()
    guard let factor = try? Cholesky(gram) else { return nil }
    let diagonal = factor.lower.diagonal
    guard let least = diagonal.min(), let most = diagonal.max(), least > 1e-6 * most else { return nil }
    let r = factor.lower.transposed()
    // Q = A·R⁻¹ by way of the small inverse: R is well-conditioned here.
    let inverse = r.solveTriangular(.upper, .no, .identity(r.rows))
    return (try BlockProducts.times(a, inverse, workers), r)
  }
}
