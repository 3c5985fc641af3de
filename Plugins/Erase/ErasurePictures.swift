import Charts
import Linear
import PluginKit
import Statistics

/// What a person looks at after a fit.
enum ErasurePictures {
  /// Rows that a scatter shows at most.
  private static let shown = 400

  static func correlations(_ fit: LEACEFit, _ input: ConceptInput) -> BarChart {
    let (n, d) = (input.rows.count, input.features.columnCount)
    let chance = d < n ? [ReferenceLine("unrelated labels, about", ErasureWarnings.leftover(rows: n, columns: d))] : []
    return BarChart(
      title: "Canonical correlations of features and concept, before", axis: Axis("correlation", domain: 0...1),
      bars: fit.canonicalCorrelations.enumerated().map { BarChart.Bar("\($0 + 1)", $1) }, references: chance,
      count: n, note: "after LEACE: 0 on the fitted rows, by construction")
  }

  /// Some fitted rows before and after, along the concept's first direction and the widest one that is not the concept's.
  static func scatter(_ erasure: Erasure, _ task: ErasureTask, _ context: Context) throws {
    let guide = task.reference.eraser
    guard guide.rank > 0, erasure.width == erasure.columns else { return }
    let step = max(1, task.input.rows.count / shown)
    let places = Array(stride(from: 0, to: task.input.rows.count, by: step).prefix(shown))
    let rows = places.map { task.input.rows[$0] }
    let before = try task.input.features.gather(rows, as: Double.self)
    let labels = try task.input.labels(of: rows)
    let after = try erasure.erased(before, concept: labels)
    let across = widest(task)
    let names = task.input.classes ?? []
    let concept = guide.right.row(0)
    let points = [before, after].map { matrix in
      (0..<matrix.rows).map { i -> (Double, Double) in
        var row = matrix.row(i)
        row.add(task.moments.meanX, times: -1)
        return (concept.dot(row), across.dot(row))
      }
    }
    let all = points.flatMap { $0 }
    let (xs, ys) = (domain(all.map(\.0)), domain(all.map(\.1)))
    for (title, part) in zip(["Before", "After"], points) {
      context.display(
        ScatterChart(
          title: "\(title): rows along the concept and across it",
          points: part.enumerated().map { i, point in
            let name = labels.codes.flatMap { names.indices.contains($0[i]) ? names[$0[i]] : nil }
            return ScatterChart.Point(x: point.0, y: point.1, category: name, title: "row \(rows[i])")
          },
          xAxis: Axis("concept's direction", unit: "deviations before", domain: xs),
          yAxis: Axis("widest other direction", unit: "units of the features", domain: ys), categories: names,
          categoryTitle: "class", note: "\(rows.count) of the fitted rows"))
    }
  }

  private static func domain(_ values: [Double]) -> ClosedRange<Double>? {
    guard let low = values.min(), let high = values.max(), low < high else { return nil }
    let margin = 0.05 * (high - low)
    return low - margin...high + margin
  }

  /// The direction of largest variance without the concept's, of length 1, by some steps of the power method.
  private static func widest(_ task: ErasureTask) -> [Double] {
    let (left, right) = (task.reference.eraser.left, task.reference.eraser.right)
    func without(_ vector: [Double]) -> [Double] {
      // (I − left·right)ᵀ·v reads nothing of the concept's covariance.
      var result = vector
      result.add(right.transposedTimes(left.transposedTimes(vector)), times: -1)
      return result
    }
    let d = task.moments.meanX.count
    var vector = without((0..<d).map { 1 / Double($0 + 1) })
    for _ in 0..<50 {
      guard let unit = vector.unit else { return [Double](repeating: 0, count: d) }
      vector = without(task.moments.scatterXX.times(unit))
    }
    return vector.unit ?? [Double](repeating: 0, count: d)
  }
}
