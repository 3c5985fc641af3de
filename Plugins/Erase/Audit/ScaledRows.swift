import Linear
import Statistics

/// Rows about the mean of the fitted ones, each column divided by its deviation there, for probes that are not linear.
///
/// A column in which erasure has left only rounding is 0, so that no probe reads it.
struct ScaledRows {
  let fitted: Matrix<Double>
  let scored: Matrix<Double>

  /// - Parameter before: the deviations of the columns before erasure; nil where the erased rows are of another space.
  init(fitted: Matrix<Double>, scored: Matrix<Double>, before: [Double]?) throws(StatisticsError) {
    let scaling = try ColumnScaling(fitted)
    let factor = scaling.scale.indices.map { j -> Double in
      let deviation = scaling.deviation[j]
      let isRounding = scaling.isConstant[j] || before.map { deviation <= 1e-6 * $0[j] } ?? false
      return isRounding || deviation == 0 ? 0 : 1 / deviation
    }
    func scaled(_ rows: Matrix<Double>) -> Matrix<Double> {
      var result = rows
      result.subtractFromRows(scaling.mean)
      result.scaleColumns(by: factor)
      return result
    }
    self.fitted = scaled(fitted)
    self.scored = scaled(scored)
  }
}

/// A predictor of classes that is fitted on some rows and asked of others.
protocol LeakProbe: Sendable {
  /// What results call it.
  var name: String { get }

  /// The class of each scored row, one list for each repetition of the fit.
  /// - Parameter weights: of each class, for rows of very unequal classes.
  func predictions(
    _ rows: ScaledRows, labels: [Int], weights: [Double], seed: UInt64, workers: Workers
  ) throws -> [[Int]]
}
