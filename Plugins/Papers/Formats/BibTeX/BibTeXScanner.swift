/// Finds entries, fields and pieces of values in the bytes of a BibTeX source, in time linear in their number.
///
/// Braces nest as in BibTeX. What is not closed ends at the next line that begins an entry, so one bad entry costs
/// only itself.
struct BibTeXScanner {
  typealias Extent = BibTeXIndex.Extent

  let base: UnsafePointer<UInt8>
  let count: Int
  var index: Int
  var result = BibTeXIndex()
  /// Bytes that may yet be looked at in vain. When they are used up, a value ends at the first line that could begin
  /// a field or an entry, so that many unclosed values cost no more than one.
  var patience: Int

  private init(_ bytes: UnsafeBufferPointer<UInt8>, _ base: UnsafePointer<UInt8>, from start: Int) {
    self.base = base
    count = bytes.count
    index = start
    patience = 8 * bytes.count + 1 << 16
    // About as many as a file of this size has; growing would copy them several times.
    result.fields.reserveCapacity(bytes.count >> 6)
    result.pieces.reserveCapacity(bytes.count >> 6)
    result.blocks.reserveCapacity(bytes.count >> 9)
  }

  static func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> BibTeXIndex {
    guard let base = bytes.baseAddress else { return BibTeXIndex() }
    var scanner = BibTeXScanner(bytes, base, from: start)
    scanner.run()
    return scanner.result
  }

  // MARK: - Between blocks

  private mutating func run() {
    var text = -1
    var beginsLine = true
    while index < count {
      let byte = base[index]
      if byte.isBlank {
        if byte == 0x0A || byte == 0x0D { beginsLine = true }
        index += 1
        continue
      }
      if byte == UInt8(ascii: "@"), let head = head(index, beginsLine: beginsLine) {
        if text >= 0 { between(text, index) }
        text = -1
        block(head)
        beginsLine = false
        continue
      }
      if text < 0 { text = index }
      if byte == UInt8(ascii: "%"), beginsLine { skipLine() } else { index += 1 }
      beginsLine = false
    }
    if text >= 0 { between(text, count) }
  }

  private mutating func between(_ start: Int, _ limit: Int) {
    var end = limit
    while end > start, base[end - 1].isBlank { end -= 1 }
    let isComment = base[start] == UInt8(ascii: "%")
    result.blocks.append(
      .init(kind: .text, span: Extent(start, end), type: .none, key: .none, fields: .none))
    if !isComment { fault(.junk, start, end, .junk) }
  }

  mutating func skipLine() {
    while index < count, base[index] != 0x0A, base[index] != 0x0D { index += 1 }
  }

  mutating func skipBlanks() {
    while index < count, base[index].isBlank { index += 1 }
  }

  func behindBlanks(_ start: Int) -> Int {
    var position = start
    while position < count, base[position].isBlank { position += 1 }
    return position
  }

  /// What opens a block: `@word{`, `@word(`, or `@comment` alone.
  struct Head {
    var start: Int
    var type: Extent
    /// The opening delimiter; -1 for a comment without one.
    var open: Int
  }

  func head(_ start: Int, beginsLine: Bool) -> Head? {
    // In the middle of a line an address (`who@host (where)`) looks alike.
    if !beginsLine, start > 0, base[start - 1].isWord || base[start - 1] == UInt8(ascii: ".") { return nil }
    var position = start + 1
    while position < count, base[position] == 0x20 || base[position] == 0x09 { position += 1 }
    let word = position
    while position < count, base[position].isWord || base[position].isAny(of: "-_+.:*") { position += 1 }
    guard position > word, !base[word].isASCIIDigit else { return nil }
    let type = Extent(word, position)
    let isComment = isFolded(type, "comment")
    let next = behindBlanks(position)
    if next < count, base[next] == UInt8(ascii: "{") || base[next] == UInt8(ascii: "(") && !isComment {
      // `@comment` at the end of a line says nothing of a brace on another one.
      if !lineEnds(position, next) || beginsLine && !isComment { return Head(start: start, type: type, open: next) }
    }
    return isComment && beginsLine ? Head(start: start, type: type, open: -1) : nil
  }

  private func lineEnds(_ start: Int, _ end: Int) -> Bool {
    for position in start..<end where base[position] == 0x0A || base[position] == 0x0D { return true }
    return false
  }

  /// Whether a line begins at `position`, blanks aside.
  func beginsLine(_ position: Int) -> Bool {
    var before = position - 1
    while before >= 0, base[before] == 0x20 || base[before] == 0x09 { before -= 1 }
    return before < 0 || base[before] == 0x0A || base[before] == 0x0D
  }

  func isFolded(_ extent: Extent, _ text: StaticString) -> Bool {
    guard extent.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<extent.count where base[Int(extent.start) + offset].lowercased != text.utf8Start[offset] {
      return false
    }
    return true
  }

  mutating func fault(
    _ code: ParseWarning.Code, _ start: Int, _ end: Int, _ message: BibTeXIndex.StaticMessage, isNext: Bool = false
  ) {
    let block = isNext ? result.blocks.count : result.blocks.count - 1
    // One fault of a kind at a place, and not one for every byte of a run.
    if let last = result.faults.last, last.code == code, last.message == message, last.block == block,
      Int(last.span.end) >= start - 1
    {
      result.faults[result.faults.count - 1].span.end = UInt32(truncatingIfNeeded: end)
      return
    }
    result.faults.append(.init(code: code, span: Extent(start, end), block: block, message: message))
  }

  // MARK: - Blocks

  private mutating func block(_ head: Head) {
    let firstField = result.fields.count
    var key = Extent.none
    var kind = BibTeXIndex.BlockKind.entry
    if isFolded(head.type, "comment") {
      comment(head)
      kind = .comment
    } else {
      index = head.open + 1
      let close = base[head.open] == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: ")")
      if isFolded(head.type, "string") {
        kind = .macros
        fields(head, close)
      } else if isFolded(head.type, "preamble") {
        kind = .preamble
        preamble(head, close)
      } else {
        key = self.key(close)
        fields(head, close)
      }
    }
    var end = index
    while end > head.start, base[end - 1].isBlank { end -= 1 }
    result.blocks.append(
      .init(
        kind: kind, span: Extent(head.start, end), type: head.type, key: key,
        fields: Extent(firstField, result.fields.count)))
  }

  private mutating func comment(_ head: Head) {
    index = Int(head.type.end)
    guard head.open >= 0 else {
      skipLine()
      fault(.bareComment, head.start, index, .bareComment, isNext: true)
      return
    }
    let closing = closingBrace(head.open + 1, countsEscaped: true)
    if closing.end >= 0 {
      index = closing.end + 1
    } else {
      skipLine()
      fault(.unbalanced, head.open, index, .unclosedComment, isNext: true)
    }
  }

  private mutating func preamble(_ head: Head, _ close: UInt8) {
    let start = index
    let first = result.pieces.count
    value(close)
    let pieces = Extent(first, result.pieces.count)
    result.fields.append(.init(name: .none, value: Extent(start, index), pieces: pieces))
    skipBlanks()
    if index < count, base[index] == close {
      index += 1
    } else {
      fault(.unbalanced, head.start, index, .unclosedEntry, isNext: true)
    }
  }

  /// The key and the comma behind it; leaves `index` where the fields begin.
  private mutating func key(_ close: UInt8) -> Extent {
    skipBlanks()
    let start = index
    if start < count, base[start] == UInt8(ascii: "@"), beginsLine(start), head(start, beginsLine: true) != nil {
      // Another entry: this one has nothing.
      fault(.missingKey, start, start, .noKey, isNext: true)
      return Extent(start, start)
    }
    var position = start
    while position < count, !base[position].isAny(of: ",\n\r}{\"") { position += 1 }
    var end = position
    while end > start, base[end - 1].isBlank { end -= 1 }
    if end > start, base[end - 1] == UInt8(ascii: ")"), close == UInt8(ascii: ")"),
      position >= count || base[position] != UInt8(ascii: ",")
    {
      // `@misc(key)`: an entry without fields.
      index = end - 1
      return Extent(start, index)
    }
    if isField(start, position) {
      fault(.missingKey, start, start, .noKey, isNext: true)
      return Extent(start, start)
    }
    if position < count, base[position] == UInt8(ascii: "{") || base[position] == UInt8(ascii: "\"") {
      // Delimiters inside a key: it goes on to the comma, if one is near.
      var comma = position
      while comma < count, comma - start < 512, !base[comma].isAny(of: ",\n\r=") { comma += 1 }
      if comma < count, base[comma] == UInt8(ascii: ",") {
        index = comma + 1
        return Extent(start, comma)
      }
    }
    index = position
    if position < count, base[position] == UInt8(ascii: ",") {
      index = position + 1
    } else if end > start {
      let next = behindBlanks(position)
      if next < count, base[next] == UInt8(ascii: ",") {
        index = next + 1
      } else if next < count, base[next] != close {
        fault(.missingComma, end, end, .missingComma, isNext: true)
      }
    }
    if end == start { fault(.missingKey, start, start, .noKey, isNext: true) }
    return Extent(start, end)
  }

  /// Whether the bytes before a key's end are a field: `title =`, `year = 2000`.
  private func isField(_ start: Int, _ end: Int) -> Bool {
    var position = start
    while position < end, isName(base[position]) { position += 1 }
    guard position > start else { return false }
    let next = behindBlanks(position)
    guard next < count, base[next] == UInt8(ascii: "="), next <= end || next == position else { return false }
    // A key may hold the sign (`a=b`).
    return next > position || next + 1 >= count || base[next + 1].isAny(of: "{\" ")
  }

  /// A byte of a field's or macro's name: no blank, no control character, none of `"#%'(),={}`.
  @inline(__always)
  func isName(_ byte: UInt8) -> Bool {
    if byte >= 0x80 { return true }
    if byte < 0x40 { return 0xDFFF_EC52_0000_0000 as UInt64 >> UInt64(byte) & 1 == 1 }
    return 0x57FF_FFFF_FFFF_FFFF as UInt64 >> UInt64(byte & 0x3F) & 1 == 1
  }
}
