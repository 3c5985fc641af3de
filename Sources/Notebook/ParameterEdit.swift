import JSON

extension NotebookDocument {
  /// Writes a param's value into a cell's text; comments, order and form of all else stay byte for byte.
  ///
  /// A value that is there is replaced in its place; a member that is missing is added behind the last of its mapping;
  /// a list grows by its next index or `-`. A list or mapping that stood on lines of its own becomes one line.
  ///
  /// - Throws: E301, E303 for the id; E201 for a cell whose text has faults; E205 for a pointer that leads nowhere;
  ///   E206, E207 for a value that no body could hold.
  public func settingParameter(
    of id: String, at pointer: JSON.Pointer, to value: JSON
  ) throws(NotebookError) -> TextEdit {
    let cell = try cell(id)
    guard cell.body.isSound, cell.fence.closing != nil else {
      throw NotebookError(.syntax, "the text of the cell \(quoted(id)) has faults", hint: "correct them first")
    }
    let checked = try ParameterValue(value).value
    let edit = try ParameterEdit(cell.body).edit(pointer, checked)
    let newLine = (source.endsLinesWithCRLF ? "\r\n" : "\n") + String(repeating: " ", count: cell.fence.indent)
    let lines = edit.replacement.split(separator: "\n", omittingEmptySubsequences: false)
    let replacement = lines.joined(separator: newLine)
    return TextEdit(cell.fileRange(edit.range), replacement)
  }
}

/// Finds which bytes of a body to change for a param.
private struct ParameterEdit {
  private let body: CellBody
  private var text: [UInt8] { body.source.bytes }

  init(_ body: CellBody) { self.body = body }

  /// In offsets of the body, with LF as line end.
  func edit(_ pointer: JSON.Pointer, _ value: JSON) throws(NotebookError) -> TextEdit {
    guard let root = body.root else { throw NotebookError(.method, "the cell is empty") }
    let whole = SourceValue(value: body.value, node: root)
    // The pointer leads into the params, and these may have to be made.
    let edit = try edit(whole, ["params"] + pointer.tokens, value, pointer)
    try check(edit, pointer, value)
    return edit
  }

  private func edit(
    _ root: SourceValue, _ tokens: [String], _ value: JSON, _ pointer: JSON.Pointer
  ) throws(NotebookError) -> TextEdit {
    var place = root
    var key: Range<Int>?
    for (depth, token) in tokens.enumerated() {
      guard let child = place.child(token) else {
        // What is missing below this token comes into being with it.
        let made = tokens[(depth + 1)...].reversed().reduce(value) { made, name in
          .object(JSON.Object(distinct: [JSON.Object.Member(name, made)]))
        }
        return try adding(token, made, to: place, pointer)
      }
      key = child.key
      place = child.value
    }
    return replacing(place.node, key: key, value)
  }

  // MARK: - Replacing

  private func replacing(_ node: SourceNode, key: Range<Int>?, _ value: JSON) -> TextEdit {
    let written = BodyText.text(value, inFlow: isInFlow(node), quoting: node.style == .quoted)
    guard node.style == .block, let key else { return TextEdit(node.range, written) }
    // A block below its key: the value moves up to the key's line, before a comment there.
    let colon = text[key.upperBound...].firstIndex(of: Byte.colon) ?? key.upperBound
    let rest = colon + 1..<lineEnd(colon)
    return TextEdit(rest.lowerBound..<node.range.upperBound, " " + written + string(rest))
  }

  /// True for a value inside `[ ]` or `{ }`.
  private func isInFlow(_ node: SourceNode) -> Bool {
    guard let root = body.root else { return false }
    func holds(_ outer: SourceNode) -> Bool {
      guard outer.range.lowerBound <= node.range.lowerBound, node.range.upperBound <= outer.range.upperBound else {
        return false
      }
      if outer.style == .flow { return outer.range != node.range }
      switch outer.shape {
      case .scalar: return false
      case .sequence(let nodes): return nodes.contains(where: holds)
      case .mapping(let entries): return entries.contains { holds($0.value) }
      }
    }
    return holds(root)
  }

  // MARK: - Adding

  private func adding(
    _ token: String, _ value: JSON, to place: SourceValue, _ pointer: JSON.Pointer
  ) throws(NotebookError) -> TextEdit {
    let isFlow = place.node.style == .flow
    switch place.node.shape {
    case .mapping(let entries):
      let written = BodyText.key(token) + ": " + BodyText.text(value, inFlow: isFlow)
      guard let last = entries.last, let first = entries.first else { return insideBrackets(place.node, written) }
      if isFlow { return behind(last.value.range.upperBound, ", " + written) }
      return newLine(behind: last.value.range.upperBound, column: column(first.key.lowerBound), written)
    case .sequence(let nodes):
      guard token == "-" || JSON.index(token) == nodes.count else {
        throw NotebookError(.wrongType, "\(quoted(pointer.description)) leads beyond a list of \(nodes.count)")
      }
      let written = BodyText.text(value, inFlow: isFlow)
      guard let last = nodes.last else { return insideBrackets(place.node, written) }
      if isFlow { return behind(last.range.upperBound, ", " + written) }
      return newLine(behind: last.range.upperBound, column: column(place.node.range.lowerBound), "- " + written)
    case .scalar:
      throw NotebookError(
        .wrongType, "\(quoted(pointer.description)) leads into a value that is no object",
        hint: "\(quoted(token)) cannot be set there")
    }
  }

  private func behind(_ offset: Int, _ written: String) -> TextEdit { TextEdit(offset..<offset, written) }

  private func insideBrackets(_ node: SourceNode, _ written: String) -> TextEdit {
    behind(node.range.lowerBound + 1, written)
  }

  private func newLine(behind offset: Int, column: Int, _ written: String) -> TextEdit {
    behind(lineEnd(offset), "\n" + String(repeating: " ", count: column) + written)
  }

  // MARK: - Bytes

  private func lineEnd(_ offset: Int) -> Int {
    text[offset...].firstIndex(where: \.isLineEnd) ?? text.count
  }

  private func column(_ offset: Int) -> Int { offset - body.source.lineStarts[body.source.line(at: offset) - 1] }

  private func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }

  /// The edited body must say what was asked for and nothing else new.
  private func check(_ edit: TextEdit, _ pointer: JSON.Pointer, _ value: JSON) throws(NotebookError) {
    var expected = JSON.object(body.params)
    try expected.set(pointer.tokens[...], to: value, pointer)
    let edited = CellBody(TextEdit.apply([edit], to: text))
    var whole = body.value
    whole["params"] = expected
    guard edited.isSound, edited.value == whole else {
      throw NotebookError(
        .syntax, "the value cannot be written at \(quoted(pointer.description)) without changing more",
        hint: "edit the cell's text")
    }
  }
}
