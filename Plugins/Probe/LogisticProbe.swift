import Linear
import PluginKit
import Statistics

/// Fits an L2-regularised logistic regression and scores it on rows that it has not seen (Alain & Bengio 2016).
public struct LogisticProbe: Method {
  public static let name = "probe.logistic"

  public struct Parameters: Decodable, Sendable, LogisticParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let C: LossWeight
    let standardize: Bool
    let tol: Double
    let maxIter: Int
    let solver: LogisticRegression.Solver
    let classWeight: LogisticRegression.ClassWeight
    let precision: LogisticRegression.Precision
  }

  public struct Output: Encodable, Sendable {
    let probe: ArtifactReference
    let report: ProbeReport
    let fit: LogisticMembers
    let fittedOn: FittedOn
    let warnings: [Warning]

    private enum CodingKeys: String, CodingKey { case probe, fittedOn, warnings }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(probe, forKey: .probe)
      try report.encode(to: encoder)
      try fit.encode(to: encoder)
      try container.encode(fittedOn, forKey: .fittedOn)
      try container.encode(warnings, forKey: .warnings)
    }
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let fit = try task.fit(parameters.settings, context)
    let scores = try ProbeScores(fit.probe, task, context)
    let warnings =
      ProbeWarnings.about(scores, task) + ProbeWarnings.aboutPenalty(scores, parameters.settings)
      + ProbeWarnings.about(fit, parameters.settings, task)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(scores.accuracyChart)
    context.display(scores.confusionChart(task.classes.names))
    let saved = try task.save(fit.probe, by: Self.name, parameters.choices, context)
    return Output(
      probe: saved.probe, report: ProbeReport(scores, task), fit: LogisticMembers(fit), fittedOn: saved.fittedOn,
      warnings: warnings)
  }
}
