import Linear

/// The classifier that needs no fit but the means: each row goes to the class whose mean is nearest, on columns divided by
/// their deviation (Rocchio 1971).
public enum NearestMean {
  /// −‖z − μ_c‖²/2 up to what all classes share: weights μ_c, biases −‖μ_c‖²/2.
  /// - Throws: `StatisticsError` for input that cannot be fitted, a class without rows among it.
  public static func fit(_ features: Matrix<Double>, labels: [Int], classes: Int) throws -> LinearProbe {
    guard labels.count == features.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: features.rows, found: labels.count)
    }
    let counts = try classCounts(labels, classes: classes)
    if let missing = counts.firstIndex(of: 0) {
      throw StatisticsError.classMissing(label: missing, in: "fitted rows")
    }
    let scaling = try ColumnScaling(features)
    let scale = scaling.scale
    var means = Matrix<Double>.zeros(classes, features.columns)
    for (i, label) in labels.enumerated() {
      let row = features.row(i)
      means.withMutableRow(label) { mean in
        for j in 0..<mean.count { mean[j] += (row[j] - scaling.mean[j]) / scale[j] }
      }
    }
    means.scaleRows(by: counts.map { 1 / Double($0) })
    for j in 0..<features.columns where scaling.isConstant[j] {
      for c in 0..<classes { means[c, j] = 0 }
    }
    let halves = (0..<classes).map { c in -means.row(c).reduce(0) { $0 + $1 * $1 } / 2 }
    guard classes == 2 else { return LinearProbe(checked: means, halves, scaling.mean, scale) }
    return LinearProbe(
      checked: means.rows(1..<2).adding(means.rows(0..<1), times: -1), [halves[1] - halves[0]], scaling.mean, scale)
  }
}
