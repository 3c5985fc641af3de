/// A change of a text: these bytes are replaced, all others stay.
public struct TextEdit: Sendable, Equatable {
  /// Bytes of the text before the edit.
  public var range: Range<Int>
  public var replacement: String

  public init(_ range: Range<Int>, _ replacement: String) {
    self.range = range
    self.replacement = replacement
  }

  /// The bytes with all edits made. Their ranges are those of the text before, may stand in any order and may touch;
  /// where two overlap, the later one in the text is left out.
  public static func apply(_ edits: [TextEdit], to bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.replacement.utf8.count })
    var done = 0
    let sorted = edits.enumerated().sorted {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }
    for (_, edit) in sorted {
      let range = edit.range.clamped(to: 0..<bytes.count)
      guard range.lowerBound >= done else { continue }
      out += bytes[done..<range.lowerBound]
      out += edit.replacement.utf8
      done = range.upperBound
    }
    return out + bytes[done...]
  }
}

extension NotebookDocument {
  /// The notebook after edits; what they left as it was is not read again.
  public func applying(_ edits: [TextEdit]) -> NotebookDocument {
    NotebookDocument(TextEdit.apply(edits, to: bytes), reusing: self)
  }

  // MARK: - Cells

  /// Puts another text in the place of a cell, fences included.
  public func replacingCell(_ id: String, with text: String) throws(NotebookError) -> TextEdit {
    let range = try cell(id).range
    let endsLine = range.upperBound > range.lowerBound && bytes[range.upperBound - 1] == Byte.lineFeed
    return TextEdit(range, withLineEnds(text, endsLine: endsLine))
  }

  /// Puts another body between a cell's fences. A body that holds a line which would close the fence gets a longer one.
  public func replacingBody(of id: String, with body: String) throws(NotebookError) -> TextEdit {
    let cell = try cell(id)
    guard let closing = cell.fence.closing else {
      throw NotebookError(.unclosedFence, "the fence of the cell \(quoted(id)) is not closed")
    }
    let indent = String(repeating: " ", count: cell.fence.indent)
    let lines = withLineEnds(body, endsLine: true).utf8.split(
      separator: Byte.lineFeed, omittingEmptySubsequences: false)
    let text = lines.dropLast().map { line in
      let isBlank = line.allSatisfy { $0.isBlank || $0.isLineEnd }
      return (isBlank ? "" : indent) + String(decoding: line, as: UTF8.self) + "\n"
    }.joined()
    let longest = lines.map { $0.drop(while: \.isBlank).prefix { $0 == cell.fence.character }.count }.max() ?? 0
    guard longest >= cell.fence.length else { return TextEdit(cell.bodyRange, text) }
    let fence = String(repeating: String(decoding: [cell.fence.character], as: UTF8.self), count: longest + 1)
    let opening = source[cell.fence.marker.upperBound..<cell.bodyRange.lowerBound]
    let end = withLineEnds("", endsLine: bytes[closing].last == Byte.lineFeed)
    return TextEdit(cell.fence.marker.lowerBound..<closing.upperBound, fence + opening + text + indent + fence + end)
  }

  /// Puts a text behind a cell, or before the first line below the front matter, with blank lines around it.
  public func inserting(_ text: String, after id: String?) throws(NotebookError) -> TextEdit {
    let place: Int
    if let id {
      let cell = try cell(id)
      guard cell.fence.closing != nil else {
        throw NotebookError(.unclosedFence, "the fence of the cell \(quoted(id)) is not closed")
      }
      place = cell.range.upperBound
    } else {
      place = blocks.first.map { $0.kind == .frontMatter ? $0.range.upperBound : 0 } ?? 0
    }
    let newLine = source.endsLinesWithCRLF ? "\r\n" : "\n"
    var out = withLineEnds(text, endsLine: true)
    if place > 0 { out = newLine + out }
    if place > 0, bytes[place - 1] != Byte.lineFeed { out = newLine + out }
    if place < bytes.count, !bytes[place].isLineEnd { out += newLine }
    return TextEdit(place..<place, out)
  }

  /// Takes a cell out, fences included.
  public func deletingCell(_ id: String) throws(NotebookError) -> TextEdit { TextEdit(try cell(id).range, "") }

  /// Gives a cell another id, in its fence and wherever another cell names it.
  ///
  /// - Throws: E301 and E303 as `cell(_:)`, E106 for a text that is no id, E303 for one that is taken.
  public func renaming(_ id: String, to name: String) throws(NotebookError) -> [TextEdit] {
    let cell = try cell(id)
    guard CellAttributes.isID(name.utf8) else {
      throw NotebookError(
        .id, "\(quoted(name)) is no id", hint: "a letter, then at most 63 letters, digits, '_' or '-'")
    }
    if name == id { return [] }
    if cells.contains(where: { $0.id == name }) {
      throw NotebookError(.duplicateID, "another cell bears the id \(quoted(name))")
    }
    var edits: [TextEdit] = []
    if let place = cell.places.id {
      edits.append(TextEdit(place, name))
    } else {
      let end = cell.fence.info.lowerBound + "quire".utf8.count
      edits.append(TextEdit(end..<end, " id=" + name))
    }
    for number in graph.dependents(of: cell.index) {
      let other = cells[number]
      for reference in other.body.references where reference.path.cell == id {
        let isIDAlone = reference.idRange != reference.range
        let path = ReferencePath(cell: name, steps: reference.path.steps)
        let text = isIDAlone ? name : path.steps.isEmpty ? name : BodyText.quoted(path.description)
        edits.append(TextEdit(other.fileRange(reference.idRange), text))
      }
      for (index, after) in other.attributes.after.enumerated() where after == id {
        edits.append(TextEdit(other.places.after[index], name))
      }
    }
    return edits
  }

  /// A text from outside with the line ends of this file.
  func withLineEnds(_ text: String, endsLine: Bool) -> String {
    var bytes = text.utf8.filter { $0 != Byte.carriageReturn }
    while bytes.last == Byte.lineFeed { bytes.removeLast() }
    if endsLine, !bytes.isEmpty || text.isEmpty { bytes.append(Byte.lineFeed) }
    guard source.endsLinesWithCRLF else { return String(decoding: bytes, as: UTF8.self) }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 16)
    for byte in bytes {
      if byte == Byte.lineFeed { out.append(Byte.carriageReturn) }
      out.append(byte)
    }
    return String(decoding: out, as: UTF8.self)
  }
}
