extension Matrix {
  /// All elements, row after row.
  public var elements: [S] { withUnsafeBuffer { Array($0) } }

  /// A copy of one row.
  public func row(_ i: Int) -> [S] { withRow(i) { Array($0) } }

  /// A copy of one column.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public func column(_ j: Int) -> [S] {
    precondition(j >= 0 && j < columns, "matrix column out of range")
    return withUnsafeBuffer { buffer in
      [S](unsafeUninitializedCapacity: rows) { target, count in
        for i in 0..<rows { (target.baseAddress.unsafelyUnwrapped + i).initialize(to: buffer[i &* columns &+ j]) }
        count = rows
      }
    }
  }

  /// The main diagonal.
  public var diagonal: [S] { (0..<min(rows, columns)).map { self[$0, $0] } }

  /// A copy of neighbouring rows.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "matrix rows out of range")
    let result = Matrix(uninitializedRows: range.count, columns: columns)
    result.storage.start.update(from: storage.start + range.lowerBound * columns, count: result.count)
    return result
  }

  /// A copy of the named rows, in the order given; a row may be named more than once.
  public func rows(at indices: [Int]) -> Matrix {
    let result = Matrix(uninitializedRows: indices.count, columns: columns)
    for (k, i) in indices.enumerated() {
      precondition(i >= 0 && i < rows, "matrix row out of range")
      (result.storage.start + k * columns).update(from: storage.start + i * columns, count: columns)
    }
    return result
  }

  /// A copy of neighbouring columns.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "matrix columns out of range")
    let result = Matrix(uninitializedRows: rows, columns: range.count)
    for i in 0..<rows {
      (result.storage.start + i * range.count)
        .update(from: storage.start + i * columns + range.lowerBound, count: range.count)
    }
    return result
  }

  /// A copy of the named columns, in the order given.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public func columns(at indices: [Int]) -> Matrix {
    for j in indices { precondition(j >= 0 && j < columns, "matrix column out of range") }
    let result = Matrix(uninitializedRows: rows, columns: indices.count)
    for i in 0..<rows {
      let source = storage.start + i * columns
      let target = result.storage.start + i * indices.count
      for (k, j) in indices.enumerated() { target[k] = source[j] }
    }
    return result
  }

  /// Puts `other` in place of the rows from `first` on.
  public mutating func replaceRows(from first: Int, with other: Matrix) {
    precondition(
      other.columns == columns && first >= 0 && first + other.rows <= rows, "replaced rows lie outside the matrix")
    makeUnique()
    (storage.start + first * columns).update(from: other.storage.start, count: other.count)
  }

  /// The matrix turned over its diagonal: columns × rows.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public func transposed() -> Matrix {
    let result = Matrix(uninitializedRows: columns, columns: rows)
    let source = UnsafePointer(storage.start)
    let target = result.storage.start
    // Tiles of 32 × 32 keep both sides in the first cache.
    let tile = 32
    for i0 in Swift.stride(from: 0, to: rows, by: tile) {
      let i1 = min(i0 + tile, rows)
      for j0 in Swift.stride(from: 0, to: columns, by: tile) {
        let j1 = min(j0 + tile, columns)
        for i in i0..<i1 {
          for j in j0..<j1 { target[j &* rows &+ i] = source[i &* columns &+ j] }
        }
      }
    }
    return result
  }

  /// The rows of all parts, one part below the other; they have one number of columns.
  public static func stack(_ parts: [Matrix]) -> Matrix {
    let columns = parts.first?.columns ?? 0
    let result = Matrix(uninitializedRows: parts.reduce(0) { $0 + $1.rows }, columns: columns)
    var next = result.storage.start
    for part in parts {
      precondition(part.columns == columns, "stacked matrices differ in their columns")
      next.update(from: part.storage.start, count: part.count)
      next += part.count
    }
    return result
  }

  /// The same numbers as another kind; a double that a float cannot hold is rounded.
  public func converted<T: Scalar>(to: T.Type = T.self) -> Matrix<T> {
    if let same = self as? Matrix<T> { return same }
    let result = Matrix<T>(uninitializedRows: rows, columns: columns)
    if let source = self as? Matrix<Float>, let target = result as? Matrix<Double> {
      for i in 0..<count { target.storage.start[i] = Double(source.storage.start[i]) }
    } else if let source = self as? Matrix<Double>, let target = result as? Matrix<Float> {
      for i in 0..<count { target.storage.start[i] = Float(source.storage.start[i]) }
    } else {
      for i in 0..<count { result.storage.start[i] = T(storage.start[i]) }
    }
    return result
  }

  /// The first element, row after row, that is NaN or infinite.
  public func firstNonFinite() -> (row: Int, column: Int)? {
    withUnsafeBuffer { Self.firstNonFinite(in: $0) }.map { ($0 / columns, $0 % columns) }
  }

  /// The index of the first element that is infinite or not a number.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public static func firstNonFinite(in buffer: UnsafeBufferPointer<S>) -> Int? {
    // x − x is zero for finite x and NaN otherwise, so sums over a block show whether to look closer; eight of them, since
    // an addition waits for the one before.
    let bytes = UnsafeRawBufferPointer(buffer)
    let block = 1024
    for start in Swift.stride(from: 0, to: buffer.count, by: block) {
      let end = min(start + block, buffer.count)
      var sums = SIMD8<S>(repeating: 0)
      var i = start
      while i &+ 8 <= end {
        let numbers = bytes.loadUnaligned(fromByteOffset: i &* MemoryLayout<S>.stride, as: SIMD8<S>.self)
        sums += numbers - numbers
        i &+= 8
      }
      while i < end {
        sums[0] += buffer[i] - buffer[i]
        i &+= 1
      }
      if sums.sum().isNaN {
        for i in start..<end where !buffer[i].isFinite { return i }
      }
    }
    return nil
  }
}
