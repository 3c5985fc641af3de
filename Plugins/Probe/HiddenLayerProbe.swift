import Charts
import Linear
import PluginKit
import Statistics

/// What one hidden layer reads that a linear probe does not, on the same rows.
public struct HiddenLayerProbe: Method {
  public static let name = "probe.mlp"

  public struct Parameters: Decodable, Sendable, TaskParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let hidden: Int
    let seeds: Int
    let maxEpochs: Int
    let C: LossWeight
  }

  public struct Output: Encodable, Sendable {
    struct Run: Encodable, Sendable {
      let accuracy, balancedAccuracy, logLoss, gap, p: Double
      let epochs: Int
      let stopped: Bool
    }
    let gap: Double
    let gapRange: [Double]
    let gapInterval: Estimate
    let accuracy: Double
    let accuracyRange: [Double]
    let linear: Estimate
    let linearLogLoss: Double
    let runs: [Run]
    let majority, shuffled: Double
    let heldOut: Bool
    let intervalOf: String
    let n, d: Int
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let (train, scored) = (try task.trainRows(context, copies: 4), try task.scoredRows(context))
    let linear = try task.trainPlaces.explain {
      try LogisticRegression(C: parameters.C.value).fit(
        train.features, labels: train.labels, classes: train.classes, workers: context.workers)
    }
    let found = try linear.probe.logProbabilities(scored.features)
    let scores = try Scores(logProbabilities: found, truth: scored.labels)
    let right = zip(found.largestColumns(), scored.labels).map { $0 == $1 }
    var settings = HiddenLayerClassifier(hidden: parameters.hidden)
    settings.maximumEpochs = parameters.maxEpochs
    var runs: [Output.Run] = []
    // Of each row: in what share of the runs the hidden layer has it right, less whether the linear probe has.
    var differences = right.map { $0 ? -1.0 : 0 }
    for run in 0..<parameters.seeds {
      context.progress(run, of: parameters.seeds, "network \(run + 1) of \(parameters.seeds)")
      var numbers = context.random("mlp", run)
      let fit = try task.trainPlaces.explain {
        try settings.fit(
          train.features, labels: train.labels, classes: train.classes, seed: numbers.next(),
          check: context.checkCancellation)
      }
      let logs = fit.logProbabilities(scored.features)
      let own = try Scores(logProbabilities: logs, truth: scored.labels)
      let hits = zip(logs.largestColumns(), scored.labels).map { $0 == $1 }
      for i in hits.indices where hits[i] { differences[i] += 1 / Double(parameters.seeds) }
      runs.append(
        Output.Run(
          accuracy: own.accuracy, balancedAccuracy: own.balancedAccuracy, logLoss: own.logLoss,
          gap: own.accuracy - scores.accuracy, p: McNemar(first: hits, second: right).p, epochs: fit.epochs,
          stopped: fit.stopped))
    }
    let gaps = runs.map(\.gap)
    let gap = gaps.reduce(0, +) / Double(gaps.count)
    let perRow = differences
    let bounds = try Bootstrap(replicates: 2000, seed: context.seed)
      .intervals(of: perRow.count, workers: context.workers) { [$0.dot(perRow) / Double(perRow.count)] }
    let interval = bounds[0].estimate(gap, level: 0.95, n: perRow.count)
    let accuracies = runs.map(\.accuracy)
    let confusion = try Confusion(truth: scored.labels, predicted: found.largestColumns(), classes: scored.classes)
    let baselines = try Baselines(train: train.labels, test: scored.labels, classes: train.classes)
    let warnings = warnings(task, parameters, runs, interval)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let linearEstimate = try Proportion.wilson(right: confusion.right, of: confusion.n)
    context.display(picture(linearEstimate, accuracies, baselines.majority, scored.count))
    return Output(
      gap: gap, gapRange: [gaps.min() ?? 0, gaps.max() ?? 0], gapInterval: interval,
      accuracy: accuracies.reduce(0, +) / Double(accuracies.count),
      accuracyRange: [accuracies.min() ?? 0, accuracies.max() ?? 0], linear: linearEstimate,
      linearLogLoss: scores.logLoss, runs: runs, majority: baselines.majority, shuffled: confusion.shuffledAccuracy,
      heldOut: task.rows.isHeldOut,
      intervalOf: "the gap of these \(runs.count) networks and this one linear probe on new rows", n: train.count,
      d: task.features.columnCount, classes: task.classes.names,
      classCounts: ProbeReport.ClassCounts(
        train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil), warnings: warnings)
  }

  private func warnings(
    _ task: ProbeTask, _ parameters: Parameters, _ runs: [Output.Run], _ interval: Estimate
  ) -> [Warning] {
    var warnings = ProbeWarnings.aboutFeatures(task)
    if !task.rows.isHeldOut {
      warnings.insert(
        Warning("in-sample", "scored on the rows that were fitted, which a hidden layer memorises; give test or split"),
        at: 0)
    }
    if parameters.seeds < 5 {
      warnings.append(Warning("seed", "\(parameters.seeds.counted("seed")) only: take five or more"))
    }
    if runs.contains(where: { !$0.stopped }) {
      warnings.append(
        Warning("not-converged", "a network was still getting better after \(parameters.maxEpochs) epochs"))
    }
    if task.rows.isHeldOut, interval.low <= 0, interval.high >= 0 {
      warnings.append(
        Warning(
          "absence",
          "no gap to the linear probe can be told on \(interval.n.counted("row")); another network may find one"))
    }
    return warnings
  }

  private func picture(_ linear: Estimate, _ accuracies: [Double], _ majority: Double, _ n: Int) -> BarChart {
    let mean = accuracies.reduce(0, +) / Double(accuracies.count)
    return BarChart(
      title: "Linear probe and one hidden layer", axis: Axis("accuracy", domain: 0...1),
      bars: [
        .init("linear probe", linear.value, interval: linear.low...linear.high),
        .init("hidden layer", mean, interval: (accuracies.min() ?? mean)...(accuracies.max() ?? mean)),
      ], references: [ReferenceLine("majority", majority)],
      intervalTitle: "95 % interval, Wilson; range of \(accuracies.count) seeds", count: n)
  }
}
