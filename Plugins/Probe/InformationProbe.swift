import Charts
import Linear
import PluginKit
import Statistics

import func Glibc.log2

/// How many bits about the labels a probe can use, on rows that it has not seen (Xu et al. 2020).
public struct InformationProbe: Method {
  public static let name = "probe.information"

  public struct Parameters: Decodable, Sendable, LogisticParameters {
    let features: MatrixReference
    let labels: LabelReference
    let probe: ModelReference?
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let groups: LabelReference?
    let level: Double
    let B: Int
    let C: LossWeight
    let standardize: Bool
    let tol: Double
    let maxIter: Int
    let solver: LogisticRegression.Solver
    let classWeight: LogisticRegression.ClassWeight
    let precision: LogisticRegression.Precision
  }

  public struct Output: Encodable, Sendable {
    let informationBits, entropyBits, crossEntropyBits: Double
    let interval: Estimate
    let pointwise: ArtifactReference
    let negative: Int
    let heldOut: Bool
    let fittedRows: Int?
    let n: Int
    let d: Int
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let warnings: [Warning]
  }

  public init() {}

  /// What the bits are counted from.
  private struct Found {
    let logs: Matrix<Double>
    let truth: [Int]
    let shares: [Double]
    let counts: ProbeReport.ClassCounts
    let groups: [Int]?
    let fittedRows: Int?
    let isHeldOut: Bool
    let classes: [String]
    var warnings: [Warning]
  }

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let found = try parameters.probe == nil ? fitted(parameters, context) : saved(parameters, context)
    let null = found.truth.map { -log2(found.shares[$0]) }
    let given = found.truth.enumerated().map { -found.logs[$0, $1] / log2Natural }
    let pointwise = zip(null, given).map { $0 - $1 }
    let n = Double(found.truth.count)
    let value = fixedSum(pointwise) / n
    let bounds = try Bootstrap(replicates: parameters.B, level: parameters.level, seed: context.seed)
      .intervals(of: pointwise.count, groups: found.groups, workers: context.workers) { weights in
        [zip(pointwise, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)]
      }
    guard let bound = bounds.first else { throw MethodError.internal("no resampling was made") }
    let interval = bound.estimate(value, level: parameters.level, n: pointwise.count)
    var warnings = found.warnings
    if interval.high < 0 {
      warnings.append(
        Warning(
          "negative",
          "below zero: the probe's probabilities are worse than the class shares alone, as of one that was overfitted"))
    } else if interval.low <= 0, found.isHeldOut {
      warnings.append(
        Warning(
          "absence", "not told apart from zero on \(pointwise.count.counted("row")): this probe finds nothing here"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      BarChart(
        title: "Usable information", axis: Axis("information a row", unit: "bits"),
        bars: [
          .init("labels, by class shares", fixedSum(null) / n),
          .init("labels, given the features", fixedSum(given) / n),
          .init("information", value, interval: interval.low...interval.high),
        ], intervalTitle: "\((parameters.level * 100).shortText) % interval, bootstrap", count: pointwise.count))
    return Output(
      informationBits: value, entropyBits: fixedSum(null) / n, crossEntropyBits: fixedSum(given) / n,
      interval: interval, pointwise: try context.save(vector: pointwise, "pointwise"),
      negative: pointwise.count { $0 < 0 }, heldOut: found.isHeldOut, fittedRows: found.fittedRows,
      n: pointwise.count, d: try context.rows(parameters.features).columnCount, classes: found.classes,
      classCounts: found.counts, warnings: warnings)
  }

  private func fitted(_ parameters: Parameters, _ context: Context) throws -> Found {
    let task = try ProbeTask(context, parameters)
    let fit = try task.fit(parameters.settings, context)
    let total = Double(task.rows.train.count)
    var warnings = ProbeWarnings.aboutFeatures(task) + ProbeWarnings.about(fit, parameters.settings, task)
    if !task.rows.isHeldOut { warnings.insert(Self.inSample, at: 0) }
    return Found(
      logs: try task.logProbabilities(fit.probe, task.rows.scored, context), truth: task.codes(task.rows.scored),
      shares: task.trainCounts.map { Double($0) / total },
      counts: ProbeReport.ClassCounts(
        train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil),
      groups: try parameters.groups.map { try task.groups($0, of: task.rows.scored, context) },
      fittedRows: task.rows.isHeldOut ? 0 : task.rows.train.count, isHeldOut: task.rows.isHeldOut,
      classes: task.classes.names, warnings: warnings)
  }

  private func saved(_ parameters: Parameters, _ context: Context) throws -> Found {
    let task = try EvaluationTask(
      EvaluationInputs(
        labels: parameters.labels, probe: parameters.probe, features: parameters.features, train: parameters.train,
        test: parameters.test, split: parameters.split, groups: parameters.groups,
        allowSeen: parameters.allowSeen), context)
    var counts = [Int](repeating: 0, count: task.classes.count)
    for label in task.truth { counts[label] += 1 }
    var warnings: [Warning] = []
    switch task.fittedRows?.count {
    case nil: warnings.append(EvaluationWarnings.unknownRows)
    case task.truth.count?: warnings.append(Self.inSample)
    case let seen? where seen > 0: warnings.append(EvaluationWarnings.seen(seen, of: task.truth.count))
    default: break
    }
    return Found(
      logs: task.logProbabilities, truth: task.truth, shares: task.trainShares,
      counts: ProbeReport.ClassCounts(train: task.trainCounts, test: counts), groups: task.groups,
      fittedRows: task.fittedRows?.count, isHeldOut: task.isHeldOut, classes: task.classes, warnings: warnings)
  }

  private static let inSample = Warning(
    "in-sample", "measured on the rows that were fitted, which says what the probe can memorise; give test or split")
}
