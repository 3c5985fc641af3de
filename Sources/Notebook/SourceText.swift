/// A text as bytes, with its line starts.
///
/// Lines end with LF, which CRLF includes; lines and columns count from 1. The bytes may be anything: what is
/// no UTF-8 counts one column for each byte that begins no scalar's continuation.
public struct SourceText: Sendable {
  public let bytes: [UInt8]
  /// Byte offset of the first byte of each line; there is always one.
  public let lineStarts: [Int]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var starts = [0]
    bytes.withUnsafeBufferPointer { buffer in
      starts.reserveCapacity(1 + buffer.count / 24)
      for index in buffer.indices where buffer[index] == Byte.lineFeed { starts.append(index + 1) }
    }
    lineStarts = starts
  }

  public init(_ text: String) { self.init(Array(text.utf8)) }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public subscript(range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: bytes.indices)], as: UTF8.self)
  }

  /// What a column counts: the protocol counts scalars, editors count UTF-16 units or bytes.
  public enum ColumnUnit: Sendable { case scalars, utf16, utf8 }

  /// The line (1-based) that holds a byte offset; an offset beyond the end lies in the last line.
  public func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// Line and column (1-based) of a byte offset.
  public func lineAndColumn(at offset: Int, in unit: ColumnUnit = .scalars) -> (line: Int, column: Int) {
    let offset = min(max(0, offset), bytes.count)
    let line = line(at: offset)
    return (line, 1 + width(of: lineStarts[line - 1]..<offset, in: unit))
  }

  /// The byte offset of a line and column (1-based); a column past the line's end is its end.
  public func offset(line: Int, column: Int, in unit: ColumnUnit = .scalars) -> Int {
    guard line >= 1 else { return 0 }
    guard line <= lineStarts.count else { return bytes.count }
    let content = contentRange(ofLine: line)
    var left = column - 1
    var offset = content.lowerBound
    while left > 0, offset < content.upperBound {
      var next = offset + 1
      while next < content.upperBound, bytes[next] & 0xC0 == 0x80 { next += 1 }
      left -= width(of: offset..<next, in: unit)
      if left < 0 { break }
      offset = next
    }
    return offset
  }

  /// The bytes of a line (1-based) without its line end.
  public func contentRange(ofLine line: Int) -> Range<Int> {
    let whole = range(ofLine: line)
    var end = whole.upperBound
    if end > whole.lowerBound, bytes[end - 1] == Byte.lineFeed {
      end -= 1
      if end > whole.lowerBound, bytes[end - 1] == Byte.carriageReturn { end -= 1 }
    }
    return whole.lowerBound..<end
  }

  /// The bytes of a line (1-based) with its line end.
  public func range(ofLine line: Int) -> Range<Int> {
    let start = lineStarts[line - 1]
    return start..<(line < lineStarts.count ? lineStarts[line] : bytes.count)
  }

  /// Where a range of bytes lies.
  public func position(of range: Range<Int>) -> SourcePosition {
    let range = range.clamped(to: 0..<bytes.count)
    let (line, column) = lineAndColumn(at: range.lowerBound)
    let end = max(range.lowerBound, min(range.upperBound, contentRange(ofLine: line).upperBound))
    return SourcePosition(
      line: line, column: column, endColumn: column + width(of: range.lowerBound..<end, in: .scalars), bytes: range)
  }

  /// True when the first line ends with CRLF.
  var endsLinesWithCRLF: Bool {
    lineStarts.count > 1 && lineStarts[1] >= 2 && bytes[lineStarts[1] - 2] == Byte.carriageReturn
  }

  private func width(of range: Range<Int>, in unit: ColumnUnit) -> Int {
    if unit == .utf8 { return range.count }
    var width = 0
    for byte in bytes[range] where byte & 0xC0 != 0x80 {
      width += unit == .utf16 && byte >= 0xF0 ? 2 : 1
    }
    return width
  }
}

/// A place in a text: a line, its columns (1-based, in Unicode scalars, the end exclusive) and the bytes.
///
/// What goes on over several lines has the columns of its first.
public struct SourcePosition: Sendable, Equatable {
  public var line: Int
  public var column: Int
  public var endColumn: Int
  public var bytes: Range<Int>

  public init(line: Int, column: Int, endColumn: Int, bytes: Range<Int>) {
    self.line = line
    self.column = column
    self.endColumn = endColumn
    self.bytes = bytes
  }
}
