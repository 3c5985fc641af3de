import Foundation

/// Folds texts that people write in several ways, so that they can be compared.
enum Folding {
  /// Lower case without accents, letters and digits alone.
  static func letters(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x61...0x7A: bytes.append(byte)
      case 0x41...0x5A: bytes.append(byte | 0x20)
      case 0x80...: return wide(text)
      default: break
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func wide(_ text: String) -> String {
    var result = ""
    for scalar in text.decomposedStringWithCompatibilityMapping.unicodeScalars {
      if let plain = withoutStroke[scalar] {
        result += plain
      } else if scalar.properties.generalCategory != .nonspacingMark,
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      {
        result += scalar.properties.lowercaseMapping
      }
    }
    return result
  }

  /// Letters that Unicode does not take apart.
  private static let withoutStroke: [Unicode.Scalar: String] = [
    "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae",
    "œ": "oe", "Œ": "oe", "ı": "i", "þ": "th", "Þ": "th", "ð": "d", "Ð": "d", "ħ": "h", "Ħ": "h",
  ]

  /// A tag by which two spellings are one: lower case, blanks single.
  static func tag(_ name: String) -> String {
    name.precomposedStringWithCompatibilityMapping.lowercased().split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }
}

extension ItemColumns.Author {
  /// The last word of the family name and the first initial, both folded, by which two records' first authors are
  /// compared: services write `van den Berg, J.`, `J. van den Berg` and `Jan Berg` for one person.
  var nameKey: String? {
    var family = family
    var given = given
    if family == nil, let literal {
      if let comma = literal.firstIndex(of: ",") {
        family = String(literal[..<comma])
        given = String(literal[literal.index(after: comma)...])
      } else {
        let words = literal.split(whereSeparator: \.isWhitespace)
        family = words.last.map(String.init)
        given = words.count > 1 ? words.first.map(String.init) : nil
      }
    }
    guard let last = family?.split(whereSeparator: \.isWhitespace).last else { return nil }
    let key = Folding.letters(String(last))
    guard !key.isEmpty else { return nil }
    return key + " " + (given.map { Folding.letters($0).prefix(1) } ?? "")
  }
}
