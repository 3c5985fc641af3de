import Charts
import Linear
import PluginKit
import Statistics

/// How a probe's accuracy grows with the rows it is fitted on, on one fixed set of test rows.
public struct LearningCurve: Method {
  public static let name = "probe.curve"

  public struct Parameters: Decodable, Sendable, TaskParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let groups: LabelReference?
    let sizes: [Int]?
    let draws: Int
    let Cs: [Double]
    let folds: Int
    let standardize: Bool
  }

  public struct Output: Encodable, Sendable {
    struct Point: Encodable, Sendable {
      let size: Int
      let accuracy, deviation, low, high, logLoss: Double
      let Cs: [Double]
    }
    let curve: [Point]
    let accuracy: Estimate
    let majority: Double
    let lastGain, lastGainError: Double?
    let stillGaining: Bool?
    let detectable: Double
    let heldOut: Bool
    let n, d: Int
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let intervalOf: String
    let warnings: [Warning]
  }

  public init() {}

  private struct Fitted {
    let accuracy, logLoss, C: Double
    let right: Int
  }

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let (train, scored) = (try task.trainRows(context, copies: 4), try task.scoredRows(context))
    let groups = try parameters.groups.map { try task.groups($0, of: task.rows.train, context) }
    let sizes = try sizes(parameters, train)
    var found = [[Fitted]](repeating: [], count: sizes.count)
    for draw in 0..<parameters.draws {
      var numbers = context.random("curve", draw)
      let order = NestedSamples.order(labels: train.labels, groups: groups, numbers: &numbers)
      for (k, size) in sizes.enumerated() {
        try context.checkCancellation()
        context.progress(
          draw * sizes.count + k, of: parameters.draws * sizes.count, "draw \(draw + 1), \(size) rows")
        let rows = Array(order.prefix(size))
        // A sample of whole groups may lack a class, as all rows may not.
        guard Set(rows.map { train.labels[$0] }).count == train.classes else { continue }
        found[k].append(
          try fit(train, scored, rows, groups.map { groups in rows.map { groups[$0] } }, parameters, task, context))
      }
    }
    let points = zip(sizes, found).filter { !$1.isEmpty }.map { Self.point($0, $1) }
    guard let last = points.last, let whole = found.last?.last else {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.features.pointer, message: "no sample has rows of every class",
        hint: "give larger sizes")
    }
    let baselines = try Baselines(train: train.labels, test: scored.labels, classes: train.classes)
    let gain = points.count > 1 ? last.accuracy - points[points.count - 2].accuracy : nil
    let share = last.accuracy
    let error = (share * (1 - share) / Double(scored.count)).squareRoot()
    let detectable = 2.8 * (baselines.majority * (1 - baselines.majority) / Double(scored.count)).squareRoot()
    let warnings = warnings(task, parameters, gain.map { $0 > error })
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(picture(points, baselines.majority, scored.count, parameters.draws))
    return Output(
      curve: points, accuracy: try Proportion.wilson(right: whole.right, of: scored.count),
      majority: baselines.majority, lastGain: gain, lastGainError: gain.map { _ in error },
      stillGaining: gain.map { $0 > error }, detectable: detectable, heldOut: task.rows.isHeldOut, n: train.count,
      d: task.features.columnCount, classes: task.classes.names,
      classCounts: ProbeReport.ClassCounts(
        train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil),
      intervalOf: "the last fit on new rows; low and high of the curve are the range of the draws", warnings: warnings)
  }

  /// n/64, n/32 … n, or those given; the smallest has two rows a class.
  private func sizes(_ parameters: Parameters, _ train: LabelledRows) throws -> [Int] {
    if let sizes = parameters.sizes {
      if let wrong = sizes.firstIndex(where: { $0 < 2 || $0 > train.count }) {
        throw MethodError.invalidParameter(
          pointer: "/sizes/\(wrong)", expected: "2 to the \(train.count) train rows, found \(sizes[wrong])")
      }
      return Set(sizes).sorted()
    }
    let doubled = (0...6).map { train.count >> (6 - $0) }.filter { $0 >= 2 * train.classes }
    return Set(doubled + [train.count]).sorted()
  }

  private func fit(
    _ train: LabelledRows, _ scored: LabelledRows, _ rows: [Int], _ groups: [Int]?, _ parameters: Parameters,
    _ task: ProbeTask, _ context: Context
  ) throws -> Fitted {
    let part = train.subset(rows)
    var settings = LogisticRegression(standardize: parameters.standardize, tolerance: 1e-6)
    settings.C = parameters.Cs[parameters.Cs.count / 2]
    var places = task.places
    places.rows = rows.map { task.rows.train[$0] }
    return try places.explain {
      let counts = try Statistics.classCounts(part.labels, classes: part.classes)
      let folds = min(parameters.folds, groups.map { Set($0).count } ?? part.count)
      // Where a class has one row nothing can be chosen; the middle C is taken.
      if parameters.Cs.count > 1, (counts.min() ?? 0) > 1, folds > 1,
        let splits = try? Split.folds(folds, rows: part.count, labels: part.labels, groups: groups, seed: context.seed),
        splits.allSatisfy({ split in Set(split.train.map { part.labels[$0] }).count == part.classes })
      {
        settings.C = try PenaltyPath(Cs: parameters.Cs, settings: settings).fit(
          part.features, labels: part.labels, classes: part.classes, folds: splits, workers: context.workers
        ).chosen.C
      }
      let fit = try settings.fit(
        part.features, labels: part.labels, classes: part.classes, workers: context.workers)
      let scores = try fit.probe.evaluate(scored.features, labels: scored.labels)
      return Fitted(
        accuracy: scores.accuracy, logLoss: scores.logLoss, C: settings.C,
        right: Int((scores.accuracy * Double(scores.n)).rounded()))
    }
  }

  private static func point(_ size: Int, _ found: [Fitted]) -> Output.Point {
    let values = found.map(\.accuracy)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))
    return Output.Point(
      size: size, accuracy: mean, deviation: variance.squareRoot(), low: values.min() ?? mean,
      high: values.max() ?? mean, logLoss: found.reduce(0) { $0 + $1.logLoss } / Double(found.count),
      Cs: found.map(\.C))
  }

  private func warnings(_ task: ProbeTask, _ parameters: Parameters, _ stillGaining: Bool?) -> [Warning] {
    var warnings = ProbeWarnings.aboutFeatures(task)
    if !task.rows.isHeldOut {
      warnings.insert(
        Warning(
          "in-sample", "scored on rows that were fitted, among others: the curve falls where it should rise; give test"),
        at: 0)
    }
    if stillGaining == true {
      warnings.append(
        Warning(
          "absence", "the last doubling of rows still gained more than one standard error: more rows would read more"))
    }
    if parameters.draws < 5 {
      warnings.append(Warning("seed", "\(parameters.draws.counted("draw")) of each size only: take five or more"))
    }
    return warnings
  }

  private func picture(_ points: [Output.Point], _ majority: Double, _ n: Int, _ draws: Int) -> LineChart {
    LineChart(
      title: "Learning curve", xAxis: Axis("train rows", scale: .logarithmic), yAxis: Axis("accuracy", domain: 0...1),
      curves: [LineChart.Curve("mean", points.map { .init(Double($0.size), $0.accuracy) })],
      bands: [LineChart.Band("range of the draws", points.map { .init(Double($0.size), $0.low, $0.high) })],
      references: [ReferenceLine("majority", majority)], count: n, note: "\(draws) draws, the same test rows")
  }
}
