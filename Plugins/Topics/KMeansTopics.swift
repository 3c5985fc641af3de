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

  public struct Own: Encodable, Sendable {
    let centroids: ArtifactReference
    let model: ArtifactReference
    let k: Int
    let inertia: Double
    let iterations: Int
    let converged: Bool
    let perRestart: [KMeansFit.Restart]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    let rows = try CanonicalRows(parameters.matrix, parameters.papers, context)
    guard parameters.k <= rows.count else {
      throw MethodError.invalidParameter(
        pointer: "/k", expected: "at most \(rows.count), the number of rows, found \(parameters.k)",
        hint: "ask for fewer topics or give more papers")
    }
    let points = try rows.dense(for: "k-means", context)
    let groups = try Groups(fit(points, parameters, context))
    let places = try CentroidPlaces(
      points, groups.centroids, parameters.metric, labels: groups.labels, context.workers)
    let model = try TopicModel(
      .centroids(groups.centroids), metric: parameters.metric, topics: groups.names, fitted: .dense(points),
      labels: groups.labels, context.workers)
    let warnings = context.tell(
      TopicWarnings.about(places.topics, rows, metric: parameters.metric)
        + KMeansWarnings.about(groups, k: parameters.k))
    try context.show(places.topics, of: rows, metric: parameters.metric)
    return TopicOutput(
      saved: try context.save(places.topics, of: rows.order, rowIDs: rows.rowIDs, madeFrom: rows.madeFrom),
      own: Own(
        centroids: try context.save(groups.centroids, "centroids"), model: try model.save(context), k: parameters.k,
        inertia: groups.fit.inertia, iterations: groups.fit.iterations, converged: groups.fit.converged,
        perRestart: groups.fit.restarts), warnings: warnings)
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
