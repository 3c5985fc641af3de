import Linear

/// Columns by how far apart the classes' means are, in deviations.
public enum FeatureRanking {
  /// Two classes: |μ₁ − μ₀| over the deviation within classes. More: the root of Σ share·(μ_c − μ)², likewise. A column
  /// without spread within classes ranks first when its means differ, and last else.
  /// - Returns: the columns, the best first, with the lowest first on ties, and the value of each column.
  /// - Throws: `StatisticsError` for labels that do not fit.
  public static func rank(
    _ features: Matrix<Double>, labels: [Int], classes: Int, rows: [Int]? = nil
  ) throws -> (order: [Int], values: [Double]) {
    guard labels.count == features.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: features.rows, found: labels.count)
    }
    let rows = rows ?? Array(0..<features.rows)
    let counts = try classCounts(rows.map { labels[$0] }, classes: classes)
    let d = features.columns
    let scaling = try ColumnScaling(features, rows: rows)
    var means = Matrix<Double>.zeros(classes, d)
    for i in rows {
      features.withRow(i) { row in
        means.withMutableRow(labels[i]) { mean in
          for j in 0..<d { mean[j] += row[j] - scaling.mean[j] }
        }
      }
    }
    means.scaleRows(by: counts.map { 1 / Double(max(1, $0)) })
    let total = Double(rows.count)
    let values = (0..<d).map { j -> Double in
      if scaling.isConstant[j] { return 0 }
      let between = (0..<classes).reduce(0.0) { $0 + Double(counts[$1]) / total * means[$1, j] * means[$1, j] }
      let variance = scaling.deviation[j] * scaling.deviation[j]
      let within = max(variance - between, 1e-14 * variance)
      if classes == 2 {
        let difference = means[1, j] - means[0, j]
        return (difference * difference / within).squareRoot()
      }
      return (between / within).squareRoot()
    }
    return (values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }, values)
  }
}
