/// One pass over a text that notes where each detector has to look. Most of a text holds nothing for any of them.
struct TextScan {
  /// Signs that may be a fault of typing.
  private(set) var signs: [Int] = []
  /// Words that may be LaTeX without its backslash, and the places of `^` and `_`.
  private(set) var words: [Range<Int>] = []
  private(set) var scripts: [Int] = []
  /// Words by which something is announced (“available”, “released”).
  private(set) var signals: [Int] = []
  /// The plain form differs from the text, or may.
  private(set) var needsDecoding = false
  private(set) var mayHoldAddress = false
  private(set) var mayHoldIdentifier = false

  init(_ bytes: [UInt8]) {
    var wordStart = -1
    var digits = 0
    // A blank at the front needs folding.
    var before: UInt8 = 0x20
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte.isASCIIWord {
        if wordStart < 0 { wordStart = index }
        digits = byte.isASCIIDigit ? digits + 1 : 0
        if digits == 4 { mayHoldIdentifier = true }
      } else {
        if wordStart >= 0 {
          note(bytes, word: wordStart..<index)
          if byte == UInt8(ascii: "."), index - wordStart > 1, index + 1 < bytes.count, bytes[index + 1].isASCIIWord {
            mayHoldAddress = true  // A dot inside a name, but not in “e.g.”.
          }
          wordStart = -1
          digits = 0
        }
        note(bytes, sign: index, byte, before)
      }
      before = byte
    }
    if wordStart >= 0 { note(bytes, word: wordStart..<bytes.count) }
    if before == 0x20 { needsDecoding = true }
  }

  private mutating func note(_ bytes: [UInt8], sign index: Int, _ byte: UInt8, _ before: UInt8) {
    if byte == 0x20 {
      if before == 0x20 { needsDecoding = true }
      return
    }
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "!"):
      // The end of a clause as it should be: a word before it, a blank behind.
      if before == 0x20 || index + 1 < bytes.count && bytes[index + 1] != 0x20 { signs.append(index) }
    case UInt8(ascii: "-"):
      if index + 1 < bytes.count, bytes[index + 1] == 0x20 { signs.append(index) }
    case UInt8(ascii: "/"):
      mayHoldAddress = true
      mayHoldIdentifier = true
    case UInt8(ascii: "^"), UInt8(ascii: "_"): scripts.append(index)
    case UInt8(ascii: "\\"), UInt8(ascii: "$"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "`"),
      UInt8(ascii: "~"), 0xC2:
      needsDecoding = true
    case 0x00..<0x20, 0x7F:
      needsDecoding = true
      signs.append(index)
    case 0xEF: signs.append(index)
    default: break
    }
  }

  private mutating func note(_ bytes: [UInt8], word: Range<Int>) {
    if BareLaTeX.mayBeBare(bytes, word) { words.append(word) }
    if word.count >= 4, Announcement.isSignal(bytes, word.lowerBound) { signals.append(word.lowerBound) }
  }
}
