/// A data matrix, dense or sparse, as it acts on others: A, or A less the mean of its columns, which is never formed
/// for a sparse one.
struct DataOperator: Sendable {
  enum Data: Sendable {
    case dense(Matrix<Double>)
    case sparse(SparseMatrix, turned: SparseMatrix)
  }

  let data: Data
  let rows: Int
  let columns: Int
  /// The mean of each column, where it is taken off.
  let mean: [Double]?
  let workers: Workers

  init(_ matrix: Matrix<Double>, centered: Bool, workers: Workers) throws {
    (rows, columns, self.workers) = (matrix.rows, matrix.columns, workers)
    var matrix = matrix
    mean = centered ? try Self.mean(of: matrix, workers) : nil
    // Taking the mean off the numbers themselves loses no digits where it is far from zero.
    if let mean {
      try workers.fill(&matrix) { range, buffer in
        for i in 0..<range.count {
          for j in 0..<mean.count { buffer[i &* mean.count &+ j] -= mean[j] }
        }
      }
    }
    data = .dense(matrix)
  }

  init(_ matrix: SparseMatrix, centered: Bool, workers: Workers) {
    (rows, columns, self.workers) = (matrix.rows, matrix.columns, workers)
    let turned = matrix.transposed()
    data = .sparse(matrix, turned: turned)
    mean =
      centered
      ? turned.times([Double](repeating: 1, count: matrix.rows)).map { $0 / Double(max(1, matrix.rows)) } : nil
  }

  private static func mean(of matrix: Matrix<Double>, _ workers: Workers) throws -> [Double] {
    let sum = try workers.sum(over: matrix.rows) { range in
      matrix.rows(range).transposedTimes([Double](repeating: 1, count: range.count))
    } merge: {
      $0.add($1)
    }
    return (sum ?? .init(repeating: 0, count: matrix.columns)).map { $0 / Double(max(1, matrix.rows)) }
  }

  /// The mean that is taken off in products: a dense matrix has lost it already.
  private var pendingMean: [Double]? {
    if case .sparse = data { return mean }
    return nil
  }

  /// A·X.
  func times(_ x: Matrix<Double>) throws -> Matrix<Double> {
    switch data {
    case .dense(let a):
      return try rowProduct(a, x)
    case .sparse(let a, _):
      var result = try a.times(x, workers: workers)
      if let mean = pendingMean {
        let shift = x.transposedTimes(mean)
        result.addOuterProduct([Double](repeating: 1, count: rows), shift, times: -1)
      }
      return result
    }
  }

  /// Aᵀ·Y.
  func transposedTimes(_ y: Matrix<Double>) throws -> Matrix<Double> {
    switch data {
    case .dense(let a):
      return try BlockProducts.transposedTimes(a, y, workers)
    case .sparse(_, let turned):
      var result = try turned.times(y, workers: workers)
      if let mean = pendingMean {
        let sums = y.transposedTimes([Double](repeating: 1, count: rows))
        result.addOuterProduct(mean, sums, times: -1)
      }
      return result
    }
  }

  private func rowProduct(_ a: Matrix<Double>, _ x: Matrix<Double>) throws -> Matrix<Double> {
    var result = Matrix<Double>.zeros(a.rows, x.columns)
    if result.isEmpty || a.isEmpty { return result }
    try workers.fill(&result) { range, buffer in
      a.withUnsafeBuffer { a in
        x.withUnsafeBuffer { x in
          guard let from = a.baseAddress, let x = x.baseAddress, let to = buffer.baseAddress else { return }
          Double.gemm(
            .no, .no, m: range.count, n: buffer.count / range.count, k: columns, alpha: 1,
            from + range.lowerBound * columns, lda: columns, x, ldb: buffer.count / range.count, beta: 0, to,
            ldc: buffer.count / range.count)
        }
      }
    }
    return result
  }

  /// ΣΣ aᵢⱼ², the mean taken off.
  var squaredNorm: Double {
    switch data {
    case .dense(let a):
      let norm = a.frobeniusNorm
      return norm * norm
    case .sparse(let a, _):
      let norm = a.frobeniusNorm
      return max(0, norm * norm - Double(rows) * (pendingMean.map { $0.dot($0) } ?? 0))
    }
  }

  /// AᵀA (`columns`) or A·Aᵀ, whichever side is asked.
  func gram(ofColumns: Bool) throws -> Matrix<Double> {
    switch data {
    case .dense(let a):
      if !ofColumns { return a.outerGram() }
      return try BlockProducts.transposedTimes(a, a, workers)
    case .sparse(let a, let turned):
      var gram = try (ofColumns ? a : turned).gram(workers: workers)
      guard let mean = pendingMean else { return gram }
      if ofColumns {
        gram.addOuterProduct(mean, mean, times: -Double(rows))
      } else {
        // (A − 1μᵀ)(A − 1μᵀ)ᵀ = A·Aᵀ − (Aμ)1ᵀ − 1(Aμ)ᵀ + ‖μ‖²·11ᵀ
        let ones = [Double](repeating: 1, count: rows)
        let image = a.times(mean)
        gram.addOuterProduct(image, ones, times: -1)
        gram.addOuterProduct(ones, image, times: -1)
        gram.addOuterProduct(ones, ones, times: mean.dot(mean))
      }
      gram.copyUpperTriangleToLower()
      return gram
    }
  }

  /// All numbers, the mean taken off.
  func dense() -> Matrix<Double> {
    switch data {
    case .dense(let a): return a
    case .sparse(let a, _):
      var result = a.dense()
      if let mean = pendingMean {
        result.addOuterProduct([Double](repeating: 1, count: rows), mean, times: -1)
      }
      return result
    }
  }
}
