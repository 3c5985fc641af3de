extension SparseMatrix {
  /// A·B with dense B: rows × B.columns.
  public func times(_ b: Matrix<Double>) -> Matrix<Double> {
    precondition(b.rows == columns, "sizes of a matrix product do not fit")
    var result = Matrix<Double>.zeros(rows, b.columns)
    result.withUnsafeMutableBuffer { setProduct(rows: 0..<rows, b, in: $0) }
    return result
  }

  /// A·B with dense B, rows over the threads.
  /// - Throws: what cancels the workers.
  public func times(_ b: Matrix<Double>, workers: Workers) throws -> Matrix<Double> {
    precondition(b.rows == columns, "sizes of a matrix product do not fit")
    var result = Matrix<Double>.zeros(rows, b.columns)
    try workers.fill(&result) { range, buffer in setProduct(rows: range, b, in: buffer) }
    return result
  }

  /// Writes neighbouring rows of A·B.
  private func setProduct(
    rows range: Range<Int>, _ b: Matrix<Double>, in target: UnsafeMutableBufferPointer<Double>
  ) {
    let width = b.columns
    b.withUnsafeBuffer { b in
      rowPointers.withUnsafeBufferPointer { pointers in
        columnIndices.withUnsafeBufferPointer { indices in
          values.withUnsafeBufferPointer { values in
            guard let source = b.baseAddress, let target = target.baseAddress else { return }
            var j = 0
            // Eight columns of B at a time: their sums stay in registers.
            while j + 8 <= width {
              for i in range {
                var sum = SIMD8<Double>.zero
                for k in pointers[i]..<pointers[i &+ 1] {
                  let row = UnsafeRawPointer(source + (Int(indices[k]) &* width &+ j))
                  sum += values[k] * row.loadUnaligned(as: SIMD8<Double>.self)
                }
                UnsafeMutableRawPointer(target + ((i &- range.lowerBound) &* width &+ j))
                  .storeBytes(of: sum, as: SIMD8<Double>.self)
              }
              j += 8
            }
            while j < width {
              for i in range {
                var sum = 0.0
                for k in pointers[i]..<pointers[i &+ 1] { sum += values[k] * source[Int(indices[k]) &* width &+ j] }
                target[(i &- range.lowerBound) &* width &+ j] = sum
              }
              j += 1
            }
          }
        }
      }
    }
  }

  /// Aᵀ·B with dense B: columns × B.columns. For many of these, keep `transposed()`.
  public func transposedTimes(_ b: Matrix<Double>) -> Matrix<Double> { transposed().times(b) }

  /// A·x.
  public func times(_ x: [Double]) -> [Double] {
    times(Matrix(rows: x.count, columns: 1, elements: x)).elements
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

  /// AᵀA, columns × columns: cheap where rows have few entries.
  /// - Throws: what cancels the workers.
  public func gram(workers: Workers = .serial) throws -> Matrix<Double> {
    let sum = try workers.sum(over: rows) { range in
      let columns = columns
      var upper = Matrix<Double>.zeros(columns, columns)
      upper.withUnsafeMutableBuffer { upper in
        for i in range {
          withRow(i) { indices, values in
            for a in 0..<indices.count {
              let start = Int(indices[a]) &* columns
              for b in a..<indices.count { upper[start &+ Int(indices[b])] += values[a] * values[b] }
            }
          }
        }
      }
      return upper
    } merge: {
      $0.add($1)
    }
    var result = sum ?? .zeros(columns, columns)
    result.copyUpperTriangleToLower()
    return result
  }

  /// √ΣΣ aᵢⱼ².
  public var frobeniusNorm: Double { values.norm }
}
