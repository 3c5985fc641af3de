import JSON

extension BodyReader {
  // MARK: - Plain scalars

  /// Reports a character that begins no plain scalar; true when one may begin here.
  mutating func refusePlainStart(inFlow: Bool) -> Bool {
    let next = byte(at: at + 1)
    switch byte {
    case Byte.dash, Byte.question, Byte.colon:
      // In flow style some readers take `?` and `:` for indicators even before a letter.
      if !isBlankOrEnd(at + 1), !inFlow || (byte == Byte.dash && !next.isFlowIndicator) { return true }
      fault(.syntax, "\(quoted(text[at..<at + 1])) begins no value here", at..<at + 1, hint: "put the value in quotes")
    case Byte.backtick:
      fault(
        .syntax, "'`' begins no value", at..<at + 1, hint: isFence ? Self.fenceHint : "put the value in quotes")
    case UInt8(ascii: "@"), UInt8(ascii: "%"), Byte.hash, Byte.comma, Byte.openBracket, Byte.closeBracket,
      Byte.openBrace, Byte.closeBrace, UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), Byte.bar, Byte.greater,
      Byte.quote, Byte.apostrophe:
      fault(.syntax, "\(quoted(text[at..<at + 1])) begins no value here", at..<at + 1, hint: "put the value in quotes")
    default: return true
    }
    return false
  }

  /// Goes to the end of a plain scalar on this line and returns the end of its text.
  private mutating func scanPlain(inFlow: Bool) -> Int {
    var end = at
    while !byte.isLineEnd {
      if byte == Byte.colon {
        let next = byte(at: at + 1)
        if isBlankOrEnd(at + 1) || inFlow && next.isFlowIndicator { break }
      } else if byte == Byte.hash, at > lineStart, text[at - 1].isBlank {
        break
      } else if inFlow, byte.isFlowIndicator {
        break
      }
      at += 1
      if !text[at - 1].isBlank { end = at }
    }
    return end
  }

  /// A plain key, up to the end of its text. Only strings are keys: what may be read as another type is refused,
  /// but for `y` and `n`, the names of many a parameter, which no reader in use takes for a truth value.
  mutating func plainKey(inFlow: Bool) -> String {
    let start = at
    let end = scanPlain(inFlow: inFlow)
    at = end
    let key = string(start..<end)
    if slice(start..<end).equals("<<") {
      fault(.unsupportedYAML, "merge keys are not read", start..<end)
      return key
    }
    if end - start == 1, "yYnN".utf8.contains(text[start]) { return key }
    if case .string = PlainScalar(slice(start..<end)) { return key }
    fault(.ambiguousScalar, "the key \(key) is not read as a text everywhere", start..<end, hint: "write it in quotes")
    return key
  }

  /// A plain scalar; its further lines are indented more than `parent`.
  mutating func plainScalar(parent: Int, inFlow: Bool) -> SourceValue {
    let start = at
    var end = scanPlain(inFlow: inFlow)
    var folded: [UInt8] = []
    while byte.isLineEnd, let breaks = continuePlain(parent: parent, inFlow: inFlow) {
      if folded.isEmpty { folded += slice(start..<end) }
      if breaks == 1 { folded.append(Byte.space) } else { folded += repeatElement(Byte.lineFeed, count: breaks - 1) }
      let lineStart = at
      end = scanPlain(inFlow: inFlow)
      folded += slice(lineStart..<end)
    }
    let range = start..<end
    let value = folded.isEmpty ? plainValue(slice(range), range) : plainValue(folded, range)
    return SourceValue(value: value, node: SourceNode(range: range, style: .plain))
  }

  /// Goes to the next line of a plain scalar and returns how many line ends lie between; stays where there is none.
  private mutating func continuePlain(parent: Int, inFlow: Bool) -> Int? {
    let before = (at, lineStart)
    var breaks = 0
    while byte.isLineEnd, at < text.count {
      skipLineEnd()
      breaks += 1
      while byte == Byte.space { at += 1 }
      let column = column
      skipBlanks()
      guard !byte.isLineEnd else { continue }
      let goesOn =
        column > parent && !isComment && !isDocumentMarker && !(byte == Byte.dash && isBlankOrEnd(at + 1))
        && !(inFlow && (byte.isFlowIndicator || byte == Byte.colon || byte == Byte.question)) && !isKeyAhead
      if goesOn { return breaks }
      break
    }
    (at, lineStart) = before
    return nil
  }

  /// What a plain text stands for.
  private mutating func plainValue(_ text: some BidirectionalCollection<UInt8>, _ range: Range<Int>) -> JSON {
    if text.first == Byte.dollar {
      do {
        return try ReferencePath.value(ofPlain: String(decoding: text, as: UTF8.self))
      } catch {
        fault(.syntax, error.message, range, hint: error.hint)
        return .null
      }
    }
    switch PlainScalar(text) {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .string: return .string(String(decoding: text, as: UTF8.self))
    case .number:
      if let number = JSON.number(Array(text)[...]) { return number }
      fault(.ambiguousScalar, "no JSON number holds \(quoted(text))", range, hint: "write it in quotes")
    case .ambiguous:
      fault(
        .ambiguousScalar, "\(quoted(text)) is not read alike by all versions of YAML", range, hint: "write it in quotes"
      )
    }
    return .null
  }

  // MARK: - Quoted scalars

  /// A scalar between quotation marks; its further lines are indented more than `parent`. `nil` when it is not closed.
  mutating func quotedScalar(parent: Int) -> SourceValue? {
    let start = at
    let mark = byte
    let firstLine = (lineEnd, lineStart)
    var out: [UInt8] = []
    // Blanks before this were escaped, so folding leaves them.
    var kept = 0
    at += 1
    while true {
      let byte = byte
      if byte.isLineEnd {
        while out.count > kept, let last = out.last, last.isBlank { out.removeLast() }
        guard let breaks = continueQuoted(parent: parent) else {
          fault(.syntax, "the quotation mark is not closed", start..<start + 1)
          (at, lineStart) = firstLine
          return nil
        }
        if breaks == 1 { out.append(Byte.space) } else { out += repeatElement(Byte.lineFeed, count: breaks - 1) }
        kept = out.count
      } else if byte == mark {
        at += 1
        guard mark == Byte.apostrophe, self.byte == mark else { break }
        out.append(mark)
        at += 1
      } else if byte == Byte.backslash, mark == Byte.quote {
        readEscape(&out)
        kept = out.count
      } else {
        out.append(byte)
        at += 1
      }
    }
    return SourceValue(
      value: .string(String(decoding: out, as: UTF8.self)), node: SourceNode(range: start..<at, style: .quoted))
  }

  private mutating func continueQuoted(parent: Int) -> Int? {
    var breaks = 0
    while at < text.count {
      skipLineEnd()
      breaks += 1
      while byte == Byte.space { at += 1 }
      let column = column
      skipBlanks()
      if !byte.isLineEnd { return column > parent && !isDocumentMarker ? breaks : nil }
    }
    return nil
  }

  /// The escapes of JSON, no others.
  private mutating func readEscape(_ out: inout [UInt8]) {
    let start = at
    at += 2
    switch byte(at: start + 1) {
    case Byte.quote: out.append(Byte.quote)
    case Byte.backslash: out.append(Byte.backslash)
    case Byte.slash: out.append(Byte.slash)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(Byte.lineFeed)
    case UInt8(ascii: "r"): out.append(Byte.carriageReturn)
    case UInt8(ascii: "t"): out.append(Byte.tab)
    case UInt8(ascii: "u"):
      if let scalar = unicodeEscape(start) { out += Array(String(Character(scalar)).utf8) }
    default:
      let isLineEnd = byte(at: start + 1).isLineEnd
      at = start + 1
      fault(
        .syntax, isLineEnd ? "a line end is not escaped" : "unknown escape \(quoted(text[start..<start + 2]))",
        start..<start + (isLineEnd ? 1 : 2), hint: #"the escapes are \" \\ \/ \b \f \n \r \t \uXXXX"#)
    }
  }

  private mutating func unicodeEscape(_ start: Int) -> Unicode.Scalar? {
    func unit(_ offset: Int) -> UInt32? {
      guard offset + 4 <= text.count else { return nil }
      var value: UInt32 = 0
      for byte in text[offset..<offset + 4] {
        guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
        value = value << 4 | UInt32(digit)
      }
      return value
    }
    guard let first = unit(at) else {
      fault(.syntax, #"\u needs four hexadecimal digits"#, start..<at)
      return nil
    }
    at += 4
    if first == 0 {
      fault(.unsupportedYAML, "a body holds no NUL", start..<at)
      return nil
    }
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, byte == Byte.backslash, byte(at: at + 1) == UInt8(ascii: "u"), let second = unit(at + 2),
      (0xDC00...0xDFFF).contains(second)
    {
      at += 6
      return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }
    fault(.syntax, "half a surrogate pair", start..<at)
    return nil
  }

  // MARK: - Block scalars

  /// A `|` or `>` scalar at the cursor.
  mutating func blockScalar(parent: Int) -> SourceValue {
    let start = at
    let isFolded = byte == Byte.greater
    at += 1
    var chomping: UInt8?
    if byte == Byte.dash || byte == UInt8(ascii: "+") {
      chomping = byte
      at += 1
    }
    let header = at
    skipBlanks()
    if isComment { skipComment() }
    guard byte.isLineEnd else {
      let isIndicator = byte.isDigit && at == header
      fault(
        isIndicator ? .unsupportedYAML : .syntax,
        isIndicator ? "an indentation indicator is not read" : "the text begins on the next line", at..<lineEnd,
        hint: isIndicator ? "indent the text evenly, or write it in quotes" : nil)
      skipEntry(parent)
      return .missing(at: start)
    }
    var end = header
    skipLineEnd()
    guard let indent = blockScalarIndent(parent: parent) else {
      skipEntry(parent)
      return .missing(at: start)
    }

    var out: [UInt8] = []
    var (breaks, hasLine, wasIndented) = (0, false, false)
    while at < text.count {
      while byte == Byte.space, column < indent { at += 1 }
      if byte.isLineEnd {
        breaks += 1
        if chomping == UInt8(ascii: "+") { end = at }
        skipLineEnd()
        continue
      }
      guard column == indent else {
        at = lineStart
        break
      }
      let isIndented = byte.isBlank
      if isFolded, hasLine, !wasIndented, !isIndented {
        if breaks == 0 { out.append(Byte.space) }
      } else if hasLine {
        out.append(Byte.lineFeed)
      }
      out += repeatElement(Byte.lineFeed, count: breaks)
      breaks = 0
      end = lineEnd
      out += slice(at..<end)
      at = end
      skipLineEnd()
      (hasLine, wasIndented) = (true, isIndented)
    }
    if hasLine, chomping != Byte.dash { out.append(Byte.lineFeed) }
    if chomping == UInt8(ascii: "+") { out += repeatElement(Byte.lineFeed, count: breaks) }
    return SourceValue(
      value: .string(String(decoding: out, as: UTF8.self)), node: SourceNode(range: start..<end, style: .literal))
  }

  /// The column of a block scalar's text, told by its first line that is not blank. `nil` after a fault.
  private mutating func blockScalarIndent(parent: Int) -> Int? {
    var (index, blankColumns) = (at, 0)
    while index < text.count {
      let start = index
      while byte(at: index) == Byte.space { index += 1 }
      let columns = index - start
      if byte(at: index).isLineEnd {
        blankColumns = max(blankColumns, columns)
        index += byte(at: index) == Byte.carriageReturn ? 2 : 1
        continue
      }
      guard columns > max(parent, 0) else { break }
      if text[index] == Byte.tab {
        fault(.syntax, "a tab in the indentation", index..<index + 1, hint: "indent with spaces")
        return nil
      }
      if blankColumns > columns {
        fault(
          .syntax, "a blank line above is indented deeper than the text", index..<index + 1,
          hint: "remove the blanks from that line")
        return nil
      }
      return columns
    }
    return max(parent + 1, blankColumns, 1)
  }
}
