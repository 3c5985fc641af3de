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

  /// What was found in all cells of one text.
  struct Findings {
    /// Against their methods' schemas, in document order; cells without fault are left out.
    fileprivate(set) var faults: [(cell: String, found: [Diagnostic])] = []
    /// By number of the cell: its key depends on what stands neither in the notebook nor in the log.
    fileprivate(set) var readsOutside: [Bool] = []

    /// The first fault of each cell that has one.
    var first: [String: Diagnostic] {
      Dictionary(
        faults.compactMap { cell, found in found.first.map { (cell, $0) } }, uniquingKeysWith: { one, _ in one })
    }
  }

  /// Checks the cells whose bodies are not known to be without fault.
  func findings(known: borrowing Mutex<CheckedBodies>) -> Findings {
    var findings = Findings()
    findings.readsOutside.reserveCapacity(document.cells.count)
    let before = known.withLock { $0 }
    var sound: [(Cell, readsOutside: Bool)] = []
    for cell in document.cells {
      guard cell.isSound else {
        findings.readsOutside.append(true)
        continue
      }
      if let readsOutside = before.readsOutside(cell, in: document) {
        findings.readsOutside.append(readsOutside)
        continue
      }
      let faults = check(cell)
      let readsOutside = self.readsOutside(cell)
      findings.readsOutside.append(readsOutside)
      if !faults.isEmpty {
        findings.faults.append((cell.id, faults))
      } else if !cell.isOverridden {
        sound.append((cell, readsOutside))
      }
    }
    if !sound.isEmpty {
      known.withLock { known in
        for (cell, readsOutside) in sound { known.insert(cell, in: document, readsOutside: readsOutside) }
        known.prune(to: document)
      }
    }
    return findings
  }

  /// Faults of the text itself and of every cell against its method's schema, in document order.
  func diagnostics(_ findings: Findings) -> [Diagnostic] {
    let all = findings.faults.reduce(into: document.diagnostics) { $0 += $1.found }
    return Array(
      all.sorted { $0.position.bytes.lowerBound < $1.position.bytes.lowerBound }.prefix(Diagnostic.limit))
  }

  func diagnostics() -> [Diagnostic] { diagnostics(findings(known: Mutex(CheckedBodies()))) }

  private func readsOutside(_ cell: Cell) -> Bool {
    if let method = cell.method, let descriptor = try? kernel.registry.descriptor(of: method),
      descriptor.readsPapers || descriptor.writesStore
    {
      return true
    }
    return cell.params.members.contains { $0.value.namesFile }
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

extension JSON {
  /// Whether a `{"$file": …}` stands anywhere inside.
  fileprivate var namesFile: Bool {
    switch self {
    case .object(let object): object["$file"] != nil || object.members.contains { $0.value.namesFile }
    case .array(let elements): elements.contains { $0.namesFile }
    default: false
    }
  }
}
