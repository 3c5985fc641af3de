/// Why some rows, labels or parameters cannot be fitted or scored.
public enum StatisticsError: Error, Sendable, Equatable {
  /// An element of a matrix is NaN or infinite.
  case notFinite(row: Int, column: Int)
  /// Two inputs that belong together differ in length.
  case lengthMismatch(what: String, expected: Int, found: Int)
  /// An input has no rows, no columns or no elements.
  case empty(String)
  /// A label lies outside 0 ..< classes.
  case labelOutOfRange(row: Int, label: Int, classes: Int)
  /// A row number lies outside 0 ..< rows, or stands twice in a list.
  case badRow(list: String, row: Int, rows: Int)
  /// A class that has to be there has no row.
  case classMissing(label: Int, in: String)
  /// There is nothing to tell apart.
  case tooFewClasses(found: Int)
  /// A parameter is outside its range.
  case parameter(name: String, expected: String, found: String)
}

extension StatisticsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite(let row, let column):
      "row \(row), column \(column) is not a finite number; drop the row or fill the value"
    case .lengthMismatch(let what, let expected, let found):
      "expected \(expected) \(what), found \(found)"
    case .empty(let what):
      "there are no \(what)"
    case .labelOutOfRange(let row, let label, let classes):
      "row \(row) has label \(label), expected 0 to \(classes - 1)"
    case .badRow(let list, let row, let rows):
      "the \(list) rows name row \(row) twice or out of 0 to \(rows - 1)"
    case .classMissing(let label, let place):
      "no row of class \(label) is among the \(place); give it rows or drop the class"
    case .tooFewClasses(let found):
      "expected rows of at least two classes, found \(found)"
    case .parameter(let name, let expected, let found):
      "expected \(name) to be \(expected), found \(found)"
    }
  }
}
