/// A table of text with commas between fields and one line of names at its top (RFC 4180).
///
///     let table = try CSVFile(FileBytes(path: "scores.csv"))
///     let x = try table.columns("width,height").readMatrix(as: Double.self)
///
/// Opening reads the whole file once, to count its rows and note where every 4096th begins; rows are then read from
/// there, so a table larger than memory streams. Lines end with LF or CRLF; empty lines are left out.
public struct CSVFile: Sendable {
  public let columnNames: [String]
  public let rowCount: Int
  let source: any ByteSource
  /// The byte at which row 4096·i begins.
  private let marks: [Int]

  static let rowsPerMark = 4096

  /// - Throws: `ArrayFault`, with row and byte.
  public init(_ source: any ByteSource) throws {
    self.source = source
    var records = CSVRecords(source, from: try Self.skipByteOrderMark(source))
    guard let top = try records.next() else {
      throw ArrayFault(.malformed, "the table has no line of names", offset: 0)
    }
    let names = try CSVRecords.fields(top).map { try $0.text() }
    var marks: [Int] = []
    var rows = 0
    while let record = try records.next() {
      if rows % Self.rowsPerMark == 0 { marks.append(record.offset) }
      let fields = CSVRecords.countFields(record)
      guard fields == names.count else {
        throw ArrayFault(
          .malformed, "the row has \(fields) fields, the top line \(names.count)", offset: record.offset, row: rows)
      }
      rows += 1
    }
    columnNames = names
    rowCount = rows
    self.marks = marks
  }

  private static func skipByteOrderMark(_ source: any ByteSource) throws -> Int {
    try source.bytes(at: 0, count: min(3, source.count)) == [0xEF, 0xBB, 0xBF] ? 3 : 0
  }

  /// The named columns as numbers, names with commas between; nil is all columns.
  /// - Throws: `ArrayFault.missingArray` for a name that no column or more than one has.
  public func columns(_ selection: String? = nil) throws(ArrayFault) -> CSVColumns {
    guard let selection else { return CSVColumns(table: self, indices: Array(columnNames.indices)) }
    // A name may itself hold a comma: then it is the whole selection.
    if columnNames.contains(selection) { return CSVColumns(table: self, indices: [try index(of: selection)]) }
    var indices: [Int] = []
    for name in selection.split(separator: ",", omittingEmptySubsequences: false) {
      indices.append(try index(of: String(name)))
    }
    return CSVColumns(table: self, indices: indices)
  }

  /// One column as text.
  public func strings(_ name: String) throws -> [String] {
    let column = try index(of: name)
    var texts: [String] = []
    texts.reserveCapacity(rowCount)
    try forEachRecord(0..<rowCount) { _, record in texts.append(try CSVRecords.fields(record)[column].text()) }
    return texts
  }

  private func index(of name: String) throws(ArrayFault) -> Int {
    let found = columnNames.indices.filter { columnNames[$0] == name }
    guard found.count == 1 else {
      throw ArrayFault(
        .missingArray,
        "\(found.isEmpty ? "no" : "more than one") column is named \(name) (the table has "
          + columnNames.prefix(20).joined(separator: ", ") + ")", array: name)
    }
    return found[0]
  }

  /// Calls `body` with each record of a range of rows.
  func forEachRecord(_ range: Range<Int>, _ body: (_ row: Int, CSVRecord) throws -> Void) throws {
    if range.isEmpty { return }
    var row = range.lowerBound / Self.rowsPerMark * Self.rowsPerMark
    var records = CSVRecords(source, from: marks[range.lowerBound / Self.rowsPerMark])
    while row < range.upperBound {
      guard let record = try records.next() else {
        throw ArrayFault(.truncated, "the file was cut while it was read", row: row)
      }
      if row >= range.lowerBound { try body(row, record) }
      row += 1
    }
  }
}

/// Columns of a table as numbers.
public struct CSVColumns: RowReader {
  let table: CSVFile
  let indices: [Int]

  public var rowCount: Int { table.rowCount }
  public var columnCount: Int { indices.count }
  public var columnNames: [String] { indices.map { table.columnNames[$0] } }

  /// - Throws: `ArrayFault.notANumber` with row and byte.
  public func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type = S.self) throws -> Matrix<S> {
    try ArrayFault.check(range, of: rowCount)
    var result = Matrix<S>.zeros(range.count, indices.count)
    try result.withUnsafeMutableBuffer { buffer in
      var next = 0
      try table.forEachRecord(range) { row, record in
        let fields = CSVRecords.fields(record)
        for column in indices {
          guard column < fields.count else {
            throw ArrayFault(.truncated, "the file changed while it was read", offset: record.offset, row: row)
          }
          guard let number = fields[column].number() else {
            let text = (try? fields[column].text()) ?? ""
            throw ArrayFault(
              .notANumber, "expected a number, found \"\(text.prefix(40))\"", array: table.columnNames[column],
              offset: record.offset + fields[column].range.lowerBound, row: row)
          }
          buffer[next] = S(number)
          next += 1
        }
      }
    }
    return result
  }

  public func readRows<S: Scalar>(at rows: [Int], as: S.Type = S.self) throws -> Matrix<S> {
    try ArrayFault.check(rows, of: rowCount)
    guard let low = rows.min(), let high = rows.max() else { return .zeros(0, indices.count) }
    // Each stretch of rows between two marks is read once, whatever the order of the names.
    var places: [Int: [Int]] = [:]
    for (place, row) in rows.enumerated() { places[row / CSVFile.rowsPerMark, default: []].append(place) }
    var result = Matrix<S>.zeros(rows.count, indices.count)
    for mark in places.keys.sorted() {
      let start = max(low, mark * CSVFile.rowsPerMark)
      let block = try readRows(start..<min(high + 1, (mark + 1) * CSVFile.rowsPerMark), as: S.self)
      for place in places[mark] ?? [] { result.replaceRows(from: place, with: block.rows(at: [rows[place] - start])) }
    }
    return result
  }
}
