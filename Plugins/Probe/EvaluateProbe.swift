import Linear
import PluginKit
import Statistics

/// Scores a saved probe, or scores from elsewhere, on labelled rows by all measures, each with an interval.
public struct EvaluateProbe: Method {
  public static let name = "probe.evaluate"

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let probe: ModelReference?
    let features: MatrixReference?
    let scores: MatrixReference?
    let classes: [String]?
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let groups: LabelReference?
    let level: Double
    let B: Int

    var inputs: EvaluationInputs {
      EvaluationInputs(
        labels: labels, probe: probe, features: features, scores: scores, classes: classes, train: train, test: test,
        split: split, groups: groups, allowSeen: allowSeen)
    }
  }

  public struct Output: Encodable, Sendable {
    let accuracy: Estimate
    let balancedAccuracy, macroF1: Estimate
    let rocAuc, averagePrecision: Estimate?
    let logLoss, brier, calibrationError: Estimate
    let calibrationFloor: Calibration.Floor
    let majority, shuffled: BaselineScores
    let stratified: Double
    let headline: String
    let heldOut: Bool
    let fittedRows: Int?
    let intervalOf: String
    let n: Int
    let d: Int?
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let confusion: [[Int]]
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try EvaluationTask(parameters.inputs, context)
    let evaluation = try Evaluation(logProbabilities: task.logProbabilities, truth: task.truth)
    let values = evaluation.values()
    context.progress(0, of: 2, "\(parameters.B) resamplings of \(task.truth.count) rows")
    let bounds = try Bootstrap(replicates: parameters.B, level: parameters.level, seed: context.seed)
      .intervals(of: task.truth.count, groups: task.groups, workers: context.workers) {
        evaluation.values(weights: $0)
      }
    context.progress(1, of: 2, "calibration")
    let floor = try evaluation.calibration.floor(seed: context.seed, workers: context.workers)
    let estimates = EvaluationEstimates(values, bounds, level: parameters.level, n: task.truth.count)
    let confusion = try Confusion(truth: task.truth, predicted: evaluation.predicted, classes: task.classes.count)
    let accuracy =
      try task.groups == nil
      ? Proportion.wilson(right: confusion.right, of: confusion.n, level: parameters.level) : estimates[.accuracy]
    let majority = BaselineScores(evaluation.constant(task.trainShares))
    let warnings = EvaluationWarnings.about(task, accuracy, evaluation, majority: majority.accuracy, values)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let pictures = EvaluationPictures(
      task: task, evaluation: evaluation, estimates: estimates, accuracy: accuracy, majority: majority,
      shuffled: BaselineScores(evaluation.shuffled))
    pictures.show(in: context)
    let counts = confusion.truthCounts
    return Output(
      accuracy: accuracy, balancedAccuracy: estimates[.balancedAccuracy], macroF1: estimates[.macroF1],
      rocAuc: estimates.known(.rocArea), averagePrecision: estimates.known(.averagePrecision),
      logLoss: estimates[.logLoss], brier: estimates[.brier], calibrationError: estimates[.calibrationError],
      calibrationFloor: floor, majority: majority, shuffled: BaselineScores(evaluation.shuffled),
      stratified: zip(task.trainShares, counts).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(confusion.n),
      headline: majority.accuracy > ProbeScores.lopsided ? "balancedAccuracy" : "accuracy",
      heldOut: task.isHeldOut, fittedRows: task.fittedRows?.count, intervalOf: task.intervalOf,
      n: task.truth.count, d: task.columns, classes: task.classes,
      classCounts: ProbeReport.ClassCounts(train: task.trainCounts, test: counts), confusion: confusion.table,
      warnings: warnings)
  }
}

/// What needs no features scores by the same measures.
struct BaselineScores: Encodable, Sendable {
  let accuracy, balancedAccuracy, macroF1, rocAuc, averagePrecision, logLoss, brier: Double

  /// In the order of `Evaluation.Measure`.
  init(_ values: [Double]) {
    (accuracy, balancedAccuracy, macroF1) = (values[0], values[1], values[2])
    (rocAuc, averagePrecision, logLoss, brier) = (values[3], values[4], values[5], values[6])
  }
}

/// The measures with their intervals.
struct EvaluationEstimates: Sendable {
  private let all: [Estimate]

  init(_ values: [Double], _ bounds: [Bootstrap.Bounds], level: Double, n: Int) {
    all = zip(values, bounds).map { $1.estimate($0, level: level, n: n) }
  }

  subscript(_ measure: Evaluation.Measure) -> Estimate { all[measure.rawValue] }

  /// Nil where the measure is not a number, as a ranking of one class.
  func known(_ measure: Evaluation.Measure) -> Estimate? {
    let found = self[measure]
    return found.value.isFinite && found.low.isFinite && found.high.isFinite ? found : nil
  }
}
