import JSON
import Linear
import PluginKit
import Statistics

/// A grouping changed by hand: a list of edits over a base, each run the same.
public struct EditTopics: Method {
  public static let name = "topics.edit"

  /// One change; which members it has depends on `op`.
  struct Edit: Decodable, Sendable {
    enum Operation: String, Decodable, Sendable { case merge, split, move, rename, pin }

    let op: Operation
    let topics: [Int]?
    let topic: Int?
    let into: [[String]]?
    let parts: Int?
    let paper: String?
    let name: String?
  }

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let edits: [Edit]
    let matrix: MatrixReference?
    let metric: KMeans.Metric
  }

  public struct Topic: Encodable, Sendable {
    let topic: Int
    let name: String
    let size: Int
    let pinned: Bool
    let changed: Bool
  }

  public struct Output: Encodable, Sendable {
    let labels: ArtifactReference
    let topics: [Topic]
    let count: Int
    let moved: Int
    let rows: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let base = try context.labels(parameters.labels)
    guard base.count > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: parameters.labels.pointer, message: "there are no labels")
    }
    let space = try parameters.matrix.map { reference in
      let rows = try CanonicalRows(reference, nil, context)
      return (rows, try rows.dense(for: "a split", context))
    }
    var state = EditedTopics(base)
    for (place, edit) in parameters.edits.enumerated() {
      try state.apply(edit, at: "/edits/\(place)") { members, parts, pointer in
        guard let (rows, points) = space else {
          throw MethodError.invalidParameter(
            pointer: pointer, expected: "a matrix to split by",
            hint: "give matrix, or the ids of each part in 'into'")
        }
        let own = LabelledRows(base, try CanonicalOrder(rowIDs: nil, count: base.count, at: "/labels"))
        let places = try own.places(in: rows, at: "/matrix")
        // In the order of ids, so that ties fall the same way whatever the order of the labels.
        let ordered = members.sorted { places[$0] < places[$1] }
        let tree = try Linkage(
          points.rows(at: ordered.map { places[$0] }), .ward, metric: parameters.metric, workers: context.workers)
        let groups = tree.labels(groups: parts)
        return (0..<parts).map { part in ordered.indices.filter { groups[$0] == part }.map { ordered[$0] } }
      }
    }
    let moved = zip(base.codes, state.codes).count { $0 != $1 }
    var sizes = [Int](repeating: 0, count: state.names.count)
    for code in state.codes where code >= 0 { sizes[code] += 1 }
    let topics = state.names.indices.map {
      Topic(
        topic: $0, name: state.names[$0], size: sizes[$0], pinned: state.pinnedTopics.contains($0),
        changed: state.changed.contains($0))
    }
    var warnings: [Warning] = []
    let empty = topics.filter { $0.size == 0 }
    if !empty.isEmpty {
      warnings.append(
        Warning(
          "empty-topics",
          "\(empty.count.counted("topic has", "topics have")) no papers; the number stays, so that the others keep theirs: "
            + empty.map { String($0.topic) }.listed()))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      "Topics after the edits",
      .table(
        .init(
          columns: ["topic", "name", "papers", "changed"],
          rows: topics.map { [JSON($0.topic), .string($0.name), JSON($0.size), .string($0.changed ? "yes" : "")] })))
    return Output(
      labels: try context.save(
        Labels(codes: state.codes, classes: state.names, rowIDs: base.rowIDs, madeFrom: base.madeFrom), "labels"),
      topics: topics, count: topics.count { $0.size > 0 }, moved: moved, rows: base.count, warnings: warnings)
  }
}

/// Topics while they are changed. Numbers of topics that no edit names never change.
struct EditedTopics {
  private(set) var codes: [Int]
  private(set) var names: [String]
  private(set) var changed: Set<Int> = []
  private(set) var pinnedTopics: Set<Int> = []
  private var pinnedRows: Set<Int> = []
  private let rows: [String: Int]

  init(_ labels: Labels) {
    codes = labels.codes
    names = labels.classes
    let ids = labels.rowIDs ?? labels.codes.indices.map(String.init)
    rows = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  typealias Split = (_ members: [Int], _ parts: Int, _ pointer: String) throws -> [[Int]]

  mutating func apply(_ edit: EditTopics.Edit, at pointer: String, split: Split) throws {
    switch edit.op {
    case .merge:
      let list = try required(edit.topics, pointer + "/topics", "the numbers of the topics to merge")
      guard list.count > 1, Set(list).count == list.count else {
        throw MethodError.invalidParameter(pointer: pointer + "/topics", expected: "two or more different topics")
      }
      for (place, topic) in list.enumerated() { try check(topic, "\(pointer)/topics/\(place)") }
      let kept = list[0]
      for row in codes.indices where list.contains(codes[row]) { try set(row, kept, pointer) }
      changed.formUnion(list)
    case .split:
      let topic = try required(edit.topic, pointer + "/topic", "the number of the topic to split")
      try check(topic, pointer + "/topic")
      let members = codes.indices.filter { codes[$0] == topic }
      let parts: [[Int]]
      if let into = edit.into {
        parts = try into.enumerated().map { place, ids in
          try ids.enumerated().map { number, id in
            let row = try self.row(id, "\(pointer)/into/\(place)/\(number)")
            guard codes[row] == topic else {
              throw MethodError.invalidParameter(
                pointer: "\(pointer)/into/\(place)/\(number)", expected: "a paper of topic \(topic), found \(id)")
            }
            return row
          }
        }
        guard Set(parts.joined()).count == parts.reduce(0, { $0 + $1.count }) else {
          throw MethodError.invalidParameter(pointer: pointer + "/into", expected: "each paper in one part")
        }
        // The papers that are not named keep the number.
        for part in parts { try give(part, pointer) }
      } else {
        let number = try required(edit.parts, pointer + "/parts", "how many parts, or the ids of each in 'into'")
        guard number >= 2, number <= members.count else {
          throw MethodError.invalidParameter(
            pointer: pointer + "/parts",
            expected: "2 to \(members.count), the papers of topic \(topic), found \(number)")
        }
        parts = try split(members, number, pointer)
        // The largest part keeps the number.
        for part in parts.dropFirst() { try give(part, pointer) }
      }
      changed.insert(topic)
    case .move:
      let row = try row(try required(edit.paper, pointer + "/paper", "the id of the paper"), pointer + "/paper")
      let topic = try required(edit.topic, pointer + "/topic", "the number of the topic it goes to")
      try check(topic, pointer + "/topic")
      changed.formUnion([codes[row], topic].filter { $0 >= 0 })
      try set(row, topic, pointer)
    case .rename:
      let topic = try required(edit.topic, pointer + "/topic", "the number of the topic to rename")
      try check(topic, pointer + "/topic")
      let name = try required(edit.name, pointer + "/name", "the new name")
      guard !name.isEmpty, !names.indices.contains(where: { $0 != topic && names[$0] == name }) else {
        throw MethodError.invalidParameter(pointer: pointer + "/name", expected: "a name that no other topic has")
      }
      names[topic] = name
      changed.insert(topic)
    case .pin:
      if let paper = edit.paper {
        pinnedRows.insert(try row(paper, pointer + "/paper"))
      } else {
        let topic = try required(edit.topic, pointer + "/topic", "a paper or a topic to pin")
        try check(topic, pointer + "/topic")
        pinnedTopics.insert(topic)
      }
    }
  }

  /// A part gets a number and a name of its own.
  private mutating func give(_ part: [Int], _ pointer: String) throws {
    let number = names.count
    var name = String(number)
    while names.contains(name) { name += "′" }
    names.append(name)
    changed.insert(number)
    for row in part { try set(row, number, pointer) }
  }

  private mutating func set(_ row: Int, _ topic: Int, _ pointer: String) throws {
    guard codes[row] != topic else { return }
    guard !pinnedRows.contains(row), !pinnedTopics.contains(codes[row]), !pinnedTopics.contains(topic) else {
      throw MethodError.invalidParameter(
        pointer: pointer, expected: "an edit that leaves pinned papers and topics alone",
        hint: "take the pin out of the list, or put it behind this edit")
    }
    codes[row] = topic
  }

  private func required<T>(_ value: T?, _ pointer: String, _ what: String) throws -> T {
    guard let value else { throw MethodError.invalidParameter(pointer: pointer, expected: what) }
    return value
  }

  private func check(_ topic: Int, _ pointer: String) throws {
    guard names.indices.contains(topic) else {
      throw MethodError.invalidParameter(
        pointer: pointer, expected: "the number of a topic, 0 to \(names.count - 1), found \(topic)")
    }
  }

  private func row(_ id: String, _ pointer: String) throws -> Int {
    guard let row = rows[id] else {
      throw MethodError.invalidParameter(pointer: pointer, expected: "the id of a labelled paper, found \(id)")
    }
    return row
  }
}
