import JSON
import Notebook
import RunLog

/// `cell/why`
struct CellWhy: KernelMethod {
  static let name = "cell/why"
  static let effect = Effect.read
  typealias Parameters = CellParameters

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let kernel = call.kernel
    let notebook = try kernel.notebooks.find(parameters.notebook)
    let document = notebook.document
    let number = try number(of: parameters.cell, in: document)
    let cell = document.cells[number]
    let results = try CellResults(kernel, notebook, document, call.caller)
    results.update(changed: nil)
    let standings = results.standings()
    let log = try kernel.workspace.log()
    let last = log.latestResult(notebook: notebook.name, cell: cell.id)
    let before = try last.map { try log.run($0.run) }

    var answer: JSON.Object = ["cell": .string(cell.id), "state": .string(standings[number].state.rawValue)]
    answer["reason"] = standings[number].reason.map(JSON.string)
    answer["run"] = last.map { .string($0.run) }
    answer["time"] = last.map { .string($0.time) }
    var parts: [JSON] = []
    if let before, let plan = try? plan(cell, results, log) {
      parts = KeyParts(plan.start).differences(from: KeyParts(before)).map { difference in
        var part = difference.json
        part["from"] = source(of: difference.part, cell).map(JSON.string)
        return part
      }
    }
    answer["parts"] = .array(parts)
    answer["needs"] = .array(
      document.graph.dependencies(of: number).filter { standings[$0].state != .fresh }.map { need in
        var item: JSON.Object = [
          "cell": .string(document.cells[need].id), "state": .string(standings[need].state.rawValue),
        ]
        item["reason"] = standings[need].reason.map(JSON.string)
        return .object(item)
      })
    return .object(answer)
  }

  /// The call as it would be made now; a cell that has no fresh result stands there with its last one, so that its
  /// place does not count as different before it is known.
  private static func plan(_ cell: Cell, _ results: CellResults, _ log: LogStore) throws -> Kernel.Plan {
    let document = results.document
    let inputs = try document.graph.inputs(of: cell.index).map { number in
      let need = document.cells[number]
      let run: String?
      if let key = results.status(of: need).key, let fresh = results.usableResult(of: need, key: key) {
        return CellInput(cell: need.id, digest: fresh.digest)
      } else {
        run = log.latestResult(notebook: results.notebook.name, cell: need.id)?.run
      }
      guard let run, let value = try log.run(run).outputs.first(where: { $0.name == "value" }) else {
        throw Fault(1305, "cell.stale", "'\(need.id)' has no result")
      }
      return CellInput(cell: need.id, digest: value.hash.hex)
    }
    return try results.kernel.plan(results.call(of: cell, inputs))
  }

  /// The cell whose result stands at a part of the key.
  private static func source(of part: String, _ cell: Cell) -> String? {
    let pointer = "/" + part.drop { $0 != "/" }.dropFirst()
    return cell.references.first { reference in
      let place = reference.pointer.description
      return pointer == place || pointer.hasPrefix(place + "/")
    }?.path.cell
  }
}
