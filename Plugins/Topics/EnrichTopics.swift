import Charts
import JSON
import Linear
import PluginKit
import Statistics

/// Whether topics and an attribute from outside, such as the year or the venue, go together.
public struct EnrichTopics: Method {
  public static let name = "topics.enrichment"

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let attribute: LabelReference
    let alpha: Double
  }

  public struct Pair: Encodable, Sendable {
    let topic: String
    let value: String
    let count: Int
    let topicSize: Int
    let valueSize: Int
    let expected: Double
    let p: Double
    let adjustedP: Double
  }

  public struct Output: Encodable, Sendable {
    let pairs: [Pair]
    let tests: Int
    let beforeHolm: Int
    let afterHolm: Int
    let topicsAfterHolm: Int
    let rows: Int
    let warnings: [Warning]
  }

  public init() {}

  /// More pairs would be more than a person reads, and Holm would leave none.
  private static let mostPairs = 10_000
  private static let mostDrawn = 40

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let labels = try context.labels(parameters.labels)
    let attribute = try context.labels(parameters.attribute)
    guard labels.count > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: parameters.labels.pointer, message: "there are no labels")
    }
    let order = try CanonicalOrder(rowIDs: labels.rowIDs, count: labels.count, at: parameters.labels.pointer)
    let own = LabelledRows(labels, order)
    let values = try own.alignedWhereKnown(attribute, at: parameters.attribute.pointer)
    let rows = own.codes.indices.filter { own.codes[$0] >= 0 && values.codes[$0] >= 0 }
    guard !rows.isEmpty else {
      throw MethodError.data(
        .degenerate, pointer: parameters.attribute.pointer, message: "no row has a topic and a value")
    }
    guard own.classes.count * values.classes.count <= Self.mostPairs else {
      throw MethodError.invalidParameter(
        pointer: parameters.attribute.pointer,
        expected: "at most \(Self.mostPairs) pairs, found \(own.classes.count) topics × \(values.classes.count) values",
        hint: "join the values, years to decades for instance")
    }
    let table = Overlap(
      rows.map { own.codes[$0] }, rows.map { values.codes[$0] }, own.classes.count, values.classes.count)
    let pairs = Self.pairs(own.classes, values.classes, table, rows: rows.count)
    let after = pairs.filter { $0.adjustedP <= parameters.alpha }
    let topics = Set(after.map(\.topic)).count
    let before = pairs.count { $0.p <= parameters.alpha }
    var warnings = [
      Warning(
        "enrichment",
        "\(topics) of \(table.rowSums.count { $0 > 0 }) topics after Holm over \(pairs.count) pairs, "
          + "\(before.counted("pair", "pairs")) before: read adjustedP")
    ]
    if !Set(labels.madeFrom).isDisjoint(with: attribute.madeFrom) {
      warnings.append(
        Warning(
          "double-dip",
          "the attribute was computed from what the topics were made from: descriptive; not a test"))
    }
    warnings = context.tell(warnings)
    if values.classes.count <= Self.mostDrawn, own.classes.count <= Self.mostDrawn {
      context.display(
        ConfusionChart(
          title: "Topics and values", rowTitle: "topic", columnTitle: "value", rowNames: own.classes,
          columnNames: values.classes, counts: table.counts))
    }
    context.display(
      "Pairs that differ most from chance",
      .table(
        .init(
          columns: ["topic", "value", "papers", "expected", "p", "adjusted p"],
          rows: pairs.prefix(20).map {
            [.string($0.topic), .string($0.value), JSON($0.count), JSON($0.expected), JSON($0.p), JSON($0.adjustedP)]
          })))
    return Output(
      pairs: pairs, tests: pairs.count, beforeHolm: before, afterHolm: after.count, topicsAfterHolm: topics,
      rows: rows.count, warnings: warnings)
  }

  /// Every topic with every value, the least likely first.
  private static func pairs(_ topics: [String], _ values: [String], _ table: Overlap, rows: Int) -> [Pair] {
    var places: [(topic: Int, value: Int, p: Double)] = []
    for topic in topics.indices where table.rowSums[topic] > 0 {
      for value in values.indices where table.columnSums[value] > 0 {
        places.append(
          (
            topic, value,
            ExactTest.p(
              both: table.counts[topic][value], first: table.rowSums[topic], second: table.columnSums[value], of: rows)
          ))
      }
    }
    let adjusted = holmAdjusted(places.map(\.p))
    return places.indices.sorted { (places[$0].p, $0) < (places[$1].p, $1) }.map { place in
      let (topic, value, p) = places[place]
      return Pair(
        topic: topics[topic], value: values[value], count: table.counts[topic][value],
        topicSize: table.rowSums[topic], valueSize: table.columnSums[value],
        expected: Double(table.rowSums[topic] * table.columnSums[value]) / Double(rows), p: p,
        adjustedP: adjusted[place])
    }
  }
}
