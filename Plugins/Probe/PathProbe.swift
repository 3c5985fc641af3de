import Charts
import Linear
import PluginKit
import Statistics

/// Chooses the penalty of a logistic probe on folds inside the train rows, and scores the test rows once.
public struct PathProbe: Method {
  public static let name = "probe.path"

  public struct Parameters: Decodable, Sendable, TaskParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let Cs: [Double]
    let folds: Int
    let groups: LabelReference?
    let standardize: Bool
    let tol: Double
    let maxIter: Int
    let solver: LogisticRegression.Solver
    let classWeight: LogisticRegression.ClassWeight
    let precision: LogisticRegression.Precision

    var settings: LogisticRegression {
      LogisticRegression(
        standardize: standardize, tolerance: tol, maximumIterations: maxIter, solver: solver,
        classWeight: classWeight, precision: precision)
    }
  }

  public struct Output: Encodable, Sendable {
    let probe: ArtifactReference
    let chosenC: Double
    let report: ProbeReport
    let fit: LogisticMembers
    let path: [PenaltyPath.Point]
    let folds: Int
    let fittedOn: FittedOn
    let warnings: [Warning]

    private enum CodingKeys: String, CodingKey { case probe, chosenC, path, folds, fittedOn, warnings }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(probe, forKey: .probe)
      try container.encode(chosenC, forKey: .chosenC)
      try report.encode(to: encoder)
      try fit.encode(to: encoder)
      try container.encode(path, forKey: .path)
      try container.encode(folds, forKey: .folds)
      try container.encode(fittedOn, forKey: .fittedOn)
      try container.encode(warnings, forKey: .warnings)
    }
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let path = try self.path(parameters, task, context.part(0, of: 2))
    var settings = parameters.settings
    settings.C = path.chosen.C
    let fit = try task.fit(settings, context.part(1, of: 2))
    let scores = try ProbeScores(fit.probe, task, context)
    let warnings =
      ProbeWarnings.about(scores, task) + ProbeWarnings.aboutPenalty(scores, settings)
      + ProbeWarnings.about(fit, settings, task) + self.warnings(path)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(scores.accuracyChart)
    context.display(picture(path, task.rows.train.count, parameters.folds))
    context.display(scores.confusionChart(task.classes.names))
    let choices = ProbeChoices(
      C: LossWeight(settings.C), standardize: parameters.standardize, classWeight: parameters.classWeight)
    let saved = try task.save(fit.probe, by: Self.name, choices, context)
    return Output(
      probe: saved.probe, chosenC: settings.C, report: ProbeReport(scores, task), fit: LogisticMembers(fit),
      path: path.points, folds: parameters.folds, fittedOn: saved.fittedOn, warnings: warnings)
  }

  private func path(_ parameters: Parameters, _ task: ProbeTask, _ context: Context) throws -> PenaltyPath.Result {
    if let few = task.trainCounts.firstIndex(where: { $0 < 2 }) {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.labels.pointer,
        message: "1 train row of class '\(task.classes.names[few])', and folds need two",
        hint: "give the class more rows, or leave it out")
    }
    let train = try task.trainRows(context, copies: 3)
    let groups = try parameters.groups.map { try task.groups($0, of: task.rows.train, context) }
    return try task.trainPlaces.explain {
      let folds = try Split.folds(
        parameters.folds, rows: train.count, labels: train.labels, groups: groups, seed: context.seed)
      return try PenaltyPath(Cs: parameters.Cs, settings: parameters.settings).fit(
        train.features, labels: train.labels, classes: train.classes, folds: folds, workers: context.workers
      ) { context.progress($0, of: $1, $2) }
    }
  }

  private func warnings(_ path: PenaltyPath.Result) -> [Warning] {
    var warnings: [Warning] = []
    if path.points.count > 2, path.best == 0 || path.best == path.points.count - 1 {
      warnings.append(
        Warning("edge", "the least loss is at the end of the path, C = \(path.chosen.C.shortText): try beyond it"))
    }
    let stopped = path.points.reduce(0) { $0 + $1.notConverged }
    if stopped > 0 {
      warnings.append(Warning("not-converged", "\(stopped) of the folds' fits stopped above tol; raise maxIter"))
    }
    return warnings
  }

  private func picture(_ path: PenaltyPath.Result, _ n: Int, _ folds: Int) -> LineChart {
    LineChart(
      title: "Loss on the folds by penalty", xAxis: Axis("C", scale: .logarithmic),
      yAxis: Axis("log loss of the rows left out", unit: "nats"),
      curves: [LineChart.Curve("left-out rows", path.points.map { .init($0.C, $0.logLoss) })],
      bands: [
        LineChart.Band(
          "± 1 standard error",
          path.points.map { .init($0.C, $0.logLoss - $0.standardError, $0.logLoss + $0.standardError) })
      ], choice: .init("chosen", x: path.chosen.C), count: n, note: "\(folds) folds inside the train rows")
  }
}
