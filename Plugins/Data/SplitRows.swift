import Charts
import PluginKit
import Statistics

/// Deals rows out to a train and a test side.
public struct SplitRows: Method {
  public static let name = "data.split"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference?
    let labels: LabelReference?
    let groups: LabelReference?
    let time: MatrixReference?
    let test: Double
    let stratify: Bool
  }

  public struct Output: Encodable, Sendable {
    struct Sides<Value: Encodable & Sendable>: Encodable, Sendable {
      let train, test: Value
    }
    struct Shared: Encodable, Sendable {
      let equalRows, nearRows, sharedGroups: Int
      let pairs: [Leaks.Pair]
    }
    let split: ArtifactReference
    let train: ArtifactReference
    let test: ArtifactReference
    let rows: Sides<Int>
    let n: Int
    let classes: [String]?
    let classCounts: Sides<[Int]>?
    let groups: Sides<Int>?
    let leaks: Shared?
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let features = try parameters.features.map(context.rows)
    let labels = try parameters.labels.map(context.labels)
    let groups = try parameters.groups.map(context.labels)
    let rows = try sameRows(features, labels, groups, parameters, context)
    let plan = try SplitPlan(rows, labels: labels, groups: groups, parameters)
    let split =
      try parameters.time.map { try plan.latest(times($0, rows, parameters, context), share: parameters.test) }
      ?? plan.drawn(share: parameters.test, stratify: parameters.stratify, seed: context.seed)
    let leaks = try features.map { try Leaks.between($0, split, groups: plan.groups, context) }
    let warnings =
      plan.warnings(split, share: parameters.test)
      + [leaks?.warning(rows, columns: features?.columnCount ?? 0, tested: split.test.count)].compactMap { $0 }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let counts = plan.classes.map { Output.Sides(train: $0.counts(split.train), test: $0.counts(split.test)) }
    context.display(picture(split, plan.classes?.names, counts))
    return Output(
      split: try context.save(rowLists: [("train", split.train), ("test", split.test)], "split"),
      train: try context.save(rows: split.train, "train"), test: try context.save(rows: split.test, "test"),
      rows: Output.Sides(train: split.train.count, test: split.test.count), n: plan.members.count,
      classes: plan.classes?.names, classCounts: counts,
      groups: plan.groups.map { groups in
        Output.Sides(
          train: Set(split.train.map { groups[$0] }).count, test: Set(split.test.map { groups[$0] }).count)
      },
      leaks: leaks.map {
        Output.Shared(
          equalRows: $0.equalRows, nearRows: $0.nearRows, sharedGroups: $0.sharedGroups, pairs: $0.pairs)
      }, warnings: warnings)
  }

  /// One number a row.
  private func times(
    _ reference: MatrixReference, _ rows: NamedRows, _ parameters: Parameters, _ context: Context
  ) throws -> [Double] {
    guard parameters.groups == nil else {
      throw MethodError.invalidParameter(pointer: "/groups", expected: "no groups beside time")
    }
    let source = try context.rows(reference)
    try context.checkSameRows(rows, source.namedRows)
    guard source.columnCount == 1 else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(source.columnCount) columns of times, expected one")
    }
    return try source.matrix(as: Double.self).elements
  }

  private func sameRows(
    _ features: RowSource?, _ labels: Labels?, _ groups: Labels?, _ parameters: Parameters, _ context: Context
  ) throws -> NamedRows {
    let named = [
      features?.namedRows, parameters.labels.flatMap { labels?.namedRows($0) },
      parameters.groups.flatMap { groups?.namedRows($0) },
    ].compactMap { $0 }
    guard let first = named.first, features != nil || labels != nil else {
      throw MethodError.invalidParameter(
        pointer: "", expected: "features or labels", hint: "one of them says how many rows there are")
    }
    try context.checkSameRows(named)
    return NamedRows(pointer: first.pointer, count: first.count, ids: named.lazy.compactMap(\.ids).first)
  }

  private func picture(_ split: Split, _ classes: [String]?, _ counts: Output.Sides<[Int]>?) -> BarChart {
    let total = split.train.count + split.test.count
    guard let classes, let counts else {
      return BarChart(
        title: "Rows of each side", axis: Axis("rows"),
        bars: [.init("train", Double(split.train.count)), .init("test", Double(split.test.count))], count: total)
    }
    let bars = classes.indices.flatMap { code in
      [
        BarChart.Bar(classes[code], Double(counts.train[code]), series: "train"),
        BarChart.Bar(classes[code], Double(counts.test[code]), series: "test"),
      ]
    }
    return BarChart(title: "Rows of each class and side", axis: Axis("rows"), bars: bars, count: total)
  }
}
