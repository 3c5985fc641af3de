import Charts
import Linear
import PluginKit
import Statistics

/// Fits a ridge regression to ±1 labels or to real targets, the penalty chosen by leaving each row out (Allen 1974).
public struct RidgeProbe: Method {
  public static let name = "probe.ridge"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference?
    let targets: MatrixReference?
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let lambda: Lambdas
    let standardize: Bool
  }

  public struct Output: Encodable, Sendable {
    let probe: ArtifactReference
    let lambda, looError: Double
    let report: ProbeReport?
    let regression: RegressionReport?
    let looErrors: [RidgeFit.LeaveOneOut]
    let residualSum: Double
    let rank: Int
    let fittedOn: FittedOn
    let warnings: [Warning]

    private enum CodingKeys: String, CodingKey {
      case probe, lambda, looError, looErrors, residualSum, rank, fittedOn, warnings
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(probe, forKey: .probe)
      try container.encode(lambda, forKey: .lambda)
      try container.encode(looError, forKey: .looError)
      try report?.encode(to: encoder)
      try regression?.encode(to: encoder)
      try container.encode(looErrors, forKey: .looErrors)
      try container.encode(residualSum, forKey: .residualSum)
      try container.encode(rank, forKey: .rank)
      try container.encode(fittedOn, forKey: .fittedOn)
      try container.encode(warnings, forKey: .warnings)
    }
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let settings = RidgeRegression(lambdas: parameters.lambda.values, standardize: parameters.standardize)
    if let targets = parameters.targets {
      guard parameters.labels == nil else {
        throw MethodError.invalidParameter(pointer: "/targets", expected: "no targets beside labels")
      }
      return try RegressionTask(parameters, targets, context).run(settings, context)
    }
    guard let labels = parameters.labels else {
      throw MethodError.invalidParameter(pointer: "/labels", expected: "labels, or targets in their place")
    }
    let task = try ProbeTask(
      context, features: parameters.features, labels: labels, train: parameters.train, test: parameters.test,
      split: parameters.split, allowSeen: parameters.allowSeen)
    let train = try task.trainRows(context, copies: 4)
    let fit = try task.trainPlaces.explain {
      try settings.fit(
        train.features, targets: RidgeRegression.signs(train.labels, classes: train.classes), workers: context.workers)
    }
    let scores = try ProbeScores(fit.probe, task, context)
    let warnings = ProbeWarnings.about(scores, task) + Self.warnings(fit, task.rows.train.count, settings)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(scores.accuracyChart)
    context.display(scores.confusionChart(task.classes.names))
    if let chart = Self.chart(fit, task.rows.train.count) { context.display(chart) }
    let saved = try task.save(
      fit.probe, by: Self.name, ProbeChoices(standardize: parameters.standardize, lambda: fit.lambda), context)
    return Self.output(fit, saved.probe, saved.fittedOn, ProbeReport(scores, task), nil, warnings)
  }

  static func output(
    _ fit: RidgeFit, _ probe: ArtifactReference, _ fittedOn: FittedOn, _ report: ProbeReport?,
    _ regression: RegressionReport?, _ warnings: [Warning]
  ) -> Output {
    Output(
      probe: probe, lambda: fit.lambda, looError: fit.errors.first { $0.lambda == fit.lambda }?.error ?? 0,
      report: report, regression: regression, looErrors: fit.errors, residualSum: fit.residualSum, rank: fit.rank,
      fittedOn: fittedOn, warnings: warnings)
  }

  static func warnings(_ fit: RidgeFit, _ n: Int, _ settings: RidgeRegression) -> [Warning] {
    var warnings: [Warning] = []
    let d = fit.probe.columns
    if fit.lambda == 0, n < 5 * d {
      warnings.append(
        Warning(
          "dim", "\(n.counted("train row")) for \(d.counted("column")) without a penalty: such a fit reads noise"))
    }
    let sorted = settings.lambdas.sorted()
    if sorted.count > 2, fit.lambda == sorted.first || fit.lambda == sorted.last {
      warnings.append(
        Warning("edge", "the least error is at the end of the penalties, λ = \(fit.lambda.shortText): try beyond it"))
    }
    if !fit.constantColumns.isEmpty {
      warnings.append(ProbeWarnings.aboutConstant(fit.constantColumns))
    }
    return warnings
  }

  static func chart(_ fit: RidgeFit, _ n: Int) -> LineChart? {
    let points = fit.errors.filter { $0.lambda > 0 }.sorted { $0.lambda < $1.lambda }
    guard points.count > 1 else { return nil }
    return LineChart(
      title: "Leave-one-out error by penalty", xAxis: Axis("λ", scale: .logarithmic),
      yAxis: Axis("mean squared error of the row left out"),
      curves: [LineChart.Curve("leave-one-out", points.map { .init($0.lambda, $0.error) })],
      choice: fit.lambda > 0 ? .init("chosen", x: fit.lambda) : nil, count: n)
  }
}

/// λ: one number, or several to choose from.
struct Lambdas: Decodable, Sendable {
  let values: [Double]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let one = try? container.decode(Double.self) {
      values = [one]
    } else {
      values = try container.decode([Double].self)
    }
  }
}
