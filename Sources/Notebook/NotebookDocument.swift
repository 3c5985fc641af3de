import JSON

/// A `.quire.md`, read: prose and cells in order, the graph of the cells, and all that is wrong with it.
///
///     let document = NotebookDocument(bytes)
///     for cell in document.cells { show(cell.id, cell.method, cell.params) }
///     let edit = try document.settingParameter(of: "fit", at: JSON.Pointer(["C"]), to: 0.1)
///     let edited = document.applying([edit])
///
/// Reading runs nothing, writes nothing and never fails: a file that is no text has one block and one diagnostic.
public struct NotebookDocument: Sendable {
  /// The bytes and their blocks.
  public let text: NotebookText
  public let frontMatter: FrontMatter
  public let cells: [Cell]
  public let graph: CellGraph
  /// In the order of the file, at most 100.
  public let diagnostics: [Diagnostic]
  /// False when the file itself is at fault (E101, E102, E107): it is shown, but nothing of it is to be run.
  public let isSound: Bool
  private let textFaults: [LocatedFault]

  public var source: SourceText { text.source }
  public var blocks: [NotebookText.Block] { text.blocks }
  public var bytes: [UInt8] { text.source.bytes }

  public init(_ text: String) { self.init(Array(text.utf8)) }

  /// - Parameter previous: the notebook before an edit; bodies that stayed as they were are taken from it.
  public init(_ bytes: [UInt8], reusing previous: NotebookDocument? = nil) {
    let text = NotebookText(bytes)
    var faults = text.faults.map { LocatedFault(fault: $0, cell: nil) }
    var frontMatter = FrontMatter()
    if let range = text.frontMatterRange {
      let reader = FrontMatterReader(text.source, range)
      frontMatter = reader.frontMatter
      faults += reader.faults.map { LocatedFault(fault: $0, cell: nil) }
    }
    isSound = !faults.contains { [.notUTF8, .frontMatter, .carriageReturn].contains($0.fault.code) }
    var maker = CellMaker(text, frontMatter, previous)
    cells = maker.makeCells()
    faults += maker.faults
    faults.sort { $0.fault.range.lowerBound < $1.fault.range.lowerBound }
    textFaults = Array(faults.prefix(Diagnostic.limit))
    self.text = text
    self.frontMatter = frontMatter
    (graph, diagnostics) = NotebookDocument.check(cells, text, textFaults)
  }

  private init(_ document: NotebookDocument, _ cells: [Cell]) {
    text = document.text
    frontMatter = document.frontMatter
    isSound = document.isSound
    textFaults = document.textFaults
    self.cells = cells
    (graph, diagnostics) = NotebookDocument.check(cells, document.text, document.textFaults)
  }

  private static func check(
    _ cells: [Cell], _ text: NotebookText, _ faults: [LocatedFault]
  ) -> (CellGraph, [Diagnostic]) {
    var graphFaults: [GraphFault] = []
    let graph = CellGraph(cells, &graphFaults)
    var maker = DiagnosticMaker(text, cells)
    return (graph, maker.diagnostics(faults, graphFaults))
  }

  // MARK: - Cells

  /// The cell with an id, given or made.
  ///
  /// - Throws: E301 when there is none, E303 when two bear it.
  public func cell(_ id: String) throws(NotebookError) -> Cell {
    if let number = graph.number(of: id) { return cells[number] }
    if cells.contains(where: { $0.id == id }) {
      throw NotebookError(.duplicateID, "two cells bear the id \(quoted(id))", hint: "rename one")
    }
    throw NotebookError(
      .unknownCell, "unknown cell id \(quoted(id))", hint: Spelling.suggestion(for: id, among: cells.lazy.map(\.id)))
  }

  /// The seed that the notebook gives a cell: its own, else the front matter's.
  public func seed(of cell: Cell) -> Int64? { cell.attributes.seed ?? frontMatter.seed }
  public func timeout(of cell: Cell) -> Duration? { cell.attributes.timeout ?? frontMatter.timeout }
  public func threads(of cell: Cell) -> Int { cell.attributes.threads ?? frontMatter.threads ?? 1 }

  // MARK: - Places

  /// Where in the file a cell's param stands; when the pointer leads nowhere, the nearest value above it.
  public func position(of pointer: JSON.Pointer, in cell: Cell) -> SourcePosition {
    source.position(of: cell.fileRange(cell.body.range(of: pointer).value))
  }

  public func position(of pointer: String, in cell: Cell) -> SourcePosition {
    position(of: JSON.Pointer(pointer) ?? JSON.Pointer(), in: cell)
  }

  /// Where in the file the key of a cell's param stands.
  public func keyPosition(of pointer: JSON.Pointer, in cell: Cell) -> SourcePosition {
    source.position(of: cell.fileRange(cell.body.range(of: pointer).key))
  }

  /// Where in the file a reference stands, `$` or quotation marks included.
  public func position(of reference: Reference, in cell: Cell) -> SourcePosition {
    source.position(of: cell.fileRange(reference.range))
  }

  /// Where in the file the method's name stands; the fence when there is none.
  public func methodPosition(of cell: Cell) -> SourcePosition {
    source.position(of: cell.body.methodRange.map(cell.fileRange) ?? cell.fence.marker)
  }

  /// The cell whose lines, fences included, hold a line (1-based).
  public func cell(atLine line: Int) -> Cell? {
    var low = 0
    var high = cells.count
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].endLine < line { low = middle + 1 } else { high = middle }
    }
    return low < cells.count && cells[low].line <= line ? cells[low] : nil
  }

  // MARK: - Params for one run

  /// The notebook with params set for one run; its text stays as it is, its graph follows the new references.
  ///
  /// - Throws: E301 for an unknown id, and what `Cell.settingParameter` throws.
  public func overriding(_ overrides: [ParameterOverride]) throws(NotebookError) -> NotebookDocument {
    guard !overrides.isEmpty else { return self }
    var cells = cells
    for override in overrides {
      let index = try cell(override.cell).index
      cells[index] = try cells[index].settingParameter(override.pointer, to: override.value)
    }
    return NotebookDocument(self, cells)
  }
}

/// A fault with offsets into the file, and the number of its cell.
struct LocatedFault: Sendable {
  var fault: Fault
  var cell: Int?
}
