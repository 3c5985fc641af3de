import Foundation

/// Titles as they are compared when two records may be one paper.
public enum PaperTitle {
  /// The title without tags and LaTeX commands, compatibility-composed (NFKC), case folded, with nothing but its
  /// letters and digits.
  public static func normalised(_ title: String) -> String {
    let isASCII = title.utf8.allSatisfy { $0 < 0x80 }
    let text = isASCII ? title : title.precomposedStringWithCompatibilityMapping
    let hasMarkup = text.utf8.contains { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "\\") }
    let plain = hasMarkup ? withoutMarkup(text) : text
    if isASCII {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(plain.utf8.count)
      for byte in plain.utf8 {
        switch byte {
        case 0x30...0x39, 0x61...0x7A: bytes.append(byte)
        case 0x41...0x5A: bytes.append(byte | 0x20)
        default: break
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    var result = ""
    for scalar in plain.unicodeScalars where scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      result += scalar.properties.lowercaseMapping
    }
    return result
  }

  /// Whether a normalised title is too short or too common to tell papers apart.
  public static func isTooCommon(_ normalised: String) -> Bool {
    normalised.unicodeScalars.count < 15 || stopTitles.contains(normalised)
  }

  private static let stopTitles: Set<String> = [
    "acknowledgements", "acknowledgments", "conclusionsandfuturework", "editorialintroduction",
    "introductiontothespecialissue", "introductiontothespecialsection", "lettertotheeditor", "listofcontributors",
    "messagefromthechairs", "messagefromtheprogramchairs", "notesoncontributors", "programcommittee",
    "programmecommittee", "specialissueeditorial", "tableofcontents",
  ]

  /// Without `<tags>` and `\commands`; what they hold stays.
  private static func withoutMarkup(_ text: String) -> String {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    var index = 0
    while index < source.count {
      let byte = source[index]
      let next = index + 1 < source.count ? source[index + 1] : 0
      let isLetter = (next | 0x20) >= 0x61 && (next | 0x20) <= 0x7A
      if byte == UInt8(ascii: "\\"), isLetter {
        index += 1
        while index < source.count, (0x61...0x7A).contains(source[index] | 0x20) { index += 1 }
      } else if byte == UInt8(ascii: "<"), isLetter || next == UInt8(ascii: "/"),
        let end = source[index...].prefix(64).firstIndex(of: UInt8(ascii: ">"))
      {
        index = end + 1
      } else {
        bytes.append(byte)
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
