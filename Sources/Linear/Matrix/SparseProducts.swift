extension SparseMatrix {
  /// A·B with dense B: rows × B.columns.
  public func times(_ b: Matrix<Double>) -> Matrix<Double> {
    precondition(b.rows == columns, "sizes of a matrix product do not fit")
    var result = Matrix<Double>(uninitializedRows: rows, columns: b.columns)
    let tiles = ColumnTiles(b)
    result.withUnsafeMutableBuffer { setProduct(rows: 0..<rows, tiles, in: $0) }
    return result
  }

  /// A·B with dense B, rows over the threads.
  /// - Throws: what cancels the workers.
  public func times(_ b: Matrix<Double>, workers: Workers) throws -> Matrix<Double> {
    precondition(b.rows == columns, "sizes of a matrix product do not fit")
    var result = Matrix<Double>(uninitializedRows: rows, columns: b.columns)
    let tiles = ColumnTiles(b)
    try workers.fill(&result) { range, buffer in setProduct(rows: range, tiles, in: buffer) }
    return result
  }

  /// Writes neighbouring rows of A·B.
  private func setProduct(
    rows range: Range<Int>, _ b: ColumnTiles, in target: UnsafeMutableBufferPointer<Double>
  ) {
    guard let target = target.baseAddress else { return }
    rowPointers.withUnsafeBufferPointer { pointers in
      columnIndices.withUnsafeBufferPointer { indices in
        values.withUnsafeBufferPointer { values in
          for tile in 0..<b.count {
            let first = tile * ColumnTiles.width
            let width = min(ColumnTiles.width, b.columns - first)
            b.withTile(tile) { source in
              for i in range {
                let place = target + ((i &- range.lowerBound) &* b.columns &+ first)
                if width == 1 {
                  var sum = 0.0
                  for k in pointers[i]..<pointers[i &+ 1] { sum += values[k] * source[Int(indices[k])] }
                  place.pointee = sum
                  continue
                }
                // The sums of eight columns stay in registers.
                var sum = SIMD8<Double>.zero
                for k in pointers[i]..<pointers[i &+ 1] {
                  let row = UnsafeRawPointer(source + Int(indices[k]) &* ColumnTiles.width)
                  sum += values[k] * row.load(as: SIMD8<Double>.self)
                }
                if width == ColumnTiles.width {
                  UnsafeMutableRawPointer(place).storeBytes(of: sum, as: SIMD8<Double>.self)
                } else {
                  for j in 0..<width { place[j] = sum[j] }
                }
              }
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

/// A dense matrix cut into strips of eight columns, each in one piece of memory: what a sparse row picks from it then
/// lies in one cache line. A last strip of one column is left as it is, a wider one is filled up with zeros.
private struct ColumnTiles: Sendable {
  static let width = 8

  let columns: Int
  let count: Int
  private let rows: Int
  private let memory: Matrix<Double>

  init(_ b: Matrix<Double>) {
    let count = (b.columns + Self.width - 1) / Self.width
    memory = Matrix(rows: count, columns: b.rows * Self.width) { target in
      b.withUnsafeBuffer { source in
        for tile in 0..<count {
          let first = tile * Self.width
          let width = min(Self.width, b.columns - first)
          let step = width == 1 ? 1 : Self.width
          let start = tile * b.rows * Self.width
          for i in 0..<b.rows {
            for j in 0..<width { target[start &+ i &* step &+ j] = source[i &* b.columns &+ first &+ j] }
          }
        }
      }
    }
    (rows, columns, self.count) = (b.rows, b.columns, count)
  }

  func withTile<R>(_ tile: Int, _ body: (UnsafePointer<Double>) -> R) -> R? {
    memory.withUnsafeBuffer { buffer in buffer.baseAddress.map { body($0 + tile * rows * Self.width) } }
  }
}
