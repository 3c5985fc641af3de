/// Finds the quire fences of a text by CommonMark's block structure (CommonMark 0.31, sections 4 and 5).
///
/// Only what decides where a fence begins and ends is followed: block quotes and list items, fenced and indented
/// code, HTML blocks, headings, thematic breaks and paragraphs with their lazy continuation. One pass, linear.
/// Link reference definitions are taken for the paragraph text that they begin as.
struct FenceScanner {
  /// A quire fence: line numbers count from 0, byte ranges are those of the file.
  struct Fence {
    var openingLine: Int
    /// `nil` when the file ends first.
    var closingLine: Int?
    /// Blanks before the fence, 0 to 3.
    var indent: Int
    var character: UInt8
    var length: Int
    /// The fence's characters.
    var marker: Range<Int>
    /// What follows them on the line, without blanks around it.
    var info: Range<Int>
    /// Inside a block quote or a list item, where no cell may stand.
    var isContained: Bool
  }

  private enum Container {
    case quote
    case item(contentColumns: Int, hasContent: Bool)
  }

  private enum Leaf {
    case none, paragraph, indentedCode
    case fence(character: UInt8, length: Int, quire: Int?)
    case html(HTMLBlock)
  }

  private let text: UnsafeBufferPointer<UInt8>
  private let lineStarts: [Int]
  private(set) var fences: [Fence] = []
  private var containers: [Container] = []
  private var leaf = Leaf.none

  private init(_ text: UnsafeBufferPointer<UInt8>, _ lineStarts: [Int]) {
    self.text = text
    self.lineStarts = lineStarts
  }

  /// The quire fences from a line (counted from 0) on, in order.
  static func fences(in source: SourceText, fromLine first: Int) -> [Fence] {
    source.bytes.withUnsafeBufferPointer { text in
      var scanner = FenceScanner(text, source.lineStarts)
      for line in first..<max(first, source.lineStarts.count) {
        if source.lineStarts[line] < text.count { scanner.read(line) }
      }
      return scanner.fences
    }
  }

  // MARK: - One line

  private mutating func read(_ line: Int) {
    var cursor = lineCursor(line)
    if containers.isEmpty, readQuickly(cursor) { return }
    cursor.findContent()

    let matched = matchContainers(&cursor)
    let allMatched = matched == containers.count
    let wasParagraph = if case .paragraph = leaf { true } else { false }
    if allMatched, continueLeaf(cursor, line) { return }

    // What lies above the last matched container stays open for now: a paragraph there may go on lazily.
    let goesOn = allMatched && wasParagraph
    var opened = false
    while !cursor.isBlank {
      if cursor.indent >= 4 {
        if wasParagraph && !opened { break }
        open(matched, opened)
        leaf = .indentedCode
        return
      }
      if cursor.byte == Byte.greater {
        open(matched, opened)
        cursor.enterQuote()
        containers.append(.quote)
      } else if let next = leafBegun(by: cursor, interrupting: goesOn && !opened, mayBeLazy: wasParagraph && !opened) {
        open(matched, opened)
        leaf = next
        if case .fence(let character, let length, _) = next { noteFence(cursor, line, character, length) }
        return
      } else if let columns = cursor.enterItem(interrupting: goesOn && !opened) {
        open(matched, opened)
        containers.append(.item(contentColumns: columns, hasContent: false))
      } else {
        break
      }
      opened = true
    }

    if !opened {
      if goesOn || (wasParagraph && !cursor.isBlank) { return }
      close(to: matched)
    }
    if !cursor.isBlank {
      markContent()
      leaf = .paragraph
    }
  }

  private func lineCursor(_ line: Int) -> LineCursor {
    var end = line + 1 < lineStarts.count ? lineStarts[line + 1] : text.count
    let start = lineStarts[line]
    if end > start, text[end - 1] == Byte.lineFeed {
      end -= 1
      if end > start, text[end - 1] == Byte.carriageReturn { end -= 1 }
    }
    return LineCursor(text, start..<end)
  }

  /// Outside all containers most lines are a paragraph's or a cell's; these need no look at the rest.
  private mutating func readQuickly(_ cursor: LineCursor) -> Bool {
    switch leaf {
    case .fence(let character, _, _):
      var index = cursor.offset
      while index < cursor.end, text[index].isBlank { index += 1 }
      return index == cursor.end || text[index] != character
    case .none, .paragraph:
      guard cursor.offset < cursor.end, text[cursor.offset].isLetter || text[cursor.offset] >= 0x80 else {
        return false
      }
      leaf = .paragraph
      return true
    default: return false
    }
  }

  // MARK: - Containers

  /// How many of the open containers the line continues; the cursor stands behind their markers.
  private func matchContainers(_ cursor: inout LineCursor) -> Int {
    for (index, container) in containers.enumerated() {
      switch container {
      case .quote:
        guard cursor.indent < 4, !cursor.isBlank, cursor.byte == Byte.greater else { return index }
        cursor.enterQuote()
      case .item(let contentColumns, let hasContent):
        if cursor.indent >= contentColumns {
          cursor.advance(columns: contentColumns)
        } else if cursor.isBlank, hasContent {
          cursor.skipToContent()
        } else {
          return index
        }
      }
    }
    return containers.count
  }

  private mutating func close(to depth: Int) {
    if depth < containers.count { containers.removeLast(containers.count - depth) }
    leaf = .none
  }

  /// Closes what the line did not continue and makes room for a new block.
  private mutating func open(_ matched: Int, _ opened: Bool) {
    close(to: opened ? containers.count : matched)
    markContent()
  }

  /// The innermost item now has a child, so a blank line no longer ends it.
  private mutating func markContent() {
    if case .item(let columns, false)? = containers.last {
      containers[containers.count - 1] = .item(contentColumns: columns, hasContent: true)
    }
  }

  // MARK: - Leaves

  /// True when the open leaf takes the whole line.
  private mutating func continueLeaf(_ cursor: LineCursor, _ line: Int) -> Bool {
    switch leaf {
    case .none: return false
    case .paragraph:
      if cursor.isBlank { leaf = .none }
      return cursor.isBlank
    case .indentedCode:
      if cursor.indent >= 4 || cursor.isBlank { return true }
      leaf = .none
      return false
    case .html(let kind):
      if kind.ends(onLine: text[cursor.content], isBlank: cursor.isBlank) { leaf = .none }
      return true
    case .fence(let character, let length, let quire):
      if cursor.closesFence(character, length) {
        if let quire { fences[quire].closingLine = line }
        leaf = .none
      }
      return true
    }
  }

  /// The leaf that a line opens, where its first characters tell: heading, thematic break, fence, HTML.
  private func leafBegun(by cursor: LineCursor, interrupting: Bool, mayBeLazy: Bool) -> Leaf? {
    switch cursor.byte {
    case Byte.hash: return cursor.isHeading ? Leaf.none : nil
    case Byte.backtick, Byte.tilde:
      return cursor.openingFence.map { .fence(character: cursor.byte, length: $0.length, quire: nil) }
    case Byte.less:
      guard let kind = HTMLBlock(text[cursor.content], interruptsParagraph: mayBeLazy) else { return nil }
      return kind.ends(onLine: text[cursor.content], isBlank: false) ? Leaf.none : .html(kind)
    case Byte.equals: return interrupting && cursor.isSetextUnderline ? Leaf.none : nil
    case Byte.dash where interrupting && cursor.isSetextUnderline: return Leaf.none
    case Byte.dash, UInt8(ascii: "*"), Byte.underscore: return cursor.isThematicBreak ? Leaf.none : nil
    default: return nil
    }
  }

  private mutating func noteFence(_ cursor: LineCursor, _ line: Int, _ character: UInt8, _ length: Int) {
    guard let info = cursor.openingFence?.info, text[info].prefix(while: { !$0.isBlank }).equals("quire") else {
      return
    }
    leaf = .fence(character: character, length: length, quire: fences.count)
    let start = cursor.content.lowerBound
    fences.append(
      Fence(
        openingLine: line, closingLine: nil, indent: cursor.indent, character: character, length: length,
        marker: start..<(start + length), info: info, isContained: !containers.isEmpty))
  }
}
