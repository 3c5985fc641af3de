import Linear
import PluginKit
import Statistics

/// The params of a method that fits logistic regressions.
protocol LogisticParameters: TaskParameters {
  var C: LossWeight { get }
  var standardize: Bool { get }
  var tol: Double { get }
  var maxIter: Int { get }
  var solver: LogisticRegression.Solver { get }
  var classWeight: LogisticRegression.ClassWeight { get }
  var precision: LogisticRegression.Precision { get }
}

extension LogisticParameters {
  var settings: LogisticRegression {
    LogisticRegression(
      C: C.value, standardize: standardize, tolerance: tol, maximumIterations: maxIter, solver: solver,
      classWeight: classWeight, precision: precision)
  }

  var choices: ProbeChoices { ProbeChoices(C: C, standardize: standardize, classWeight: classWeight) }
}

extension ProbeTask {
  /// Fits the train rows, read as they are stored; those that do not fit into memory are read again for each walk.
  func fit(_ settings: LogisticRegression, _ context: Context) throws -> LogisticFit {
    features.isSinglePrecision
      ? try fit(settings, context, as: Float.self) : try fit(settings, context, as: Double.self)
  }

  private func fit<S: Scalar>(
    _ settings: LogisticRegression, _ context: Context, as: S.Type
  ) throws -> LogisticFit {
    let train = rows.train
    do {
      // The rows as they are stored, and in doubles divided by their deviations.
      try context.reserve(
        train.count * features.columnCount * (MemoryLayout<S>.stride + MemoryLayout<Double>.stride),
        for: "the train rows")
    } catch MethodError.data(.memory, _, _, _, _, _) {
      return try streamed(settings, context)
    }
    let matrix = try features.gather(train, as: S.self)
    return try trainPlaces.explain {
      try settings.fit(
        matrix, labels: codes(train), classes: classes.names.count, workers: context.workers
      ) { context.progress($0, of: $1, $2) }
    }
  }

  private func streamed(_ settings: LogisticRegression, _ context: Context) throws -> LogisticFit {
    let labels = classes.codes.map { max(0, $0) }
    return try places.explain {
      try settings.fit(
        reading: features.checkedReader, labels: labels, classes: classes.names.count, rows: rows.train,
        workers: context.workers
      ) { context.progress($0, of: $1, $2) }
    }
  }

  /// Where the rows of a matrix of train rows came from.
  var trainPlaces: InputPlaces {
    var places = places
    places.rows = rows.train
    return places
  }
}

/// How a logistic regression ended.
struct LogisticMembers: Encodable, Sendable {
  let objective, objectivePerSample, gradientNorm: Double
  let gapBound, newtonGap: Double?
  let iterations: Int
  let converged, separated: Bool
  let solver: LogisticRegression.Solver

  init(_ fit: LogisticFit) {
    (objective, objectivePerSample, gradientNorm) = (fit.objective, fit.objectivePerSample, fit.gradientNorm)
    (gapBound, newtonGap, iterations) = (fit.gapBound, fit.newtonGap, fit.iterations)
    (converged, separated, solver) = (fit.converged, fit.separated, fit.solver)
  }
}
