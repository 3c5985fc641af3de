import Charts
import Linear
import PluginKit
import Statistics
import Text

/// Topics on which sixty groupings of the texts agree.
public struct ConsensusTopics: Method {
  public static let name = "topics.consensus"

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let k: Int
    let field: PaperField
  }

  public struct Own: Encodable, Sendable {
    let members: Int
    let merges: ArtifactReference
    let nearDuplicates: [[String]]
    let text: ArtifactReference
    let model: ArtifactReference
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    let papers = try CanonicalPapers(parameters.papers, context)
    guard papers.count <= TextConsensus.mostRows else {
      throw MethodError.invalidParameter(
        pointer: parameters.papers.pointer,
        expected: "at most \(TextConsensus.mostRows) papers, found \(papers.count)", hint: "use topics.auto")
    }
    guard parameters.k <= papers.count else {
      throw MethodError.invalidParameter(
        pointer: "/k", expected: "at most \(papers.count), the number of papers, found \(parameters.k)",
        hint: "ask for fewer topics or give more papers")
    }
    try context.reserve(3 * 8 * papers.count * papers.count, for: "the pairs of \(papers.count) papers")
    let documents = papers.documents(parameters.field)
    let space = try TextSpace(documents)
    let consensus = try TextConsensus(
      documents, k: parameters.k, seed: context.seed, workers: context.workers
    ) { context.progress($0, of: $1, "grouping the texts") }
    let (topics, tree) = try consensus.topics(parameters.k, workers: context.workers)
    let model = try TopicModel(
      .neighbours(.sparse(space.weights), labels: topics.labels), metric: .cosine, topics: topics.names,
      fitted: .sparse(space.weights), labels: topics.labels, context.workers)
    let repeated = papers.repeated(try NearDuplicates.groups(space, context.workers))
    let warnings = context.tell(
      TextSpaceWarnings.about(space, papers, repeated) + TopicWarnings.weak(topics)
        + TopicWarnings.ties(tree, topics: topics.sizes.count))
    // Two components of unit length are an arc; a picture wants a few more.
    let rank = max(10, parameters.k)
    let latent = LatentGroups.points(try space.latent(rank, context.workers), rank: rank)
    try context.show(topics, papers: papers, in: latent)
    return TopicOutput(
      saved: try context.save(topics, of: papers.order, rowIDs: papers.set.ids, madeFrom: []),
      own: Own(
        members: consensus.members,
        merges: try context.save(
          Matrix(tree.merges.map { [Double($0.first), Double($0.second), $0.height, Double($0.size)] }), "merges"),
        nearDuplicates: repeated,
        text: try context.save(TextModel(field: parameters.field, weights: space.model), "text"),
        model: try model.save(context)), warnings: warnings)
  }
}

/// A paper set in the order of its ids.
struct CanonicalPapers {
  let set: PaperSet
  let order: CanonicalOrder
  /// In the canonical order.
  let papers: [PaperEntry]

  init(_ reference: PapersReference, _ context: Context) throws {
    set = try context.papers(reference)
    try set.checkIDs(reference)
    guard set.count > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: reference.pointer, message: "the paper set is empty", hint: "select at least one paper"
      )
    }
    order = try CanonicalOrder(rowIDs: set.ids, count: set.count, at: reference.pointer)
    papers = order.rows.map { [set] in set.papers[$0] }
  }

  var count: Int { papers.count }

  func documents(_ field: PaperField) -> [TextDocument] { papers.map { $0.document(field) } }

  /// The ids of texts that repeat each other, from the first of each row.
  func repeated(_ groups: [Int]) -> [[String]] {
    Dictionary(grouping: groups.indices) { groups[$0] }.filter { $0.value.count > 1 }
      .sorted { $0.key < $1.key }.map { $0.value.map { papers[$0].id } }
  }

  /// The row of a matrix for each paper, by id; without ids the matrix has the rows of the set.
  func rows(_ matrix: FeatureMatrix, _ ids: [String]?, at pointer: String) throws -> FeatureMatrix {
    guard let ids else {
      guard matrix.rows == count else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(matrix.rows) rows for \(count) papers",
          hint: "give a matrix that was made from this set")
      }
      return matrix.rows(at: order.rows)
    }
    let known = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return matrix.rows(
      at: try papers.map { paper in
        guard let row = known[paper.id] else {
          throw MethodError.data(
            .shape, pointer: pointer, message: "the paper \(paper.id) has no row",
            hint: "give a matrix that was made from this set")
        }
        return row
      })
  }
}

enum TextSpaceWarnings {
  /// Below so many different words a text says too little.
  static let shortText = 15.0

  static func about(_ space: TextSpace, _ papers: CanonicalPapers, _ repeated: [[String]]) -> [Warning] {
    var warnings: [Warning] = []
    if space.medianWords < shortText {
      warnings.append(
        Warning(
          "short",
          "half of the texts have \(space.medianWords.shortText) different words or fewer: text-only clustering is poor "
            + "on short texts"))
    }
    let empty = (0..<space.weights.rows).filter { space.weights.withRow($0) { $1.isEmpty } }
    if !empty.isEmpty {
      warnings.append(
        Warning(
          "empty-rows",
          "\(empty.count.counted("paper has", "papers have")) no term in common with another one; the topic means nothing "
            + "for them: \(empty.map { papers.papers[$0].id }.listed())"))
    }
    if !repeated.isEmpty {
      let pairs = repeated.reduce(0) { $0 + $1.count - 1 }
      warnings.append(
        Warning(
          "near-duplicates",
          "\(pairs.counted("paper repeats", "papers repeat")) another one but for a few words: "
            + repeated.map { $0.joined(separator: " = ") }.listed()))
    }
    return warnings
  }
}

extension Context {
  func show(_ topics: TopicRows, papers: CanonicalPapers, in points: Matrix<Double>, names: [String]? = nil) throws {
    let names = names ?? topics.names
    let map = TopicMap(
      labels: topics.labels, names: names, titles: papers.papers.map(\.title), rowIDs: papers.papers.map(\.id),
      confidence: topics.confidence)
    try display(map.chart(of: .dense(points), metric: .cosine, self))
    showSizes(topics, names: names)
  }
}
