import Linear
import Statistics

/// The fits of erasers on rows in memory, without files, pictures or a kernel, for measurements of them alone.
package enum EraserFits {
  /// What a search found beside its eraser.
  package struct Search: Sendable {
    package let eraser: Eraser
    /// Of the probe before each removal.
    package let accuracies: [Double]
    /// Whether a formula took the search's place.
    package let closedForm: Bool
  }

  /// LEACE with its default settings for such rows.
  /// - Throws: as `LEACE.fit`.
  package static func leace<S: Scalar>(_ rows: Matrix<S>, labels: [Int], classes: Int) throws -> Search {
    let concept = try ConceptCoding.classes(classes).columns(of: labels)
    let settings = S.self == Float.self ? LEACE.single : LEACE()
    return Search(eraser: try settings.fit(rows, concept).eraser, accuracies: [], closedForm: true)
  }

  /// Iterative null-space projection of columns as they are.
  /// - Throws: as `NullspaceProjection.fit`.
  package static func nullspace<S: Scalar>(
    _ rows: Matrix<S>, labels: [Int], classes: Int, iterations: Int
  ) throws -> Search {
    let settings = NullspaceProjection(iterations: iterations, standardize: false)
    let fit = try settings.fit(rows, labels: labels, classes: classes, train: Array(0..<rows.rows))
    return Search(eraser: fit.eraser, accuracies: fit.steps.map(\.train.accuracy), closedForm: false)
  }

  /// The minimax game of one rank, of columns as they are.
  /// - Throws: as `MinimaxProjection.fit`.
  package static func minimax<S: Scalar>(
    _ rows: Matrix<S>, labels: [Int], classes: Int, rank: Int
  ) throws -> Search {
    let moments = try Moments(rows, ConceptCoding.classes(classes).columns(of: labels))
    let fit = try MinimaxProjection(rank: rank).fit(rows, labels: labels, classes: classes, moments: moments)
    return Search(eraser: fit.eraser, accuracies: [], closedForm: fit.closedForm)
  }
}
