/// Scripts that put no blank between words (Chinese, Japanese, Thai, …) or glue endings to them (Korean).
///
/// The index's tokenizer sees a whole sentence of them as one word. So their letters are indexed one by one, and a
/// word that is looked for is a phrase of its letters: it is found wherever it stands.
enum Unspaced {
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x0E00: false
    case 0x0E00...0x109F, 0x1100...0x11FF, 0x1780...0x17FF, 0x3005...0x3007, 0x3040...0x31FF, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF, 0xFF66...0xFFDC, 0x20000...0x3FFFF:
      true
    default: false
    }
  }

  /// Whether a text holds letters of such a script.
  static func occurs(in text: String) -> Bool {
    // Below U+0E00 no letter begins with a byte from E0 on.
    text.utf8.contains { $0 >= 0xE0 } && text.unicodeScalars.contains(where: contains)
  }

  /// Stands between the letters; the tokenizer parts words at it, and it has no width.
  static let separator: Unicode.Scalar = "\u{200B}"

  /// The text with a separator around every letter of such a script.
  static func segmented(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      // Signs above and below a letter stay with it.
      let isLetter = contains(scalar) && !scalar.properties.generalCategory.isMark
      if isLetter { result.append(separator) }
      result.append(scalar)
      if isLetter { result.append(separator) }
    }
    return String(result)
  }
}

extension Unicode.GeneralCategory {
  var isMark: Bool { self == .nonspacingMark || self == .spacingMark || self == .enclosingMark }
}
