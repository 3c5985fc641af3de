import Notebook

/// The bodies of a notebook's cells in which nothing is wrong, so that an edit checks what it touched.
///
/// Cells of the same text share a body, and read the same cells.
struct CheckedBodies: Sendable {
  private struct Entry: Sendable {
    let body: CellBody
    /// The methods of the cells that it reads.
    let read: [String?]
    let readsOutside: Bool
  }

  /// Each holds its body, so no other takes its identity.
  private var entries: [ObjectIdentifier: Entry] = [:]

  /// Whether the cell reads what stands neither in the notebook nor in the log; `nil` when it was not checked since it
  /// or what it reads became another.
  func readsOutside(_ cell: Cell, in document: NotebookDocument) -> Bool? {
    guard !cell.isOverridden, let entry = entries[ObjectIdentifier(cell.body)] else { return nil }
    let inputs = document.graph.inputs(of: cell.index)
    guard entry.read.count == inputs.count else { return nil }
    for (method, input) in zip(entry.read, inputs) where method != document.cells[input].method { return nil }
    return entry.readsOutside
  }

  mutating func insert(_ cell: Cell, in document: NotebookDocument, readsOutside: Bool) {
    let read = document.graph.inputs(of: cell.index).map { document.cells[$0].method }
    entries[ObjectIdentifier(cell.body)] = Entry(body: cell.body, read: read, readsOutside: readsOutside)
  }

  /// Forgets bodies that earlier texts had, when there are many of them.
  mutating func prune(to document: NotebookDocument) {
    guard entries.count > 2 * document.cells.count + 64 else { return }
    let kept = Set(document.cells.map { ObjectIdentifier($0.body) })
    entries = entries.filter { kept.contains($0.key) }
  }
}
