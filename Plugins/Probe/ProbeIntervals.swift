import Charts
import Linear
import PluginKit
import Statistics

/// Intervals of scores from predicted classes alone.
public struct ProbeIntervals: Method {
  public static let name = "probe.intervals"

  public enum Kind: String, Decodable, Sendable { case wilson, bootstrap }

  public struct Repeats: Decodable, Sendable {
    let scores: [Double]
    let train, test: Int
  }

  public struct Parameters: Decodable, Sendable {
    let predicted: LabelReference
    let labels: LabelReference
    let rows: RowsReference?
    let groups: LabelReference?
    let level: Double
    let B: Int
    let method: Kind
    let repeats: Repeats?
  }

  public struct Output: Encodable, Sendable {
    struct Intervals: Encodable, Sendable {
      let accuracy, balancedAccuracy, macroF1: Estimate
    }
    let intervals: Intervals
    let majority, shuffled: Double
    let majorityClass: String
    let intervalOf: String
    let repeated: RepeatedSplits?
    let n: Int
    let classes: [String]
    let classCounts: [Int]
    let confusion: [[Int]]
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (predicted, labels) = (try context.labels(parameters.predicted), try context.labels(parameters.labels))
    let (own, given) = (labels.namedRows(parameters.labels), predicted.namedRows(parameters.predicted))
    let groups = try parameters.groups.map(context.labels)
    try context.checkSameRows([own, given] + [parameters.groups.flatMap { groups?.namedRows($0) }].compactMap { $0 })
    let table = NamedRows(pointer: own.pointer, count: own.count, ids: own.ids ?? given.ids)
    let rows = try context.trainRows(train: parameters.rows, split: nil, of: table)
    let truth = try labels.classes(of: rows, table)
    let guesses = try predicted.classes(of: rows, NamedRows(pointer: given.pointer, count: given.count, ids: table.ids))
    // Classes that are only predicted come behind those that occur.
    let names = truth.names + guesses.names.filter { !truth.names.contains($0) }
    let number = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let found = rows.map { number[guesses.names[guesses.codes[$0]]] ?? 0 }
    let confusion = try Confusion(truth: rows.map { truth.codes[$0] }, predicted: found, classes: names.count)
    let codes = try parameters.groups.map { reference in
      let groups = try context.labels(reference)
      return rows.map { groups.codes[$0] < 0 ? groups.classes.count + $0 : groups.codes[$0] }
    }
    let intervals = try self.intervals(confusion, rows.map { truth.codes[$0] }, found, codes, parameters, context)
    let majority = confusion.truthCounts.max() ?? 0
    let share = Double(majority) / Double(confusion.n)
    let warnings = self.warnings(intervals, share, parameters)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(picture(intervals, share, confusion, parameters))
    return Output(
      intervals: intervals, majority: share, shuffled: confusion.shuffledAccuracy,
      majorityClass: names[confusion.truthCounts.firstIndex(of: majority) ?? 0],
      intervalOf:
        "one fitted probe on independent \(codes == nil ? "rows" : "groups"); not the draw of the train rows, "
        + "the split or the seed",
      repeated: try repeated(parameters),
      n: confusion.n, classes: names, classCounts: confusion.truthCounts, confusion: confusion.table, warnings: warnings
    )
  }

  private func repeated(_ parameters: Parameters) throws -> RepeatedSplits? {
    guard let repeats = parameters.repeats else { return nil }
    return try InputPlaces(features: "/repeats").explain {
      try RepeatedSplits(
        scores: repeats.scores, train: repeats.train, test: repeats.test, level: parameters.level)
    }
  }

  private func intervals(
    _ confusion: Confusion, _ truth: [Int], _ found: [Int], _ groups: [Int]?, _ parameters: Parameters,
    _ context: Context
  ) throws -> Output.Intervals {
    let classes = confusion.classes
    let level = parameters.level
    let bounds = try Bootstrap(replicates: parameters.B, level: level, seed: context.seed)
      .intervals(of: truth.count, groups: groups, workers: context.workers) { weights in
        WeightedConfusion(truth: truth, predicted: found, classes: classes, weights: weights).measures
      }
    let n = confusion.n
    let accuracy =
      groups != nil
      ? bounds[0].estimate(confusion.accuracy, level: level, n: n)
      : parameters.method == .wilson
        ? try Proportion.wilson(right: confusion.right, of: n, level: level)
        : try Proportion.binomial(right: confusion.right, of: n, level: level)
    return Output.Intervals(
      accuracy: accuracy, balancedAccuracy: bounds[1].estimate(confusion.balancedAccuracy, level: level, n: n),
      macroF1: bounds[2].estimate(confusion.macroF1, level: level, n: n))
  }

  private func warnings(_ intervals: Output.Intervals, _ majority: Double, _ parameters: Parameters) -> [Warning] {
    var warnings: [Warning] = []
    if majority > ProbeScores.lopsided {
      warnings.append(
        Warning(
          "imbalance",
          "accuracy \(intervals.accuracy.value.shortText), majority \(majority.shortText): read the balanced accuracy, "
            + "\(intervals.balancedAccuracy.value.shortText)"))
    }
    if intervals.accuracy.high < majority {
      warnings.append(
        Warning(
          "belowChance", "the whole interval lies below the majority, \(majority.shortText); never read this as erased")
      )
    }
    if let repeats = parameters.repeats, repeats.scores.count < 5 {
      warnings.append(
        Warning("seed", "\(repeats.scores.count.counted("split")) only: the deviation over splits is hardly known"))
    }
    return warnings
  }

  private func picture(
    _ intervals: Output.Intervals, _ majority: Double, _ confusion: Confusion, _ parameters: Parameters
  ) -> BarChart {
    let bars = [
      ("accuracy", intervals.accuracy), ("balanced accuracy", intervals.balancedAccuracy),
      ("macro F1", intervals.macroF1),
    ].map { BarChart.Bar($0, $1.value, interval: $1.low...$1.high) }
    return BarChart(
      title: "Scores with intervals", axis: Axis("score", domain: 0...1), bars: bars,
      references: [
        ReferenceLine("majority", majority), ReferenceLine("shuffled labels", confusion.shuffledAccuracy),
      ],
      intervalTitle:
        "\((parameters.level * 100).shortText) % interval, \(intervals.accuracy.method.rawValue) and bootstrap",
      count: confusion.n)
  }
}
