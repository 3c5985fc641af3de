import Linear

/// A data matrix, dense or sparse, that is only multiplied with.
public struct FactorOperand: Sendable {
  enum Data: Sendable {
    case dense(Matrix<Double>)
    case sparse(SparseMatrix, turned: SparseMatrix)
  }

  let data: Data
  public let rows: Int
  public let columns: Int

  public init(_ matrix: Matrix<Double>) {
    data = .dense(matrix)
    (rows, columns) = (matrix.rows, matrix.columns)
  }

  public init(_ matrix: SparseMatrix) {
    data = .sparse(matrix, turned: matrix.transposed())
    (rows, columns) = (matrix.rows, matrix.columns)
  }

  /// A·X.
  func times(_ x: Matrix<Double>, _ workers: Workers) throws -> Matrix<Double> {
    switch data {
    case .dense(let a): a.times(x)
    case .sparse(let a, _): try a.times(x, workers: workers)
    }
  }

  /// Aᵀ·Y.
  func transposedTimes(_ y: Matrix<Double>, _ workers: Workers) throws -> Matrix<Double> {
    switch data {
    case .dense(let a): a.transposedTimes(y)
    case .sparse(_, let turned): try turned.times(y, workers: workers)
    }
  }

  var squaredNorm: Double {
    switch data {
    case .dense(let a): a.frobeniusNorm * a.frobeniusNorm
    case .sparse(let a, _): a.frobeniusNorm * a.frobeniusNorm
    }
  }

  /// ‖A − WH‖², entry by entry.
  func squaredResidual(_ w: Matrix<Double>, _ h: Matrix<Double>) -> Double {
    var sums: [Double] = []
    for i in 0..<rows {
      let product = h.transposedTimes(w.row(i))
      var row = [Double](repeating: 0, count: columns)
      switch data {
      case .dense(let a): row = a.row(i)
      case .sparse(let a, _):
        a.withRow(i) { columns, values in
          for entry in columns.indices { row[Int(columns[entry])] = values[entry] }
        }
      }
      var sum = 0.0
      for j in 0..<columns { sum += (row[j] - product[j]) * (row[j] - product[j]) }
      sums.append(sum)
    }
    return fixedSum(sums)
  }

  /// The leading singular parts, exact or by Lanczos, never randomised.
  func leadingParts(_ rank: Int, _ workers: Workers) throws -> TruncatedSVD {
    var options = TruncatedSVD.Options()
    options.tolerance = 1e-9
    let random = RandomNumbers(seed: 0, step: "nmf")
    switch data {
    case .dense(let a): return try TruncatedSVD(a, rank: rank, options: options, random: random, workers: workers)
    case .sparse(let a, _): return try TruncatedSVD(a, rank: rank, options: options, random: random, workers: workers)
    }
  }

  /// The place of the first number that is negative or not finite.
  var firstNotAllowed: (row: Int, column: Int)? {
    for i in 0..<rows {
      switch data {
      case .dense(let a):
        if let j = a.withRow(i, { row in row.firstIndex { !($0 >= 0 && $0.isFinite) } }) { return (i, j) }
      case .sparse(let a, _):
        let found = a.withRow(i) { columns, values in
          values.firstIndex { !($0 >= 0 && $0.isFinite) }.map { Int(columns[$0]) }
        }
        if let found { return (i, found) }
      }
    }
    return nil
  }
}
