import Linear
import PluginKit
import Statistics

/// Fits a linear discriminant analysis with a shrunk covariance: the cheapest probe there is.
public struct DiscriminantProbe: Method {
  public static let name = "probe.lda"

  public struct Parameters: Decodable, Sendable, TaskParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let shrinkage: Shrinkage
    let standardize: Bool
  }

  public struct Output: Encodable, Sendable {
    let probe: ArtifactReference
    let report: ProbeReport
    let priors: [Double]
    let shrinkage: Double
    let rank: Int
    let fittedOn: FittedOn
    let warnings: [Warning]

    private enum CodingKeys: String, CodingKey { case probe, priors, shrinkage, rank, fittedOn, warnings }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(probe, forKey: .probe)
      try report.encode(to: encoder)
      try container.encode(priors, forKey: .priors)
      try container.encode(shrinkage, forKey: .shrinkage)
      try container.encode(rank, forKey: .rank)
      try container.encode(fittedOn, forKey: .fittedOn)
      try container.encode(warnings, forKey: .warnings)
    }
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let train = try task.trainRows(context, copies: 4)
    let settings = DiscriminantAnalysis(
      shrinkage: parameters.shrinkage.amount, standardize: parameters.standardize)
    let fit = try task.trainPlaces.explain {
      try settings.fit(train.features, labels: train.labels, classes: train.classes, workers: context.workers)
    }
    let scores = try ProbeScores(fit.probe, task, context)
    let warnings = ProbeWarnings.about(scores, task) + self.warnings(fit, task)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(scores.accuracyChart)
    context.display(scores.confusionChart(task.classes.names))
    let saved = try task.save(
      fit.probe, by: Self.name, ProbeChoices(standardize: parameters.standardize, shrinkage: fit.shrinkage), context)
    return Output(
      probe: saved.probe, report: ProbeReport(scores, task), priors: fit.priors, shrinkage: fit.shrinkage,
      rank: fit.rank, fittedOn: saved.fittedOn, warnings: warnings)
  }

  private func warnings(_ fit: DiscriminantFit, _ task: ProbeTask) -> [Warning] {
    var warnings: [Warning] = []
    let (n, d) = (task.rows.train.count, task.features.columnCount)
    if fit.shrinkage < 1e-3, n < 5 * d {
      warnings.append(
        Warning(
          "dim",
          "\(n.counted("train row")) for \(d.counted("column")) with hardly any shrinkage: such a fit reads noise"))
    }
    if fit.rank < d - fit.constantColumns.count {
      warnings.append(
        Warning(
          "rank", "the covariance within classes has rank \(fit.rank) of \(d): directions without spread are not used"))
    }
    if !fit.constantColumns.isEmpty { warnings.append(ProbeWarnings.aboutConstant(fit.constantColumns)) }
    return warnings
  }
}

/// a, or "auto".
struct Shrinkage: Decodable, Sendable {
  /// nil for automatic.
  let amount: Double?

  init(from decoder: any Decoder) throws {
    amount = try? decoder.singleValueContainer().decode(Double.self)
  }
}
