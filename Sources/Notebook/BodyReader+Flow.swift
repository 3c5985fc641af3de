import JSON

extension BodyReader {
  /// A value inside `[ ]` or `{ }`, or such a collection itself. `nil` after a fault that broke its structure.
  mutating func flowNode(parent: Int) -> SourceValue? {
    refuseProperties()
    switch byte {
    case Byte.openBrace: return flowMapping(parent: parent)
    case Byte.openBracket: return flowSequence(parent: parent)
    case Byte.quote, Byte.apostrophe: return quotedScalar(parent: parent)
    case let byte where byte.isLineEnd || byte.isFlowIndicator: return .missing(at: at)
    default:
      guard refusePlainStart(inFlow: true) else { return nil }
      return plainScalar(parent: parent, inFlow: true)
    }
  }

  private mutating func flowSequence(parent: Int) -> SourceValue? {
    let open = at
    at += 1
    guard enter(open) else { return nil }
    defer { leave() }
    var elements: [JSON] = []
    var nodes: [SourceNode] = []
    while skipFlowBlanks(parent, open) {
      if byte == Byte.closeBracket {
        at += 1
        return SourceValue(
          value: .array(elements), node: SourceNode(range: open..<at, style: .flow, shape: .sequence(nodes)))
      }
      if byte == Byte.comma {
        fault(.syntax, "a value is missing before ','", at..<at + 1)
        return nil
      }
      guard let element = flowNode(parent: parent), skipFlowBlanks(parent, open) else { return nil }
      elements.append(element.value)
      nodes.append(element.node)
      if byte == Byte.colon {
        fault(
          .unsupportedYAML, "'key: value' in a list is not read", at..<at + 1,
          hint: "put it in braces, or the text in quotes")
        return nil
      }
      guard endFlowEntry(Byte.closeBracket) else { return nil }
    }
    return nil
  }

  private mutating func flowMapping(parent: Int) -> SourceValue? {
    let open = at
    at += 1
    guard enter(open) else { return nil }
    defer { leave() }
    var builder = MappingBuilder()
    while skipFlowBlanks(parent, open) {
      if byte == Byte.closeBrace {
        at += 1
        return builder.value(open..<at, .flow)
      }
      guard let key = flowKey(parent: parent, open) else { return nil }
      let colon = at
      at += 1
      guard skipFlowBlanks(parent, open) else { return nil }
      let value: SourceValue
      if byte == Byte.comma || byte == Byte.closeBrace {
        refuseEmpty(colon..<colon + 1, "the key \(quoted(key.text)) has no value")
        value = .missing(at: colon + 1)
      } else {
        guard let read = flowNode(parent: parent), skipFlowBlanks(parent, open) else { return nil }
        value = read
      }
      if !builder.add(key.text, key.range, value) { refuseDuplicate(key.text, key.range) }
      guard endFlowEntry(Byte.closeBrace) else { return nil }
    }
    return nil
  }

  /// Reads a key and goes to its `:`.
  private mutating func flowKey(parent: Int, _ open: Int) -> (text: String, range: Range<Int>)? {
    refuseProperties()
    let start = at
    let key: String
    let range: Range<Int>
    if byte == Byte.quote || byte == Byte.apostrophe {
      guard let scalar = quotedScalar(parent: parent) else { return nil }
      key = scalar.value.string ?? ""
      range = start..<at
      guard skipFlowBlanks(parent, open) else { return nil }
    } else {
      if byte == Byte.question, isBlankOrEnd(at + 1) {
        fault(.unsupportedYAML, "complex keys ('? ') are not read", at..<at + 1)
        return nil
      }
      if byte == Byte.openBrace || byte == Byte.openBracket {
        fault(.unsupportedYAML, "a key is a text, no list or mapping", at..<at + 1)
        return nil
      }
      guard refusePlainStart(inFlow: true) else { return nil }
      key = plainKey(inFlow: true)
      range = start..<at
      skipBlanks()
    }
    if range.count > Self.maximumKeyLength { fault(.syntax, "a key has at most 1024 bytes", range) }
    if byte == Byte.colon { return (key, range) }
    if byte == Byte.comma || byte == Byte.closeBrace {
      refuseEmpty(range, "the key \(quoted(key)) has no value")
    } else {
      fault(.syntax, "expected ':' behind the key \(quoted(key))", at..<at + (byte.isLineEnd ? 0 : 1))
    }
    return nil
  }

  /// Behind an entry: goes over a comma, stays at the closing bracket.
  private mutating func endFlowEntry(_ close: UInt8) -> Bool {
    if byte == Byte.comma {
      at += 1
      return true
    }
    if byte == close { return true }
    fault(
      .syntax, "expected ',' or '\(Character(Unicode.Scalar(close)))', found \(quoted(text[at..<lineEnd]))",
      at..<at + 1, hint: "a text with ',', ':', brackets or braces belongs in quotes")
    return false
  }

  /// Goes to the next token inside a flow collection. At the body's end, or at a line that is not indented deeper than
  /// the key that holds the collection, its bracket is reported as not closed.
  private mutating func skipFlowBlanks(_ parent: Int, _ open: Int) -> Bool {
    while !isStopped {
      let isLineStart = at == lineStart
      skipBlanks()
      if isComment { skipComment() }
      if byte.isLineEnd, at < text.count {
        skipLineEnd()
        continue
      }
      let isCloser = byte == Byte.closeBrace || byte == Byte.closeBracket
      if at < text.count, !isLineStart || isCloser || column > parent, !isDocumentMarker { return true }
      fault(.syntax, "\(quoted(text[open..<open + 1])) is not closed", open..<open + 1)
      flowEndsHere = true
      return false
    }
    return false
  }
}
