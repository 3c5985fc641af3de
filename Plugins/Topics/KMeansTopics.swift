import Linear
import PluginKit
import Statistics

/// Rows in k groups, each around its mean.
public struct KMeansTopics: Method {
  public static let name = "topics.kmeans"

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let k: Int
    let metric: KMeans.Metric
    let nInit: Int
    let maxIter: Int
    let tol: Double
    let algorithm: KMeans.Algorithm
    let papers: PapersReference?
  }

  public struct Output: Encodable, Sendable {
    let labels: ArtifactReference
    let centroids: ArtifactReference
    let confidence: ArtifactReference?
    let k: Int
    let topics: Int
    let inertia: Double
    let iterations: Int
    let converged: Bool
    let sizes: [Int]
    let perRestart: [KMeansFit.Restart]
    let rows: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (matrix, rowIDs) = try context.features(parameters.matrix)
    try check(parameters, matrix)
    let order = try CanonicalOrder(rowIDs: rowIDs, count: matrix.rows, at: parameters.matrix.pointer)
    let titles = try parameters.papers.map { reference in
      let papers = try context.papers(reference)
      let rows = try RowPapers(papers, rowIDs: rowIDs, count: matrix.rows, what: "matrix", at: "/matrix")
      return rows.places.map { papers.papers[$0].title }
    }
    try reserve(matrix, context)
    let rows = matrix.rows(at: order.rows).dense
    let groups = try Groups(fit(rows, parameters, context))
    let confidence = try CentroidConfidence.of(rows, groups, parameters.metric, context.workers)
    let warnings = KMeansWarnings.about(
      groups, k: parameters.k, metric: parameters.metric,
      zeroRows: matrix.zeroRows.map { rowIDs?[$0] ?? "row \($0)" })
    for warning in warnings { context.warn(warning.code, warning.message) }
    let labels = order.restored(groups.labels)
    let map = TopicMap(
      labels: labels, names: groups.names, titles: titles, rowIDs: rowIDs, confidence: confidence.map(order.restored))
    try context.display(map.chart(of: matrix, metric: parameters.metric, context))
    return Output(
      labels: try context.save(
        Labels(
          codes: labels, classes: groups.names, rowIDs: rowIDs, madeFrom: try context.digests(parameters.matrix)),
        "labels"),
      centroids: try context.save(groups.centroids, "centroids"),
      confidence: try confidence.map { values in
        try context.save(
          Matrix(rows: matrix.rows, columns: 1, elements: order.restored(values)), "confidence", rowIDs: rowIDs)
      },
      k: parameters.k, topics: groups.sizes.count, inertia: groups.fit.inertia, iterations: groups.fit.iterations,
      converged: groups.fit.converged, sizes: groups.sizes, perRestart: groups.fit.restarts, rows: matrix.rows,
      warnings: warnings)
  }

  private func check(_ parameters: Parameters, _ matrix: FeatureMatrix) throws {
    guard matrix.rows > 0, matrix.columns > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.matrix.pointer,
        message: "the matrix has \(matrix.rows) rows and \(matrix.columns) columns")
    }
    guard parameters.k <= matrix.rows else {
      throw MethodError.invalidParameter(
        pointer: "/k", expected: "at most \(matrix.rows), the number of rows, found \(parameters.k)",
        hint: "ask for fewer topics or give more papers")
    }
  }

  /// Distances need every number, also the zeros of a sparse matrix.
  private func reserve(_ matrix: FeatureMatrix, _ context: Context) throws {
    do {
      try context.reserve(
        2 * 8 * matrix.rows * matrix.columns, for: "k-means on \(matrix.rows) × \(matrix.columns) numbers")
    } catch MethodError.data(.memory, _, let message, _, _, _) {
      throw MethodError.data(
        .memory, pointer: "/matrix", message: message, hint: "give the scores of features.lsa, which have few columns")
    }
  }

  private func fit(_ rows: Matrix<Double>, _ parameters: Parameters, _ context: Context) throws -> KMeansFit {
    let means = KMeans(
      k: parameters.k, metric: parameters.metric, algorithm: parameters.algorithm, restarts: parameters.nInit,
      maximumIterations: parameters.maxIter, tolerance: parameters.tol, seed: context.seed)
    return try InputPlaces(features: parameters.matrix.pointer).explain {
      try means.fit(rows, workers: context.workers) { context.progress($0, of: $1, $2) }
    }
  }
}
