/// Commands: what stands behind a backslash.
extension TeXDecoder {
  mutating func command(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
    var position = index + 1
    guard position < end else {
      plain.append(base[index])
      return position
    }
    guard base[position].isASCIILetter else { return sign(base, index, end) }
    while position < end, base[position].isASCIILetter { position += 1 }
    let name = UnsafeBufferPointer(start: base + index + 1, count: position - index - 1)
    guard let command = commands[name] else {
      if isFormula { formulaFailed = true }
      unknown.append(index..<position)
      plain.append(contentsOf: UnsafeBufferPointer(start: base + index, count: position - index))
      return position
    }
    return apply(command, name, base, position, end)
  }

  private mutating func apply(
    _ command: TeXCommand, _ name: UnsafeBufferPointer<UInt8>, _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Int {
    var position = start
    while position < end, base[position].isBlank { position += 1 }
    let hasGroup = position < end && base[position] == UInt8(ascii: "{")
    switch command {
    case .symbol(let text):
      append(text)
      // An empty group, or a blank, only ends the name.
      if hasGroup, position + 1 < end, base[position + 1] == UInt8(ascii: "}") { return position + 2 }
      return name.isExactly("ldots") || name.isExactly("dots") ? start : position
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
      if name.isExactly("mathbb") { return doubleStruck(base, position, end) }
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
      if name.isExactly("right"), plain.last == 0x20 { plain.removeLast() }
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
        if let form = TeXScripts.form(base[index], raised: isRaised) { append(form) }
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
  mutating func sign(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
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
}
