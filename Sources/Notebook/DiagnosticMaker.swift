/// Gives the faults of a notebook their places and words, the first hundred in the order of the file.
struct DiagnosticMaker {
  private let text: NotebookText
  private let cells: [Cell]
  /// What was found for unknown ids: after a renaming one of them may stand in many cells.
  private var hints: [String: String?] = [:]

  /// Each search looks at all cells.
  private static let maximumHints = 20

  init(_ text: NotebookText, _ cells: [Cell]) {
    self.text = text
    self.cells = cells
  }

  private enum Finding {
    case text(LocatedFault)
    case graph(GraphFault, Range<Int>)

    var offset: Int {
      switch self {
      case .text(let located): located.fault.range.lowerBound
      case .graph(_, let range): range.lowerBound
      }
    }
  }

  mutating func diagnostics(_ faults: [LocatedFault], _ graphFaults: [GraphFault]) -> [Diagnostic] {
    guard !faults.isEmpty || !graphFaults.isEmpty else { return [] }
    var findings = faults.map(Finding.text)
    findings += graphFaults.map { Finding.graph($0, range(of: $0)) }
    // At one place the faults of the text come before those of the graph.
    let sorted = findings.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
    // Words are made for what is shown only.
    return sorted.prefix(Diagnostic.limit).map { finding in
      switch finding.element {
      case .text(let located): diagnostic(located)
      case .graph(let fault, let range): diagnostic(fault, range)
      }
    }
  }

  private func diagnostic(_ located: LocatedFault) -> Diagnostic {
    let fault = located.fault
    return Diagnostic(
      fault.code, fault.message, hint: fault.hint, at: text.source.position(of: fault.range),
      cell: located.cell.map { cells[$0].id })
  }

  // MARK: - Faults of the graph

  private func range(of fault: GraphFault) -> Range<Int> {
    switch fault {
    case .duplicateID(let cell, _): idRange(cell)
    case .selfReference(let cell, let place), .unknown(let cell, let place, _, _): namedRange(place, in: cells[cell])
    case .cycle(let cycle): edgeRange(cells[cycle[0]], to: cells[cycle[1]])
    }
  }

  private func idRange(_ number: Int) -> Range<Int> { cells[number].places.id ?? cells[number].fence.marker }

  /// `$features` of `$features.matrix`: the cell is what is wrong, not the path.
  private func namedRange(_ place: GraphFault.Place, in cell: Cell) -> Range<Int> {
    switch place {
    case .reference(let number):
      let reference = cell.references[number]
      return cell.fileRange(reference.range.lowerBound..<reference.idRange.upperBound)
    case .after(let number): return cell.places.after[number]
    }
  }

  private func edgeRange(_ cell: Cell, to target: Cell) -> Range<Int> {
    if let reference = cell.references.first(where: { $0.path.cell == target.id }) {
      return cell.fileRange(reference.range)
    }
    return cell.attributes.after.firstIndex(of: target.id).map { cell.places.after[$0] } ?? cell.fence.marker
  }

  private mutating func diagnostic(_ fault: GraphFault, _ range: Range<Int>) -> Diagnostic {
    let position = text.source.position(of: range)
    switch fault {
    case .duplicateID(let cell, let first):
      let other = text.source.position(of: idRange(first))
      return Diagnostic(
        .duplicateID, "the id \(quoted(cells[cell].id)) is borne by the cell in line \(other.line) too",
        hint: "rename one of them", at: position, cell: cells[cell].id,
        related: [Diagnostic.Related(cell: cells[first].id, position: other)])
    case .selfReference(let cell, _):
      return Diagnostic(
        .selfReference, "the cell \(quoted(cells[cell].id)) refers to itself", at: position, cell: cells[cell].id)
    case .unknown(let cell, let place, let id, let isRepeated):
      return unknown(cells[cell], place, id, isRepeated, position)
    case .cycle(let cycle): return self.cycle(cycle, position)
    }
  }

  private mutating func unknown(
    _ cell: Cell, _ place: GraphFault.Place, _ id: String, _ isRepeated: Bool, _ position: SourcePosition
  ) -> Diagnostic {
    if isRepeated {
      return Diagnostic(
        .duplicateID, "more than one cell bears the id \(quoted(id))", hint: "rename one of them", at: position,
        cell: cell.id)
    }
    var code = Diagnostic.Code.unknownCell
    if case .after = place { code = .unknownAfter }
    return Diagnostic(code, "unknown cell id \(quoted(id))", hint: hint(forUnknown: id), at: position, cell: cell.id)
  }

  private mutating func hint(forUnknown id: String) -> String? {
    if let known = hints[id] { return known }
    guard hints.count < Self.maximumHints else { return nil }
    let hint: String?
    if cells.contains(where: { $0.id == id }) {
      hint = "that name is made from the cell's text; give the cell an id of its own: id=…"
    } else if text.containedFences.contains(where: { InfoString(text.source.bytes, $0.info).attributes.id == id }) {
      hint = "the cell \(quoted(id)) stands in a list or a block quote"
    } else {
      hint = Spelling.suggestion(for: id, among: cells.lazy.filter(\.hasGivenID).map(\.id))
    }
    hints[id] = hint
    return hint
  }

  private func cycle(_ cycle: [Int], _ position: SourcePosition) -> Diagnostic {
    let ids = (cycle + cycle.prefix(1)).map { cells[$0].id }
    var way = ids[0]
    for (index, id) in ids.enumerated().dropFirst() {
      guard way.utf8.count + id.utf8.count < 110 || index == 1 else {
        way += " → … (\(cycle.count) cells)"
        break
      }
      way += " → " + id
    }
    return Diagnostic(
      .cycle, "these cells need each other: \(way)", hint: "remove one of the references", at: position,
      cell: cells[cycle[0]].id,
      related: zip(cycle, cycle.dropFirst() + cycle.prefix(1)).map { cell, next in
        Diagnostic.Related(
          cell: cells[cell].id, position: text.source.position(of: edgeRange(cells[cell], to: cells[next])))
      })
  }
}
