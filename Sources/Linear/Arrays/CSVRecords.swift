/// One line of a table, or several when a quoted field holds line ends.
struct CSVRecord {
  let bytes: ArraySlice<UInt8>
  /// Of the first byte, in the file.
  let offset: Int
}

/// One field: where it lies in its record.
struct CSVField {
  let bytes: ArraySlice<UInt8>
  /// From the record's start, quotes included.
  let range: Range<Int>
  let fileOffset: Int

  /// - Throws: `ArrayFault.malformed` for what is not UTF-8.
  func text() throws(ArrayFault) -> String {
    var content = bytes
    if content.first == UInt8(ascii: "\"") {
      content = content.dropFirst()
      if content.last == UInt8(ascii: "\"") { content = content.dropLast() }
      var plain: [UInt8] = []
      plain.reserveCapacity(content.count)
      var quoted = false
      for byte in content {
        // Two quotes inside a quoted field are one.
        quoted = byte == UInt8(ascii: "\"") && !quoted
        if !quoted { plain.append(byte) }
      }
      content = plain[...]
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw ArrayFault(.malformed, "the field is not UTF-8", offset: fileOffset)
    }
    return text
  }

  /// - Returns: nil for what is no number; blanks around it are let through.
  func number() -> Double? {
    var content = bytes
    if content.first == UInt8(ascii: "\""), content.last == UInt8(ascii: "\""), content.count >= 2 {
      content = content.dropFirst().dropLast()
    }
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    while let byte = content.first, isBlank(byte) { content = content.dropFirst() }
    while let byte = content.last, isBlank(byte) { content = content.dropLast() }
    return Self.shortDecimal(content) ?? Double(String(decoding: content, as: UTF8.self))
  }

  /// A decimal of at most 15 digits and a power of ten up to 22: both are exact as doubles, so one division or
  /// multiplication rounds rightly (Clinger 1990).
  private static func shortDecimal(_ bytes: ArraySlice<UInt8>) -> Double? {
    var digits: UInt64 = 0
    var count = 0
    var decimals = 0
    var point = false
    var negative = false
    for (i, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where i == 0: negative = true
      case UInt8(ascii: "+") where i == 0: break
      case UInt8(ascii: ".") where !point: point = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
        count += 1
        if point { decimals += 1 }
        if count > 15 { return nil }
      default: return nil
      }
    }
    if count == 0 { return nil }
    let value = Double(digits) / powersOfTen[decimals]
    return negative ? -value : value
  }

  private static let powersOfTen: [Double] = (0...15).map { (0..<$0).reduce(1.0) { power, _ in power * 10 } }
}

/// The records of a table, one after the other, from pieces of the file.
struct CSVRecords {
  private let source: any ByteSource
  private var buffer: [UInt8] = []
  /// Where `buffer` begins in the file, and where the next record begins in `buffer`.
  private var bufferOffset: Int
  private var position = 0

  private static let pieceSize = 1 << 18
  private static let longestRecord = 1 << 26

  init(_ source: any ByteSource, from offset: Int) {
    self.source = source
    bufferOffset = offset
  }

  /// The next record that is not empty, without its line end; nil at the end of the file.
  mutating func next() throws -> CSVRecord? {
    while let record = try line() {
      if !record.bytes.isEmpty { return record }
    }
    return nil
  }

  private mutating func line() throws -> CSVRecord? {
    var scanned = position
    var quoted = false
    while true {
      let found = buffer.withUnsafeBufferPointer { buffer -> Int? in
        while scanned < buffer.count {
          let byte = buffer[scanned]
          if byte == UInt8(ascii: "\"") { quoted.toggle() }
          if byte == UInt8(ascii: "\n"), !quoted { return scanned }
          scanned += 1
        }
        return nil
      }
      if let end = found { return take(to: end, next: end + 1) }
      let start = position
      if try !refill() {
        if quoted {
          throw ArrayFault(.malformed, "a quoted field does not end", offset: bufferOffset + position)
        }
        return position < buffer.count ? take(to: buffer.count, next: buffer.count) : nil
      }
      scanned -= start
    }
  }

  private mutating func take(to end: Int, next: Int) -> CSVRecord {
    let last = end > position && buffer[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    defer { position = next }
    return CSVRecord(bytes: buffer[position..<last], offset: bufferOffset + position)
  }

  /// Drops what is done and reads a piece more.
  /// - Returns: false at the end of the file.
  private mutating func refill() throws -> Bool {
    let end = bufferOffset + buffer.count
    let count = min(Self.pieceSize, source.count - end)
    if count <= 0 { return false }
    guard buffer.count - position <= Self.longestRecord else {
      throw ArrayFault(
        .tooLarge, "a row of more than \(Self.longestRecord) bytes; look for a quote that is not closed",
        offset: bufferOffset + position)
    }
    let piece = try source.bytes(at: end, count: count)
    buffer.removeSubrange(..<position)
    bufferOffset += position
    position = 0
    buffer.append(contentsOf: piece)
    return true
  }

  /// The fields of a record.
  static func fields(_ record: CSVRecord) -> [CSVField] {
    var fields: [CSVField] = []
    forEachField(record) { range in
      let start = record.bytes.startIndex
      fields.append(
        CSVField(
          bytes: record.bytes[start + range.lowerBound..<start + range.upperBound], range: range,
          fileOffset: record.offset + range.lowerBound))
    }
    return fields
  }

  static func countFields(_ record: CSVRecord) -> Int {
    var count = 0
    forEachField(record) { _ in count += 1 }
    return count
  }

  private static func forEachField(_ record: CSVRecord, _ body: (Range<Int>) -> Void) {
    record.bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      var quoted = false
      for i in 0..<bytes.count {
        if bytes[i] == UInt8(ascii: "\"") { quoted.toggle() }
        if bytes[i] == UInt8(ascii: ","), !quoted {
          body(start..<i)
          start = i + 1
        }
      }
      body(start..<bytes.count)
    }
  }
}
