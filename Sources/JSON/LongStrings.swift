/// The first pass over a text: counts depth, and takes long strings out before libjansson reads the rest.
///
/// libjansson appends the bytes of a string one by one (40–60 MB/s). So each long string that is a value is decoded
/// here, and a short placeholder stands in the text in its place. Whatever looks wrong here is not judged here: the
/// text is then read by libjansson as it is, whose verdict and error position hold.
enum LongStrings {
  enum Outcome {
    /// Nothing was taken out, or something is wrong.
    case none
    case lifted(Lifted)
    /// A bracket at this offset opens one level too many.
    case tooDeep(offset: Int)
  }

  struct Lifted {
    /// The text with placeholders.
    var text: [UInt8] = []
    var strings: [String] = []
  }

  /// Strings from this length on are taken out, in bytes between the quotation marks.
  static let threshold = 64

  /// Texts below this length are not worth a pass.
  static let shortestText = 512

  /// A placeholder reads back as NUL and an index. So that no string of the text can be taken for one, strings that
  /// begin with NUL are taken out whatever their length.
  private static let mark = Array(#"\u0000"#.utf8)

  /// The index that a placeholder stands for, from the bytes of a string of the tree.
  @inline(__always)
  static func index(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    guard count > 1, start[0] == 0 else { return nil }
    var index = 0
    for position in 1..<count { index = index * 10 + Int(start[position] &- 0x30) }
    return index
  }

  static func lift(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) -> Outcome {
    guard let base = bytes.baseAddress else { return .none }
    let text = base.assumingMemoryBound(to: UInt8.self)
    let count = bytes.count
    var result = Lifted()
    var copied = 0
    var depth = 0
    var index = 0
    while index < count {
      switch text[index] {
      case UInt8(ascii: "\""):
        let start = index + 1
        guard let (end, hasEscapes) = end(ofString: start, text, count) else { return .none }
        index = end
        let isLong = end - start >= threshold
        if isLong || startsWithMark(text + start, end - start), !isName(after: end, text, count) {
          let content = UnsafeBufferPointer(start: text + start, count: end - start)
          guard let string = hasEscapes ? unescaped(content) : String(validating: content, as: UTF8.self) else {
            return .none
          }
          if result.strings.isEmpty { result.text.reserveCapacity(min(count, 1 << 16)) }
          result.text.append(contentsOf: bytes[copied..<start])
          result.text.append(contentsOf: mark)
          result.text.append(contentsOf: String(result.strings.count).utf8)
          result.strings.append(string)
          copied = end
        }
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > maximumDepth { return .tooDeep(offset: index) }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      index += 1
    }
    guard !result.strings.isEmpty else { return .none }
    result.text.append(contentsOf: bytes[copied...])
    return .lifted(result)
  }

  /// The place of the closing quotation mark; `nil` when there is none or a control character comes before it.
  private static func end(
    ofString start: Int, _ text: UnsafePointer<UInt8>, _ count: Int
  ) -> (end: Int, hasEscapes: Bool)? {
    var index = start
    var hasEscapes = false
    while true {
      index = special(from: index, text, count)
      guard index < count else { return nil }
      switch text[index] {
      case UInt8(ascii: "\""): return (index, hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        index += 2
      default: return nil
      }
    }
  }

  /// The next quotation mark, backslash or control character; `count` when there is none. Eight bytes a step.
  @inline(__always)
  private static func special(from start: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var index = start
    while index &+ 8 <= count {
      let word = UInt64(littleEndian: UnsafeRawPointer(text + index).loadUnaligned(as: UInt64.self))
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5C)
      // The lowest bit that is set stands in the first byte that is meant; those above it may be false.
      let found =
        ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word) & highs
      if found != 0 { return index &+ found.trailingZeroBitCount / 8 }
      index &+= 8
    }
    while index < count {
      let byte = text[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
      index &+= 1
    }
    return max(index, count)
  }

  private static func startsWithMark(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count >= mark.count, start[0] == mark[0], start[1] == mark[1] else { return false }
    for offset in 2..<mark.count where start[offset] != mark[offset] { return false }
    return true
  }

  /// True when a colon follows the string: names stay, since libjansson compares them.
  private static func isName(after end: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var index = end + 1
    while index < count {
      switch text[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      case UInt8(ascii: ":"): return true
      default: return false
      }
    }
    return false
  }

  // MARK: - Escapes

  /// The text of a string's content; `nil` when an escape, a surrogate or the UTF-8 is wrong.
  private static func unescaped(_ content: UnsafeBufferPointer<UInt8>) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count)
    var index = 0
    while index < content.count {
      var end = index
      if let base = content.baseAddress { end = special(from: index, base, content.count) }
      bytes.append(contentsOf: content[index..<end])
      index = end
      guard index < content.count else { break }
      guard content[index] == UInt8(ascii: "\\"), index + 1 < content.count else { return nil }
      switch content[index + 1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(content[index + 1])
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        guard let (scalar, length) = scalar(content, index) else { return nil }
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        index += length
        continue
      default: return nil
      }
      index += 2
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The scalar of one `\uXXXX`, or of two that are a pair of surrogates, and how many bytes they take.
  private static func scalar(_ content: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Unicode.Scalar, Int)? {
    guard let first = unit(content, start) else { return nil }
    if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
    guard (0xD800...0xDBFF).contains(first), let second = unit(content, start + 6),
      (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    else { return nil }
    return (scalar, 12)
  }

  private static func unit(_ content: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt16? {
    guard start + 6 <= content.count, content[start] == UInt8(ascii: "\\"), content[start + 1] == UInt8(ascii: "u")
    else { return nil }
    var value: UInt16 = 0
    for byte in content[(start + 2)..<(start + 6)] {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
