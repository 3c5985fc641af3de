/// Decodes a value that is TeX throughout, as in BibTeX, into plain text and, where it has markup, a rich form.
///
/// What the tables know is decoded, unknown commands stay as written, braces go, white space is folded. The buffers
/// are kept from one value to the next.
struct TeXDecoder {
  /// Where markup begins or ends in the plain text.
  private struct Mark {
    var offset: Int
    var markup: TeXMarkup
    var opens: Bool
  }

  /// What ends with a group.
  private enum Ending {
    case markup(TeXMarkup)
    case text(String)
    case formula(Bool)
    case script(isRaised: Bool, start: Int)
  }

  private(set) var plain: [UInt8] = []
  /// Commands that no table knows, as ranges of the input.
  private(set) var unknown: [Range<Int>] = []
  /// Formulas that stay as written, as ranges of the input.
  private(set) var formulas: [Range<Int>] = []
  private var marks: [Mark] = []
  private var endings: [(depth: Int, ending: Ending)] = []
  private var accents: [Unicode.Scalar] = []
  private var depth = 0
  private var isFormula = false
  private var formulaFailed = false
  /// Formulas around the place, text in them aside.
  private var formulaLevel = 0
  private var quoteOpen = false
  /// Closing signs of formulas that were looked for and do not come.
  private var unclosed: [UInt8] = []
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
    while index < end {
      var ordinary = index
      while ordinary < end {
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

  private mutating func append(_ text: String) { plain.append(contentsOf: text.utf8) }

  private mutating func foldedBlank() {
    if let last = plain.last, last != 0x20 { plain.append(0x20) }
  }

  /// A blank that is not the ordinary one, unless one stands there.
  private mutating func blank(_ text: String) {
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

  private mutating func end(_ ending: Ending) {
    switch ending {
    case .markup(let markup): marks.append(Mark(offset: plain.count, markup: markup, opens: false))
    case .text(let text): append(text)
    case .formula(let outer): isFormula = outer
    case .script(let isRaised, let start):
      marks.append(Mark(offset: plain.count, markup: isRaised ? .superscript : .lowered, opens: false))
      if isRaised, isFormula, plain.count > start { formulaFailed = true }
    }
  }

  private mutating func open(_ markup: TeXMarkup) {
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
  private mutating func formula(_ base: UnsafePointer<UInt8>, _ inside: Range<Int>, whole: Range<Int>) {
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
      if let form = TeXScripts.form(base[position], raised: isRaised) { append(String(Character(form))) }
    }
    return after
  }

  private static let raisedSigns: [(StaticString, String)] = [
    ("prime", "′"), ("circ", "°"), ("ast", "*"), ("star", "⋆"), ("dagger", "†"), ("top", "ᵀ"), ("pm", "±"),
  ]

  private func matches(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ name: StaticString) -> Bool {
    let length = name.utf8CodeUnitCount
    guard start + length <= end, start + length == end || !base[start + length].isASCIILetter else { return false }
    for offset in 0..<length where base[start + offset] != name.utf8Start[offset] { return false }
    return true
  }

  // MARK: - Commands

  private mutating func command(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
    var position = index + 1
    guard position < end else {
      plain.append(base[index])
      return position
    }
    guard base[position].isASCIILetter else { return sign(base, index, end) }
    while position < end, base[position].isASCIILetter { position += 1 }
    let name = String(
      decoding: UnsafeBufferPointer(start: base + index + 1, count: position - index - 1), as: UTF8.self)
    guard let command = TeXCommand.named[name] else {
      if name.utf8.count > 4, name.hasPrefix("math"), isFormula {
        formulaFailed = true
      } else if isFormula {
        formulaFailed = true
      }
      unknown.append(index..<position)
      plain.append(contentsOf: UnsafeBufferPointer(start: base + index, count: position - index))
      return position
    }
    return apply(command, name, base, position, end)
  }

  private mutating func apply(
    _ command: TeXCommand, _ name: String, _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Int {
    var position = start
    while position < end, base[position].isBlank { position += 1 }
    let hasGroup = position < end && base[position] == UInt8(ascii: "{")
    switch command {
    case .symbol(let text):
      append(text)
      // An empty group, or a blank, only ends the name.
      if hasGroup, position + 1 < end, base[position + 1] == UInt8(ascii: "}") { return position + 2 }
      return name == "ldots" || name == "dots" ? start : position
    case .accent(let mark): return accent(mark, base, position, end)
    case .accents(let inner, let outer): return accent(inner, outer: outer, base, position, end)
    case .face(let markup):
      guard hasGroup else { return position }
      open(markup)
      depth += 1
      endings.append((depth, .markup(markup)))
      return position + 1
    case .change(let markup):
      if let markup {
        open(markup)
        endings.append((depth, .markup(markup)))
      }
      return position
    case .transparent:
      if name == "mathbb" { return doubleStruck(base, position, end) }
      return position
    case .dropped(let arguments):
      for _ in 0..<arguments { position = behindArgument(base, position, end) }
      return position
    case .firstDropped: return behindArgument(base, position, end)
    case .between(let opening, let closing):
      guard hasGroup else { return position }
      append(opening)
      depth += 1
      endings.append((depth, .text(closing)))
      return position + 1
    case .address:
      guard hasGroup else { return position }
      let close = behindArgument(base, position, end)
      plain.append(contentsOf: UnsafeBufferPointer(start: base + position + 1, count: max(0, close - position - 2)))
      return close
    case .raised, .lowered:
      return textScript(base, position, end, isRaised: { if case .raised = command { true } else { false } }())
    case .formula:
      // Inside a formula it adds nothing.
      guard hasGroup, formulaLevel == 0 else { return position }
      let close = behindArgument(base, position, end)
      formula(base, position + 1..<max(position + 1, close - 1), whole: position..<close)
      return close
    case .words:
      guard hasGroup, isFormula else { return position }
      depth += 1
      endings.append((depth, .formula(isFormula)))
      isFormula = false
      return position + 1
    case .delimiter:
      if name == "right", plain.last == 0x20 { plain.removeLast() }
      if position < end, base[position] == UInt8(ascii: ".") { return position + 1 }
      return position
    case .blank:
      foldedBlank()
      return hasGroup && position + 1 < end && base[position + 1] == UInt8(ascii: "}") ? position + 2 : position
    case .measuredBlank:
      foldedBlank()
      return behindArgument(base, position, end)
    case .nothing: return position
    }
  }

  /// A raised or lowered argument: as characters where all have such a form, else with markup.
  private mutating func textScript(
    _ base: UnsafePointer<UInt8>, _ position: Int, _ end: Int, isRaised: Bool
  ) -> Int {
    guard position < end, base[position] == UInt8(ascii: "{") else { return position }
    var close = position + 1
    while close < end, TeXScripts.form(base[close], raised: isRaised) != nil { close += 1 }
    if close < end, base[close] == UInt8(ascii: "}") {
      for index in position + 1..<close {
        if let form = TeXScripts.form(base[index], raised: isRaised) { append(String(Character(form))) }
      }
      return close + 1
    }
    let markup = isRaised ? TeXMarkup.superscript : .lowered
    open(markup)
    depth += 1
    endings.append((depth, .markup(markup)))
    return position + 1
  }

  private mutating func doubleStruck(_ base: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> Int {
    let isGroup = position < end && base[position] == UInt8(ascii: "{")
    let letter = position + (isGroup ? 1 : 0)
    guard letter < end, let sign = TeXCommand.doubleStruck[base[letter]],
      !isGroup || letter + 1 < end && base[letter + 1] == UInt8(ascii: "}")
    else { return position }
    append(sign)
    return letter + (isGroup ? 2 : 1)
  }

  /// Behind the next argument: a group, a command or a single character.
  private func behindArgument(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var position = start
    while position < end, base[position].isBlank { position += 1 }
    guard position < end else { return end }
    if base[position] == UInt8(ascii: "\\") {
      position += 1
      if position < end, !base[position].isASCIILetter { return position + 1 }
      while position < end, base[position].isASCIILetter { position += 1 }
      return position
    }
    guard base[position] == UInt8(ascii: "{") else { return position }
    var open = 0
    while position < end {
      if base[position] == UInt8(ascii: "{") { open += 1 }
      if base[position] == UInt8(ascii: "}") {
        open -= 1
        if open == 0 { return position + 1 }
      }
      position += 1
    }
    return end
  }

  /// A backslash and a sign: an accent, an escape, a blank.
  private mutating func sign(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
    let byte = base[index + 1]
    let next = index + 2
    switch byte {
    case UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "^"), UInt8(ascii: "\""), UInt8(ascii: "~"),
      UInt8(ascii: "="), UInt8(ascii: "."):
      guard !isFormula, let mark = LaTeXTables.mark(byte) else { return next }
      var position = next
      while position < end, base[position] == 0x20 { position += 1 }
      return accent(mark, base, position, end)
    case UInt8(ascii: "\\"):
      foldedBlank()
      return next < end && base[next] == UInt8(ascii: "*") ? next + 1 : next
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: ">"), 0x20, 0x0A, 0x0D, 0x09:
      if isFormula, byte != 0x20 { return next }
      foldedBlank()
      return next
    case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "!"), UInt8(ascii: "@"): return next
    case UInt8(ascii: "("), UInt8(ascii: "["):
      let sign = byte == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "]")
      var close = next
      // What is not closed once is not closed later.
      guard !isFormula, !unclosed.contains(sign) else {
        plain.append(byte)
        return next
      }
      while close + 1 < end, !(base[close] == UInt8(ascii: "\\") && base[close + 1] == sign) { close += 1 }
      guard close + 1 < end else {
        unclosed.append(sign)
        plain.append(byte)
        return next
      }
      formula(base, next..<close, whole: index..<close + 2)
      return close + 2
    case UInt8(ascii: "|"):
      append(isFormula ? "‖" : "|")
      return next
    default:
      // An escaped sign; a character beyond ASCII follows whole.
      if byte.isASCIIDigit { plain.append(base[index]) }
      plain.append(byte)
      return next
    }
  }

  // MARK: - Accents

  /// Puts a mark on the letter at `start`, which may stand in groups, be a command, or have marks of its own.
  private mutating func accent(
    _ mark: Unicode.Scalar, outer: Unicode.Scalar? = nil, _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Int {
    accents.removeAll(keepingCapacity: true)
    if let outer { accents.append(outer) }
    accents.append(mark)
    var position = start
    var groups = 0
    while position < end {
      let byte = base[position]
      if byte == UInt8(ascii: "{") {
        groups += 1
        position += 1
      } else if byte == UInt8(ascii: "}") {
        // Nothing to stand on: the accent is a sign of its own.
        spacing(mark)
        guard groups > 0 else { return position }
        depth += groups - 1
        return position + 1
      } else if byte == UInt8(ascii: "\\"), position + 1 < end {
        let sign = base[position + 1]
        if !sign.isASCIILetter {
          guard let another = LaTeXTables.mark(sign), accents.count < 8 else { break }
          accents.append(another)
          position += 2
          continue
        }
        var nameEnd = position + 1
        while nameEnd < end, base[nameEnd].isASCIILetter { nameEnd += 1 }
        let name = String(
          decoding: UnsafeBufferPointer(start: base + position + 1, count: nameEnd - position - 1), as: UTF8.self)
        switch TeXCommand.named[name] {
        case .accent(let another) where accents.count < 8:
          accents.append(another)
          position = nameEnd
          while position < end, base[position] == 0x20 { position += 1 }
        case .symbol(let text):
          var after = nameEnd
          if after < end, base[after] == 0x20, groups == 0 || after + 1 < end && base[after + 1] != UInt8(ascii: "}") {
            after += 1
          }
          emit(text == "ı" ? "i" : text == "ȷ" ? "j" : text)
          depth += groups
          return after
        case .transparent, .face, .change, .words:
          position = nameEnd
          while position < end, base[position] == 0x20 { position += 1 }
        default:
          depth += groups
          return position
        }
      } else if byte == 0x20, groups > 0 {
        position += 1
      } else {
        let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        let after = min(end, position + length)
        depth += groups
        if byte < 0x80, accents.count == 1, let composed = Self.composed(byte, mark) {
          append(String(Character(composed)))
        } else {
          emit(String(decoding: UnsafeBufferPointer(start: base + position, count: after - position), as: UTF8.self))
        }
        return after
      }
    }
    spacing(mark)
    depth += groups
    return position
  }

  /// A letter with the pending marks, innermost first.
  private mutating func emit(_ letter: String) {
    var text = letter
    while let mark = accents.popLast() {
      if text.unicodeScalars.count == 1, let base = text.first {
        text = LaTeXTables.accented(base, mark)
      } else {
        text.unicodeScalars.append(mark)
      }
    }
    append(text)
  }

  private mutating func spacing(_ mark: Unicode.Scalar) {
    switch mark {
    case "\u{303}": plain.append(UInt8(ascii: "~"))
    case "\u{302}": plain.append(UInt8(ascii: "^"))
    case "\u{300}": plain.append(UInt8(ascii: "`"))
    case "\u{301}": append("´")
    case "\u{308}": append("¨")
    case "\u{327}": append("¸")
    case "\u{30C}": append("ˇ")
    case "\u{304}", "\u{305}": append("¯")
    default:
      append(" ")
      plain.append(contentsOf: String(Character(mark)).utf8)
    }
  }

  /// An ASCII letter with a mark as one character.
  private static func composed(_ letter: UInt8, _ mark: Unicode.Scalar) -> Unicode.Scalar? {
    let offset = Int(mark.value) - 0x300
    guard offset >= 0, offset < 0x32 else { return nil }
    let value = compositions[offset << 7 | Int(letter)]
    return value == 0 ? nil : Unicode.Scalar(value)
  }

  private static let compositions: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 0x32 << 7)
    for offset in 0..<0x32 {
      guard let mark = Unicode.Scalar(UInt32(0x300 + offset)) else { continue }
      for letter in UInt8(ascii: "A")...UInt8(ascii: "z") {
        let text = LaTeXTables.accented(Character(Unicode.Scalar(letter)), mark)
        if text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first {
          table[offset << 7 | Int(letter)] = scalar.value
        }
      }
    }
    return table
  }()
}
