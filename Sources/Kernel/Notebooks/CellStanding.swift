import JSON
import Notebook

/// What is known of one cell at one moment: its state, and the run whose result is shown.
struct CellStanding: Sendable {
  var state: CellState
  /// The run of its key when the cell is fresh, else the last one that gave a result.
  var run: String?
  /// Why it is not fresh, in words.
  var reason: String?
}

/// What running a cell came to.
struct CellOutcome: Sendable {
  var cell: String
  var state: CellState
  /// Nothing had to be computed: it was fresh, or came from the cache.
  var cached: Bool
  var run: String?
  var milliseconds: Double
  var fault: Fault?
  var result: CallResult?
  /// The value that stands for the cell when nothing was run.
  var value: JSON?
  /// The hash of the value of a fresh cell.
  var digest: String?

  var json: JSON {
    var object: JSON.Object = [
      "cell": .string(cell), "state": .string(state.rawValue), "cached": .bool(cached),
    ]
    object["run"] = run.map(JSON.string)
    object["durationMs"] = .real((milliseconds * 1000).rounded() / 1000)
    object["error"] = fault?.json
    return .object(object)
  }
}

extension CellStatus.Reason {
  var words: String {
    switch self {
    case .edited: "the cell was edited"
    case .inputsChanged(let cells): "the results of \(cells.joined(separator: ", ")) changed"
    case .ancestor(let cell): "'\(cell)' has to run first"
    case .inputUnavailable: "an input cannot be had"
    case .keyChanged: "its params, its inputs or its method changed"
    case .blocked(let cell): cell.map { "it needs '\($0)'" } ?? "it names a cell that is not there"
    }
  }
}
