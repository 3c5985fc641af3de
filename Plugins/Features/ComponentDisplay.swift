import Charts
import PluginKit

extension Context {
  /// How much of the rows each component holds, and all so far.
  func displayComponents(_ basis: LatentBasis) {
    let squares = basis.singularValues.map { $0 * $0 }
    let total = squares.reduce(0, +) / max(basis.explainedEnergy, .leastNormalMagnitude)
    var sum = 0.0
    let sums = squares.map { square in
      sum += square
      return sum
    }
    func curve(_ name: String, _ values: [Double]) -> LineChart.Curve {
      .init(name, values.enumerated().map { .init(Double($0 + 1), $1 / total) })
    }
    display(
      LineChart(
        title: "Energy of the components", xAxis: Axis("component"),
        yAxis: Axis("share of the sum of squares", domain: 0...max(0.05, min(1, 1.05 * sum / total))),
        curves: [curve("this one", squares), curve("up to this one", sums)], count: basis.fittedRows))
  }
}
