import JSON
import Notebook
import PluginKit
import RunLog

/// One run of a notebook, on the text as it was when the request came.
struct NotebookRun {
  let results: CellResults
  private var kernel: Kernel { results.kernel }
  private var notebook: OpenNotebook { results.notebook }
  private var document: NotebookDocument { results.document }

  struct Options: Sendable {
    var force = false
    /// A cell that changes the store runs although an earlier cell failed.
    var keepGoing = false
  }

  /// Runs what is not fresh among the wanted cells and what they need, each behind what it needs.
  ///
  /// - Parameters:
  ///   - wanted: numbers of cells; all when `nil`.
  ///   - each: told of every cell as it begins (without an outcome) and ends.
  func run(
    wanted: [Int]?, _ options: Options, _ cancellation: Cancellation, each: (Cell, CellOutcome?) -> Void
  ) throws -> [CellOutcome] {
    _ = try kernel.workspace.log().artifacts.put(document.bytes)
    results.update(changed: nil)
    let named = Set(wanted ?? Array(document.cells.indices))
    let chosen = named.union(wanted.map { document.graph.ancestors(of: $0) } ?? [])
    var outcomes: [CellOutcome] = []
    var stopped: Set<Int> = []
    var hasFailed = false
    for number in document.graph.order where chosen.contains(number) {
      try cancellation.check()
      let cell = document.cells[number]
      let outcome =
        if document.graph.dependencies(of: number).contains(where: stopped.contains)
          || hasFailed && !options.keepGoing && writesStore(cell)
        {
          CellOutcome(cell: cell.id, state: .blocked, cached: false, milliseconds: 0)
        } else {
          runOne(cell, isNamed: named.contains(number), options, cancellation, each)
        }
      if outcome.state != .fresh { stopped.insert(number) }
      hasFailed = hasFailed || outcome.fault != nil
      each(cell, outcome)
      outcomes.append(outcome)
    }
    return outcomes
  }

  private func runOne(
    _ cell: Cell, isNamed: Bool, _ options: Options, _ cancellation: Cancellation, _ each: (Cell, CellOutcome?) -> Void
  ) -> CellOutcome {
    let status = results.status(of: cell)
    if let fault = textFault(cell) {
      return CellOutcome(cell: cell.id, state: .invalid, cached: false, milliseconds: 0, fault: fault)
    }
    if document.graph.standings[cell.index] != .sound {
      return CellOutcome(cell: cell.id, state: .blocked, cached: false, milliseconds: 0, fault: unsoundFault(cell))
    }
    let began = monotonicMilliseconds()
    do {
      var call = try results.call(of: cell)
      let mayStart = isNamed || cell.attributes.run == .auto && !call.descriptor.writesStore
      if status.state == .fresh, !(options.force && isNamed), call.isCacheable || !isNamed,
        let known = results.result(cell, status)
      {
        return CellOutcome(
          cell: cell.id, state: .fresh, cached: true, run: known.run, milliseconds: monotonicMilliseconds() - began,
          value: known.value)
      }
      guard mayStart else {
        throw Fault(1305, "cell.stale", "'\(cell.id)' runs only when it is named", hint: "run it by itself first")
      }
      if options.force, isNamed, call.cache == .on { call.cache = .refresh }
      _ = notebook.states.withLock { $0.setActivity(.running, of: cell.id) }
      defer { settle(cell, call) }
      each(cell, nil)
      let result = try run(call, cell, cancellation)
      if let run = result.run, let key = result.key {
        results.remember(
          cell, key.hex, run: run, digest: result.digest.hex, result.cached ? .cache : .run, result.value)
      }
      return CellOutcome(
        cell: cell.id, state: .fresh, cached: result.cached, run: result.run, milliseconds: result.milliseconds,
        result: result)
    } catch {
      let fault = located(Fault(any: error), cell)
      let state: CellState = fault.code == Fault.cancelled.code ? .cancelled : .failed
      return CellOutcome(
        cell: cell.id, state: state, cached: false, milliseconds: monotonicMilliseconds() - began, fault: fault)
    }
  }

  /// After a run: what reads the cell is looked at again; what reads the store too, when the cell changed it.
  private func settle(_ cell: Cell, _ call: PluginCall) {
    _ = notebook.states.withLock { $0.setActivity(nil, of: cell.id) }
    results.update(changed: call.descriptor.writesStore ? nil : [cell.id])
  }

  private func writesStore(_ cell: Cell) -> Bool {
    cell.method.flatMap { try? kernel.registry.descriptor(of: $0).writesStore } ?? false
  }

  /// Runs the cell's call under its timeout.
  private func run(_ call: PluginCall, _ cell: Cell, _ cancellation: Cancellation) throws -> CallResult {
    guard let timeout = document.timeout(of: cell) else { return try kernel.run(call, cancellation) }
    let timed = TimedCancellation(cancellation, timeout)
    do {
      return try kernel.run(call, timed.cancellation)
    } catch let fault as Fault where fault.code == Fault.cancelled.code && timed.hasTimedOut {
      throw Fault(
        1303, "cell.failed", "the cell took longer than its timeout of \(timeout)",
        hint: "raise timeout= on the cell's fence", details: ["code": "E402"])
    }
  }

  // MARK: - Where faults stand

  /// The fault of the cell's own text, if it has one.
  private func textFault(_ cell: Cell) -> Fault? {
    let own = results.faults[cell.id] ?? document.diagnostics.first { $0.cell == cell.id }
    guard document.graph.standings[cell.index] == .invalid || results.faults[cell.id] != nil else { return nil }
    let file = Path.lastComponent(notebook.path)
    return own.map { Fault($0, file: file) }
      ?? located(Fault(1301, "notebook.syntax", "the cell's text is in error"), cell)
  }

  /// The reference of a blocked cell that leads nowhere; `nil` where another cell is the cause.
  private func unsoundFault(_ cell: Cell) -> Fault? {
    document.diagnostics.first { $0.cell == cell.id }.map { Fault($0, file: Path.lastComponent(notebook.path)) }
  }

  /// The fault with the place in the file of the param that it is about.
  private func located(_ fault: Fault, _ cell: Cell) -> Fault {
    var fault = fault
    let position =
      fault.path.flatMap { JSON.Pointer($0) }.map { document.position(of: $0, in: cell) }
      ?? document.methodPosition(of: cell)
    fault.details["file"] = .string(Path.lastComponent(notebook.path))
    fault.details["line"] = JSON(position.line)
    fault.details["column"] = JSON(position.column)
    fault.details["end_column"] = JSON(position.endColumn)
    fault.details["cell"] = .string(cell.id)
    if fault.details["code"] == nil { fault.details["code"] = "E401" }
    return fault
  }
}

extension Fault {
  /// A fault of a notebook's text.
  init(_ diagnostic: Diagnostic, file: String) {
    self.init(
      diagnostic.kind.number, diagnostic.kind.rawValue, diagnostic.message, hint: diagnostic.hint,
      details: [
        "code": .string(diagnostic.code.rawValue), "file": .string(file), "line": JSON(diagnostic.line),
        "column": JSON(diagnostic.column), "end_column": JSON(diagnostic.endColumn),
      ])
    if let cell = diagnostic.cell { details["cell"] = .string(cell) }
  }
}
