/// A dense matrix in one piece of memory, row after row.
///
///     var a = Matrix<Double>([[1, 2], [3, 4]])
///     a[0, 1] = 5
///     let b = a.times(a.transposed())
///
/// A value: copies share memory until one is changed. Rows lie without gaps, the first on a 64-byte border.
/// Loops over many elements belong inside `withUnsafeBuffer` or `withUnsafeMutableBuffer`; the subscript checks
/// its bounds each time. Sizes that do not fit together are a programming error and stop the program, as an
/// index out of an array's range does.
public struct Matrix<S: Scalar>: Sendable {
  public let rows: Int
  public let columns: Int
  @usableFromInline var storage: AlignedStorage<S>

  /// Memory that is not yet written; every way in from outside fills it.
  @usableFromInline
  init(uninitializedRows rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix cannot have \(rows) × \(columns) elements")
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    precondition(!overflow && count <= Int.max / 16, "a matrix of \(rows) × \(columns) is too large")
    self.rows = rows
    self.columns = columns
    storage = AlignedStorage(count: count)
  }

  /// A matrix with the same number everywhere.
  public init(rows: Int, columns: Int, repeating value: S) {
    self.init(uninitializedRows: rows, columns: columns)
    storage.start.update(repeating: value, count: storage.count)
  }

  /// A matrix of zeros.
  @inlinable
  public static func zeros(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, repeating: 0)
  }

  /// The n × n identity.
  public static func identity(_ n: Int) -> Matrix {
    var result = zeros(n, n)
    result.withUnsafeMutableBuffer { buffer in
      for i in 0..<n { buffer[i * n + i] = 1 }
    }
    return result
  }

  /// A square matrix with the given diagonal and zeros elsewhere.
  public static func diagonal(_ values: [S]) -> Matrix {
    var result = zeros(values.count, values.count)
    result.withUnsafeMutableBuffer { buffer in
      for (i, value) in values.enumerated() { buffer[i * values.count + i] = value }
    }
    return result
  }

  /// A matrix of the given elements, row after row.
  public init(rows: Int, columns: Int, elements: [S]) {
    self.init(uninitializedRows: rows, columns: columns)
    precondition(elements.count == storage.count, "\(elements.count) elements do not fill \(rows) × \(columns)")
    elements.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { storage.start.update(from: base, count: source.count) }
    }
  }

  /// A matrix of the given rows, which have one length.
  public init(_ nested: [[S]]) {
    let columns = nested.first?.count ?? 0
    self.init(uninitializedRows: nested.count, columns: columns)
    for (i, row) in nested.enumerated() {
      precondition(row.count == columns, "row \(i) has \(row.count) elements, row 0 has \(columns)")
      row.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { (storage.start + i * columns).update(from: base, count: columns) }
      }
    }
  }

  /// A matrix whose memory `fill` writes; it starts as zeros.
  @inlinable
  public init<E: Error>(
    rows: Int, columns: Int, fill: (UnsafeMutableBufferPointer<S>) throws(E) -> Void
  ) throws(E) {
    self.init(rows: rows, columns: columns, repeating: 0)
    try fill(UnsafeMutableBufferPointer(start: storage.start, count: storage.count))
  }

  /// rows · columns.
  @inlinable public var count: Int { storage.count }

  @inlinable public var isEmpty: Bool { storage.count == 0 }

  /// The distance between rows in memory, as BLAS wants it: never zero.
  @inlinable public var stride: Int { max(1, columns) }

  @inlinable
  public subscript(i: Int, j: Int) -> S {
    get {
      precondition(i >= 0 && i < rows && j >= 0 && j < columns, "matrix index out of range")
      return storage.start[i &* columns &+ j]
    }
    set {
      precondition(i >= 0 && i < rows && j >= 0 && j < columns, "matrix index out of range")
      makeUnique()
      storage.start[i &* columns &+ j] = newValue
    }
  }

  /// Reads all elements, row after row.
  @inlinable
  public func withUnsafeBuffer<R, E: Error>(_ body: (UnsafeBufferPointer<S>) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.start, count: storage.count))
  }

  /// Changes elements in place, row after row; copies first when another value shares the memory.
  @inlinable
  public mutating func withUnsafeMutableBuffer<R, E: Error>(
    _ body: (UnsafeMutableBufferPointer<S>) throws(E) -> R
  ) throws(E) -> R {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.start, count: storage.count))
  }

  /// Reads one row.
  @inlinable
  public func withRow<R, E: Error>(_ i: Int, _ body: (UnsafeBufferPointer<S>) throws(E) -> R) throws(E) -> R {
    precondition(i >= 0 && i < rows, "matrix row out of range")
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.start + i * columns, count: columns))
  }

  /// Changes one row in place.
  @inlinable
  public mutating func withMutableRow<R, E: Error>(
    _ i: Int, _ body: (UnsafeMutableBufferPointer<S>) throws(E) -> R
  ) throws(E) -> R {
    precondition(i >= 0 && i < rows, "matrix row out of range")
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.start + i * columns, count: columns))
  }

  @inlinable
  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
  }
}

extension Matrix: Equatable {
  /// Equal sizes and equal numbers; a NaN equals nothing.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public static func == (a: Matrix, b: Matrix) -> Bool {
    guard a.rows == b.rows, a.columns == b.columns else { return false }
    return a.withUnsafeBuffer { x in
      b.withUnsafeBuffer { y in
        for i in 0..<x.count where x[i] != y[i] { return false }
        return true
      }
    }
  }
}

extension Matrix: CustomStringConvertible {
  public var description: String { "\(rows) × \(columns) matrix of \(S.self)" }
}
