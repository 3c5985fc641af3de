import JSON

/// What a person sees of a run, cell by cell.
public enum CellEvent: Sendable {
  case begins(cell: String)
  case ended(CellSummary)
}

/// How one cell ended, in words and headline numbers.
public struct CellSummary: Sendable {
  public let id: String
  public let state: String
  /// Nothing had to be computed.
  public let cached: Bool
  /// A run was entered in the log now.
  public let ranNow: Bool
  public let milliseconds: Double
  /// The first numbers of the value: `accuracy 0.91 (0.85–0.95)  majority 0.59`.
  public let headline: String
  /// The pictures of a run that was made or found now, `{title, data}` each.
  public let displays: [JSON]
  public let error: Fault?
  /// `file:line:column` of what is at fault.
  public let place: String
}

extension Kernel {
  /// `notebook/run` with an event for every cell, for the terminal. A cancelled run gives what ended before.
  public func runCells(
    _ id: String, _ params: JSON.Object, _ caller: Caller, _ cancellation: Cancellation,
    each: @escaping @Sendable (CellEvent) -> Void
  ) throws -> [CellSummary] {
    let checked = try registry.descriptor(of: "notebook/run").check(.object(params))
    let parameters = try JSON.Decoder().decode(NotebookRunMethod.Parameters.self, from: checked)
    let notebook = try notebooks.find(id)
    let outcomes = try run(
      notebook, notebook.document, cells: parameters.cells, set: parameters.set?.object ?? [:],
      force: parameters.force, keepGoing: parameters.keepGoing, caller, cancellation
    ) { [self] cell, outcome in
      each(outcome.map { .ended(summary($0, notebook)) } ?? .begins(cell: cell))
    }
    return outcomes.map { summary($0, notebook) }
  }

  /// The value of `notebook/run` for what was run.
  public func summary(_ cells: [CellSummary]) -> JSON {
    [
      "ran": JSON(cells.count { !$0.cached && $0.state == "fresh" }), "cached": JSON(cells.count { $0.cached }),
      "failed": JSON(cells.count { $0.state != "fresh" }),
      "cells": .array(
        cells.map { cell in
          var object: JSON.Object = [
            "cell": .string(cell.id), "state": .string(cell.state), "cached": .bool(cell.cached),
            "durationMs": .real((cell.milliseconds * 1000).rounded() / 1000),
          ]
          object["error"] = cell.error?.json
          return .object(object)
        }),
    ]
  }

  private func summary(_ outcome: CellOutcome, _ notebook: OpenNotebook) -> CellSummary {
    let value = outcome.result?.value ?? outcome.value
    let details = outcome.fault?.details
    let line = details?["line"]?.int ?? 1
    let column = details?["column"]?.int ?? 1
    return CellSummary(
      id: outcome.cell, state: outcome.state.rawValue, cached: outcome.cached, ranNow: outcome.result != nil,
      milliseconds: outcome.milliseconds, headline: value.map { Headline.text(of: $0) } ?? "",
      displays: outcome.result?.displays ?? [], error: outcome.fault,
      place: "\(Path.lastComponent(notebook.path)):\(line):\(column)")
  }
}
