import Charts
import Linear
import PluginKit
import Statistics

/// Fits the same probe to random labels of item types: what it learns of those it has memorised (Hewitt & Liang 2019).
public struct ControlProbe: Method {
  public static let name = "probe.control"

  public enum Shuffle: String, Decodable, Sendable { case rows }

  public struct Parameters: Decodable, Sendable, TaskParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let types: LabelReference?
    let shuffle: Shuffle?
    let repeats: Int
    let C: LossWeight
    let standardize: Bool
  }

  public struct Output: Encodable, Sendable {
    struct Draw: Encodable, Sendable {
      let accuracy, balancedAccuracy, majority, informationBits: Double
    }
    let selectivity, selectivityBalanced, selectivityBits, controlAccuracy, controlMajority: Double
    let selectivityDeviation: Double
    let selectivityRange: [Double]
    let accuracy: Estimate
    let majority: Double
    let heldOut: Bool
    let scoredOn: String
    let draws: [Draw]
    let types: Int?
    let n, d: Int
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let types = try self.types(parameters, task, context)
    let settings = LogisticRegression(C: parameters.C.value, standardize: parameters.standardize)
    let train = try task.trainRows(context)
    let isMemory = types == nil
    let scored = isMemory ? train : try task.scoredRows(context)
    let rows = isMemory ? task.rows.train : task.rows.scored
    let real = try draw(settings, train, scored, task, context)
    var draws: [Output.Draw] = []
    var failures = real.converged ? 0 : 1
    for index in 0..<parameters.repeats {
      try context.checkCancellation()
      context.progress(index, of: parameters.repeats, "control labels \(index + 1) of \(parameters.repeats)")
      let labels = try controlLabels(train, scored, types, task.rows.train, rows, index, context)
      let found = try draw(
        settings, LabelledRows(features: train.features, labels: labels.train, classes: train.classes),
        LabelledRows(features: scored.features, labels: labels.scored, classes: train.classes), task, context)
      draws.append(found.draw)
      failures += found.converged ? 0 : 1
    }
    let differences = draws.map { real.draw.accuracy - $0.accuracy }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let middle = mean(differences)
    let deviation =
      (differences.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(max(1, differences.count - 1)))
      .squareRoot()
    let warnings = warnings(parameters, task, isMemory, failures)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let accuracy = try Proportion.wilson(right: real.right, of: rows.count)
    context.display(picture(accuracy, real.draw, draws, rows.count, isMemory))
    return Output(
      selectivity: middle, selectivityBalanced: mean(draws.map { real.draw.balancedAccuracy - $0.balancedAccuracy }),
      selectivityBits: mean(draws.map { real.draw.informationBits - $0.informationBits }),
      controlAccuracy: mean(draws.map(\.accuracy)), controlMajority: mean(draws.map(\.majority)),
      selectivityDeviation: deviation, selectivityRange: [differences.min() ?? 0, differences.max() ?? 0],
      accuracy: accuracy, majority: real.draw.majority, heldOut: task.rows.isHeldOut && !isMemory,
      scoredOn: isMemory ? "train" : task.rows.isHeldOut ? "test" : "train", draws: draws,
      types: types.map { Set($0).count }, n: task.rows.train.count, d: task.features.columnCount,
      classes: task.classes.names,
      classCounts: ProbeReport.ClassCounts(
        train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil), warnings: warnings)
  }

  /// The type of each row of the table; nil to deal labels out to the train rows.
  private func types(_ parameters: Parameters, _ task: ProbeTask, _ context: Context) throws -> [Int]? {
    guard parameters.shuffle == nil else { return nil }
    let hint = "set shuffle to \"rows\" to see how well random labels of the train rows are memorised"
    guard let reference = parameters.types else {
      throw MethodError.invalidParameter(
        pointer: "/types",
        expected: "an item type for each row, since a row of its own type has chance accuracy by construction",
        hint: hint)
    }
    let types = try task.groups(reference, of: Array(0..<task.features.rowCount), context)
    let used = task.rows.train + (task.rows.test ?? [])
    guard Set(used.map { types[$0] }).count < used.count else {
      throw MethodError.data(
        .degenerate, pointer: reference.pointer,
        message: "each row is of a type of its own: control labels of new rows are chance by construction", hint: hint)
    }
    return types
  }

  private struct Labels {
    let train, scored: [Int]
  }

  /// Drawn again while the train rows lack a class, since nothing can be fitted to one.
  private func controlLabels(
    _ train: LabelledRows, _ scored: LabelledRows, _ types: [Int]?, _ trainRows: [Int], _ scoredRows: [Int],
    _ index: Int, _ context: Context
  ) throws -> Labels {
    guard let types else {
      let dealt = ControlLabels.draw(train.labels, types: nil, seed: context.seed, repeat: index)
      return Labels(train: dealt, scored: dealt)
    }
    let own = (trainRows + scoredRows).map { types[$0] }
    for attempt in 0..<100 {
      let all = ControlLabels.draw(
        train.labels + scored.labels, types: own, seed: context.seed, repeat: index + 1_000_000 * attempt)
      let labels = Labels(train: Array(all[..<trainRows.count]), scored: Array(all[trainRows.count...]))
      if Set(labels.train).isSuperset(of: 0..<train.classes) { return labels }
    }
    throw MethodError.data(
      .degenerate, pointer: "/types", message: "so few types that no draw has a control label of every class",
      hint: "give finer types")
  }

  private func draw(
    _ settings: LogisticRegression, _ train: LabelledRows, _ scored: LabelledRows, _ task: ProbeTask, _ context: Context
  ) throws -> (draw: Output.Draw, right: Int, converged: Bool) {
    let fit = try task.trainPlaces.explain {
      try settings.fit(train.features, labels: train.labels, classes: train.classes, workers: context.workers)
    }
    let logs = try fit.probe.logProbabilities(scored.features)
    let scores = try Scores(logProbabilities: logs, truth: scored.labels)
    let baselines = try Baselines(train: train.labels, test: scored.labels, classes: train.classes)
    return (
      Output.Draw(
        accuracy: scores.accuracy, balancedAccuracy: scores.balancedAccuracy, majority: baselines.majority,
        informationBits: (baselines.logLoss - scores.logLoss) / log2Natural),
      Int((scores.accuracy * Double(scores.n)).rounded()), fit.converged
    )
  }

  private func warnings(
    _ parameters: Parameters, _ task: ProbeTask, _ isMemory: Bool, _ failures: Int
  ) -> [Warning] {
    var warnings = ProbeWarnings.aboutFeatures(task)
    if isMemory || !task.rows.isHeldOut {
      warnings.append(
        Warning(
          "in-sample",
          "scored on the rows that were fitted: the selectivity says how much better true labels are memorised than random"
        ))
    }
    if parameters.repeats < 5 {
      warnings.append(
        Warning("seed", "\(parameters.repeats.counted("draw")) of control labels only: take five or more"))
    }
    if failures > 0 {
      warnings.append(Warning("not-converged", "\(failures.counted("fit")) stopped above the tolerance"))
    }
    return warnings
  }

  private func picture(
    _ accuracy: Estimate, _ real: Output.Draw, _ draws: [Output.Draw], _ n: Int, _ isMemory: Bool
  ) -> BarChart {
    let values = draws.map(\.accuracy)
    let mean = values.reduce(0, +) / Double(values.count)
    return BarChart(
      title: "Accuracy on true and on control labels", axis: Axis("accuracy", domain: 0...1),
      bars: [
        .init("true labels", accuracy.value, interval: accuracy.low...accuracy.high),
        .init("control labels", mean, interval: (values.min() ?? mean)...(values.max() ?? mean)),
      ],
      references: [
        ReferenceLine("majority", real.majority),
        ReferenceLine("control majority", draws.map(\.majority).reduce(0, +) / Double(draws.count)),
      ], intervalTitle: "95 % interval, Wilson; range of \(draws.count) draws", count: n,
      note: isMemory ? "train rows" : nil)
  }
}

/// ln 2: nats over it are bits.
let log2Natural = 0.6931471805599453
