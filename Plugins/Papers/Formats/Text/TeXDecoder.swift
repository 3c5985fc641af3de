/// Decodes a value that is TeX throughout, as in BibTeX, into plain text and, where it has markup, a rich form.
///
/// What the tables know is decoded, unknown commands stay as written, braces go, white space is folded. The buffers
/// are kept from one value to the next.
struct TeXDecoder {
  /// Where markup begins or ends in the plain text.
  struct Mark {
    var offset: Int
    var markup: TeXMarkup
    var opens: Bool
  }

  /// What ends with a group.
  enum Ending {
    case markup(TeXMarkup)
    case text(String)
    case formula(Bool)
    case script(isRaised: Bool, start: Int)
  }

  let commands = TeXCommandTable.shared
  var plain: [UInt8] = []
  /// Letters with a mark by mark and letter, as far as they were asked for; 1 where there is no such character.
  var compositions: [UInt32] = []
  /// Commands that no table knows, as ranges of the input.
  var unknown: [Range<Int>] = []
  /// Formulas that stay as written, as ranges of the input.
  private(set) var formulas: [Range<Int>] = []
  var marks: [Mark] = []
  var endings: [(depth: Int, ending: Ending)] = []
  var accents: [Unicode.Scalar] = []
  var depth = 0
  var isFormula = false
  var formulaFailed = false
  /// Formulas around the place, text in them aside.
  var formulaLevel = 0
  private var quoteOpen = false
  /// Closing signs of formulas that were looked for and do not come.
  var unclosed: [UInt8] = []
  /// Whether a tie (`~`) is an ordinary blank, as in names.
  var tieIsBlank = false

  init() { plain.reserveCapacity(4096) }

  /// The decoded text.
  var text: String { String(decoding: plain, as: UTF8.self) }

  /// The text with CSL-JSON's markup; `nil` where there is none.
  var richText: String? {
    guard !marks.isEmpty else { return nil }
    var rich: [UInt8] = []
    var position = 0
    for mark in marks {
      let offset = min(mark.offset, plain.count)
      if offset > position {
        rich.append(contentsOf: plain[position..<offset])
        position = offset
      }
      rich.append(contentsOf: (mark.opens ? mark.markup.opening : mark.markup.closing).utf8)
    }
    rich.append(contentsOf: plain[position...])
    return String(decoding: rich, as: UTF8.self)
  }

  /// Whether a text is its own plain form.
  static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var before: UInt8 = 0x20
    for byte in text {
      if byte == 0x20 {
        if before == 0x20 { return false }
      } else if byte == UInt8(ascii: "-") {
        if before == byte { return false }
      } else if byte != UInt8(ascii: "_"), byte != UInt8(ascii: "^"), isSpecial(byte) {
        return false
      }
      before = byte
    }
    return before != 0x20
  }

  /// Decodes one value.
  mutating func decode(_ input: UnsafeBufferPointer<UInt8>) {
    plain.removeAll(keepingCapacity: true)
    if !unknown.isEmpty { unknown.removeAll() }
    if !formulas.isEmpty { formulas.removeAll() }
    if !marks.isEmpty { marks.removeAll() }
    if !unclosed.isEmpty { unclosed.removeAll() }
    guard let base = input.baseAddress else { return }
    depth = 0
    isFormula = false
    quoteOpen = false
    run(base, 0, input.count)
    while let last = endings.popLast() { end(last.ending) }
    if plain.last == 0x20 { plain.removeLast() }
  }

  /// Bytes that mean something to TeX, or are white space other than one blank.
  @inline(__always)
  private static func isSpecial(_ byte: UInt8) -> Bool {
    if byte &- 0x61 < 26 { return false }
    if byte < 0x20 || byte == 0x7F { return true }
    switch byte {
    case 0x20, UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "$"), UInt8(ascii: "~"),
      UInt8(ascii: "`"), UInt8(ascii: "'"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "^"),
      UInt8(ascii: "?"), UInt8(ascii: "!"):
      return true
    default: return false
    }
  }

  private mutating func run(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
    var index = start
    // Where it is worth looking at many bytes at once again.
    var words = start + 1
    while index < end {
      var ordinary = index
      while ordinary < end {
        if ordinary >= words, ordinary > index, !isFormula {
          ordinary = Self.behindWords(base, ordinary, end)
          words = ordinary + ByteWord.width
        }
        let byte = base[ordinary]
        if byte == 0x20 {
          // One blank between two words.
          if ordinary > index, ordinary + 1 < end, base[ordinary - 1] != 0x20, !base[ordinary + 1].isBlank, !isFormula {
            ordinary += 1
            continue
          }
          break
        }
        if Self.isSpecial(byte) { break }
        ordinary += 1
      }
      if ordinary > index {
        plain.append(contentsOf: UnsafeBufferPointer(start: base + index, count: ordinary - index))
        index = ordinary
        continue
      }
      index = step(base, index, end)
    }
  }

  /// Behind letters, digits, common signs and single blanks between them, eight at a time; a byte stands before
  /// `start`, and the last one that is passed over has another behind it.
  @inline(__always)
  private static func behindWords(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var position = start
    guard base[start - 1] > 0x20 else { return start }
    while position + ByteWord.width < end {
      let here = ByteWord(base + position)
      // `(`…`,` and `.`…`;`, and what is beyond ASCII.
      let signs = here.within(UInt8(ascii: "("), 5) | here.within(UInt8(ascii: "."), 14) | here.others
      let single = here.within(0x20, 1) & ~ByteWord(base + position + 1).blanks
      guard ByteWord.areAll(here.letters | signs | single) else { break }
      position += ByteWord.width
    }
    return position
  }

  /// Reads the sign at `index`; returns where to go on.
  private mutating func step(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
    let byte = base[index]
    let next = index + 1 < end ? base[index + 1] : 0
    switch byte {
    case UInt8(ascii: "\\"): return command(base, index, end)
    case UInt8(ascii: "{"):
      depth += 1
      return index + 1
    case UInt8(ascii: "}"):
      closeGroup()
      return index + 1
    case UInt8(ascii: "$"): return dollar(base, index, end)
    case UInt8(ascii: "~"):
      if tieIsBlank { foldedBlank() } else { blank("\u{A0}") }
      return index + 1
    case UInt8(ascii: "`"):
      if next == byte {
        append("“")
        return index + 2
      }
      quoteOpen = true
      append("‘")
      return index + 1
    case UInt8(ascii: "'"):
      if isFormula {
        append("′")
        return index + 1
      }
      if next == byte {
        append("”")
        return index + 2
      }
      if quoteOpen, !next.isWord {
        quoteOpen = false
        append("’")
      } else {
        plain.append(byte)
      }
      return index + 1
    case UInt8(ascii: "-"):
      if next == byte, !isFormula {
        let isLong = index + 2 < end && base[index + 2] == byte
        append(isLong ? "—" : "–")
        return index + (isLong ? 3 : 2)
      }
      plain.append(byte)
      return index + 1
    case UInt8(ascii: "?"), UInt8(ascii: "!"):
      if next == UInt8(ascii: "`") {
        append(byte == UInt8(ascii: "?") ? "¿" : "¡")
        return index + 2
      }
      plain.append(byte)
      return index + 1
    case UInt8(ascii: "_"), UInt8(ascii: "^"):
      if isFormula { return script(base, index + 1, end, isRaised: byte == UInt8(ascii: "^")) }
      plain.append(byte)
      return index + 1
    default:
      if byte.isBlank {
        // A blank beside a bracket means nothing in a formula.
        if !isFormula || !((plain.last ?? 0x20).isAny(of: "([") || next.isAny(of: ")]")) { foldedBlank() }
      } else if byte >= 0x20, byte != 0x7F {
        plain.append(byte)
      }
      return index + 1
    }
  }

  // MARK: - Output

  mutating func append(_ text: String) { plain.append(contentsOf: text.utf8) }

  mutating func append(_ scalar: Unicode.Scalar) {
    UTF8.encode(scalar) { plain.append($0) }
  }

  mutating func foldedBlank() {
    if let last = plain.last, last != 0x20 { plain.append(0x20) }
  }

  /// A blank that is not the ordinary one, unless one stands there.
  mutating func blank(_ text: String) {
    guard let last = plain.last, last != 0x20 else { return }
    append(text)
  }

  private mutating func closeGroup() {
    while let last = endings.last, last.depth >= depth, depth > 0 {
      endings.removeLast()
      end(last.ending)
    }
    depth = max(0, depth - 1)
  }

  mutating func end(_ ending: Ending) {
    switch ending {
    case .markup(let markup): marks.append(Mark(offset: plain.count, markup: markup, opens: false))
    case .text(let text): append(text)
    case .formula(let outer): isFormula = outer
    case .script(let isRaised, let start):
      marks.append(Mark(offset: plain.count, markup: isRaised ? .superscript : .lowered, opens: false))
      if isRaised, isFormula, plain.count > start { formulaFailed = true }
    }
  }

  mutating func open(_ markup: TeXMarkup) {
    marks.append(Mark(offset: plain.count, markup: markup, opens: true))
  }

  // MARK: - Formulas

  private mutating func dollar(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
    let isDisplay = index + 1 < end && base[index + 1] == UInt8(ascii: "$")
    let start = index + (isDisplay ? 2 : 1)
    var close = start
    while close < end, base[close] != UInt8(ascii: "$") { close += base[close] == UInt8(ascii: "\\") ? 2 : 1 }
    guard close < end else {
      plain.append(UInt8(ascii: "$"))
      return index + 1
    }
    var after = close + 1
    if isDisplay, after < end, base[after] == UInt8(ascii: "$") { after += 1 }
    formula(base, start..<close, whole: index..<after)
    return after
  }

  /// Decodes a formula; one that has no plain form stays as written.
  mutating func formula(_ base: UnsafePointer<UInt8>, _ inside: Range<Int>, whole: Range<Int>) {
    let outer = (isFormula, formulaFailed, depth, endings.count, plain.count, marks.count, unknown.count)
    isFormula = true
    formulaFailed = false
    formulaLevel += 1
    defer { formulaLevel -= 1 }
    run(base, inside.lowerBound, inside.upperBound)
    while endings.count > outer.3, let last = endings.popLast() { end(last.ending) }
    if formulaFailed {
      plain.removeSubrange(outer.4...)
      marks.removeSubrange(outer.5...)
      unknown.removeSubrange(outer.6...)
      formulas.append(whole)
      for position in whole {
        if base[position].isBlank { foldedBlank() } else { plain.append(base[position]) }
      }
    }
    (isFormula, formulaFailed) = (outer.0, outer.1)
    depth = outer.2
  }

  /// What is raised or lowered: one character, one command or a group.
  private mutating func script(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isRaised: Bool) -> Int {
    var index = start
    while index < end, base[index].isBlank { index += 1 }
    guard index < end else { return index }
    var inside = index..<index + 1
    var after = index + 1
    if base[index] == UInt8(ascii: "{") {
      var close = index + 1
      while close < end, TeXScripts.form(base[close], raised: isRaised) != nil { close += 1 }
      guard close < end, base[close] == UInt8(ascii: "}"), close > index + 1 else {
        depth += 1
        let opened = isRaised ? TeXMarkup.superscript : .lowered
        open(opened)
        endings.append((depth, .script(isRaised: isRaised, start: plain.count)))
        return index + 1
      }
      inside = index + 1..<close
      after = close + 1
    } else if isRaised, base[index] == UInt8(ascii: "\\") {
      // A prime, a star, a circle.
      for (name, sign) in Self.raisedSigns where matches(base, index + 1, end, name) {
        append(sign)
        return index + 1 + name.utf8CodeUnitCount
      }
      formulaFailed = true
      return index
    } else if TeXScripts.form(base[index], raised: isRaised) == nil {
      formulaFailed = formulaFailed || isFormula
      return index
    }
    for position in inside {
      if let form = TeXScripts.form(base[position], raised: isRaised) { append(form) }
    }
    return after
  }

  private static let raisedSigns: [(StaticString, String)] = [
    ("prime", "′"), ("circ", "°"), ("ast", "*"), ("star", "⋆"), ("dagger", "†"), ("top", "ᵀ"), ("pm", "±"),
  ]

  func matches(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ name: StaticString) -> Bool {
    let length = name.utf8CodeUnitCount
    guard start + length <= end, start + length == end || !base[start + length].isASCIILetter else { return false }
    for offset in 0..<length where base[start + offset] != name.utf8Start[offset] { return false }
    return true
  }
}
