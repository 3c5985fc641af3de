import Charts
import Linear
import PluginKit
import Statistics

/// Relaxed linear adversarial concept erasure (Ravfogel, Twiton, Goldberg & Cotterell 2022).
public struct MinimaxErasure: Method {
  public static let name = "erase.rlace"

  /// What the predictor of the game minimises.
  enum Objective: String, Codable, Sendable, CaseIterable {
    case logistic
    /// Least squares: the span of Σxz, strongest directions first.
    case regression
    /// Rayleigh quotients of the covariance, vᵀ·Σxx·v/vᵀv.
    case pca
    /// Rayleigh quotients of Σxz·Σxzᵀ.
    case pls
  }

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let rank: Int
    let objective: Objective
    let steps: Int
    let restarts: Int
    let standardize: Bool
  }

  public struct More: Encodable, Sendable {
    let closedForm: Bool
    /// In nats, of an unpenalised logistic probe refitted on the erased fitted rows; absent for other objectives.
    let logLoss, spectralLogLoss, labelEntropy: Double?
    let relaxedEigenvalues: [Double]?
    let trace: [MinimaxProjection.Move]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let task = try ErasureTask(
      context.part(0, of: 2),
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split))
    guard parameters.rank <= task.input.features.columnCount else {
      throw MethodError.invalidParameter(
        pointer: "/rank", expected: "at most the \(task.input.features.columnCount.counted("column"))")
    }
    return parameters.objective == .logistic
      ? try game(parameters, task, context) : try closedForm(parameters, task, context)
  }

  private func game(_ parameters: Parameters, _ task: ErasureTask, _ context: Context) throws -> Extended<More> {
    let labels = try task.input.fittedClasses(Self.name)
    let classes = task.input.classes?.count ?? 0
    let settings = MinimaxProjection(
      rank: parameters.rank, steps: parameters.steps, restarts: parameters.restarts, seed: context.seed,
      standardize: parameters.standardize)
    let fit = try task.input.places.explain {
      let rows: Matrix<Double> = try task.input.fittedRows(context)
      return try settings.fit(
        rows, labels: labels, classes: classes, moments: task.moments, workers: context.workers
      ) { context.part(1, of: 2).progress($0, of: $1, $2) }
    }
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input)
    if !fit.closedForm {
      warnings.append(
        ErasureWarnings.noGuarantee(
          "rank \(parameters.rank) is below the \(task.reference.rank) of the concept; a refitted probe still gains "
            + "\((fit.labelEntropy - fit.logLoss).shortText) nats on the fitted rows"))
    }
    if !fit.trace.isEmpty { context.display(picture(fit, task.input.rows.count)) }
    let fitted = try task.result(
      .linear(fit.eraser), task.fields(Self.name, .linear(fit.eraser), parameters.zKind),
      singularValues: fit.singularValues, warnings: warnings, context)
    return Extended(
      fitted: fitted,
      more: More(
        closedForm: fit.closedForm, logLoss: fit.logLoss, spectralLogLoss: fit.spectralLogLoss,
        labelEntropy: fit.labelEntropy, relaxedEigenvalues: fit.relaxedEigenvalues, trace: fit.trace))
  }

  /// The games whose equilibrium is an eigenproblem.
  private func closedForm(
    _ parameters: Parameters, _ task: ErasureTask, _ context: Context
  ) throws -> Extended<More> {
    let deviations = task.moments.deviations()
    let factor = zip(deviations, task.moments.meanX).map { deviation, mean in
      deviation <= 1e-12 * mean.magnitude ? 0 : parameters.standardize ? 1 / deviation : 1
    }
    let (basis, values) = try task.input.places.explain { () throws -> (Matrix<Double>, [Double]) in
      switch parameters.objective {
      case .pca:
        var covariance = task.moments.covariance().rowsTimes(factor)
        covariance.scaleColumns(by: factor)
        let axes = try SymmetricEigen(covariance)
        let kept = axes.values.prefix { $0 > 1e-14 * (axes.values.first ?? 0) }.count
        return (axes.vectors.rows(0..<min(parameters.rank, kept)), axes.values.map { max(0, $0).squareRoot() })
      case .regression, .pls, .logistic:
        let parts = try SVD(task.moments.crossCovariance().rowsTimes(factor))
        let full = min(
          parts.singularValues.prefix { $0 > 1e-12 * (parts.singularValues.first ?? 0) && $0 > 0 }.count,
          CrossMoments(task.moments).mostDirections(task.input.coding))
        return (parts.u.columns(0..<min(parameters.rank, full)).transposed(), parts.singularValues)
      }
    }
    var right = basis
    right.scaleColumns(by: factor)
    let eraser = try task.input.places.explain {
      try Eraser(
        left: basis.transposed().rowsTimes(factor.map { $0 == 0 ? 1 : 1 / $0 }), right: right, mean: task.moments.meanX)
    }
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input)
    if parameters.objective == .pca || eraser.rank < task.reference.rank {
      warnings.append(
        ErasureWarnings.noGuarantee(
          parameters.objective == .pca
            ? "the widest directions need not be those of the concept"
            : "\(eraser.rank) of \(task.reference.rank.counted("direction")) of the concept are taken out"))
    }
    let fitted = try task.result(
      .linear(eraser), task.fields(Self.name, .linear(eraser), parameters.zKind), singularValues: values,
      warnings: warnings, context)
    return Extended(
      fitted: fitted,
      more: More(
        closedForm: true, logLoss: nil, spectralLogLoss: nil, labelEntropy: nil, relaxedEigenvalues: nil, trace: []))
  }

  private func picture(_ fit: MinimaxProjection.Fit, _ count: Int) -> LineChart {
    let restarts = Set(fit.trace.map(\.restart)).sorted()
    let curves = restarts.map { restart in
      let moves = fit.trace.filter { $0.restart == restart && $0.phase == "projection" }
      return LineChart.Curve("start \(restart + 1)", moves.map { LineChart.Sample(Double($0.step), $0.loss) })
    }
    return LineChart(
      title: "Loss of the refitted predictor as the projection moves", xAxis: Axis("step"),
      yAxis: Axis("mean loss", unit: "nats"), curves: curves,
      references: [
        ReferenceLine("entropy of the labels", fit.labelEntropy),
        ReferenceLine("spectral removal", fit.spectralLogLoss),
      ], count: count, note: "on the fitted rows")
  }
}
