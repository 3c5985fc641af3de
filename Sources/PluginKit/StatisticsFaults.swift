import Linear
import Statistics

/// Where the input of a computation came from, so that what is wrong with it is told there.
///
///     let fit = try InputPlaces(features: "/features", labels: "/labels", classes: names).explain {
///       try LogisticRegression(C: 1).fit(rows, labels: codes, classes: names.count)
///     }
public struct InputPlaces: Sendable {
  /// The JSON Pointer of the matrix.
  public var features: String
  /// The JSON Pointer of the labels.
  public var labels: String
  /// The classes' names, for messages.
  public var classes: [String]
  /// The number of each row in the table that the caller knows; nil when the computation got the whole table.
  public var rows: [Int]?

  public init(features: String, labels: String = "/labels", classes: [String] = [], rows: [Int]? = nil) {
    (self.features, self.labels, self.classes, self.rows) = (features, labels, classes, rows)
  }

  /// Runs a computation of `Statistics` or `Linear` and throws its errors as a method's.
  public func explain<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as StatisticsError {
      throw explained(error)
    } catch let error as NumericError {
      throw explained(error)
    }
  }

  private func row(_ row: Int) -> Int { rows.flatMap { $0.indices.contains(row) ? $0[row] : nil } ?? row }

  private func name(_ label: Int) -> String { classes.indices.contains(label) ? "'\(classes[label])'" : "\(label)" }

  private func explained(_ error: StatisticsError) -> MethodError {
    switch error {
    case .notFinite(let place, let column): notFinite(place, column)
    case .lengthMismatch(let what, _, _):
      .data(.shape, pointer: what.hasPrefix("label") ? labels : features, message: error.description)
    case .empty(let what):
      .data(
        what.hasPrefix("column") ? .shape : .tooFewSamples, pointer: features, message: error.description,
        hint: "give more rows, and at least one column")
    case .labelOutOfRange(let place, _, _):
      .invalidParameter(pointer: "\(labels)/\(row(place))", expected: error.description)
    case .badRow: .invalidParameter(pointer: features, expected: error.description)
    case .classMissing(let label, let side):
      .data(
        .degenerate, pointer: labels, message: "no row of class \(name(label)) is among the \(side)",
        hint: "give it rows, or leave the class out")
    case .tooFewClasses(let found):
      .data(
        .degenerate, pointer: labels, message: "the rows are of \(found.counted("class", "classes")), two are needed",
        hint: "there is nothing to tell apart: give rows of another class")
    case .parameter(let name, let expected, let found):
      // Names of several words are of what was counted, not of a param.
      name.contains(" ")
        ? .invalidParameter(pointer: features, expected: "\(name) to be \(expected), found \(found)")
        : .invalidParameter(pointer: "/\(name)", expected: "\(expected), found \(found)")
    }
  }

  private func explained(_ error: NumericError) -> MethodError {
    switch error {
    case .notFinite(let place, let column): notFinite(place, column)
    case .notPositiveDefinite, .singular, .notConverged:
      .data(
        .singular, pointer: features, message: error.description,
        hint: "look for columns that repeat each other or differ very much in scale")
    case .tooLarge: .data(.memory, pointer: features, message: error.description)
    }
  }

  private func notFinite(_ place: Int, _ column: Int) -> MethodError {
    .data(
      .nonFinite, pointer: features,
      message: "row \(row(place)), column \(column) is not finite, or too large to compute with", row: row(place),
      column: column, hint: "leave the row out, or put a number there")
  }
}
