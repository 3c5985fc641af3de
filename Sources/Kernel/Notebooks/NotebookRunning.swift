import JSON
import Notebook
import Synchronization

extension Kernel {
  /// Runs cells of an open notebook on one of its texts, and tells the caller of every change of state.
  ///
  /// A cancelled run comes back with what ended before; throws for cells and params that are not there.
  func run(
    _ notebook: OpenNotebook, _ text: NotebookDocument, cells: [String]?, set: JSON.Object, force: Bool,
    keepGoing: Bool, _ caller: Caller, _ cancellation: Cancellation,
    each: @escaping @Sendable (_ cell: String, CellOutcome?) -> Void = { _, _ in }
  ) throws -> [CellOutcome] {
    let document = try text.overriding(set, wanting: cells)
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
    let outcomes = try run.run()
    // What the run changed for other cells, by the text as it is now.
    let changes = try CellResults(self, notebook, notebook.document, caller, cancellation).update(changed: nil)
    let told = Set(outcomes.map(\.cell))
    notebook.tell(changes.filter { !told.contains($0.cell) }, caller)
    return outcomes
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
    notebook.tell(params, notify)
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
      throw Fault(error, at: nil)
    }
  }
}

extension OpenNotebook {
  /// Tells the caller of the cells that came into another state.
  func tell(_ changes: [Staleness.Change], _ caller: Caller) {
    guard let notify = caller.notify else { return }
    for change in changes {
      guard let status = change.after, status.state != change.before?.state else { continue }
      var params: JSON.Object = [
        "notebook": .string(id), "cell": .string(change.cell), "state": .string(status.state.rawValue),
      ]
      params["reason"] = status.reason.map { .string($0.words) }
      tell(params, notify)
    }
  }

  /// Sends `cell/state` with the next number.
  fileprivate func tell(
    _ params: JSON.Object, _ notify: @Sendable (_ method: String, _ params: JSON, _ topic: String?) -> Void
  ) {
    tell { number in
      var params = params
      params["seq"] = JSON(number)
      notify("cell/state", .object(params), nil)
    }
  }
}
