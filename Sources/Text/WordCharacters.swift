/// Which bytes and scalars belong to words, and their lower case.
enum WordCharacters {
  /// Classes of bytes that belong to no ASCII word; a word's byte stands in the table as its own lower case, which is
  /// greater than any of these.
  static let apart: UInt8 = 0
  static let link: UInt8 = 1
  static let beyondASCII: UInt8 = 2

  static let lowerCase: [UInt8] = table { $0 | 0x20 }
  static let sameCase: [UInt8] = table { $0 }

  private static func table(_ mapUpper: (UInt8) -> UInt8) -> [UInt8] {
    (0...255).map { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): byte
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): mapUpper(byte)
      case 0x20, 0x09...0x0D, UInt8(ascii: "-"): link
      case 0x80...: beyondASCII
      default: apart
      }
    }
  }

  enum Class {
    case word
    /// A word's character that may have another lower case.
    case upper
    /// Stands between the words of one phrase: a blank or a hyphen.
    case link
    case apart
  }

  static func category(of scalar: Unicode.Scalar) -> Class {
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .decimalNumber, .otherNumber: .word
    case .uppercaseLetter, .titlecaseLetter, .letterNumber: .upper
    case .spaceSeparator: .link
    case .dashPunctuation: scalar == "\u{2010}" || scalar == "\u{2011}" ? .link : .apart
    default: .apart
    }
  }

  /// Whether a capital sigma at a place ends its word, and so becomes `ς` (Unicode 3.13, Final_Sigma): a cased letter
  /// stands before it and none behind it, whatever is case-ignorable left aside.
  static func isFinalSigma(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    var i = place
    var follows = false
    while let (scalar, start) = UTF8Text.scalar(before: i, in: text) {
      i = start
      if scalar.properties.isCaseIgnorable { continue }
      follows = scalar.properties.isCased
      break
    }
    guard follows else { return false }
    i = place + 2
    while i < text.count {
      let (scalar, length) = UTF8Text.scalar(at: i, in: text)
      i += length
      if scalar.properties.isCaseIgnorable { continue }
      return !scalar.properties.isCased
    }
    return true
  }
}

/// Reads scalars out of bytes that a `String` vouched for; what is not UTF-8 all the same reads as U+FFFD.
enum UTF8Text {
  static let replacement: Unicode.Scalar = "\u{FFFD}"

  static func scalar(at i: Int, in text: UnsafeBufferPointer<UInt8>) -> (scalar: Unicode.Scalar, length: Int) {
    let first = text[i]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
    guard length > 1, i + length <= text.count else { return (replacement, 1) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for k in 1..<length {
      guard text[i + k] & 0xC0 == 0x80 else { return (replacement, 1) }
      value = value << 6 | UInt32(text[i + k] & 0x3F)
    }
    guard let scalar = Unicode.Scalar(value) else { return (replacement, 1) }
    return (scalar, length)
  }

  static func scalar(
    before end: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> (scalar: Unicode.Scalar, start: Int)? {
    guard end > 0 else { return nil }
    var start = end - 1
    while start > 0, end - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
    let (scalar, length) = scalar(at: start, in: text)
    return start + length == end ? (scalar, start) : (replacement, end - 1)
  }
}
