import JSON
import JSONSchema
import Notebook
import Synchronization

/// What can be said of a cell before it runs: is there such a method, do its params fit the schema.
///
/// A param that is a `$ref` is not known yet: it is left out of the check of values, and held against what the
/// producing method's schema says the output is.
struct CellCheck {
  let kernel: Kernel
  let document: NotebookDocument

  /// Faults of the text itself and of every cell against its method's schema, in document order.
  func diagnostics() -> [Diagnostic] { diagnostics(known: Mutex([:])) }

  func diagnostics(known: borrowing Mutex<[String: CheckedBody]>) -> [Diagnostic] {
    var all = document.diagnostics
    forEachFaulty(known) { all += $1 }
    return Array(
      all.sorted { $0.position.bytes.lowerBound < $1.position.bytes.lowerBound }.prefix(Diagnostic.limit))
  }

  /// The first fault of each cell that has one against its method's schema.
  func firstFaults(known: borrowing Mutex<[String: CheckedBody]>) -> [String: Diagnostic] {
    var faults: [String: Diagnostic] = [:]
    forEachFaulty(known) { faults[$0.id] = $1.first }
    return faults
  }

  /// Checks the cells whose bodies are not known to be without fault.
  private func forEachFaulty(_ known: borrowing Mutex<[String: CheckedBody]>, _ body: (Cell, [Diagnostic]) -> Void) {
    let before = known.withLock { $0 }
    var sound: [String: CheckedBody] = [:]
    for cell in document.cells where cell.isSound {
      let read = document.graph.inputs(of: cell.index).map { document.cells[$0].method }
      if !cell.isOverridden, let known = before[cell.id], known.body === cell.body, known.read == read { continue }
      let faults = check(cell)
      if !faults.isEmpty {
        body(cell, faults)
      } else if !cell.isOverridden {
        sound[cell.id] = CheckedBody(body: cell.body, read: read)
      }
    }
    if !sound.isEmpty { known.withLock { $0.merge(sound) { _, new in new } } }
  }

  /// Faults of one cell against its method's schema.
  func check(_ cell: Cell) -> [Diagnostic] {
    guard let method = cell.method else { return [] }
    guard let entry = kernel.registry.entry(method), case .plugin(_, let plugin) = entry.implementation else {
      let fault = kernel.registry.notFound(method)
      return [
        Diagnostic(.method, fault.message, hint: fault.hint, at: document.methodPosition(of: cell), cell: cell.id)
      ]
    }
    if let missing = plugin.manifest?.missingProgram {
      return [Diagnostic(.method, missing, at: document.methodPosition(of: cell), cell: cell.id)]
    }
    do {
      let descriptor = try kernel.registry.descriptor(entry)
      return violations(cell, descriptor) + referenceFaults(cell)
    } catch {
      return [Diagnostic(.method, error.message, at: document.methodPosition(of: cell), cell: cell.id)]
    }
  }

  private func violations(_ cell: Cell, _ descriptor: MethodDescriptor) -> [Diagnostic] {
    let references = cell.references.map(\.pointer.description)
    let params = JSON.object(cell.params)
    return descriptor.params.validate(params, limit: 20).compactMap { violation in
      // What is not known yet cannot be wrong yet.
      if references.contains(where: { violation.pointer == $0 || violation.pointer.hasPrefix($0 + "/") }) { return nil }
      let pointer = JSON.Pointer(violation.pointer) ?? JSON.Pointer()
      let isUnknown = violation.keyword == "additionalProperties"
      let position =
        isUnknown ? document.keyPosition(of: pointer, in: cell) : document.position(of: pointer, in: cell)
      let place = pointer.tokens.isEmpty ? "params" : pointer.name
      return Diagnostic(
        isUnknown ? .unknownKey : .wrongType,
        "\(place): expected \(violation.expected), found \(violation.found)".cut(toBytes: 199), hint: violation.hint,
        at: position, cell: cell.id)
    }
  }

  /// References to outputs that the producing method does not have.
  private func referenceFaults(_ cell: Cell) -> [Diagnostic] {
    cell.references.compactMap { reference in
      guard let output = reference.path.output, let number = document.graph.number(of: reference.path.cell),
        let method = document.cells[number].method, let descriptor = try? kernel.registry.descriptor(of: method),
        let properties = descriptor.document["result"]?["properties"]?.object, properties[output] == nil
      else { return nil }
      let near = nearest(output, among: properties.keys)
      return Diagnostic(
        .unknownOutput, "'\(reference.path.cell)' (\(method)) has no output '\(output)'",
        hint: near.first.map { "did you mean '\($0)'?" }
          ?? "it has \(properties.keys.prefix(8).joined(separator: ", "))",
        at: document.position(of: reference, in: cell), cell: cell.id)
    }
  }
}

/// A cell's body in which nothing is wrong.
struct CheckedBody: Sendable {
  let body: CellBody
  /// The methods of the cells that it reads.
  let read: [String?]
}
