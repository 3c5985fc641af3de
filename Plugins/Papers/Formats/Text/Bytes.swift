extension UInt8 {
  /// Blank, tab, line end, form feed.
  var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
  var isASCIIDigit: Bool { self &- 0x30 < 10 }
  var isASCIIUpper: Bool { (0x41...0x5A).contains(self) }
  var isASCIILower: Bool { (0x61...0x7A).contains(self) }
  var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }
  var isASCIIWord: Bool { isASCIILetter || isASCIIDigit }
  /// A letter or digit, or part of a character beyond ASCII.
  var isWord: Bool { isASCIIWord || self >= 0x80 }
  /// A letter, or part of a character beyond ASCII.
  var isLetter: Bool { isASCIILetter || self >= 0x80 }
  /// A control character other than tab and line ends.
  var isControl: Bool { self < 0x20 && !(0x09...0x0D).contains(self) || self == 0x7F }
  var lowercased: UInt8 { isASCIIUpper ? self | 0x20 : self }
}

extension RandomAccessCollection<UInt8> where Index == Int {
  /// Whether the bytes from `index` on begin with a lower-case text, letter case of ASCII aside.
  func hasFolded(_ text: StaticString, at index: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard index >= startIndex, index + length <= endIndex else { return false }
    let pattern = UnsafeBufferPointer(start: text.utf8Start, count: length)
    for offset in 0..<length where self[index + offset].lowercased != pattern[offset] { return false }
    return true
  }

  /// Whether the bytes are a text.
  func isExactly(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount
      && elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the bytes are a lower-case text, letter case of ASCII aside.
  func isFolded(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasFolded(text, at: startIndex) }
}

extension UInt8 {
  /// Whether this is one of some ASCII signs.
  func isAny(of signs: ByteSet) -> Bool { signs.contains(self) }
}

/// A set of ASCII bytes.
struct ByteSet: Sendable, ExpressibleByStringLiteral {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(stringLiteral text: StaticString) {
    for byte in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) {
      if byte < 64 { low |= 1 << UInt64(byte) } else if byte < 128 { high |= 1 << UInt64(byte - 64) }
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte & 63) & 1 == 1
  }
}
