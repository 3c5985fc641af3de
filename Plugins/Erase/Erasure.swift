import Linear
import PluginKit
import Statistics

/// What a saved eraser does to rows.
enum Erasure: Sendable {
  /// x′ = x − left·(right·x − offsets).
  case linear(Eraser)
  /// The residual of least squares on the labels, which it needs of each row.
  case oracle(OracleEraser)
  /// A map for each class, whose label it needs of each row.
  case quadratic(QuadraticEraser)
  /// Features of a kernel, erased.
  case kernel(KernelEraser)

  /// Columns of the rows that it takes.
  var columns: Int {
    switch self {
    case .linear(let eraser): eraser.columns
    case .oracle(let eraser): eraser.coefficients.rows
    case .quadratic(let eraser): eraser.target.count
    case .kernel(let eraser): eraser.features.columns
    }
  }

  /// Columns of the rows that it gives.
  var width: Int {
    if case .kernel(let eraser) = self { eraser.eraser.columns } else { columns }
  }

  /// Directions that are taken out; of an oracle map those it changes, of class maps those of the means.
  var rank: Int {
    switch self {
    case .linear(let eraser): eraser.rank
    case .oracle(let eraser): eraser.rank
    case .quadratic(let eraser): eraser.rank
    case .kernel(let eraser): eraser.eraser.rank
    }
  }

  var needsLabels: Bool {
    switch self {
    case .oracle, .quadratic: true
    case .linear, .kernel: false
    }
  }

  /// The erased rows.
  /// - Parameter concept: the labels of the rows, for a map that reads them.
  /// - Throws: `StatisticsError` for sizes that do not fit, numbers that are not finite, or labels that lack.
  func erased<S: Scalar>(
    _ rows: Matrix<S>, concept: RowLabels? = nil, workers: Workers = .serial
  ) throws -> Matrix<S> {
    switch self {
    case .linear(let eraser): return try eraser.erased(rows, workers: workers)
    case .kernel(let eraser): return try eraser.erased(rows, workers: workers)
    case .oracle(let eraser):
      guard let columns = concept?.columns else { throw StatisticsError.empty("labels, which this eraser reads") }
      return try eraser.erased(rows, concept: columns, workers: workers)
    case .quadratic(let eraser):
      guard let codes = concept?.codes else { throw StatisticsError.empty("labels, which this eraser reads") }
      return try eraser.erased(rows, labels: codes, workers: workers)
    }
  }
}

/// The concept of some rows, coded as the fit has it.
struct RowLabels: Sendable {
  /// n × k.
  let columns: Matrix<Double>
  /// The class of each row; nil for a concept of numbers.
  let codes: [Int]?
}
