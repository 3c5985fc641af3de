import JSON
import Notebook
import RunLog

struct CellParameters: Decodable, Sendable {
  var notebook: String
  var cell: String
}

/// `cell/run`
struct CellRun: NotebookRunning {
  static let name = "cell/run"

  struct Parameters: NotebookNaming, Decodable, Sendable {
    var notebook: String
    var cell: String
    var force: Bool
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let notebook = try call.kernel.notebooks.find(parameters.notebook)
    let outcomes = try call.kernel.run(
      notebook, call.document ?? notebook.document, cells: [parameters.cell], set: [:], force: parameters.force,
      keepGoing: false, call.caller, call.cancellation)
    try call.cancellation.check()
    if let failed = outcomes.first(where: { $0.fault != nil }), let fault = failed.fault {
      if fault.code == Fault.cancelled.code { throw Fault.cancelled }
      var told = Fault(
        1303, "cell.failed", "cell '\(failed.cell)': \(fault.message)".cut(toBytes: 199), hint: fault.hint)
      told.details = fault.details
      told.details["details"] = ["error": fault.json]
      throw told
    }
    guard let outcome = outcomes.last(where: { $0.cell == parameters.cell }) else {
      throw Fault(1303, "cell.failed", "cell '\(parameters.cell)' did not run")
    }
    let displays = try outcome.result?.displays ?? outcome.run.map { try call.kernel.outputs(ofRun: $0).displays } ?? []
    var answer: JSON.Object = ["cell": .string(outcome.cell), "state": .string(outcome.state.rawValue)]
    answer["run"] = outcome.run.map(JSON.string)
    answer["displays"] = .array(displays)
    answer["durationMs"] = .real((outcome.milliseconds * 1000).rounded() / 1000)
    answer["cached"] = .bool(outcome.cached)
    return .object(answer)
  }
}

/// `cell/check`
struct CellCheckMethod: KernelMethod {
  static let name = "cell/check"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var text, notebook, cell: String?
  }

  struct Output: Encodable {
    var method: String?
    var diagnostics: [NotebookView.DiagnosticView]
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> Output {
    let kernel = call.kernel
    if let text = parameters.text { return check(text, kernel) }
    let notebook = try kernel.notebooks.find(parameters.notebook ?? "")
    let document = notebook.document
    let cell = document.cells[try number(of: parameters.cell ?? "", in: document)]
    let found = CellCheck(kernel: kernel, document: document).diagnostics().filter { $0.cell == cell.id }
    return Output(method: cell.method, diagnostics: found.map(NotebookView.DiagnosticView.init))
  }

  /// A text that stands in no notebook: a whole cell with its fences, or a body. What it refers to is not looked for.
  private static func check(_ text: String, _ kernel: Kernel) -> Output {
    let marks = text.drop { $0.isWhitespace }.prefix(3)
    let isWhole = marks == "```" || marks == "~~~"
    // A fence that no line of the body can close.
    let longest = text.split(whereSeparator: { $0 != "`" }).map(\.utf8.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    let opening = "\(fence)quire\n"
    let document = NotebookDocument(isWhole ? text : opening + text + "\n\(fence)\n")
    let found = CellCheck(kernel: kernel, document: document).diagnostics()
      .filter { ![.unknownCell, .unknownAfter, .unknownOutput].contains($0.code) }
      .map { diagnostic in
        var view = NotebookView.DiagnosticView(diagnostic)
        view.cell = nil
        if !isWhole {
          view.line -= 1
          view.byte -= opening.utf8.count
        }
        return view
      }
    return Output(method: document.cells.first?.method, diagnostics: found)
  }
}

/// `cell/outputs`
struct CellOutputs: KernelMethod {
  static let name = "cell/outputs"
  static let effect = Effect.read
  typealias Parameters = CellParameters

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let notebook = try call.kernel.notebooks.find(parameters.notebook)
    let (run, _) = try call.kernel.standing(parameters.cell, of: notebook, call.caller)
    guard let run = run.run else { return ["displays": [], "value": nil, "warnings": []] }
    let outputs = try call.kernel.outputs(ofRun: run)
    return ["displays": .array(outputs.displays), "value": outputs.value, "warnings": .array(outputs.warnings)]
  }
}

/// `cell/graph`
struct CellGraphMethod: KernelMethod {
  static let name = "cell/graph"
  static let effect = Effect.read
  typealias Parameters = NotebookParameters

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.notebooks], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let notebook = try call.kernel.notebooks.find(parameters.notebook)
    let document = notebook.document
    let results = try CellResults(call.kernel, notebook, document, call.caller)
    results.update(changed: nil)
    let standings = results.standings()
    let edges = document.cells.flatMap { cell in
      document.graph.dependencies(of: cell.index).map { JSON([document.cells[$0].id, cell.id]) }
    }
    let stale = document.cells.filter { ![.fresh, .invalid].contains(standings[$0.index].state) }
    return [
      "nodes": JSON(document.cells.map(\.id)), "edges": .array(edges), "stale": JSON(stale.map(\.id)),
    ]
  }
}

extension Kernel {
  /// A cell's standing now.
  func standing(
    _ cell: String, of notebook: OpenNotebook, _ caller: Caller
  ) throws -> (standing: CellStanding, cell: Cell) {
    let document = notebook.document
    let number = try number(of: cell, in: document)
    let results = try CellResults(self, notebook, document, caller)
    results.update(changed: nil)
    return (results.standings()[number], document.cells[number])
  }

  /// What a run gave, from its artifacts.
  func outputs(ofRun run: String) throws -> (value: JSON, displays: [JSON], warnings: [JSON]) {
    let record = try workspace.log().run(run)
    let descriptor = try registry.descriptor(of: record.method)
    guard let stored = try storedResult(record.outputs, descriptor) else {
      throw Fault(
        1401, "artifact.notFound", "the result of run \(run) is no longer there", hint: "run the cell again")
    }
    return (stored.value, stored.displays, stored.warnings)
  }
}

/// Where a cell stands in the notebook.
func number(of cell: String, in document: NotebookDocument) throws(Fault) -> Int {
  if let number = document.graph.number(of: cell) { return number }
  let near = nearest(cell, among: document.cells.map(\.id))
  throw Fault(
    1302, "cell.notFound", "no cell '\(cell.cut(toBytes: 60))'", path: "/cell",
    hint: near.first.map { "did you mean '\($0)'?" })
}
