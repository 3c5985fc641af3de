import Charts
import Linear
import PluginKit
import Statistics

/// Rows in the plane of their two leading principal components, coloured by topic.
struct TopicMap {
  /// The topic of each row, from 0; −1 for none.
  var labels: [Int]
  /// What each topic is called.
  var names: [String]
  /// Of the rows' papers.
  var titles: [String]?
  var rowIDs: [String]?
  var confidence: [Double]?

  /// - Parameter metric: rows are made as long as each other first for the cosine.
  func chart(of matrix: FeatureMatrix, metric: KMeans.Metric, _ context: Context) throws -> ScatterChart {
    // What is not drawn needs no place.
    let count = matrix.rows
    let drawn = (0..<min(count, ScatterChart.pointLimit)).map { $0 * count / min(count, ScatterChart.pointLimit) }
    let layout = try PrincipalLayout(matrix.rows(at: drawn), metric: metric, context)
    let points = drawn.enumerated().map { place, row in
      ScatterChart.Point(
        x: layout.points[place].x, y: layout.points[place].y,
        category: labels[row] >= 0 ? names[labels[row]] : nil,
        title: titles?[row] ?? rowIDs?[row] ?? "row \(row)", note: titles == nil ? nil : rowIDs?[row],
        confidence: confidence?[row] ?? 1)
    }
    let present = Set(labels)
    let categories = names.indices.filter(present.contains).map { names[$0] }
    let held = layout.shares.map { (100 * $0).shortText }
    return ScatterChart(
      title: "Topics", points: points, categories: categories, categoryTitle: "topic",
      note: "principal components 1 and 2 (\(held[0]) and \(held[1]) % of the variance); "
        + "what lies far apart here may be near in the others"
        + (count > drawn.count ? "; \(drawn.count) of \(count) drawn" : ""))
  }
}

/// Two coordinates for each row, by principal components.
struct PrincipalLayout {
  let points: [(x: Double, y: Double)]
  /// The shares of the variance that the two axes hold.
  let shares: [Double]

  init(_ matrix: FeatureMatrix, metric: KMeans.Metric, _ context: Context) throws {
    var options = TruncatedSVD.Options()
    options.centered = true
    let random = context.random("map")
    let parts = try InputPlaces(features: "/matrix").explain {
      switch metric == .cosine ? matrix.unitRows : matrix {
      case .dense(let rows):
        try TruncatedSVD(rows, rank: 2, options: options, random: random, workers: context.workers)
      case .sparse(let rows):
        try TruncatedSVD(rows, rank: 2, options: options, random: random, workers: context.workers)
      }
    }
    let scores = parts.scores
    points = (0..<scores.rows).map { row in
      (scores.columns > 0 ? scores[row, 0] : 0, scores.columns > 1 ? scores[row, 1] : 0)
    }
    let squares = parts.singularValues.map { $0 * $0 }
    let sum = squares.reduce(0, +)
    let known = sum > 0 ? squares.map { $0 / sum * parts.explainedEnergy } : []
    shares = Array((known + [0, 0]).prefix(2))
  }
}

extension FeatureMatrix {
  /// Rows divided by their lengths; rows of zeros stay.
  var unitRows: FeatureMatrix {
    switch self {
    case .dense(var matrix):
      for row in 0..<matrix.rows {
        matrix.withMutableRow(row) { row in
          let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
          guard length > 0 else { return }
          for column in row.indices { row[column] /= length }
        }
      }
      return .dense(matrix)
    case .sparse(let matrix):
      var values = matrix.values
      for row in 0..<matrix.rows {
        let range = matrix.rowPointers[row]..<matrix.rowPointers[row + 1]
        let length = values[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { continue }
        for entry in range { values[entry] /= length }
      }
      return .sparse(matrix.withValues(values))
    }
  }
}
