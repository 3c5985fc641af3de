extension SparseMatrix {
  /// A·B with dense B: rows × B.columns.
  public func times(_ b: Matrix<Double>) -> Matrix<Double> {
    precondition(b.rows == columns, "sizes of a matrix product do not fit")
    var result = Matrix<Double>.zeros(rows, b.columns)
    result.withUnsafeMutableBuffer { target in
      guard let base = target.baseAddress else { return }
      addProduct(rows: 0..<rows, b, to: base)
    }
    return result
  }

  /// Adds rows `range` of A·B to `target`, whose first row belongs to `range.lowerBound`.
  func addProduct(rows range: Range<Int>, _ b: Matrix<Double>, to target: UnsafeMutablePointer<Double>) {
    let width = b.columns
    b.withUnsafeBuffer { b in
      guard let source = b.baseAddress else { return }
      for i in range {
        let sum = target + (i - range.lowerBound) * width
        withRow(i) { columns, values in
          for k in 0..<columns.count { Double.axpy(width, values[k], source + Int(columns[k]) * width, sum) }
        }
      }
    }
  }

  /// Aᵀ·B with dense B: columns × B.columns. For many of these, keep `transposed()`.
  public func transposedTimes(_ b: Matrix<Double>) -> Matrix<Double> {
    precondition(b.rows == rows, "sizes of a matrix product do not fit")
    let width = b.columns
    var result = Matrix<Double>.zeros(columns, width)
    result.withUnsafeMutableBuffer { target in
      b.withUnsafeBuffer { b in
        guard let to = target.baseAddress, let from = b.baseAddress else { return }
        for i in 0..<rows {
          withRow(i) { columns, values in
            for k in 0..<columns.count {
              Double.axpy(width, values[k], from + i * width, to + Int(columns[k]) * width)
            }
          }
        }
      }
    }
    return result
  }

  /// A·x.
  public func times(_ x: [Double]) -> [Double] {
    precondition(x.count == columns, "sizes of a matrix–vector product do not fit")
    return x.withUnsafeBufferPointer { x in
      (0..<rows).map { i in
        withRow(i) { columns, values in
          var sum = 0.0
          for k in 0..<columns.count { sum += values[k] * x[Int(columns[k])] }
          return sum
        }
      }
    }
  }

  /// Aᵀ·x.
  public func transposedTimes(_ x: [Double]) -> [Double] {
    precondition(x.count == rows, "sizes of a matrix–vector product do not fit")
    var result = [Double](repeating: 0, count: columns)
    result.withUnsafeMutableBufferPointer { result in
      for i in 0..<rows where x[i] != 0 {
        withRow(i) { columns, values in
          for k in 0..<columns.count { result[Int(columns[k])] += values[k] * x[i] }
        }
      }
    }
    return result
  }

  /// √ΣΣ aᵢⱼ².
  public var frobeniusNorm: Double { values.norm }
}
