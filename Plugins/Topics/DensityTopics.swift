import Linear
import PluginKit
import Statistics

/// Groups of high density at their own levels, the rows between them attached to the nearest.
public struct DensityTopics: Method {
  public static let name = "topics.density"

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let minClusterSize: Int
    let minSamples: Int?
    let selection: DensityClusters.Selection
    let metric: KMeans.Metric
    let outliers: Bool
    let papers: PapersReference?
  }

  public struct Own: Encodable, Sendable {
    let noise: Double
    let noiseRows: ArtifactReference
    let stability: [Double]
    let centroids: ArtifactReference
    let model: ArtifactReference
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    let rows = try CanonicalRows(parameters.matrix, parameters.papers, context)
    let points = try rows.dense(for: "density", context)
    context.progress(0, of: 1, "joining \(rows.count) rows")
    let fit = try InputPlaces(features: parameters.matrix.pointer).explain {
      try DensityClusters(
        minimumSize: parameters.minClusterSize, minimumSamples: parameters.minSamples, selection: parameters.selection,
        metric: parameters.metric
      ).fit(points, workers: context.workers)
    }
    let noise = fit.labels.indices.filter { fit.labels[$0] < 0 }
    let attached = fit.nearest.map { max(0, $0) }
    let renumbered = Partition(parameters.outliers ? fit.labels : attached)
    let labels = renumbered.labels
    let count = max(1, renumbered.sizes.count)
    let centroids = CentroidPlaces.centroids(points, labels, count: count, parameters.metric)
    let places = try CentroidPlaces(
      points, centroids, parameters.metric, labels: labels.map { max(0, $0) }, context.workers)
    let isNoise = fit.labels.map { $0 < 0 }
    let topics = TopicRows(
      labels: labels, confidence: fit.strength, weak: isNoise,
      next: labels.indices.map { labels[$0] < 0 ? fit.nearest[$0] : places.topics.next[$0] })
    let model = try TopicModel(
      .centroids(centroids), metric: parameters.metric, topics: topics.names, fitted: .dense(points), labels: labels,
      context.workers)
    let share = Double(noise.count) / Double(rows.count)
    var warnings = TopicWarnings.about(
      TopicRows(labels: labels, confidence: fit.strength, weak: labels.map { _ in false }, next: topics.next), rows,
      metric: parameters.metric)
    if renumbered.sizes.count <= 1 {
      warnings.append(
        Warning(
          "one-topic", "there are no two dense groups of \(parameters.minClusterSize) rows: all rows are one topic"))
    }
    if !noise.isEmpty {
      warnings.append(
        Warning(
          "noise",
          "\(noise.count) of \(rows.count) rows lie in no dense group"
            + (parameters.outliers ? " and have no topic" : "; they have the nearest topic and are weak")))
    }
    warnings = context.tell(warnings)
    try context.show(topics, of: rows, metric: parameters.metric)
    let stability = renumbered.names.map { fit.stability.indices.contains($0) ? fit.stability[$0] : 0 }
    return TopicOutput(
      saved: try context.save(topics, of: rows.order, rowIDs: rows.rowIDs, madeFrom: rows.madeFrom),
      own: Own(
        noise: share, noiseRows: try context.save(rows: noise.map { rows.order.rows[$0] }.sorted(), "noise"),
        stability: stability, centroids: try context.save(centroids, "centroids"), model: try model.save(context)),
      warnings: warnings)
  }
}
