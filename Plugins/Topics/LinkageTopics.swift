import Charts
import Linear
import PluginKit
import Statistics

/// Rows merged group by group, and the tree cut into topics.
public struct LinkageTopics: Method {
  public static let name = "topics.ward"

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let linkage: Linkage.Method
    let metric: KMeans.Metric
    let k: Int?
    let height: Double?
    let papers: PapersReference?
  }

  public struct Own: Encodable, Sendable {
    let merges: [[Double]]?
    let tree: ArtifactReference
    let order: ArtifactReference
    let centroids: ArtifactReference
    let model: ArtifactReference
    let height: Double
  }

  public init() {}

  /// A tree of more merges is not written into the value.
  private static let mostInline = 10_000

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    guard (parameters.k == nil) != (parameters.height == nil) else {
      throw MethodError.invalidParameter(
        pointer: parameters.k == nil ? "/k" : "/height", expected: "one of k and height",
        hint: "k cuts the tree into so many topics, height where groups are farther apart than this")
    }
    let rows = try CanonicalRows(parameters.matrix, parameters.papers, context)
    if let k = parameters.k, k > rows.count {
      throw MethodError.invalidParameter(
        pointer: "/k", expected: "at most \(rows.count), the number of rows, found \(k)",
        hint: "ask for fewer topics or give more papers")
    }
    let points = try rows.dense(for: "linkage", context)
    try context.reserve(Linkage.memory(rows: rows.count), for: "the distances of \(rows.count) rows")
    context.progress(0, of: 2, "measuring distances")
    let tree = try InputPlaces(features: parameters.matrix.pointer).explain {
      try Linkage(points, parameters.linkage, metric: parameters.metric, workers: context.workers)
    }
    let labels = parameters.k.map { tree.labels(groups: $0) } ?? tree.labels(height: parameters.height ?? 0)
    let topics = (labels.max() ?? 0) + 1
    let centroids = CentroidPlaces.centroids(points, labels, count: topics, parameters.metric)
    let places = try CentroidPlaces(points, centroids, parameters.metric, labels: labels, context.workers)
    let model = try TopicModel(
      .centroids(centroids), metric: parameters.metric, topics: places.topics.names, fitted: .dense(points),
      labels: labels, context.workers)
    let warnings = context.tell(
      TopicWarnings.about(places.topics, rows, metric: parameters.metric)
        + TopicWarnings.ties(tree, topics: topics))
    try context.show(places.topics, of: rows, metric: parameters.metric)
    context.display(
      Dendrogram(
        title: "Dendrogram", merges: tree.merges.map { .init($0.first, $0.second, $0.height) }, count: tree.count,
        names: (0..<tree.count).map { rows.titles?[$0] ?? rows.name($0) }, groups: labels,
        groupNames: places.topics.names, heightTitle: "\(parameters.linkage.rawValue) distance"))
    return TopicOutput(
      saved: try context.save(places.topics, of: rows.order, rowIDs: rows.rowIDs, madeFrom: rows.madeFrom),
      own: Own(
        merges: tree.merges.count <= Self.mostInline ? tree.merges.map(\.numbers) : nil,
        tree: try context.save(Matrix(tree.merges.map(\.numbers)), "tree"),
        order: try context.save(rows: tree.order.map { rows.order.rows[$0] }, "order"),
        centroids: try context.save(centroids, "centroids"), model: try model.save(context),
        height: topics > 1 ? tree.merges[tree.count - topics].height : 0), warnings: warnings)
  }
}

extension Linkage.Merge {
  fileprivate var numbers: [Double] { [Double(first), Double(second), height, Double(size)] }
}
