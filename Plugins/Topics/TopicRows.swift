import JSON
import Linear
import PluginKit

/// The rows to group, in the order of their ids, so that the order in which they were given changes nothing.
struct CanonicalRows {
  let matrix: FeatureMatrix
  let order: CanonicalOrder
  /// The rows' ids as they were given.
  let rowIDs: [String]?
  /// The content that the rows came from.
  let madeFrom: [String]
  /// Titles in the canonical order, where the papers are known.
  let titles: [String]?

  init(_ reference: MatrixReference, _ papers: PapersReference?, _ context: Context) throws {
    let (all, rowIDs) = try context.features(reference)
    guard all.rows > 0, all.columns > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: reference.pointer,
        message: "the matrix has \(all.rows) rows and \(all.columns) columns")
    }
    let order = try CanonicalOrder(rowIDs: rowIDs, count: all.rows, at: reference.pointer)
    titles = try papers.map { papers in
      let set = try context.papers(papers)
      let rows = try RowPapers(set, rowIDs: rowIDs, count: all.rows, what: "matrix", at: reference.pointer)
      return order.rows.map { set.papers[rows.places[$0]].title }
    }
    matrix = all.rows(at: order.rows)
    self.order = order
    self.rowIDs = rowIDs
    madeFrom = try context.digests(reference)
  }

  var count: Int { matrix.rows }

  /// Ids in the canonical order.
  var ids: [String]? { rowIDs.map { ids in order.rows.map { ids[$0] } } }

  /// What messages call a row of the canonical order.
  func name(_ row: Int) -> String { rowIDs?[order.rows[row]] ?? "row \(order.rows[row])" }

  /// All numbers with the zeros.
  func dense(for what: String, _ context: Context) throws -> Matrix<Double> {
    do {
      try context.reserve(
        2 * 8 * matrix.rows * matrix.columns, for: "\(what) on \(matrix.rows) × \(matrix.columns) numbers")
    } catch MethodError.data(.memory, _, let message, _, _, _) {
      throw MethodError.data(
        .memory, pointer: "/matrix", message: message, hint: "give the scores of features.lsa, which have few columns")
    }
    return matrix.dense
  }
}

/// What every clustering says of its rows, in the canonical order: none is left out.
struct TopicRows {
  /// From 0, by decreasing size, then by first row; negative only where outliers were asked for.
  let labels: [Int]
  /// 0 to 1; what it is depends on the method, and it is no chance of being right.
  let confidence: [Double]
  let weak: [Bool]
  /// The topic that would have been the next choice.
  let next: [Int?]
  let sizes: [Int]

  init(labels: [Int], confidence: [Double], weak: [Bool], next: [Int?]) {
    self.labels = labels
    self.confidence = confidence
    self.weak = weak
    self.next = next
    var sizes = [Int](repeating: 0, count: (labels.max() ?? -1) + 1)
    for label in labels where label >= 0 { sizes[label] += 1 }
    self.sizes = sizes
  }

  var names: [String] { sizes.indices.map(String.init) }
}

/// The members that every clustering's value has.
struct SavedTopics: Encodable, Sendable {
  let labels: ArtifactReference
  let confidence: ArtifactReference
  let assignments: ArtifactReference
  let topics: Int
  let sizes: [Int]
  let weak: Int
  let rows: Int
}

/// A clustering's value: the members of all, its own, and the warnings.
public struct TopicOutput<Own: Encodable & Sendable>: Encodable, Sendable {
  let saved: SavedTopics
  let own: Own
  let warnings: [Warning]

  private enum Key: String, CodingKey { case warnings }

  public func encode(to encoder: any Encoder) throws {
    try saved.encode(to: encoder)
    try own.encode(to: encoder)
    var members = encoder.container(keyedBy: Key.self)
    try members.encode(warnings, forKey: .warnings)
  }
}

extension Context {
  /// Saves labels, confidence and one line of JSON a row, in the order in which the rows were given.
  func save(
    _ topics: TopicRows, of order: CanonicalOrder, rowIDs: [String]?, madeFrom: [String]
  ) throws -> SavedTopics {
    let labels = order.restored(topics.labels)
    let confidence = order.restored(topics.confidence)
    let (weak, next) = (order.restored(topics.weak), order.restored(topics.next))
    let assignments = try artifact("assignments", .jsonLines) { writer in
      for row in labels.indices {
        var line: JSON = [
          "id": rowIDs.map { .string($0[row]) } ?? JSON(row), "topic": JSON(labels[row]),
          "confidence": JSON(confidence[row]), "weak": .bool(weak[row]),
        ]
        if let next = next[row] { line["next"] = JSON(next) }
        try writer.write(line.canonicalBytes() + [0x0A])
      }
    }
    return SavedTopics(
      labels: try save(
        Labels(codes: labels, classes: topics.names, rowIDs: rowIDs, madeFrom: madeFrom), "labels"),
      confidence: try save(
        Matrix(rows: confidence.count, columns: 1, elements: confidence), "confidence", rowIDs: rowIDs),
      assignments: assignments, topics: topics.sizes.count, sizes: topics.sizes, weak: weak.count { $0 },
      rows: labels.count)
  }

  /// The map and the sizes.
  func show(_ topics: TopicRows, of rows: CanonicalRows, metric: TopicMetric, names: [String]? = nil) throws {
    let names = names ?? topics.names
    let map = TopicMap(
      labels: topics.labels, names: names, titles: rows.titles, rowIDs: rows.ids, confidence: topics.confidence)
    try display(map.chart(of: rows.matrix, metric: metric, self))
    showSizes(topics, names: names)
  }

  func showSizes(_ topics: TopicRows, names: [String]) {
    let weak = topics.sizes.indices.map { topic in
      topics.labels.indices.count { topics.labels[$0] == topic && topics.weak[$0] }
    }
    display(TopicPictures.sizes(names, topics.sizes, weak: weak))
  }

  /// Says each warning to who is looking on, and gives them back.
  func tell(_ warnings: [Warning]) -> [Warning] {
    for warning in warnings { warn(warning.code, warning.message) }
    return warnings
  }
}
