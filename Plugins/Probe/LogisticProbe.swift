import Linear
import PluginKit
import Statistics

/// Fits an L2-regularised logistic regression and scores it on rows that it has not seen (Alain & Bengio 2016).
public struct LogisticProbe: Method {
  public static let name = "probe.logistic"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let C: LossWeight
    let standardize: Bool
    let tol: Double
    let maxIter: Int
    let solver: LogisticRegression.Solver
    let classWeight: LogisticRegression.ClassWeight
    let precision: LogisticRegression.Precision

    var settings: LogisticRegression {
      LogisticRegression(
        C: C.value, standardize: standardize, tolerance: tol, maximumIterations: maxIter, solver: solver,
        classWeight: classWeight, precision: precision)
    }
  }

  public struct Output: Encodable, Sendable {
    struct ClassCounts: Encodable, Sendable {
      let train: [Int]
      let test: [Int]?
    }
    let probe: ArtifactReference
    let accuracy: Estimate
    let majority: Double
    let shuffled: Double
    let heldOut: Bool
    let intervalOf: String
    let majorityClass: String
    let test: Scores
    let trainScores: Scores
    let n, d: Int
    let classes: [String]
    let classCounts: ClassCounts
    let confusion: [[Int]]?
    let objective, objectivePerSample, gradientNorm: Double
    let gapBound, newtonGap: Double?
    let iterations: Int
    let converged, separated: Bool
    let solver: LogisticRegression.Solver
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  /// Classes up to which the whole table of confusions stands in the value.
  private static let mostClassesShown = 100

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(
      context, features: parameters.features, labels: parameters.labels, train: parameters.train,
      test: parameters.test, split: parameters.split)
    let fit = try fit(parameters.settings, task, context)
    let scores = try ProbeScores(fit.probe, task, context)
    let warnings =
      ProbeWarnings.about(scores, task) + ProbeWarnings.aboutPenalty(scores, parameters.settings)
      + ProbeWarnings.about(fit, parameters.settings, task)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(scores.accuracyChart)
    context.display(scores.confusionChart(task.classes.names))
    return try output(parameters, task, fit, scores, warnings, context)
  }

  private func fit(_ settings: LogisticRegression, _ task: ProbeTask, _ context: Context) throws -> LogisticFit {
    task.features.isSinglePrecision
      ? try fit(settings, task, context, as: Float.self) : try fit(settings, task, context, as: Double.self)
  }

  private func fit<S: Scalar>(
    _ settings: LogisticRegression, _ task: ProbeTask, _ context: Context, as: S.Type
  ) throws -> LogisticFit {
    let train = task.rows.train
    // The rows as they are stored, and in doubles divided by their deviations.
    try context.reserve(
      train.count * task.features.columnCount * (MemoryLayout<S>.stride + MemoryLayout<Double>.stride),
      for: "the train rows")
    let rows = try task.features.gather(train, as: S.self)
    var places = task.places
    places.rows = train
    return try places.explain {
      try settings.fit(
        rows, labels: task.codes(train), classes: task.classes.names.count, workers: context.workers
      ) { context.progress($0, of: $1, $2) }
    }
  }

  private func output(
    _ parameters: Parameters, _ task: ProbeTask, _ fit: LogisticFit, _ scores: ProbeScores, _ warnings: [Warning],
    _ context: Context
  ) throws -> Output {
    let ids = task.features.rowIDs
    let fittedOn = try context.fittedOn(task.rows.train, of: task.features.rowCount, rowIDs: ids)
    let model = ProbeModel(
      method: Self.name, classes: task.classes.names, C: parameters.C, standardize: parameters.standardize,
      classWeight: parameters.classWeight, d: task.features.columnCount,
      fittedOn: ProbeModel.Fit(rows: fittedOn.rows, of: fittedOn.of, digest: fittedOn.digest))
    let arrays = ProbeModel.arrays(fit.probe, fittedIDs: ids.map { ids in task.rows.train.map { ids[$0] } })
    return Output(
      probe: try context.save(model: model, ProbeModel.kind, "probe", arrays: arrays), accuracy: scores.accuracy,
      majority: scores.baselines.majority, shuffled: scores.confusion.shuffledAccuracy, heldOut: scores.isHeldOut,
      intervalOf: scores.isHeldOut
        ? "this one probe on new rows; not the draw of the train rows, the split or the seed"
        : "none: the rows were fitted",
      majorityClass: task.classes.names[scores.baselines.majorityClass], test: scores.scored,
      trainScores: scores.train, n: task.rows.train.count, d: task.features.columnCount, classes: task.classes.names,
      classCounts: Output.ClassCounts(
        train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil),
      confusion: task.classes.names.count <= Self.mostClassesShown ? scores.rowsOfConfusion : nil,
      objective: fit.objective, objectivePerSample: fit.objectivePerSample, gradientNorm: fit.gradientNorm,
      gapBound: fit.gapBound, newtonGap: fit.newtonGap, iterations: fit.iterations, converged: fit.converged,
      separated: fit.separated, solver: fit.solver, fittedOn: fittedOn, warnings: warnings)
  }
}
