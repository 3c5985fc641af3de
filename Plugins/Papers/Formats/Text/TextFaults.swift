/// Small faults of typing that change no meaning but trip up a program that reads words.
enum TextFaults {
  static func findings(_ bytes: [UInt8], _ scan: TextScan, addresses: [Range<Int>]) -> [LaTeXReader.Finding] {
    var found: [LaTeXReader.Finding] = []
    for index in scan.signs {
      let finding: LaTeXReader.Finding? =
        switch bytes[index] {
        case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "!"):
          punctuation(bytes, index)
        case UInt8(ascii: "-"): hyphen(bytes, index)
        case 0x00..<0x20 where bytes[index].isControl, 0x7F:
          .init(code: .control, range: index..<index + 1, message: "a control character")
        case 0xEF where bytes[index...].starts(with: [0xEF, 0xBF, 0xBD]):
          .init(code: .replacement, range: index..<index + 3, message: "a replacement character stands for lost text")
        default: nil
        }
      guard let finding, !addresses.contains(where: { $0.overlaps(finding.range) }) else { continue }
      found.append(finding)
    }
    return found
  }

  private static func punctuation(_ bytes: [UInt8], _ index: Int) -> LaTeXReader.Finding? {
    let next = index + 1 < bytes.count ? bytes[index + 1] : 0x20
    let before = index > 0 ? bytes[index - 1] : 0
    if before.isBlank, next.isBlank, index > 1, bytes[index - 2].isWord || bytes[index - 2] == UInt8(ascii: ")"),
      bytes[index] != UInt8(ascii: "!"), bytes[index] != UInt8(ascii: "?")
    {
      return .init(code: .straySpace, range: index - 1..<index + 1, message: "a blank before a punctuation mark")
    }
    guard index > 1, index + 2 < bytes.count else { return nil }
    switch bytes[index] {
    case UInt8(ascii: "."), UInt8(ascii: "?"), UInt8(ascii: "!"):
      // A sentence ends in lower case and the next one begins with a capital word (`fields.To`).
      let ends = before.isASCIILower && bytes[index - 2].isASCIILower || before == UInt8(ascii: ")")
      let begins = next.isASCIIUpper && (bytes[index + 2].isASCIILower || bytes[index + 2].isBlank)
      guard ends, begins, !isDottedName(bytes, index) else { return nil }
    case UInt8(ascii: ","), UInt8(ascii: ";"):
      // A word, a comma and a figure (`i.e.,2.0`); `x,2` is a formula and `10,000` a number.
      let ends = before == UInt8(ascii: ".") || before.isASCIILower && bytes[index - 2].isASCIILower
      guard ends, next.isASCIIDigit else { return nil }
    default: return nil
    }
    return .init(code: .missingSpace, range: index..<index + 2, message: "no blank behind a punctuation mark")
  }

  /// `Node.Js.Org`, `scikit.Learn.X`: a name with several dots is no end of a sentence.
  private static func isDottedName(_ bytes: [UInt8], _ index: Int) -> Bool {
    let before = bytes[..<index].reversed().prefix { !$0.isBlank }
    let behind = bytes[(index + 1)...].prefix { !$0.isBlank }
    let inside = behind.dropLast()
    return before.contains(UInt8(ascii: ".")) || inside.contains(UInt8(ascii: "."))
      || behind.contains(UInt8(ascii: "("))
      || before.contains(UInt8(ascii: "/")) || before.contains(UInt8(ascii: "@"))
  }

  /// `GeM- AP`: a blank inside a hyphenated word. In `pre- and post-training` the hyphen stands for the second half.
  private static func hyphen(_ bytes: [UInt8], _ index: Int) -> LaTeXReader.Finding? {
    guard index > 1, index + 2 < bytes.count, bytes[index - 1].isWord, bytes[index + 1] == 0x20,
      bytes[index + 2].isWord
    else { return nil }
    let word = bytes[(index + 2)...].prefix { $0.isWord }
    if isConjunction(word) { return nil }
    return .init(code: .straySpace, range: index..<index + 2, message: "a blank inside a hyphenated word")
  }

  /// A word before which a hyphen stands for a half that comes later.
  static func isConjunction(_ word: ArraySlice<UInt8>) -> Bool { conjunctions.contains { word.isFolded($0) } }

  private static let conjunctions: [StaticString] = [
    "and", "or", "to", "nor", "versus", "vs", "as", "but", "than", "und", "oder", "et", "y", "e",
  ]
}
