/// A `.quire.md` as text: its blocks, which together are the whole file, byte for byte.
public struct NotebookText: Sendable {
  /// A run of whole lines.
  public struct Block: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
      /// The `---` lines and what stands between them.
      case frontMatter
      /// Markdown: all that is no cell.
      case prose
      /// A quire fence with its body; the number is that of the cell in the file, counted from 0.
      case cell(Int)
    }

    public var kind: Kind
    /// Bytes of the file.
    public var range: Range<Int>
    /// Lines, 1-based.
    public var lines: Range<Int>
  }

  public let source: SourceText
  public let blocks: [Block]
  /// The YAML of the front matter; `nil` when there is none.
  public let frontMatterRange: Range<Int>?
  let fences: [FenceScanner.Fence]
  /// Quire fences in block quotes and list items.
  let containedFences: [FenceScanner.Fence]
  let faults: [Fault]

  public init(_ bytes: [UInt8]) {
    source = SourceText(bytes)
    var faults: [Fault] = []
    guard let body = NotebookText.bodyStart(source, &faults) else {
      (blocks, frontMatterRange, fences, containedFences) = (NotebookText.wholeFile(source), nil, [], [])
      self.faults = faults
      return
    }
    frontMatterRange = body.frontMatter
    let found = FenceScanner.fences(in: source, fromLine: body.line)
    fences = found.filter { !$0.isContained }
    containedFences = found.filter(\.isContained)
    for fence in found {
      if fence.isContained {
        faults.append(
          Fault(
            .cellInContainer, "a cell may not stand in a list or a block quote",
            hint: "move it out, without indentation", fence.marker))
      } else if fence.closingLine == nil {
        faults.append(
          Fault(
            .unclosedFence, "this cell's fence is not closed",
            hint: "close it with a line of \(fence.length) or more '\(Character(Unicode.Scalar(fence.character)))'",
            fence.marker))
      }
    }
    blocks = NotebookText.blocks(source, body.line, fences)
    self.faults = faults
  }

  private static func wholeFile(_ source: SourceText) -> [Block] {
    source.bytes.isEmpty ? [] : [block(.prose, 0, source.lineStarts.count, source)]
  }

  /// Lines count from 0, the last one is exclusive.
  private static func block(_ kind: Block.Kind, _ first: Int, _ last: Int, _ source: SourceText) -> Block {
    let end = last < source.lineStarts.count ? source.lineStarts[last] : source.bytes.count
    return Block(kind: kind, range: source.lineStarts[first]..<end, lines: first + 1..<last + 1)
  }

  private static func blocks(_ source: SourceText, _ bodyLine: Int, _ fences: [FenceScanner.Fence]) -> [Block] {
    var blocks: [Block] = []
    blocks.reserveCapacity(2 * fences.count + 2)
    var line = 0
    if bodyLine > 0 {
      blocks.append(block(.frontMatter, 0, bodyLine, source))
      line = bodyLine
    }
    for (index, fence) in fences.enumerated() {
      if fence.openingLine > line { blocks.append(block(.prose, line, fence.openingLine, source)) }
      line = fence.closingLine.map { $0 + 1 } ?? source.lineStarts.count
      blocks.append(block(.cell(index), fence.openingLine, line, source))
    }
    if line < source.lineStarts.count, source.lineStarts[line] < source.bytes.count {
      blocks.append(block(.prose, line, source.lineStarts.count, source))
    }
    return blocks
  }

  // MARK: - The file's head

  /// The first line (counted from 0) behind the front matter, and the YAML of that; `nil` for a file that is no text.
  private static func bodyStart(
    _ source: SourceText, _ faults: inout [Fault]
  ) -> (line: Int, frontMatter: Range<Int>?)? {
    if let invalid = source.bytes.firstInvalidUTF8 {
      faults.append(
        Fault(.notUTF8, "the file is not UTF-8", hint: "save it as UTF-8", invalid..<invalid + 1))
      return nil
    }
    let hasMark = source.bytes.starts(with: [0xEF, 0xBB, 0xBF])
    if hasMark {
      faults.append(
        Fault(.notUTF8, "the file begins with a byte order mark", hint: "save it as UTF-8 without BOM", 0..<3))
    }
    if let lone = source.bytes.firstLoneCarriageReturn {
      faults.append(
        Fault(
          .carriageReturn, "a line end of CR alone", hint: "save the file with LF or CRLF line ends", lone..<lone + 1))
    }
    guard isMarker(source, 1, skipping: hasMark ? 3 : 0) else { return (0, nil) }
    var line = 2
    while line <= source.lineStarts.count {
      if isMarker(source, line) {
        let start = source.lineStarts.count > 1 ? source.lineStarts[1] : source.bytes.count
        return (line, start..<source.lineStarts[line - 1])
      }
      line += 1
    }
    faults.append(
      Fault(
        .frontMatter, "the front matter is not closed", hint: "end it with a line '---', or write a rule as '***'",
        source.contentRange(ofLine: 1)))
    return (0, nil)
  }

  private static func isMarker(_ source: SourceText, _ line: Int, skipping skipped: Int = 0) -> Bool {
    let content = source.bytes[source.contentRange(ofLine: line)].dropFirst(skipped)
    return content.prefix(3).equals("---") && content.dropFirst(3).allSatisfy(\.isBlank)
  }
}

extension [UInt8] {
  /// Byte offset of the first byte that is no UTF-8 (RFC 3629: no surrogates, no overlong forms).
  var firstInvalidUTF8: Int? {
    withUnsafeBufferPointer { text in
      var index = 0
      while index < text.count {
        if text[index] < 0x80 {
          index += 1
          continue
        }
        guard let length = text.scalarLength(at: index) else { return index }
        index += length
      }
      return nil
    }
  }

  var firstLoneCarriageReturn: Int? {
    withUnsafeBufferPointer { text in
      text.indices.first { index in
        text[index] == Byte.carriageReturn && (index + 1 == text.count || text[index + 1] != Byte.lineFeed)
      }
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The length of the well-formed scalar of several bytes at an offset (Unicode 15, table 3-7).
  fileprivate func scalarLength(at index: Int) -> Int? {
    let second: ClosedRange<UInt8>
    let length: Int
    switch self[index] {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard index + length <= count, second.contains(self[index + 1]) else { return nil }
    for offset in 2..<Swift.max(2, length) where self[index + offset] & 0xC0 != 0x80 { return nil }
    return length
  }
}
