import Charts
import JSON
import Linear
import PluginKit
import Statistics
import Text

/// Scores of a grouping: against another one, by the space, by its words.
public struct EvaluateTopics: Method {
  public static let name = "topics.evaluate"

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let truth: LabelReference?
    let runs: [LabelReference]
    let matrix: MatrixReference?
    let metric: KMeans.Metric
    let papers: PapersReference?
    let corpus: PapersReference?
    let field: PaperField
    let words: Int
  }

  public struct Match: Encodable, Sendable {
    let topic: String
    let size: Int
    let best: String?
    let jaccard: Double
  }

  public struct TopicStability: Encodable, Sendable {
    let topic: String
    let jaccard: Double
    let verdict: String
  }

  public struct Output: Encodable, Sendable {
    let rows: Int
    let topics: Int
    var ami: Double?
    var ari: Double?
    var nmi: Double?
    var nmiShuffled: Double?
    var homogeneity: Double?
    var completeness: Double?
    var vMeasure: Double?
    var perTopic: [Match]?
    var moved: Int?
    var movedRows: ArtifactReference?
    var silhouette: Double?
    var daviesBouldin: Double?
    var calinskiHarabasz: Double?
    var npmi: Double?
    var npmiPerTopic: [Double?]?
    var npmiLeftOut: Int?
    var diversity: Double?
    var stability: Double?
    var topicStability: [TopicStability]?
    var warnings: [Warning] = []
  }

  public init() {}

  private static let shuffles = 20

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let labels = try context.labels(parameters.labels)
    guard labels.count > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: parameters.labels.pointer, message: "there are no labels")
    }
    let order = try CanonicalOrder(rowIDs: labels.rowIDs, count: labels.count, at: parameters.labels.pointer)
    let own = LabelledRows(labels, order)
    var output = Output(rows: labels.count, topics: Set(labels.codes.filter { $0 >= 0 }).count)
    if labels.codes.contains(where: { $0 < 0 }) {
      output.warnings.append(
        Warning(
          "unassigned",
          "\(labels.codes.count { $0 < 0 }.counted("row has", "rows have")) no topic and no part in the scores"))
    }
    if let truth = parameters.truth { try compare(own, truth, &output, context) }
    if !parameters.runs.isEmpty { try stability(own, parameters.runs, &output, context) }
    if let matrix = parameters.matrix { try space(own, matrix, parameters.metric, &output, context) }
    if let papers = parameters.papers { try coherence(own, papers, parameters, &output, context) }
    for warning in output.warnings { context.warn(warning.code, warning.message) }
    context.display("Scores", .table(table(output)))
    return output
  }

  // MARK: - Against another grouping

  private func compare(
    _ own: LabelledRows, _ reference: LabelReference, _ output: inout Output, _ context: Context
  ) throws {
    let truth = try own.aligned(context.labels(reference), at: reference.pointer)
    let rows = own.codes.indices.filter { own.codes[$0] >= 0 && truth.codes[$0] >= 0 }
    guard !rows.isEmpty else {
      throw MethodError.data(.degenerate, pointer: reference.pointer, message: "no row has a label in both groupings")
    }
    let (mine, theirs) = (rows.map { own.codes[$0] }, rows.map { truth.codes[$0] })
    let agreement = try InputPlaces(features: reference.pointer).explain { try PartitionAgreement(mine, theirs) }
    output.ami = agreement.adjustedMutualInformation
    output.ari = agreement.adjustedRand
    output.nmi = agreement.normalizedMutualInformation
    output.homogeneity = agreement.homogeneity
    output.completeness = agreement.completeness
    output.vMeasure = agreement.normalizedMutualInformation
    var numbers = context.random("shuffle")
    var sum = 0.0
    for _ in 0..<Self.shuffles {
      var shuffled = mine
      numbers.shuffle(&shuffled)
      sum += try PartitionAgreement(shuffled, theirs).normalizedMutualInformation
    }
    output.nmiShuffled = sum / Double(Self.shuffles)
    let table = Overlap(mine, theirs, own.classes.count, truth.classes.count)
    output.perTopic = own.classes.indices.filter { table.rowSums[$0] > 0 }.map { topic in
      let (best, jaccard) = table.best(topic)
      return Match(
        topic: own.classes[topic], size: table.rowSums[topic], best: best.map { truth.classes[$0] }, jaccard: jaccard)
    }
    let partner = BestMatching.columns(table.counts.map { $0.map(Double.init) })
    let moved = rows.indices.filter { partner[mine[$0]] != theirs[$0] }
    output.moved = moved.count
    output.movedRows = try context.save(
      .array(
        moved.map { place in
          [
            "id": own.name(rows[place]), "topic": .string(own.classes[mine[place]]),
            "other": .string(truth.classes[theirs[place]]),
          ]
        }), "moved")
    output.warnings.append(
      Warning(
        "label-seen",
        "the agreement is optimistic when settings were chosen after a look at this grouping; the log counts the looks")
    )
    context.display(
      ConfusionChart(
        title: "Topics against the other grouping", rowTitle: "topic", columnTitle: "other", rowNames: own.classes,
        columnNames: truth.classes, counts: table.counts))
  }

  /// Several runs of one method, on other seeds or subsamples (Hennig 2007).
  private func stability(
    _ own: LabelledRows, _ references: [LabelReference], _ output: inout Output, _ context: Context
  ) throws {
    var sums = [Double](repeating: 0, count: own.classes.count)
    var agreements: [Double] = []
    for reference in references {
      let run = try own.alignedWhereKnown(context.labels(reference), at: reference.pointer)
      let rows = own.codes.indices.filter { own.codes[$0] >= 0 && run.codes[$0] >= 0 }
      guard !rows.isEmpty else {
        throw MethodError.data(.degenerate, pointer: reference.pointer, message: "no row is in both runs")
      }
      let (mine, theirs) = (rows.map { own.codes[$0] }, rows.map { run.codes[$0] })
      agreements.append(try PartitionAgreement(mine, theirs).adjustedRand)
      let table = Overlap(mine, theirs, own.classes.count, run.classes.count)
      for topic in own.classes.indices { sums[topic] += table.best(topic).jaccard }
    }
    output.stability = agreements.reduce(0, +) / Double(agreements.count)
    let topics = own.classes.indices.map { topic -> TopicStability in
      let jaccard = sums[topic] / Double(references.count)
      return TopicStability(
        topic: own.classes[topic], jaccard: jaccard,
        verdict: jaccard < 0.5 ? "dissolved" : jaccard < 0.6 ? "unstable" : "stable")
    }
    output.topicStability = topics
    let loose = topics.filter { $0.verdict != "stable" }
    if !loose.isEmpty {
      output.warnings.append(
        Warning(
          "unstable",
          "\(loose.count.counted("topic is", "topics are")) not reproducible (mean best Jaccard below 0.6): "
            + loose.map(\.topic).listed()))
    }
  }

  // MARK: - By the space and by the words

  private func space(
    _ own: LabelledRows, _ reference: MatrixReference, _ metric: KMeans.Metric, _ output: inout Output,
    _ context: Context
  ) throws {
    let rows = try CanonicalRows(reference, nil, context)
    let places = try own.places(in: rows, at: reference.pointer)
    let named = own.codes.indices.filter { own.codes[$0] >= 0 }
    let points = try rows.dense(for: "the silhouette", context).rows(at: named.map { places[$0] })
    let codes = named.map { own.codes[$0] }
    guard Set(codes).count > 1 else {
      output.warnings.append(Warning("one-topic", "a single topic has no silhouette"))
      return
    }
    try InputPlaces(features: reference.pointer).explain {
      output.silhouette = try ClusterQuality.silhouette(points, labels: codes, metric: metric, workers: context.workers)
      output.daviesBouldin = try ClusterQuality.daviesBouldin(points, labels: codes)
      if Set(codes).count < codes.count {
        output.calinskiHarabasz = try ClusterQuality.calinskiHarabasz(points, labels: codes)
      }
    }
    if output.daviesBouldin?.isFinite == false { output.daviesBouldin = nil }
  }

  private func coherence(
    _ own: LabelledRows, _ reference: PapersReference, _ parameters: Parameters, _ output: inout Output,
    _ context: Context
  ) throws {
    let papers = try context.papers(reference)
    let rows = try RowPapers(papers, rowIDs: own.ids, count: own.codes.count, what: "labels", at: "/labels")
    let documents = rows.places.map { papers.papers[$0].document(parameters.field) }
    let options = TopicLabels(words: parameters.words)
    let found: [TopicLabel]
    do throws(TextFault) {
      found = try options.labels(for: documents, topics: own.codes, count: own.classes.count)
    } catch {
      throw MethodError.invalidParameter(pointer: "/\(error.name)", expected: error.message)
    }
    let words = found.filter { $0.size > 0 }.map { $0.words.map(\.term) }
    let texts = try parameters.corpus.map { try context.papers($0).documents(parameters.field) } ?? documents
    let coherence = Coherence(words, in: texts, tokenizer: options.tokenizer)
    output.npmi = coherence.mean
    output.npmiPerTopic = coherence.perTopic
    output.npmiLeftOut = coherence.leftOut
    output.diversity = coherence.diversity
    if parameters.corpus == nil {
      output.warnings.append(
        Warning("coherence", "NPMI in sample: on the very texts that were grouped; give a second set as corpus"))
    }
  }

  private func table(_ output: Output) -> Display.Table {
    let scores: [(String, Double?)] = [
      ("AMI", output.ami), ("ARI", output.ari), ("NMI", output.nmi), ("NMI of shuffled labels", output.nmiShuffled),
      ("homogeneity", output.homogeneity), ("completeness", output.completeness), ("silhouette", output.silhouette),
      ("Davies–Bouldin", output.daviesBouldin), ("Calinski–Harabasz", output.calinskiHarabasz),
      ("NPMI", output.npmi), ("diversity", output.diversity), ("mean ARI of the runs", output.stability),
    ]
    return .init(
      columns: ["score", "value"],
      rows: scores.compactMap { name, value in value.map { [.string(name), JSON($0)] } })
  }
}

/// Labels in the canonical order of their ids.
struct LabelledRows {
  let codes: [Int]
  let classes: [String]
  let ids: [String]?

  init(_ labels: Labels, _ order: CanonicalOrder) {
    codes = order.rows.map { labels.codes[$0] }
    classes = labels.classes
    ids = labels.rowIDs.map { ids in order.rows.map { ids[$0] } }
  }

  func name(_ row: Int) -> JSON { ids.map { .string($0[row]) } ?? JSON(row) }

  /// Another grouping of the same rows, in the order of these.
  func aligned(_ other: Labels, at pointer: String) throws -> (codes: [Int], classes: [String]) {
    let found = try alignedWhereKnown(other, at: pointer)
    if let missing = found.missing {
      throw MethodError.data(
        .shape, pointer: pointer, message: "the row \(missing) is not in the other grouping",
        hint: "give labels of the same rows")
    }
    return (found.codes, found.classes)
  }

  /// As above; rows that the other grouping does not know have no label there.
  func alignedWhereKnown(
    _ other: Labels, at pointer: String
  ) throws -> (codes: [Int], classes: [String], missing: String?) {
    guard let ids, let others = other.rowIDs else {
      guard other.count == codes.count else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(other.count) labels beside \(codes.count)",
          hint: "give labels of the same rows")
      }
      let order = try CanonicalOrder(rowIDs: other.rowIDs, count: other.count, at: pointer)
      return (order.rows.map { other.codes[$0] }, other.classes, nil)
    }
    let known = Dictionary(others.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let places = ids.map { known[$0] }
    let missing = places.firstIndex { $0 == nil }.map { ids[$0] }
    return (places.map { $0.map { other.codes[$0] } ?? -1 }, other.classes, missing)
  }

  /// The row of a matrix for each of these.
  func places(in rows: CanonicalRows, at pointer: String) throws -> [Int] {
    guard let ids, let others = rows.ids else {
      guard rows.count == codes.count else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(rows.count) rows for \(codes.count) labels",
          hint: "give a matrix of the rows that were labelled")
      }
      return Array(codes.indices)
    }
    let known = Dictionary(others.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return try ids.map { id in
      guard let place = known[id] else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(id) has a label and no row",
          hint: "give a matrix of the rows that were labelled")
      }
      return place
    }
  }
}

/// How many rows each pair of groups shares.
struct Overlap {
  let counts: [[Int]]
  let rowSums: [Int]
  let columnSums: [Int]

  init(_ first: [Int], _ second: [Int], _ rows: Int, _ columns: Int) {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: columns), count: rows)
    for (a, b) in zip(first, second) { counts[a][b] += 1 }
    self.counts = counts
    rowSums = counts.map { $0.reduce(0, +) }
    columnSums = (0..<columns).map { column in counts.reduce(0) { $0 + $1[column] } }
  }

  /// The group of the other side with the largest Jaccard index, the first on ties.
  func best(_ row: Int) -> (group: Int?, jaccard: Double) {
    var best: (group: Int?, jaccard: Double) = (nil, 0)
    for column in columnSums.indices where counts[row][column] > 0 {
      let shared = counts[row][column]
      let jaccard = Double(shared) / Double(rowSums[row] + columnSums[column] - shared)
      if jaccard > best.jaccard { best = (column, jaccard) }
    }
    return best
  }
}
