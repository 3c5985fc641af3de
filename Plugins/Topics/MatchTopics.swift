import JSON
import Linear
import PluginKit
import Statistics

/// A new grouping under the numbers and names of an earlier one.
public struct MatchTopics: Method {
  public static let name = "topics.match"

  public enum Names: String, Decodable, Sendable { case previous, new }

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let previous: LabelReference
    let least: Double
    let names: Names
  }

  public enum State: String, Encodable, Sendable { case kept, new, gone }

  public struct Topic: Encodable, Sendable {
    let topic: Int
    let name: String
    let size: Int
    let state: State
    /// The topic's number in `labels`.
    let was: Int?
    let jaccard: Double?
  }

  public struct Output: Encodable, Sendable {
    let labels: ArtifactReference
    let topics: [Topic]
    let kept: Int
    let new: Int
    let gone: Int
    let moved: Int
    let rows: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let labels = try context.labels(parameters.labels)
    guard labels.count > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: parameters.labels.pointer, message: "there are no labels")
    }
    let order = try CanonicalOrder(rowIDs: labels.rowIDs, count: labels.count, at: parameters.labels.pointer)
    let own = LabelledRows(labels, order)
    let known = try own.alignedWhereKnown(context.labels(parameters.previous), at: parameters.previous.pointer)
    let match = TopicMatch(own, (known.codes, known.classes), least: parameters.least, names: parameters.names)
    let codes = own.codes.map { $0 < 0 ? -1 : match.numbers[$0] }
    let shared = own.codes.indices.filter { own.codes[$0] >= 0 && known.codes[$0] >= 0 }
    guard !shared.isEmpty else {
      throw MethodError.data(
        .degenerate, pointer: parameters.previous.pointer, message: "no row has a topic in both groupings",
        hint: "give an earlier grouping of some of the same papers")
    }
    var warnings: [Warning] = []
    let gone = match.topics.filter { $0.state == .gone }
    if !gone.isEmpty {
      warnings.append(
        Warning(
          "empty-topics",
          "\(gone.count.counted("topic is", "topics are")) gone; the number stays without papers, so that no other takes it: "
            + gone.map(\.name).listed()))
    }
    warnings = context.tell(warnings)
    context.display(
      "Topics beside the earlier ones",
      .table(
        .init(
          columns: ["topic", "name", "papers", "state", "shared with the earlier one"],
          rows: match.topics.map {
            [
              JSON($0.topic), .string($0.name), JSON($0.size), .string($0.state.rawValue),
              $0.jaccard.map { JSON($0) } ?? .null,
            ]
          })))
    return Output(
      labels: try context.save(
        Labels(
          codes: order.restored(codes), classes: match.topics.map(\.name), rowIDs: labels.rowIDs,
          madeFrom: labels.madeFrom), "labels"),
      topics: match.topics, kept: match.topics.count { $0.state == .kept },
      new: match.topics.count { $0.state == .new }, gone: gone.count,
      moved: shared.count { codes[$0] != known.codes[$0] }, rows: labels.count, warnings: warnings)
  }
}

/// Which topic of a grouping is which of an earlier one: the pairs that share the most rows (Kuhn 1955).
struct TopicMatch {
  /// For each topic its number beside the earlier ones.
  let numbers: [Int]
  /// By number: the earlier topics, then the new ones.
  let topics: [MatchTopics.Topic]

  /// - Parameter least: pairs of a smaller Jaccard index are two topics.
  init(
    _ own: LabelledRows, _ previous: (codes: [Int], classes: [String]), least: Double, names: MatchTopics.Names
  ) {
    let shared = own.codes.indices.filter { own.codes[$0] >= 0 && previous.codes[$0] >= 0 }
    let table = Overlap(
      shared.map { own.codes[$0] }, shared.map { previous.codes[$0] }, own.classes.count, previous.classes.count)
    let partners = BestMatching.columns(table.counts.map { $0.map(Double.init) })
    let sizes = own.classes.indices.map { topic in own.codes.count { $0 == topic } }
    var numbers = [Int](repeating: -1, count: own.classes.count)
    var topics = previous.classes.enumerated().map {
      MatchTopics.Topic(topic: $0, name: $1, size: 0, state: .gone, was: nil, jaccard: nil)
    }
    var taken = Set(previous.classes)
    for (topic, partner) in partners.enumerated() where partner >= 0 {
      let both = table.counts[topic][partner]
      let jaccard = Double(both) / Double(max(1, table.rowSums[topic] + table.columnSums[partner] - both))
      guard both > 0, jaccard >= least else { continue }
      numbers[topic] = partner
      var name = previous.classes[partner]
      if names == .new, taken.insert(own.classes[topic]).inserted { name = own.classes[topic] }
      topics[partner] = .init(
        topic: partner, name: name, size: sizes[topic], state: .kept, was: topic, jaccard: jaccard)
    }
    // A topic without rows is none, and gets no number.
    for topic in own.classes.indices where numbers[topic] < 0 && sizes[topic] > 0 {
      numbers[topic] = topics.count
      var name = own.classes[topic]
      if taken.contains(name) { name = String(topics.count) }
      while !taken.insert(name).inserted { name += "′" }
      topics.append(
        .init(topic: topics.count, name: name, size: sizes[topic], state: .new, was: topic, jaccard: nil))
    }
    self.numbers = numbers
    self.topics = topics
  }
}
