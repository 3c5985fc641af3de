import JSON

extension BodyReader {
  /// A value that begins at the cursor. `parent` is the column of the mapping or list that holds it (-1 for the body);
  /// `inline` says that a key stands before it on the line.
  mutating func blockNode(parent: Int, inline: Bool) -> SourceValue {
    let start = at
    switch byte {
    case Byte.dash where isBlankOrEnd(at + 1):
      guard inline else { return blockSequence(parent: parent) }
      fault(.syntax, "a list begins on a line of its own", at..<at + 1)
      skipEntry(parent)
    case Byte.question where isBlankOrEnd(at + 1):
      fault(.unsupportedYAML, "complex keys ('? ') are not read", at..<at + 1)
      skipEntry(parent)
    case UInt8(ascii: "&"), UInt8(ascii: "!"): return blockProperty(parent: parent, inline: inline)
    case UInt8(ascii: "*"):
      refuseProperties()
      finishLine()
    case Byte.bar, Byte.greater: return blockScalar(parent: parent)
    case Byte.openBrace, Byte.openBracket: return blockFlow(parent: parent)
    case Byte.quote, Byte.apostrophe:
      if !inline, isKeyAhead { return blockMapping() }
      guard let scalar = quotedScalar(parent: parent) else { break }
      finishLine()
      return scalar
    default:
      guard refusePlainStart(inFlow: false) else {
        skipEntry(parent)
        break
      }
      if !inline, isKeyAhead { return blockMapping() }
      let scalar = plainScalar(parent: parent, inFlow: false)
      finishLine()
      return scalar
    }
    return .missing(at: start)
  }

  private mutating func blockFlow(parent: Int) -> SourceValue {
    let start = at
    let value = flowNode(parent: parent)
    if let value {
      skipBlanks()
      guard byte == Byte.colon, isBlankOrEnd(at + 1) else {
        finishLine()
        return value
      }
      fault(.unsupportedYAML, "a key is a text, no list or mapping", start..<at)
    }
    if flowEndsHere { flowEndsHere = false } else { skipEntry(parent) }
    return .missing(at: start)
  }

  // MARK: - Anchors, tags, aliases

  /// Reports anchors, tags and an alias, and goes behind them.
  mutating func refuseProperties() {
    while true {
      let start = at
      let what: String
      switch byte {
      case UInt8(ascii: "&"): what = "anchors"
      case UInt8(ascii: "!"): what = "tags"
      case UInt8(ascii: "*"): what = "aliases"
      default: return
      }
      while !isBlankOrEnd(at), !byte.isFlowIndicator { at += 1 }
      fault(
        .unsupportedYAML, "\(what) are not read: \(quoted(text[start..<at]))", start..<at,
        hint: "in quotes it is a text")
      skipBlanks()
    }
  }

  private mutating func blockProperty(parent: Int, inline: Bool) -> SourceValue {
    let start = at
    refuseProperties()
    if isComment { skipComment() }
    if !byte.isLineEnd { return blockNode(parent: parent, inline: inline) }
    guard nextToken(), column > parent else { return .missing(at: start) }
    return blockNode(parent: parent, inline: false)
  }

  // MARK: - Mappings

  /// True when the line holds the `:` of a key that begins at the cursor.
  var isKeyAhead: Bool {
    var index = at
    if byte == Byte.quote || byte == Byte.apostrophe {
      let mark = byte
      index += 1
      while byte(at: index) != mark {
        if byte(at: index).isLineEnd { return false }
        if mark == Byte.quote, byte(at: index) == Byte.backslash, !byte(at: index + 1).isLineEnd { index += 1 }
        index += 1
        if mark == Byte.apostrophe, byte(at: index) == mark, byte(at: index + 1) == mark { index += 2 }
      }
      index += 1
      while byte(at: index).isBlank { index += 1 }
      return byte(at: index) == Byte.colon && isBlankOrEnd(index + 1)
    }
    while !byte(at: index).isLineEnd {
      if byte(at: index) == Byte.colon, isBlankOrEnd(index + 1) { return true }
      if byte(at: index) == Byte.hash, index > at, text[index - 1].isBlank { return false }
      index += 1
    }
    return false
  }

  private mutating func blockMapping() -> SourceValue {
    let start = at
    let column = column
    var builder = MappingBuilder()
    var end = start
    guard enter(start) else { return .missing(at: start) }
    defer { leave() }
    repeat {
      guard let key = blockKey() else {
        skipEntry(column)
        continue
      }
      let value = blockValue(of: key.range, column: column)
      end = max(end, value.node.range.upperBound, key.range.upperBound)
      if !builder.add(key.text, key.range, value) { refuseDuplicate(key.text, key.range) }
    } while nextKey(column)
    return builder.value(start..<end, .block)
  }

  mutating func refuseDuplicate(_ key: String, _ range: Range<Int>) {
    fault(.duplicateKey, "the key \(quoted(key)) stands here twice", range)
  }

  /// Goes to the next key of the mapping at a column; false when the mapping ends.
  private mutating func nextKey(_ column: Int) -> Bool {
    while nextToken(), self.column >= column {
      if self.column > column {
        fault(.syntax, "unexpected indentation", at..<lineEnd, hint: Self.indentationHint)
      } else if byte == Byte.dash, isBlankOrEnd(at + 1) {
        fault(.syntax, "a list item where a key was expected", at..<lineEnd)
      } else if isKeyAhead || byte == Byte.question && isBlankOrEnd(at + 1) {
        return true
      } else {
        fault(
          .syntax, "expected 'key: value', found \(quoted(text[at..<lineEnd]))", at..<lineEnd,
          hint: isFence ? Self.fenceHint : nil)
      }
      skipEntry(column)
    }
    return false
  }

  /// Reads a key and goes to its `:`.
  private mutating func blockKey() -> (text: String, range: Range<Int>)? {
    if byte == Byte.question, isBlankOrEnd(at + 1) {
      fault(.unsupportedYAML, "complex keys ('? ') are not read", at..<at + 1)
      return nil
    }
    refuseProperties()
    if byte == Byte.colon, isBlankOrEnd(at + 1) {
      fault(.syntax, "a key is missing before ':'", at..<at + 1)
      return nil
    }
    let start = at
    let key: String
    if byte == Byte.quote || byte == Byte.apostrophe {
      guard let scalar = quotedScalar(parent: column) else { return nil }
      key = scalar.value.string ?? ""
    } else {
      guard refusePlainStart(inFlow: false) else { return nil }
      key = plainKey(inFlow: false)
    }
    let range = start..<at
    skipBlanks()
    guard byte == Byte.colon else {
      fault(.syntax, "expected ':' behind the key", at..<at)
      return nil
    }
    if range.count > Self.maximumKeyLength { fault(.syntax, "a key has at most 1024 bytes", range) }
    return (key, range)
  }

  /// The value behind a key's `:`, at which the cursor stands.
  private mutating func blockValue(of key: Range<Int>, column: Int) -> SourceValue {
    let colon = at
    at += 1
    skipBlanks()
    if isComment { skipComment() }
    guard byte.isLineEnd else { return blockNode(parent: column, inline: true) }
    if nextToken() {
      if self.column > column { return blockNode(parent: column, inline: false) }
      if self.column == column, byte == Byte.dash, isBlankOrEnd(at + 1) { return blockSequence(parent: column) }
    }
    if !isStopped { refuseEmpty(colon..<colon + 1, "the key \(quoted(text[key])) has no value") }
    return .missing(at: colon + 1)
  }

  mutating func refuseEmpty(_ range: Range<Int>, _ message: String) {
    fault(.ambiguousScalar, message, range, hint: #"write null, "", [] or {}"#)
  }

  // MARK: - Lists

  /// A list at the cursor; it may stand at the column of the mapping whose value it is.
  private mutating func blockSequence(parent: Int) -> SourceValue {
    let start = at
    let column = column
    var elements: [JSON] = []
    var nodes: [SourceNode] = []
    guard enter(start) else { return .missing(at: start) }
    defer { leave() }
    repeat {
      let item = blockItem(column)
      elements.append(item.value)
      nodes.append(item.node)
    } while nextItem(column, endsAtKey: column == parent)
    let end = max(start + 1, nodes.last?.range.upperBound ?? start)
    return SourceValue(
      value: .array(elements), node: SourceNode(range: start..<end, style: .block, shape: .sequence(nodes)))
  }

  private mutating func blockItem(_ column: Int) -> SourceValue {
    let dash = at
    at += 1
    while byte == Byte.space { at += 1 }
    let tab = at
    skipBlanks()
    if isComment { skipComment() }
    if byte.isLineEnd {
      if nextToken(), self.column > column { return blockNode(parent: column, inline: false) }
      if !isStopped { refuseEmpty(dash..<dash + 1, "a list item has no value") }
      return .missing(at: dash + 1)
    }
    if text[tab] == Byte.tab {
      fault(.syntax, "a tab in the indentation", tab..<tab + 1, hint: "indent with spaces")
      isStopped = true
      return .missing(at: dash + 1)
    }
    return blockNode(parent: column, inline: false)
  }

  private mutating func nextItem(_ column: Int, endsAtKey: Bool) -> Bool {
    while nextToken(), self.column >= column {
      if self.column > column {
        fault(.syntax, "unexpected indentation", at..<lineEnd, hint: "give the items of one list the same indentation")
      } else if byte == Byte.dash, isBlankOrEnd(at + 1) {
        return true
      } else if endsAtKey {
        return false
      } else {
        fault(.syntax, "expected a list item ('- '), found \(quoted(text[at..<lineEnd]))", at..<lineEnd)
      }
      skipEntry(column)
    }
    return false
  }
}

/// Gathers the members of a mapping; a repeated key is left out.
struct MappingBuilder {
  private var members: [JSON.Object.Member] = []
  private var entries: [SourceNode.Entry] = []
  /// Made when the mapping is large enough that comparing each with each costs more.
  private var known: Set<[UInt8]> = []

  mutating func add(_ key: String, _ range: Range<Int>, _ value: SourceValue) -> Bool {
    if members.count < 16 {
      if members.contains(where: { $0.key.hasSameBytes(as: key) }) { return false }
    } else {
      if known.isEmpty { known = Set(members.map { Array($0.key.utf8) }) }
      guard known.insert(Array(key.utf8)).inserted else { return false }
    }
    members.append(JSON.Object.Member(key, value.value))
    entries.append(SourceNode.Entry(key: range, value: value.node))
    return true
  }

  func value(_ range: Range<Int>, _ style: SourceNode.Style) -> SourceValue {
    SourceValue(
      value: .object(JSON.Object(distinct: members)),
      node: SourceNode(range: range, style: style, shape: .mapping(entries)))
  }
}
