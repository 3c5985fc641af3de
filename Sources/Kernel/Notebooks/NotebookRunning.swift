import JSON
import Notebook
import Synchronization

extension Kernel {
  /// Runs cells of an open notebook on its text as it is now, and tells the caller of every change of state.
  ///
  /// A cancelled run comes back with what ended before; throws for cells and params that are not there.
  func run(
    _ notebook: OpenNotebook, cells: [String]?, set: JSON.Object, force: Bool, keepGoing: Bool, _ caller: Caller,
    _ cancellation: Cancellation, each: @escaping @Sendable (_ cell: String, CellOutcome?) -> Void = { _, _ in }
  ) throws -> [CellOutcome] {
    let document = try notebook.document.overriding(set, wanting: cells)
    let wanted = cells?.compactMap { document.graph.number(of: $0) }
    let total = max(1, wanted.map { Set($0).union(document.graph.ancestors(of: $0)).count } ?? document.cells.count)
    let done = Mutex(0)
    let jobs = document.frontMatter.jobs.map { min($0, settings.jobs) } ?? settings.jobs
    let run = NotebookRun(
      try CellResults(self, notebook, document, caller), wanted: wanted,
      NotebookRun.Options(force: force, keepGoing: keepGoing, jobs: jobs), cancellation
    ) { [self] cell, outcome in
      let count = done.withLock { done in
        if outcome != nil { done += 1 }
        return done
      }
      caller.progress?(Progress(fraction: Double(count) / Double(total), message: cell.id))
      tell(notebook, cell.id, outcome, caller)
      each(cell.id, outcome)
    }
    return try run.run()
  }

  private func tell(_ notebook: OpenNotebook, _ cell: String, _ outcome: CellOutcome?, _ caller: Caller) {
    guard let notify = caller.notify else { return }
    var params: JSON.Object = [
      "notebook": .string(notebook.id), "cell": .string(cell),
      "state": .string((outcome?.state ?? .running).rawValue),
    ]
    if let outcome {
      params["origin"] = outcome.state == .fresh ? .string(outcome.cached ? "cache" : "run") : nil
      params["key"] = outcome.result?.key.map { .string($0.hex) }
      params["run"] = outcome.run.map(JSON.string)
      params["reason"] = outcome.fault.map { .string($0.message) }
    }
    params["seq"] = JSON(notebook.nextEvent())
    notify("cell/state", .object(params), nil)
  }
}

extension NotebookDocument {
  /// The notebook with params set for one run. Throws when it has no such cell, to be set or to be run.
  fileprivate func overriding(_ set: JSON.Object, wanting cells: [String]?) throws(Fault) -> NotebookDocument {
    do throws(NotebookError) {
      let overrides = set.members.flatMap { cell in
        (cell.value.object?.members ?? []).map {
          ParameterOverride(cell: cell.key, pointer: JSON.Pointer([$0.key]), value: $0.value)
        }
      }
      let document = try overriding(overrides)
      for cell in cells ?? [] { _ = try document.cell(cell) }
      return document
    } catch {
      let isUnknown = error.code == .unknownCell
      throw Fault(
        isUnknown ? 1302 : error.kind.number, isUnknown ? "cell.notFound" : error.kind.rawValue, error.message,
        hint: error.hint, details: ["code": .string(error.code.rawValue)])
    }
  }
}
