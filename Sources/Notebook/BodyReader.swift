import JSON

/// Reads the YAML subset of a cell's body and reports each fault with its place.
///
/// The subset is the one on which YAML 1.1, YAML 1.2 and JSON readers agree: block and flow collections, comments,
/// the five kinds of scalar; no anchors, tags, merge keys, complex keys, directives or several documents. After a
/// fault the reader goes on with the next entry that is not indented deeper, so that one body shows several.
struct BodyReader {
  /// Collections in one another; more is refused, which also bounds the recursion.
  static let maximumDepth = 64
  /// YAML lets no reader look further for the `:` of a key.
  static let maximumKeyLength = 1024

  let text: UnsafeBufferPointer<UInt8>
  /// The next byte, and the first byte of its line.
  var at = 0
  var lineStart = 0
  var faults: [Fault] = []
  var comments: [Range<Int>] = []
  /// Set by a fault after which no place can be trusted.
  var isStopped = false
  /// Some text was left out after a fault, so a key that is missing may stand there.
  private(set) var hasSkipped = false
  /// Set by a flow collection that ended without its bracket before the next key.
  var flowEndsHere = false
  private var depth = 0

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  /// The body's value, and whether it was read to its end; `nil` when there is none.
  mutating func read() -> SourceValue? {
    guard checkCharacters() else {
      isStopped = true
      return nil
    }
    guard nextToken() else { return nil }
    if column == 0, byte == UInt8(ascii: "%") {
      fault(.unsupportedYAML, "directives have no place in a cell", at..<lineEnd)
      isStopped = true
      return nil
    }
    let value = blockNode(parent: -1, inline: false)
    if nextToken() {
      fault(.syntax, "this line is indented less than the body's first", at..<lineEnd, hint: Self.indentationHint)
    }
    return value
  }

  static let indentationHint = "give the keys of one mapping the same indentation"

  static let fenceHint = "is the fence of this cell not closed?"

  /// True at three backticks or tildes: the next cell, swallowed by one whose fence was forgotten.
  var isFence: Bool {
    (byte == Byte.backtick || byte == Byte.tilde) && byte(at: at + 1) == byte && byte(at: at + 2) == byte
  }

  // MARK: - Bytes

  /// The byte at an offset; a line feed behind the last.
  @inline(__always) func byte(at offset: Int) -> UInt8 { offset < text.count ? text[offset] : Byte.lineFeed }
  @inline(__always) var byte: UInt8 { byte(at: at) }
  @inline(__always) func isBlankOrEnd(_ offset: Int) -> Bool { byte(at: offset).isBlank || byte(at: offset).isLineEnd }
  var column: Int { at - lineStart }
  var isAtEnd: Bool { at >= text.count || isStopped }
  /// The comment sign counts only at a line's start or behind a blank.
  var isComment: Bool { byte == Byte.hash && (at == lineStart || text[at - 1].isBlank) }

  var lineEnd: Int {
    var end = at
    while !byte(at: end).isLineEnd { end += 1 }
    return end
  }

  mutating func fault(_ code: Diagnostic.Code, _ message: String, _ range: Range<Int>, hint: String? = nil) {
    guard faults.count < Diagnostic.limit else { return }
    faults.append(Fault(code, message, hint: hint, range))
  }

  func slice(_ range: Range<Int>) -> Slice<UnsafeBufferPointer<UInt8>> { text[range] }
  func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }

  /// Refuses what YAML does not print and the line ends that only YAML 1.1 knows.
  mutating func checkCharacters() -> Bool {
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 0x20 && byte < 0x7F || byte == Byte.lineFeed || byte == Byte.tab || byte > 0xC2 && byte < 0xE2 {
        index += 1
        continue
      }
      refuseCharacter(&index)
    }
    return faults.isEmpty
  }

  private mutating func refuseCharacter(_ index: inout Int) {
    let start = index
    let (first, second, third) = (text[index], byte(at: index + 1), byte(at: index + 2))
    index += 1
    switch (first, second, third) {
    case (Byte.carriageReturn, Byte.lineFeed, _) where index < text.count: break
    case (0, _, _): fault(.unsupportedYAML, "a body holds no NUL", start..<index)
    case (0..<0x20, _, _), (0x7F, _, _):
      fault(.syntax, "a control character", start..<index, hint: #"in double quotes, write it as \u00xx"#)
    case (0xC2, 0x80..<0xA0, _):
      index += 1
      let isBreak = second == 0x85
      fault(
        isBreak ? .unsupportedYAML : .syntax, isBreak ? "a line end of YAML 1.1" : "a control character", start..<index,
        hint: #"in double quotes, write it as \u00xx"#)
    case (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9):
      index += 2
      fault(
        .unsupportedYAML, "a line end of YAML 1.1", start..<index, hint: #"in double quotes, write \u2028 or \u2029"#)
    case (0xEF, 0xBB, 0xBF), (0xEF, 0xBF, 0xBE), (0xEF, 0xBF, 0xBF):
      index += 2
      fault(
        .unsupportedYAML, "a byte order mark or no character", start..<index, hint: #"in double quotes, write \uxxxx"#)
    default: break
    }
  }

  // MARK: - White space

  mutating func skipBlanks() { while byte.isBlank { at += 1 } }

  mutating func skipLineEnd() {
    guard at < text.count else { return }
    at += byte == Byte.carriageReturn && byte(at: at + 1) == Byte.lineFeed ? 2 : 1
    lineStart = at
  }

  mutating func skipComment() {
    let end = lineEnd
    if comments.last?.lowerBound ?? -1 < at { comments.append(at..<end) }
    at = end
  }

  /// Goes to the next token of a block; false at the body's end.
  mutating func nextToken() -> Bool {
    while !isStopped {
      let indented = at == lineStart
      if indented { while byte == Byte.space { at += 1 } }
      let tab = byte == Byte.tab ? at : nil
      skipBlanks()
      guard at < text.count else { return false }
      if isComment { skipComment() }
      if byte.isLineEnd {
        guard at < text.count else { return false }
        skipLineEnd()
        continue
      }
      if indented, let tab {
        fault(.syntax, "a tab in the indentation", tab..<tab + 1, hint: "indent with spaces")
        isStopped = true
      } else if isDocumentMarker {
        fault(.unsupportedYAML, "a cell holds one document, without markers", at..<at + 3)
        isStopped = true
      } else {
        return true
      }
    }
    return false
  }

  var isDocumentMarker: Bool {
    guard column == 0, byte == Byte.dash || byte == Byte.dot, isBlankOrEnd(at + 3), at + 3 <= text.count else {
      return false
    }
    return text[at + 1] == byte && text[at + 2] == byte
  }

  /// Behind a value on its line there may only be a comment.
  mutating func finishLine() {
    skipBlanks()
    if isComment { skipComment() }
    guard !byte.isLineEnd, !isStopped else { return }
    let end = lineEnd
    if byte == Byte.colon {
      fault(
        .syntax, "a ':' inside a value", at..<at + 1,
        hint: "put the value in quotes, or indent a mapping on the next line")
    } else {
      fault(.syntax, "unexpected text behind the value: \(quoted(text[at..<end]))", at..<end)
    }
    at = end
  }

  /// After a fault: goes to the next token that is not indented deeper than `column`.
  mutating func skipEntry(_ column: Int) {
    hasSkipped = true
    repeat {
      at = lineEnd
      guard nextToken() else { return }
    } while self.column > column || byte == Byte.closeBrace || byte == Byte.closeBracket
  }

  // MARK: - Depth

  mutating func enter(_ start: Int) -> Bool {
    depth += 1
    if depth <= Self.maximumDepth { return true }
    fault(.unsupportedYAML, "nested deeper than \(Self.maximumDepth) levels", start..<start + 1)
    isStopped = true
    return false
  }

  mutating func leave() { depth -= 1 }
}
