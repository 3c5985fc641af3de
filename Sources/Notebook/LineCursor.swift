/// A place in a line of Markdown that knows its column: a tab reaches to the next multiple of four columns and may
/// be used up in parts (CommonMark 0.31, section 2.2).
struct LineCursor {
  private let text: UnsafeBufferPointer<UInt8>
  /// The line's content ends here, before its line end.
  let end: Int
  private(set) var offset: Int
  private var column = 0
  /// The first byte that is neither blank nor tab, and its column.
  private var contentStart: Int
  private var contentColumn = 0

  init(_ text: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) {
    self.text = text
    offset = line.lowerBound
    end = line.upperBound
    contentStart = offset
  }

  /// Columns of white space before the content.
  var indent: Int { contentColumn - column }
  var isBlank: Bool { contentStart == end }
  /// The first byte of the content; a line feed when there is none.
  var byte: UInt8 { contentStart < end ? text[contentStart] : Byte.lineFeed }
  var content: Range<Int> { contentStart..<end }

  mutating func findContent() {
    contentStart = offset
    contentColumn = column
    while contentStart < end, text[contentStart].isBlank {
      contentColumn += text[contentStart] == Byte.tab ? 4 - contentColumn % 4 : 1
      contentStart += 1
    }
  }

  /// Goes over so many columns of white space; what is left of a tab stays.
  mutating func advance(columns: Int) {
    var left = columns
    while left > 0, offset < end, text[offset].isBlank {
      let width = text[offset] == Byte.tab ? 4 - column % 4 : 1
      column += min(width, left)
      if width <= left { offset += 1 }
      left -= width
    }
    findContent()
  }

  mutating func skipToContent() {
    offset = contentStart
    column = contentColumn
  }

  private mutating func skip(_ count: Int) {
    skipToContent()
    offset += count
    column += count
    findContent()
  }

  // MARK: - Containers

  /// Goes over `>` and one column of white space after it.
  mutating func enterQuote() {
    skip(1)
    if indent > 0 { advance(columns: 1) }
  }

  /// Goes over a list marker and returns how many columns its item's lines are indented; `nil` when there is none.
  mutating func enterItem(interrupting: Bool) -> Int? {
    var index = contentStart
    switch byte {
    case Byte.dash, UInt8(ascii: "+"), UInt8(ascii: "*"): index += 1
    case let byte where byte.isDigit:
      while index < end, text[index].isDigit { index += 1 }
      let digits = contentStart..<index
      guard digits.count <= 9, index < end, text[index] == Byte.dot || text[index] == UInt8(ascii: ")") else {
        return nil
      }
      // Only a list that begins with 1 may interrupt a paragraph.
      if interrupting {
        let number = text[digits].reduce(0) { $0 * 10 + Int($1 & 15) }
        guard number == 1 else { return nil }
      }
      index += 1
    default: return nil
    }
    guard index == end || text[index].isBlank else { return nil }
    if interrupting, text[index..<end].allSatisfy(\.isBlank) { return nil }

    let before = indent
    let width = index - contentStart
    skip(width)
    // Five columns or more after the marker: its content is indented code, one column belongs to the marker.
    let after = isBlank || indent > 4 ? 1 : indent
    if indent > 0 { advance(columns: after) }
    return before + width + after
  }

  // MARK: - Leaves

  var isHeading: Bool {
    let level = text[content].prefix { $0 == Byte.hash }
    return level.count <= 6 && (level.endIndex == end || text[level.endIndex].isBlank)
  }

  var isSetextUnderline: Bool {
    let underline = text[content].prefix { $0 == byte }
    return text[underline.endIndex..<end].allSatisfy(\.isBlank)
  }

  var isThematicBreak: Bool {
    var count = 0
    for other in text[content] where !other.isBlank {
      guard other == byte else { return false }
      count += 1
    }
    return count >= 3
  }

  /// The length of the fence that the content begins with, and the info string behind it without blanks around.
  var openingFence: (length: Int, info: Range<Int>)? {
    let fence = text[content].prefix { $0 == byte }
    guard fence.count >= 3 else { return nil }
    var info = fence.endIndex..<end
    if byte == Byte.backtick, text[info].contains(Byte.backtick) { return nil }
    while let first = info.first, text[first].isBlank { info.removeFirst() }
    while let last = info.last, text[last].isBlank { info.removeLast() }
    return (fence.count, info)
  }

  func closesFence(_ character: UInt8, _ length: Int) -> Bool {
    guard indent < 4 else { return false }
    let fence = text[content].prefix { $0 == character }
    return fence.count >= length && text[fence.endIndex..<end].allSatisfy(\.isBlank)
  }
}
