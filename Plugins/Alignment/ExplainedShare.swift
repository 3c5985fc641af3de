import Linear
import Statistics

/// What a prediction explains of rows about their own mean.
struct ExplainedShare: Sendable {
  /// 1 − Σ(y − ŷ)²/Σ(y − ȳ)² over all columns together, each about its own mean; nil where nothing varies.
  let total: Double?
  /// The same of each column.
  let columns: [Double?]
  /// Σ(y − ŷ)² over all numbers, divided by their count.
  let meanSquare: Double

  init(_ truth: Matrix<Double>, _ predicted: Matrix<Double>) {
    let mean = columnMeans(truth)
    var centred = truth
    centred.addToRows(mean.map { -$0 })
    let rest = truth.adding(predicted, times: -1)
    let wrong = Self.squares(rest)
    let all = Self.squares(centred)
    // The rounding of the mean is no variance.
    let least = Self.squares(truth).map { $0 * 0x1p-100 * Double(max(1, truth.rows)) }
    columns = wrong.indices.map { all[$0] > least[$0] ? 1 - wrong[$0] / all[$0] : nil }
    let varying = wrong.indices.filter { all[$0] > least[$0] }
    total = varying.isEmpty ? nil : 1 - fixedSum(wrong) / fixedSum(varying.map { all[$0] })
    meanSquare = fixedSum(wrong) / Double(max(1, truth.count))
  }

  private static func squares(_ matrix: Matrix<Double>) -> [Double] {
    (0..<matrix.columns).map { j in
      let column = matrix.column(j)
      return column.dot(column)
    }
  }
}
