/// How a cell stands to its result.
public enum CellState: String, Sendable, CaseIterable {
  /// No result of this cell is known.
  case new
  /// A result for exactly this key exists.
  case fresh
  /// There is a result, but for another key; it stays visible with the reason.
  case stale
  case queued
  case running
  /// The last run for this key ended in an error.
  case failed
  /// The last run for this key was stopped.
  case cancelled
  /// An ancestor is failed, cancelled, in error, or to be run by hand and not fresh; or the cell names one that is not there.
  case blocked
  /// The cell's text is in error.
  case invalid
}

/// Where a fresh result came from.
public enum ResultOrigin: String, Sendable { case run, cache, replay }

/// A cell's state with what explains it.
public struct CellStatus: Sendable, Equatable {
  /// Why a cell is stale, blocked, or has no key.
  public enum Reason: Sendable, Equatable {
    /// The cell's text, seed or threads are not those of the result.
    case edited
    /// The results of these cells are not those that went into the result.
    case inputsChanged([String])
    /// This ancestor has no fresh result, so the key is not known.
    case ancestor(String)
    /// An input beside cells cannot be had: a file is missing.
    case inputUnavailable
    /// The key differs, and what was behind the old one is not known here: ask the log.
    case keyChanged
    /// This ancestor blocks the cell; `nil` when the cell names one that is not there.
    case blocked(by: String?)
  }

  public var state: CellState
  /// `nil` while an ancestor has no fresh result, and for cells in error.
  public var key: String?
  public var origin: ResultOrigin?
  public var reason: Reason?

  public init(_ state: CellState, key: String? = nil, origin: ResultOrigin? = nil, reason: Reason? = nil) {
    self.state = state
    self.key = key
    self.origin = origin
    self.reason = reason
  }
}

/// The result of a cell that another one reads: the hash of its value stands for it in the key.
public struct CellInput: Sendable, Hashable {
  public var cell: String
  public var digest: String

  public init(cell: String, digest: String) {
    self.cell = cell
    self.digest = digest
  }
}

/// A result that is at hand for a key.
public struct CellResult: Sendable, Equatable {
  /// The hash of the value; equal values have equal digests, so that what reads them stays fresh.
  public var digest: String
  public var origin: ResultOrigin

  public init(digest: String, origin: ResultOrigin) {
    self.digest = digest
    self.origin = origin
  }
}

/// What a cell's runs have left.
public struct CellHistory: Sendable, Equatable {
  /// How a run ended that left no result.
  public enum Outcome: Sendable, Equatable { case failed, cancelled }

  /// The newest result is for this key; `nil` when the cell has none.
  public var resultKey: String?
  /// The key of the last run when that ended without a result.
  public var unfinishedKey: String?
  public var outcome: Outcome?

  public init(resultKey: String? = nil, unfinishedKey: String? = nil, outcome: Outcome? = nil) {
    self.resultKey = resultKey
    self.unfinishedKey = unfinishedKey
    self.outcome = outcome
  }
}

/// What `Staleness` asks: keys, results and history belong to the kernel.
public protocol ResultSource {
  /// The key of a cell whose inputs are known, in the order of the cells in the file; `nil` when another input is not
  /// to be had.
  func key(of cell: Cell, inputs: [CellInput]) -> String?
  /// The result for exactly this key; `nil` when there is none.
  func result(of cell: Cell, key: String) -> CellResult?
  func history(of cell: Cell) -> CellHistory
}
