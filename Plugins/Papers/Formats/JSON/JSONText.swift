/// Finds members in the bytes of a well-formed JSON value.
struct JSONText {
  enum Step {
    case key(StaticString)
    case index(Int)
  }

  let bytes: [UInt8]
  /// The source's offset of the first byte.
  let offset: Int

  /// The bytes of the value at the path.
  func range(_ path: [Step]) -> Range<Int>? {
    var index = blanks(0)
    for step in path {
      guard index < bytes.count else { return nil }
      switch step {
      case .key(let name):
        guard bytes[index] == UInt8(ascii: "{"), let value = member(name, in: index) else { return nil }
        index = value
      case .index(let number):
        guard bytes[index] == UInt8(ascii: "["), let value = element(number, in: index) else { return nil }
        index = value
      }
    }
    guard index < bytes.count else { return nil }
    return index..<end(index)
  }

  func span(_ range: Range<Int>) -> ByteSpan { ByteSpan(offset + range.lowerBound, offset + range.upperBound) }

  /// A string's text with its escapes resolved, and the bytes between its quotation marks; `nil` for anything else.
  func string(_ path: [Step]) -> (text: SpannedText, range: Range<Int>)? {
    guard let whole = range(path), whole.count >= 2, bytes[whole.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let range = whole.lowerBound + 1..<whole.upperBound - 1
    var text = SpannedText()
    var index = range.lowerBound
    while index < range.upperBound {
      let plain = bytes[index..<range.upperBound].firstIndex(of: UInt8(ascii: "\\")) ?? range.upperBound
      if plain > index { text.append(bytes[index..<plain], at: offset + index) }
      index = plain
      guard index < range.upperBound else { break }
      let (scalar, length) = escape(index)
      text.append(scalar, at: offset + index)
      index += length
    }
    return (text, range)
  }

  private func escape(_ index: Int) -> (Unicode.Scalar, Int) {
    switch bytes[index + 1] {
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "r"): return ("\r", 2)
    case UInt8(ascii: "b"): return ("\u{8}", 2)
    case UInt8(ascii: "f"): return ("\u{C}", 2)
    case UInt8(ascii: "u"):
      let unit = hex(index + 2)
      if unit & 0xFC00 == 0xD800, index + 11 < bytes.count, bytes[index + 6] == UInt8(ascii: "\\") {
        let low = hex(index + 8)
        return (Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF) ?? "\u{FFFD}", 12)
      }
      return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6)
    default: return (Unicode.Scalar(bytes[index + 1]), 2)
    }
  }

  private func hex(_ index: Int) -> UInt32 {
    guard index + 4 <= bytes.count else { return 0xFFFD }
    return UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16) ?? 0xFFFD
  }

  // MARK: - Walking

  private func blanks(_ index: Int) -> Int {
    var index = index
    while index < bytes.count, bytes[index].isBlank { index += 1 }
    return index
  }

  /// Where the member's value begins.
  private func member(_ name: StaticString, in object: Int) -> Int? {
    let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    var index = blanks(object + 1)
    while index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
      let close = end(index)
      let isWanted = bytes[index + 1..<close - 1].elementsEqual(wanted)
      index = blanks(blanks(close) + 1)
      if isWanted { return index }
      index = blanks(end(index))
      guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { return nil }
      index = blanks(index + 1)
    }
    return nil
  }

  private func element(_ number: Int, in array: Int) -> Int? {
    var index = blanks(array + 1)
    for _ in 0..<number {
      guard index < bytes.count, bytes[index] != UInt8(ascii: "]") else { return nil }
      index = blanks(end(index))
      guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { return nil }
      index = blanks(index + 1)
    }
    return index < bytes.count && bytes[index] != UInt8(ascii: "]") ? index : nil
  }

  /// Where the value that begins at `index` ends.
  private func end(_ index: Int) -> Int {
    var at = index
    var depth = 0
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
        if depth == 0 { return min(at, bytes.count) }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return at }
        depth -= 1
        at += 1
        if depth == 0 { return at }
      case UInt8(ascii: ","):
        if depth == 0 { return at }
        at += 1
      default:
        if depth == 0, bytes[at].isBlank { return at }
        at += 1
      }
    }
    return min(at, bytes.count)
  }
}
