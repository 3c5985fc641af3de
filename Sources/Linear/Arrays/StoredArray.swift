/// Rows that can be had in pieces and in any order, as a matrix of either kind.
public protocol RowReader: Sendable {
  var rowCount: Int { get }
  var columnCount: Int { get }

  /// Neighbouring rows, range.count × columnCount.
  func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type) throws -> Matrix<S>

  /// The named rows, in the order given.
  func readRows<S: Scalar>(at rows: [Int], as: S.Type) throws -> Matrix<S>
}

extension RowReader {
  /// All rows.
  public func readMatrix<S: Scalar>(as: S.Type = S.self) throws -> Matrix<S> {
    try readRows(0..<rowCount, as: S.self)
  }

  /// Row after row in blocks of `size`, so that no more than one is in memory.
  public func forEachBlock<S: Scalar>(
    as: S.Type = S.self, size: Int = Workers.blockRows, _ body: (_ first: Int, _ block: Matrix<S>) throws -> Void
  ) throws {
    for start in stride(from: 0, to: rowCount, by: max(1, size)) {
      try body(start, readRows(start..<min(rowCount, start + max(1, size)), as: S.self))
    }
  }
}

extension Matrix: RowReader {
  public var rowCount: Int { rows }
  public var columnCount: Int { columns }

  public func readRows<T: Scalar>(_ range: Range<Int>, as: T.Type) throws -> Matrix<T> {
    try ArrayFault.check(range, of: rows)
    return range == 0..<rows ? converted() : rows(range).converted()
  }

  public func readRows<T: Scalar>(at indices: [Int], as: T.Type) throws -> Matrix<T> {
    try ArrayFault.check(indices, of: rows)
    return rows(at: indices).converted()
  }
}

extension ArrayFault {
  static func check(_ range: Range<Int>, of rows: Int) throws(ArrayFault) {
    if range.lowerBound < 0 || range.upperBound > rows {
      throw ArrayFault(.wrongShape, "rows \(range) were asked of \(rows)", row: max(rows, range.lowerBound))
    }
  }

  static func check(_ indices: [Int], of rows: Int) throws(ArrayFault) {
    if let row = indices.first(where: { $0 < 0 || $0 >= rows }) {
      throw ArrayFault(.wrongShape, "row \(row) was asked of \(rows) rows", row: row)
    }
  }
}

/// One array of a file: what it is, and its elements when they are asked for.
///
/// Read by rows it is `info.rows` × `info.columns`: one dimension is a column, more than two are flattened behind the
/// first, in C order.
public struct StoredArray: RowReader {
  public let info: ArrayInfo
  let source: any ByteSource

  public var rowCount: Int { info.rows }
  public var columnCount: Int { info.columns }

  /// How many elements are converted at a time.
  private static let pieceCount = 1 << 16

  public func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type = S.self) throws -> Matrix<S> {
    try ArrayFault.check(range, of: info.rows)
    var result = try unfilled(range.count, as: S.self)
    if result.isEmpty { return result }
    let columns = info.columns
    try result.withUnsafeMutableBuffer { buffer in
      guard let base = buffer.baseAddress else { return }
      switch info.order {
      case .rowMajor:
        try read(range.lowerBound * columns..<range.upperBound * columns, to: base, stride: 1)
      case .columnMajor:
        for j in 0..<columns {
          let start = place(ofColumn: j)
          try read(start + range.lowerBound..<start + range.upperBound, to: base + j, stride: columns)
        }
      }
    }
    return result
  }

  public func readRows<S: Scalar>(at rows: [Int], as: S.Type = S.self) throws -> Matrix<S> {
    try ArrayFault.check(rows, of: info.rows)
    var result = try unfilled(rows.count, as: S.self)
    guard !result.isEmpty, let low = rows.min(), let high = rows.max() else { return result }
    let columns = info.columns
    try result.withUnsafeMutableBuffer { buffer in
      guard let base = buffer.baseAddress else { return }
      switch info.order {
      case .rowMajor:
        var first = 0
        while first < rows.count {
          var end = first + 1
          while end < rows.count, rows[end] == rows[end - 1] + 1 { end += 1 }
          let start = rows[first] * columns
          try read(start..<start + (end - first) * columns, to: base + first * columns, stride: 1)
          first = end
        }
      case .columnMajor:
        let column = UnsafeMutablePointer<S>.allocate(capacity: high - low + 1)
        defer { column.deallocate() }
        for j in 0..<columns {
          let start = place(ofColumn: j)
          try read(start + low..<start + high + 1, to: column, stride: 1)
          for (k, i) in rows.enumerated() { base[k &* columns &+ j] = column[i &- low] }
        }
      }
    }
    return result
  }

  /// All elements of an array of whole numbers or truth values, in C order.
  /// - Throws: `ArrayFault.wrongType` for other kinds, and for a number that 64 signed bits cannot hold.
  public func readIntegers() throws -> [Int] {
    guard info.type.isInteger else {
      throw ArrayFault(.wrongType, "expected whole numbers, found \(info.type.name)", array: info.name)
    }
    return try elements { bytes, i, offset throws(ArrayFault) in
      guard let value = ElementConversion.integer(bytes, i, type: info.type, swapped: info.swapped) else {
        throw ArrayFault(.wrongType, "a number is above 2⁶³ − 1", array: info.name, offset: offset)
      }
      return value
    }
  }

  /// All elements of an array of text, in C order.
  /// - Throws: `ArrayFault.wrongType` for other kinds, `.malformed` for what is no text.
  public func readStrings() throws -> [String] {
    guard info.type.isText else {
      throw ArrayFault(.wrongType, "expected text, found \(info.type.name)", array: info.name)
    }
    return try elements { bytes, i, offset throws(ArrayFault) in
      guard let text = ElementConversion.text(bytes, i, type: info.type, swapped: info.swapped) else {
        throw ArrayFault(.malformed, "the text is not Unicode", array: info.name, offset: offset)
      }
      return text
    }
  }

  /// All elements of an array of numbers, in C order.
  public func readNumbers<S: Scalar>(as: S.Type = S.self) throws -> [S] { try readMatrix(as: S.self).elements }

  /// A matrix that is yet to be filled.
  private func unfilled<S: Scalar>(_ rows: Int, as: S.Type) throws(ArrayFault) -> Matrix<S> {
    if info.type.isText { throw ArrayFault(.wrongType, "expected numbers, found text", array: info.name) }
    // BLAS counts in 32 bits.
    if rows > Int(Int32.max) || info.columns > Int(Int32.max) {
      throw ArrayFault(.tooLarge, "\(rows) × \(info.columns) do not fit into one matrix", array: info.name)
    }
    return Matrix(uninitializedRows: rows, columns: info.columns)
  }

  /// Where column j of the flattened array begins, in elements, when the first index runs fastest.
  private func place(ofColumn j: Int) -> Int {
    var rest = j
    var indices: [Int] = []
    for size in info.shape.dropFirst().reversed() {
      indices.append(rest % size)
      rest /= size
    }
    var place = 0
    var step = info.rows
    for (index, size) in zip(indices.reversed(), info.shape.dropFirst()) {
      place += index * step
      step *= size
    }
    return place
  }

  /// Converts elements that lie side by side in the file.
  private func read<S: Scalar>(_ range: Range<Int>, to target: UnsafeMutablePointer<S>, stride: Int) throws {
    let size = info.type.size
    if stride == 1, !info.swapped, info.type == Self.type(of: S.self) {
      try source.read(
        into: UnsafeMutableRawBufferPointer(start: target, count: range.count * size),
        at: info.offset + range.lowerBound * size)
      return
    }
    let capacity = min(range.count, Self.pieceCount)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, capacity * size), alignment: 16)
    defer { piece.deallocate() }
    guard let bytes = piece.baseAddress else { return }
    for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: max(1, capacity)) {
      let count = min(capacity, range.upperBound - start)
      try source.read(
        into: UnsafeMutableRawBufferPointer(start: bytes, count: count * size), at: info.offset + start * size)
      try ElementConversion.convert(
        bytes, count: count, type: info.type, swapped: info.swapped,
        to: target + (start - range.lowerBound) * stride, stride: stride)
    }
  }

  private static func type<S: Scalar>(of: S.Type) -> ElementType? {
    S.self == Double.self ? .float64 : S.self == Float.self ? .float32 : nil
  }

  /// Each element in C order, by way of its bytes.
  private func elements<T>(
    _ body: (_ bytes: UnsafeRawPointer, _ i: Int, _ offset: Int) throws(ArrayFault) -> T
  ) throws -> [T] {
    let size = info.type.size
    var stored: [T] = []
    stored.reserveCapacity(info.count)
    // Whole elements, even when one is longer than a piece.
    let step = max(1, (Self.pieceCount * 8) / max(1, size))
    for start in stride(from: 0, to: info.count, by: step) {
      let count = min(step, info.count - start)
      let offset = info.offset + start * size
      // Elements of no bytes still need a place to point at.
      let bytes = size == 0 ? [0] : try source.bytes(at: offset, count: count * size)
      try bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        for i in 0..<count { stored.append(try body(base, i, offset + i * size)) }
      }
    }
    guard info.order == .columnMajor, info.shape.count > 1 else { return stored }
    var ordered: [T] = []
    ordered.reserveCapacity(stored.count)
    let places = (0..<info.columns).map { place(ofColumn: $0) }
    for i in 0..<info.rows {
      for j in 0..<info.columns { ordered.append(stored[places[j] + i]) }
    }
    return ordered
  }
}
