import Charts
import Linear
import PluginKit
import Statistics

/// Rows in the plane, with what the picture keeps of the space that they come from.
public struct MapTopics: Method {
  public static let name = "topics.map"

  public enum Layout: String, Codable, Sendable { case auto, tsne, pca }

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let labels: LabelReference?
    let confidence: MatrixReference?
    let papers: PapersReference?
    let method: Layout
    let perplexity: Double?
    let metric: KMeans.Metric
    let neighbors: Int
  }

  public struct Output: Encodable, Sendable {
    let layout: ArtifactReference
    let keptNeighbors: ArtifactReference
    let method: Layout
    let perplexity: Double?
    let trustworthiness: Double
    let neighborRecall: Double
    let neighbors: Int
    let topicSilhouette: Double?
    let shares: [Double]?
    let rows: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let rows = try CanonicalRows(parameters.matrix, parameters.papers, context)
    let method: Layout =
      parameters.method == .auto ? (rows.count <= StochasticLayout.mostRows ? .tsne : .pca) : parameters.method
    guard method == .pca || rows.count <= StochasticLayout.mostRows else {
      throw MethodError.invalidParameter(
        pointer: "/method", expected: "pca beyond \(StochasticLayout.mostRows) rows, found \(rows.count) rows for tsne")
    }
    let labels = try parameters.labels.map { try aligned($0, rows, context) }
    let points = try rows.dense(for: "the map", context)
    let plane = try PrincipalLayout(rows.matrix, metric: parameters.metric, context)
    var layout = Matrix(plane.points.map { [$0.x, $0.y] })
    var perplexity: Double?
    if method == .tsne {
      try context.reserve(3 * 8 * rows.count * rows.count, for: "the similarities of \(rows.count) rows")
      let map = try InputPlaces(features: parameters.matrix.pointer).explain {
        try StochasticLayout(
          points, start: layout, perplexity: parameters.perplexity ?? min(30, Double(rows.count) / 5),
          metric: parameters.metric, workers: context.workers
        ) { context.progress($0, of: $1, $2) }
      }
      (layout, perplexity) = (map.points, map.perplexity)
    }
    let quality = try LayoutQuality(
      points, layout, neighbours: parameters.neighbors, metric: parameters.metric, workers: context.workers)
    let silhouette = try labels.flatMap { labels -> Double? in
      let named = labels.codes.indices.filter { labels.codes[$0] >= 0 }
      guard Set(named.map { labels.codes[$0] }).count > 1 else { return nil }
      return try ClusterQuality.silhouette(
        points.rows(at: named), labels: named.map { labels.codes[$0] }, metric: parameters.metric,
        workers: context.workers)
    }
    let warnings = context.tell([
      Warning(
        "map",
        "distances between far points, sizes and densities on the map mean nothing: it keeps \(quality.recall.shortText) "
          + "of the \(quality.neighbours) nearest neighbours (trustworthiness \(quality.trustworthiness.shortText))")
    ])
    let confidence = try parameters.confidence.map { try self.confidence($0, rows, context) }
    context.display(chart(rows, layout, labels, confidence, quality, silhouette, method))
    return Output(
      layout: try context.save(layout.rows(at: rows.order.places), "layout", rowIDs: rows.rowIDs),
      keptNeighbors: try context.save(
        Matrix(rows: rows.count, columns: 1, elements: rows.order.restored(quality.recalls)), "keptNeighbors",
        rowIDs: rows.rowIDs),
      method: method, perplexity: perplexity, trustworthiness: quality.trustworthiness, neighborRecall: quality.recall,
      neighbors: quality.neighbours, topicSilhouette: silhouette, shares: method == .pca ? plane.shares : nil,
      rows: rows.count, warnings: warnings)
  }

  private func chart(
    _ rows: CanonicalRows, _ layout: Matrix<Double>, _ labels: Labels?, _ confidence: [Double]?,
    _ quality: LayoutQuality, _ silhouette: Double?, _ method: Layout
  ) -> ScatterChart {
    let ids = rows.ids
    let points = (0..<rows.count).map { row in
      ScatterChart.Point(
        x: layout[row, 0], y: layout[row, 1],
        category: labels.flatMap { $0.codes[row] >= 0 ? $0.classes[$0.codes[row]] : nil },
        title: rows.titles?[row] ?? rows.name(row), note: rows.titles == nil ? nil : ids?[row],
        confidence: confidence?[row] ?? 1)
    }
    let kept = silhouette.map { "; silhouette of the topics in the whole space \($0.shortText)" } ?? ""
    return ScatterChart(
      title: "Map of the papers", points: points, categories: labels?.classes ?? [], categoryTitle: "topic",
      note: "\(method == .tsne ? "t-SNE" : "principal components"); trustworthiness "
        + "\(quality.trustworthiness.shortText), \(quality.neighbours)-neighbour recall \(quality.recall.shortText)\(kept)"
    )
  }

  /// Labels in the canonical order of the rows.
  private func aligned(_ reference: LabelReference, _ rows: CanonicalRows, _ context: Context) throws -> Labels {
    var labels = try context.labels(reference)
    labels.codes = try RowAlignment.rows(of: labels.rowIDs, labels.count, beside: rows, at: reference.pointer)
      .map { labels.codes[$0] }
    return labels
  }

  private func confidence(_ reference: MatrixReference, _ rows: CanonicalRows, _ context: Context) throws -> [Double] {
    let (matrix, ids) = try context.features(reference)
    guard matrix.columns == 1 else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(matrix.columns) columns where one is expected",
        hint: "give the output 'confidence' of the clustering")
    }
    let places = try RowAlignment.rows(of: ids, matrix.rows, beside: rows, at: reference.pointer)
    return matrix.rows(at: places).dense.elements
  }
}

/// Finds for rows in their canonical order the places in another list of the same rows.
enum RowAlignment {
  static func rows(of ids: [String]?, _ count: Int, beside rows: CanonicalRows, at pointer: String) throws -> [Int] {
    guard let ids, let own = rows.ids else {
      guard count == rows.count else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(count) rows beside \(rows.count) of the matrix",
          hint: "give what was made from the same rows")
      }
      return rows.order.rows
    }
    let known = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return try own.map { id in
      guard let place = known[id] else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "the row \(id) of the matrix is not there",
          hint: "give what was made from the same rows")
      }
      return place
    }
  }
}
