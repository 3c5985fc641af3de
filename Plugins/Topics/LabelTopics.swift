import Linear
import PluginKit
import Statistics
import Text

/// Names for topics, from the words of their papers.
public struct LabelTopics: Method {
  public static let name = "topics.label"

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let papers: PapersReference
    let matrix: MatrixReference?
    let confidence: MatrixReference?
    let field: PaperField
    let words: Int
    let phrases: Int
    let ngram: [Int]
    let diversity: Double
    let stop: [String]
    let titleWeight: Int

    var stopWords: StopWords {
      let own = stop.filter { $0 != "english" && $0 != "scholarly" }
      return .all(
        (stop.contains("english") ? [.english] : []) + (stop.contains("scholarly") ? [.scholarly] : [])
          + (own.isEmpty ? [] : [.list(own)]))
    }

    func options() throws -> TopicLabels {
      guard ngram.count == 2, ngram[0] >= 1, ngram[0] <= ngram[1] else {
        throw MethodError.invalidParameter(
          pointer: "/ngram", expected: "the shortest and the longest n-gram, such as [1, 3]")
      }
      return TopicLabels(
        words: words, phrases: phrases, ngram: ngram[0]...ngram[1], diversity: diversity, stopWords: stopWords,
        titleWeight: titleWeight)
    }
  }

  public struct Output: Encodable, Sendable {
    let labels: ArtifactReference
    let topics: [NamedTopic]
    let count: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let options = try parameters.options()
    let papers = try context.papers(parameters.papers)
    try papers.checkIDs(parameters.papers)
    let labels = try context.labels(parameters.labels)
    let texts = try LabelledPapers(labels, papers, at: parameters.labels.pointer)
    let positions = try parameters.matrix.map { try Positions(of: texts, $0, context) }
    let confidence =
      try parameters.confidence.map { try texts.confidence($0, context) } ?? positions?.nearnessToMeans(texts)
    context.progress(0, of: 1, "counting terms")
    let topics = try TopicNames(options, labels.classes).topics(
      of: texts, documents: texts.papers.map { $0.document(parameters.field) }, confidence: confidence)
    let warnings = LabelWarnings.about(topics, texts, options)
    for warning in warnings { context.warn(warning.code, warning.message) }
    try show(topics, texts, positions, confidence, context)
    return Output(
      labels: try context.save(
        Labels(
          codes: labels.codes, classes: topics.map(\.label), rowIDs: labels.rowIDs, madeFrom: labels.madeFrom),
        "labels"),
      topics: topics, count: topics.count, warnings: warnings)
  }

  private func show(
    _ topics: [NamedTopic], _ texts: LabelledPapers, _ positions: Positions?, _ confidence: [Double]?,
    _ context: Context
  ) throws {
    context.display(TopicPictures.terms(topics))
    if let positions {
      let map = TopicMap(
        labels: texts.topics, names: topics.map(\.label), titles: texts.papers.map(\.title),
        rowIDs: texts.papers.map(\.id), confidence: confidence)
      try context.display(map.chart(of: positions.matrix, metric: .cosine, context))
    }
    context.display("Topics", .table(TopicPictures.table(topics)))
  }
}
