import Charts
import Linear
import PluginKit
import Statistics

/// What a ridge probe of real targets says in place of a classifier's scores.
struct RegressionReport: Encodable, Sendable {
  struct Errors: Encodable, Sendable {
    /// 1 − Σ(y − ŷ)²/Σ(y − mean of train)².
    let r2: Double
    let meanSquaredError: Double
    let n: Int
  }
  let r2: Double
  let heldOut: Bool
  let test, trainScores: Errors
  let n, d, targets: Int
}

/// Real targets to be read from features.
struct RegressionTask {
  private let features: RowSource
  private let targets: Matrix<Double>
  private let rows: TrainTest
  private let standardize: Bool

  init(_ parameters: RidgeProbe.Parameters, _ reference: MatrixReference, _ context: Context) throws {
    features = try context.rows(parameters.features)
    let source = try context.rows(reference)
    try context.checkSameRows(features.namedRows, source.namedRows)
    let table = NamedRows(pointer: features.pointer, count: features.rowCount, ids: features.rowIDs ?? source.rowIDs)
    rows = try context.trainTest(
      train: parameters.train, test: parameters.test, split: parameters.split, of: table)
    targets = try context.matrix(reference)
    standardize = parameters.standardize
  }

  func run(_ settings: RidgeRegression, _ context: Context) throws -> RidgeProbe.Output {
    try context.reserve(rows.train.count * features.columnCount * 8 * 4, for: "the train rows")
    let train: Matrix<Double> = try features.gather(rows.train)
    let truth = targets.rows(at: rows.train)
    let fit = try InputPlaces(features: features.pointer, labels: "/targets", rows: rows.train).explain {
      try settings.fit(train, targets: truth, workers: context.workers)
    }
    let middle = (0..<truth.columns).map { j in truth.column(j).reduce(0, +) / Double(truth.rows) }
    let onTrain = errors(try fit.probe.scores(train), truth, middle)
    let onTest = try rows.test.map {
      errors(try fit.probe.scores(features.gather($0, as: Double.self)), targets.rows(at: $0), middle)
    }
    var warnings = RidgeProbe.warnings(fit, rows.train.count, settings)
    if onTest == nil {
      warnings.insert(
        Warning("in-sample", "scored on the rows that were fitted; read looError, or give test or split"), at: 0)
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    if let chart = RidgeProbe.chart(fit, rows.train.count) { context.display(chart) }
    let report = RegressionReport(
      r2: (onTest ?? onTrain).r2, heldOut: onTest != nil, test: onTest ?? onTrain, trainScores: onTrain,
      n: rows.train.count, d: features.columnCount, targets: targets.columns)
    let ids = features.rowIDs
    let fittedOn = try context.fittedOn(rows.train, of: features.rowCount, rowIDs: ids)
    let model = ProbeModel(
      method: RidgeProbe.name, classes: [], standardize: standardize, lambda: fit.lambda, d: features.columnCount,
      fittedOn: ProbeModel.Fit(rows: fittedOn.rows, of: fittedOn.of, digest: fittedOn.digest))
    let probe = try context.save(
      model: model, ProbeModel.kind, "probe", arrays: ProbeModel.arrays(fit.probe, fitted: rows.train, ids: ids))
    return RidgeProbe.output(fit, probe, fittedOn, nil, report, warnings)
  }

  private func errors(_ found: Matrix<Double>, _ truth: Matrix<Double>, _ middle: [Double]) -> RegressionReport.Errors {
    var (residual, total) = (0.0, 0.0)
    for i in 0..<truth.rows {
      for j in 0..<truth.columns {
        residual += (truth[i, j] - found[i, j]) * (truth[i, j] - found[i, j])
        total += (truth[i, j] - middle[j]) * (truth[i, j] - middle[j])
      }
    }
    return RegressionReport.Errors(
      r2: total > 0 ? 1 - residual / total : 0, meanSquaredError: residual / Double(truth.rows * truth.columns),
      n: truth.rows)
  }
}
