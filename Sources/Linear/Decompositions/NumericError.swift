/// Why a decomposition has no answer.
public enum NumericError: Error, Sendable, Equatable {
  /// An element is NaN or infinite.
  case notFinite(row: Int, column: Int)
  /// The leading minor that ends at `index` is not positive: column `index` depends on those before it, or the
  /// matrix has a negative direction.
  case notPositiveDefinite(index: Int)
  /// Pivot `index` is zero.
  case singular(index: Int)
  /// The iteration of the named decomposition stopped short of its answer.
  case notConverged(String)
  /// The library's 32-bit workspace does not reach so far.
  case tooLarge(rows: Int, columns: Int)
}

extension NumericError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite(let row, let column):
      "row \(row), column \(column) is not a finite number"
    case .notPositiveDefinite(let index):
      "the matrix is not positive definite: column \(index) adds nothing to those before it; "
        + "drop it or add a small ridge"
    case .singular(let index):
      "the matrix is singular at pivot \(index); use a pseudo-inverse or add a small ridge"
    case .notConverged(let what):
      "the \(what) did not converge; look for columns of very different scale"
    case .tooLarge(let rows, let columns):
      "a matrix of \(rows) × \(columns) is too large to decompose; use a truncated or randomised method"
    }
  }
}
