extension UInt8 {
  /// Blank, tab, line end, form feed.
  var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
  var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
  var isASCIIUpper: Bool { (0x41...0x5A).contains(self) }
  var isASCIILower: Bool { (0x61...0x7A).contains(self) }
  var isASCIILetter: Bool { isASCIIUpper || isASCIILower }
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
    text.withUTF8Buffer { pattern in
      guard index >= startIndex, index + pattern.count <= endIndex else { return false }
      for offset in 0..<pattern.count where self[index + offset].lowercased != pattern[offset] { return false }
      return true
    }
  }

  /// Whether the bytes are a lower-case text, letter case of ASCII aside.
  func isFolded(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasFolded(text, at: startIndex) }
}
