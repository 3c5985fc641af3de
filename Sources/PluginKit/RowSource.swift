import Linear

/// A matrix that is read in blocks, whatever its size, with the ids of its rows where it has them.
///
///     try context.rows(parameters.features).forEachBlock(as: Double.self) { first, block in … }
///
/// Every value that is handed over is finite; the first that is not is an error with its row and column.
public struct RowSource: Sendable {
  public let rowCount: Int
  public let columnCount: Int
  /// One id a row; `nil` when the matrix has none.
  public let rowIDs: [String]?
  /// The rows that an eraser was fitted on, by number; `nil` when the matrix is not erased or that is not known.
  public let eraserRows: [Int]?
  /// The rows whose labels chose the columns, by number; `nil` when none did or that is not known.
  public let rankedRows: [Int]?
  /// The parameter's JSON Pointer.
  public let pointer: String
  private let reader: any RowReader

  /// The rows as they are stored, unchecked.
  var asReader: any RowReader { reader }

  init(_ reader: any RowReader, rowIDs: [String]?, eraserRows: [Int]? = nil, rankedRows: [Int]? = nil, pointer: String)
  {
    (rowCount, columnCount) = (reader.rowCount, reader.columnCount)
    self.reader = reader
    self.rowIDs = rowIDs
    self.eraserRows = eraserRows
    self.rankedRows = rankedRows
    self.pointer = pointer
  }

  /// Row after row in blocks (the last may be shorter); `first` is the number of the block's first row.
  public func forEachBlock<S: Scalar>(
    as: S.Type = S.self, of count: Int = Workers.blockRows, rows: Range<Int>? = nil,
    _ body: (_ first: Int, _ block: Matrix<S>) throws -> Void
  ) throws {
    let range = rows ?? 0..<rowCount
    for start in stride(from: range.lowerBound, to: range.upperBound, by: max(1, count)) {
      try body(start, read(start..<min(range.upperBound, start + max(1, count)), as: S.self))
    }
  }

  /// The named rows, in the order given.
  public func gather<S: Scalar>(_ rows: [Int], as: S.Type = S.self) throws -> Matrix<S> {
    let matrix: Matrix<S>
    do {
      matrix = try reader.readRows(at: rows, as: S.self)
    } catch {
      throw MethodError(reading: error, pointer)
    }
    try checkFinite(matrix) { rows[$0] }
    return matrix
  }

  /// All rows at once.
  public func matrix<S: Scalar>(as: S.Type = S.self) throws -> Matrix<S> { try read(0..<rowCount, as: S.self) }

  fileprivate func read<S: Scalar>(_ range: Range<Int>, as: S.Type) throws -> Matrix<S> {
    let matrix: Matrix<S>
    do {
      matrix = try reader.readRows(range, as: S.self)
    } catch {
      throw MethodError(reading: error, pointer)
    }
    try checkFinite(matrix) { range.lowerBound + $0 }
    return matrix
  }

  private func checkFinite<S: Scalar>(_ matrix: Matrix<S>, _ row: (Int) -> Int) throws {
    guard let (i, j) = matrix.firstNonFinite() else { return }
    throw MethodError.data(
      .nonFinite, pointer: pointer, message: "row \(row(i)), column \(j) is not finite", row: row(i), column: j,
      hint: "leave the row out, or put a number there")
  }
}

extension RowSource {
  /// The rows for who reads them piece by piece, checked as ever.
  public var checkedReader: some RowReader { CheckedRows(source: self) }
}

private struct CheckedRows: RowReader {
  let source: RowSource
  var rowCount: Int { source.rowCount }
  var columnCount: Int { source.columnCount }

  func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type) throws -> Matrix<S> { try source.read(range, as: S.self) }

  func readRows<S: Scalar>(at rows: [Int], as: S.Type) throws -> Matrix<S> { try source.gather(rows, as: S.self) }
}

/// Several matrices read as one, one below the other.
struct StackedRows: RowReader {
  let parts: [any RowReader]
  /// The number of each part's first row, and the number of all rows.
  let starts: [Int]
  let columnCount: Int
  var rowCount: Int { starts.last ?? 0 }

  init(_ parts: [any RowReader]) {
    self.parts = parts
    var starts = [0]
    for part in parts { starts.append((starts.last ?? 0) + part.rowCount) }
    self.starts = starts
    columnCount = parts.first?.columnCount ?? 0
  }

  func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type) throws -> Matrix<S> {
    var result = Matrix<S>.zeros(range.count, columnCount)
    for (index, part) in parts.enumerated() {
      let overlap = range.clamped(to: starts[index]..<starts[index + 1])
      guard !overlap.isEmpty else { continue }
      let own = overlap.lowerBound - starts[index]..<overlap.upperBound - starts[index]
      if overlap == range { return try part.readRows(own, as: S.self) }
      result.replaceRows(from: overlap.lowerBound - range.lowerBound, with: try part.readRows(own, as: S.self))
    }
    return result
  }

  func readRows<S: Scalar>(at rows: [Int], as: S.Type) throws -> Matrix<S> {
    var result = Matrix<S>.zeros(rows.count, columnCount)
    for (index, part) in parts.enumerated() {
      let places = rows.indices.filter { (starts[index]..<starts[index + 1]).contains(rows[$0]) }
      guard !places.isEmpty else { continue }
      let block = try part.readRows(at: places.map { rows[$0] - starts[index] }, as: S.self)
      for (place, target) in places.enumerated() {
        result.replaceRows(from: target, with: block.rows(place..<place + 1))
      }
    }
    return result
  }
}

/// A sparse matrix as rows.
struct SparseRows: RowReader {
  let matrix: SparseMatrix
  var rowCount: Int { matrix.rows }
  var columnCount: Int { matrix.columns }

  func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type) throws -> Matrix<S> {
    try readRows(at: Array(range), as: S.self)
  }

  func readRows<S: Scalar>(at rows: [Int], as: S.Type) throws -> Matrix<S> {
    matrix.rows(at: rows).dense().converted()
  }
}

extension MethodError {
  /// Why an array could not be read, at the parameter that named it.
  init(reading error: any Error, _ pointer: String, name: String? = nil) {
    let place = name.map { "\($0): " } ?? ""
    switch error {
    case let error as MethodError: self = error
    case let fault as ArrayFault:
      switch fault.kind {
      case .missingArray, .wrongType:
        self = .invalidParameter(pointer: pointer, expected: place + fault.description)
      case .wrongShape: self = .data(.shape, pointer: pointer, message: place + fault.description, row: fault.row)
      case .tooLarge: self = .data(.memory, pointer: pointer, message: place + fault.description, row: fault.row)
      default:
        self = .data(
          .format, pointer: pointer, message: place + fault.description, row: fault.row,
          hint: fault.kind == .objects
            ? "save plain numbers: numpy.save(path, array.astype('float64'))" : nil)
      }
    case let fault as ByteSourceFault: self = .data(.format, pointer: pointer, message: place + fault.description)
    default: self = .data(.format, pointer: pointer, message: place + "\(error)")
    }
  }
}
