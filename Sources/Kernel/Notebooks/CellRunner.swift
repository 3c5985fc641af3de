import JSON
import Notebook
import PluginKit
import RunLog

/// Runs single cells of a notebook, from any thread: what a cell comes to depends on its text and on the results that
/// it is given, not on what happens to the notebook meanwhile.
struct CellRunner: Sendable {
  let results: CellResults
  let options: NotebookRun.Options
  let cancellation: Cancellation
  var kernel: Kernel { results.kernel }
  var document: NotebookDocument { results.document }
  private var notebook: OpenNotebook { results.notebook }

  init(results: CellResults, options: NotebookRun.Options, cancellation: Cancellation) {
    self.results = results
    self.options = options
    self.cancellation = cancellation
  }

  func storeUse(_ cell: Cell) -> RunOrder.StoreUse {
    guard let method = cell.method, let descriptor = try? kernel.registry.descriptor(of: method) else { return .none }
    return descriptor.writesStore ? .writes : descriptor.readsPapers ? .reads : .none
  }

  /// - Parameters:
  ///   - inputs: the results that the cell reads.
  ///   - isNamed: it was asked for, and not only what a cell needs that was.
  ///   - begins: called when the cell is not at hand and its method starts.
  func run(_ cell: Cell, _ inputs: [CellInput], isNamed: Bool, begins: () -> Void) -> CellOutcome {
    if let fault = textFault(cell) {
      return CellOutcome(cell: cell.id, state: .invalid, cached: false, milliseconds: 0, fault: fault)
    }
    if document.graph.standings[cell.index] != .sound {
      return CellOutcome(cell: cell.id, state: .blocked, cached: false, milliseconds: 0, fault: unsoundFault(cell))
    }
    let began = monotonicMilliseconds()
    do {
      var plan = try kernel.plan(try results.call(of: cell, inputs), cancellation)
      let call = plan.call
      let isForced = options.force && isNamed
      let mayReuse = call.isCacheable && call.cache == .on || !isNamed
      if mayReuse, !isForced, !results.endedBadly(cell, key: plan.key.hex),
        let known = results.usableResult(of: cell, key: plan.key.hex)
      {
        return CellOutcome(
          cell: cell.id, state: .fresh, cached: true, run: known.run, milliseconds: monotonicMilliseconds() - began,
          value: results.value(known.digest, of: cell), digest: known.digest)
      }
      guard isNamed || cell.attributes.run == .auto && !call.descriptor.writesStore else {
        throw Fault(1305, "cell.stale", "'\(cell.id)' runs only when it is named", hint: "run it by itself first")
      }
      if isForced, call.cache == .on { plan.call.cache = .refresh }
      let result = try run(cell, plan, begins)
      return CellOutcome(
        cell: cell.id, state: .fresh, cached: result.cached, run: result.run, milliseconds: result.milliseconds,
        result: result, digest: result.digest.hex)
    } catch {
      let fault = located(Fault(any: error), cell)
      let state: CellState = fault.code == Fault.cancelled.code ? .cancelled : .failed
      return CellOutcome(
        cell: cell.id, state: state, cached: false, milliseconds: monotonicMilliseconds() - began, fault: fault)
    }
  }

  /// Runs the cell's call under its timeout, while the notebook shows it as running.
  private func run(_ cell: Cell, _ plan: Kernel.Plan, _ begins: () -> Void) throws -> CallResult {
    let own = CellCancellation(cancellation, timeout: document.timeout(of: cell))
    notebook.begin(cell, plan, own.cancellation)
    defer { notebook.end(cell) }
    begins()
    do {
      let result = try kernel.run(plan, own.cancellation)
      results.remember(cell, plan.key.hex, result)
      return result
    } catch let fault as Fault where fault.code == Fault.cancelled.code && own.hasTimedOut {
      let timeout = document.timeout(of: cell).map { "\($0)" } ?? ""
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
