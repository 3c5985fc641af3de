import Linear
import PluginKit
import Statistics

/// Groups of a graph that joins each row to the rows nearest to it, in one or several feature spaces at once.
public struct GraphTopics: Method {
  public static let name = "topics.graph"

  public enum Algorithm: String, Decodable, Sendable { case spectral, leiden }

  public struct Parameters: Decodable, Sendable {
    let matrices: [MatrixReference]
    let neighbors: Int
    let method: Algorithm
    let k: Int?
    let resolution: Double
    let papers: PapersReference?
  }

  public struct Own: Encodable, Sendable {
    let model: ArtifactReference
    let edges: Int
    let modularity: Double
    let isolated: [String]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    guard let first = parameters.matrices.first else {
      throw MethodError.invalidParameter(pointer: "/matrices", expected: "at least one matrix")
    }
    guard (parameters.k != nil) == (parameters.method == .spectral) else {
      throw MethodError.invalidParameter(
        pointer: "/k", expected: parameters.method == .spectral ? "the number of topics" : "nothing with leiden",
        hint: "spectral needs k; leiden finds the number by resolution")
    }
    let rows = try CanonicalRows(first, parameters.papers, context)
    var graph = try NeighbourGraph(
      FactorOperand(rows.matrix), neighbours: parameters.neighbors, workers: context.workers)
    for other in parameters.matrices.dropFirst() {
      let more = try CanonicalRows(other, nil, context)
      try Self.check(more, beside: rows, at: other.pointer)
      try graph.add(
        try NeighbourGraph(FactorOperand(more.matrix), neighbours: parameters.neighbors, workers: context.workers))
    }
    context.progress(1, of: 2, "grouping")
    let raw = try InputPlaces(features: "/matrices").explain {
      switch parameters.method {
      case .spectral:
        try graph.spectralGroups(parameters.k ?? 1, seed: context.seed, workers: context.workers)
      case .leiden:
        try graph.communities(resolution: parameters.resolution, seed: context.seed, workers: context.workers)
      }
    }
    let groups = GraphGroups(graph, raw)
    let model = try TopicModel(
      .neighbours(rows.matrix, labels: groups.topics.labels), metric: .cosine, topics: groups.topics.names,
      fitted: rows.matrix, labels: groups.topics.labels, context.workers)
    let isolated = groups.isolated.map(rows.name)
    var warnings = TopicWarnings.weak(groups.topics)
    if !isolated.isEmpty {
      warnings.append(
        Warning(
          "isolated",
          "\(isolated.count.counted("row has", "rows have")) nothing in common with any other; the largest topic means "
            + "nothing for them: \(isolated.listed())"))
    }
    if parameters.matrices.count > 1 {
      warnings.append(Warning("model", "the model for new papers knows the first matrix alone"))
    }
    warnings = context.tell(warnings)
    try context.show(groups.topics, of: rows, metric: .cosine)
    return TopicOutput(
      saved: try context.save(groups.topics, of: rows.order, rowIDs: rows.rowIDs, madeFrom: rows.madeFrom),
      own: Own(
        model: try model.save(context), edges: graph.weights.nonZeros / 2,
        modularity: graph.modularity(raw, resolution: parameters.resolution), isolated: isolated), warnings: warnings)
  }

  private static func check(_ other: CanonicalRows, beside rows: CanonicalRows, at pointer: String) throws {
    guard other.count == rows.count, other.ids == nil || rows.ids == nil || other.ids == rows.ids else {
      throw MethodError.data(
        .shape, pointer: pointer, message: "\(other.count) rows that are not the \(rows.count) of the first matrix",
        hint: "give matrices of the same papers")
    }
  }
}

/// Groups of a graph as topics: every row has one, and a confidence.
struct GraphGroups {
  let topics: TopicRows
  /// Rows without edges.
  let isolated: [Int]

  /// - Parameter raw: groups of any numbers, −1 for rows without edges, which come to the largest group.
  init(_ graph: NeighbourGraph, _ raw: [Int]) {
    let partition = Partition(raw.contains { $0 >= 0 } ? raw : raw.map { _ in 0 })
    isolated = (0..<graph.count).filter { graph.degrees(isZeroAt: $0) }
    let labels = partition.labels.map { max(0, $0) }
    let shares = graph.shares(labels, groups: max(1, partition.sizes.count))
    let confidence = labels.enumerated().map { min(1, shares[$0, $1]) }
    let next = labels.enumerated().map { row, own -> Int? in
      let values = shares.row(row)
      let other = values.indices.filter { $0 != own && values[$0] > 0 }
        .min { (-values[$0], $0) < (-values[$1], $1) }
      return other
    }
    topics = TopicRows(
      labels: labels, confidence: confidence, weak: confidence.map { $0 < TopicModel.weakShare }, next: next)
  }
}

extension NeighbourGraph {
  fileprivate func degrees(isZeroAt row: Int) -> Bool { weights.withRow(row) { $1.allSatisfy { $0 == 0 } } }
}
