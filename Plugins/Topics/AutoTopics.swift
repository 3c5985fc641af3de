import Charts
import JSON
import Linear
import PluginKit
import Statistics
import Text

/// From papers to named topics in one step.
public struct AutoTopics: Method {
  public static let name = "topics.auto"

  /// A number of topics, or the choice of it left to us.
  enum Number: Decodable, Sendable {
    case auto
    case topics(Int)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let count = try? value.decode(Int.self) {
        self = .topics(count)
      } else {
        self = .auto
      }
    }
  }

  public enum Effort: String, Decodable, Sendable { case full, fast }

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let matrices: [MatrixReference]
    let k: Number
    let minTopicSize: Int
    let effort: Effort
    let outliers: Bool
    let field: PaperField
  }

  public struct Topic: Encodable, Sendable {
    let topic: Int
    let label: String
    let size: Int
    let terms: [String]
    let phrases: [String]
    let papers: [String]
    let representatives: [NamedTopic.Paper]
    let stability: Double?
  }

  public struct Evidence: Encodable, Sendable {
    /// Whether the curve's maximum lies above those of all null sets.
    let found: Bool
    let maximum: Double
    let nullMaxima: [Double]
    let sentence: String
  }

  public struct Output: Encodable, Sendable {
    let labels: ArtifactReference
    let confidence: ArtifactReference
    let assignments: ArtifactReference
    let k: Int
    let path: TopicPath
    let topics: [Topic]
    let sizes: [Int]
    let weak: Int
    let rows: Int
    let curve: [TopicCurve.Point]?
    let evidence: Evidence?
    let runnersUp: [Int]?
    let stability: Double?
    let doubtfulPairs: Int?
    let nearDuplicates: [[String]]
    let text: ArtifactReference
    let space: ArtifactReference?
    let model: ArtifactReference
    let warnings: [Warning]
  }

  public init() {}

  /// Fewer papers are one topic unless a number is asked for.
  static let fewestPapers = 20
  static let mostTopics = 40

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let papers = try CanonicalPapers(parameters.papers, context)
    let matrices = try parameters.matrices.map { reference in
      let (matrix, ids) = try context.features(reference)
      return try papers.rows(matrix, ids, at: reference.pointer)
    }
    let documents = papers.documents(parameters.field)
    let space = try TextSpace(documents)
    let path: TopicPath =
      !matrices.isEmpty
      ? .graph
      : parameters.effort == .full && space.medianWords >= TextSpaceWarnings.shortText
        && papers.count <= TextConsensus.mostRows ? .consensus : .lsa
    if path == .consensus {
      try context.reserve(3 * 8 * papers.count * papers.count, for: "the pairs of \(papers.count) papers")
    }
    let source = TopicSource(documents: documents, matrices: matrices, path: path, seed: context.seed)
    let choice = try number(parameters, papers, space, matrices, context)
    context.progress(1, of: 4, "grouping")
    var topics = try source.group(choice.k, workers: context.workers)
    let groups = try NearDuplicates.groups(space, context.workers)
    context.progress(2, of: 4, "grouping subsamples")
    let stability =
      parameters.effort == .full && topics.sizes.count > 1
      ? try SubsampleStability(source, topics, k: choice.k, repeated: groups, workers: context.workers) {
        context.progress(2 + $0, of: 4, "grouping subsamples")
      } : nil
    let keeping = try keeping(topics, space, matrices, choice.k, path, context)
    topics = try weakened(topics, keeping.points, context.workers)
    let model = try TopicModel(
      keeping.rule, metric: .cosine, topics: topics.names, fitted: keeping.fitted, labels: topics.labels,
      context.workers)
    let weakCount = topics.weak.count { $0 }
    let hasOutliers = parameters.outliers && weakCount > 0 && weakCount < papers.count
    let named = try self.named(topics, papers, documents, stability, outliers: hasOutliers)
    let repeated = papers.repeated(groups)
    let warnings = context.tell(
      TextSpaceWarnings.about(space, papers, repeated)
        + AutoWarnings.about(topics, choice, stability, path: path, papers: papers.count))
    // Two components of unit length are an arc; a picture wants a few more.
    let shown =
      try matrices.isEmpty
      ? LatentGroups.points(space.latent(max(10, choice.k), context.workers), rank: max(10, choice.k))
      : keeping.points
    try show(topics, named, choice, papers, shown, context)
    let madeFrom = try parameters.matrices.flatMap { try context.digests($0) } + [words(space, papers, context)]
    let saved = try context.save(
      topics.setting(outliers: hasOutliers), of: papers.order, rowIDs: papers.set.ids, madeFrom: madeFrom)
    let labels = hasOutliers ? topics.setting(outliers: true).labels : topics.labels
    return Output(
      labels: try context.save(
        Labels(
          codes: papers.order.restored(labels), classes: named.map(\.label), rowIDs: papers.set.ids,
          madeFrom: madeFrom), "labels"),
      confidence: saved.confidence, assignments: saved.assignments, k: topics.sizes.count, path: path, topics: named,
      sizes: named.map(\.size), weak: weakCount, rows: papers.count, curve: choice.curve?.points,
      evidence: choice.evidence, runnersUp: choice.curve?.runnersUp, stability: stability?.meanARI,
      doubtfulPairs: stability?.doubtfulPairs, nearDuplicates: repeated,
      text: try context.save(TextModel(field: parameters.field, weights: space.model), "text"),
      space: try keeping.space.map { try context.save($0, "space") }, model: try model.save(context), warnings: warnings
    )
  }

  // MARK: - The number of topics

  struct Choice {
    var k: Int
    var curve: TopicCurve?
    var evidence: Evidence?
    var isTooFew = false
  }

  private func number(
    _ parameters: Parameters, _ papers: CanonicalPapers, _ space: TextSpace, _ matrices: [FeatureMatrix],
    _ context: Context
  ) throws -> Choice {
    if case .topics(let k) = parameters.k {
      guard k <= papers.count else {
        throw MethodError.invalidParameter(
          pointer: "/k", expected: "at most \(papers.count), the number of papers, found \(k)",
          hint: "ask for fewer topics or give more papers")
      }
      return Choice(k: k)
    }
    let most = min(Self.mostTopics, papers.count / parameters.minTopicSize)
    guard papers.count >= Self.fewestPapers, most >= 2 else { return Choice(k: 1, isTooFew: true) }
    let source: TopicCurve.Source =
      try matrices.first.map { matrix in
        try context.reserve(4 * 8 * matrix.rows * matrix.columns, for: "the null sets of the matrix")
        return .matrix(matrix.unitRows.dense)
      } ?? .text(space)
    let curve = try InputPlaces(features: "/papers").explain {
      try TopicCurve(source, candidates: Array(2...most), seed: context.seed, workers: context.workers) {
        context.progress($0, of: 4, "choosing the number of topics")
      }
    }
    let sentence =
      curve.isEvidence
      ? "groups: the best score \(curve.maximum.shortText) lies above those of all \(TopicCurve.nulls) null sets"
      : "no evidence for groups; k is a size rule"
    return Choice(
      k: curve.best, curve: curve,
      evidence: Evidence(
        found: curve.isEvidence, maximum: curve.maximum, nullMaxima: curve.nullMaxima.sorted(), sentence: sentence))
  }

  // MARK: - After the grouping

  /// What the model for papers that come later is made of, and the points of the map.
  private struct Keeping {
    var rule: TopicModel.Rule
    var fitted: FeatureMatrix
    var points: Matrix<Double>
    /// The space of the points, where new papers are compared in it.
    var space: LatentModel?
  }

  private func keeping(
    _ topics: TopicRows, _ space: TextSpace, _ matrices: [FeatureMatrix], _ k: Int, _ path: TopicPath,
    _ context: Context
  ) throws -> Keeping {
    if let first = matrices.first {
      try context.reserve(2 * 8 * first.rows * first.columns, for: "the map")
      return Keeping(
        rule: .neighbours(first, labels: topics.labels), fitted: first, points: first.unitRows.dense, space: nil)
    }
    let parts = try space.latent(max(2, k), context.workers)
    let points = LatentGroups.points(parts, rank: max(2, k))
    guard path == .lsa else {
      let rows = FeatureMatrix.sparse(space.weights)
      return Keeping(rule: .neighbours(rows, labels: topics.labels), fitted: rows, points: points, space: nil)
    }
    // All pairs of a large collection would be too many.
    let centroids = CentroidPlaces.centroids(points, topics.labels, count: topics.sizes.count, .cosine)
    return Keeping(
      rule: .centroids(centroids), fitted: .dense(points), points: points,
      space: LatentModel(components: parts.components, mean: nil, unitRows: true))
  }

  /// The digest of the words that features.tfidf gives of the same papers, so that a probe of them is told to find the
  /// grouping and no concept.
  private func words(_ space: TextSpace, _ papers: CanonicalPapers, _ context: Context) throws -> String {
    let matrix = space.weights.rows(at: papers.order.places)
    return "sha256:" + (try context.save(matrix, "words", rowIDs: papers.set.ids)).sha256
  }

  /// A paper is weak as well when it lies nearer to another topic than to its own.
  private func weakened(_ topics: TopicRows, _ points: Matrix<Double>, _ workers: Workers) throws -> TopicRows {
    guard topics.sizes.count > 1, topics.labels.count <= TextConsensus.mostRows else { return topics }
    let silhouettes = try ClusterQuality.silhouettes(points, labels: topics.labels, metric: .cosine, workers: workers)
    return TopicRows(
      labels: topics.labels, confidence: topics.confidence,
      weak: topics.weak.indices.map { topics.weak[$0] || silhouettes[$0] < 0 }, next: topics.next)
  }

  private func named(
    _ topics: TopicRows, _ papers: CanonicalPapers, _ documents: [TextDocument], _ stability: SubsampleStability?,
    outliers: Bool
  ) throws -> [Topic] {
    let texts = LabelledPapers(papers.papers, topics: topics.labels)
    let names = try TopicNames(TopicLabels(), topics.names).topics(
      of: texts, documents: documents, confidence: topics.confidence)
    let shown = topics.setting(outliers: outliers).labels
    var result = names.map { name in
      let members = shown.indices.filter { shown[$0] == name.topic }
      return Topic(
        topic: name.topic, label: name.label, size: members.count, terms: name.words, phrases: name.phrases,
        papers: members.map { papers.papers[$0].id }, representatives: name.representatives,
        stability: stability?.jaccard[name.topic])
    }
    if outliers {
      let members = shown.indices.filter { shown[$0] == topics.sizes.count }
      result.append(
        Topic(
          topic: result.count, label: "unassigned", size: members.count, terms: [], phrases: [],
          papers: members.map { papers.papers[$0].id }, representatives: [], stability: nil))
    }
    return result
  }

  private func show(
    _ topics: TopicRows, _ named: [Topic], _ choice: Choice, _ papers: CanonicalPapers, _ points: Matrix<Double>,
    _ context: Context
  ) throws {
    let names = named.prefix(topics.sizes.count).map(\.label)
    try context.show(topics, papers: papers, in: points, names: Array(names))
    context.display(
      "Topics",
      .table(
        .init(
          columns: ["topic", "papers", "label", "terms", "representatives", "stability"],
          rows: named.map { topic in
            [
              JSON(topic.topic), JSON(topic.size), .string(topic.label),
              .string(topic.terms.prefix(6).joined(separator: ", ")),
              .string(topic.representatives.map(\.title).joined(separator: " · ")),
              topic.stability.map { JSON($0) } ?? .null,
            ]
          })))
    guard let curve = choice.curve else { return }
    context.display(
      LineChart(
        title: "How the number of topics was chosen", xAxis: Axis("topics"), yAxis: Axis("silhouette"),
        curves: [
          .init("smoothed", curve.points.map { .init(Double($0.k), $0.smoothed) }),
          .init("score", curve.points.map { .init(Double($0.k), $0.score) }),
          .init(
            "highest of \(TopicCurve.nulls) null sets",
            curve.points.compactMap { point in point.nullMax.map { .init(Double(point.k), $0) } }),
        ], choice: .init("\(curve.best) topics", x: Double(curve.best)), count: papers.count,
        note: choice.evidence?.sentence))
  }
}

extension TopicRows {
  /// With outliers weak rows stand in a topic of their own behind the others.
  func setting(outliers: Bool) -> TopicRows {
    guard outliers else { return self }
    let own = sizes.count
    return TopicRows(
      labels: labels.indices.map { weak[$0] ? own : labels[$0] }, confidence: confidence, weak: weak,
      next: labels.indices.map { weak[$0] ? labels[$0] : next[$0] })
  }
}

/// What a reader of automatic topics should know.
enum AutoWarnings {
  static func about(
    _ topics: TopicRows, _ choice: AutoTopics.Choice, _ stability: SubsampleStability?, path: TopicPath, papers: Int
  ) -> [Warning] {
    var warnings: [Warning] = []
    if choice.isTooFew {
      warnings.append(
        Warning(
          "one-topic", "\(papers.counted("paper is", "papers are")) too few to choose a number of topics: one topic"))
    }
    if let curve = choice.curve, let evidence = choice.evidence {
      if !evidence.found { warnings.append(Warning("null-curve", evidence.sentence)) }
      warnings.append(
        Warning(
          "k-same-data",
          "the silhouette \(curve.maximum.shortText) was used to choose k and says nothing of quality; look at stability"
        ))
    }
    if let stability {
      let loose = stability.jaccard.indices.filter { stability.jaccard[$0] < 0.6 }
      if !loose.isEmpty {
        let dissolved = loose.count { stability.jaccard[$0] < 0.5 }
        warnings.append(
          Warning(
            "unstable",
            "\(loose.count.counted("topic is", "topics are")) not reproducible on subsamples"
              + (dissolved > 0 ? ", \(dissolved) of them dissolved" : "") + ": "
              + loose.map { "topic \($0)" }.listed(limit: 8)))
      }
    }
    return warnings + TopicWarnings.weak(topics)
  }
}
