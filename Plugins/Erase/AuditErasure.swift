import Linear
import PluginKit
import Statistics

/// Looks at an erasure from nine sides: what is left, for whom, at what cost, and beside which controls.
public struct AuditErasure: Method {
  public static let name = "erase.audit"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let eraser: ModelReference?
    let erased: MatrixReference?
    let by: AuditRefit.By
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let task: LabelReference?
    let others: [LabelReference]?
    let groups: LabelReference?
    let newFeatures: MatrixReference?
    let newLabels: LabelReference?
    let e: Double
    let shuffles: Int
    let draws: Int
    let randomFeatures: Int
    let networks: Int
  }

  struct FitSample: Encodable, Sendable {
    let before, after: Double
    let threshold: Double
    let cutDirections: Int
    let worstGap: Double
    let worstColumn: Int
    let rows: Int
    let note: String
  }

  public struct Output: Encodable, Sendable {
    let verdict: String
    let rotation: Bool
    let fitSample: FitSample
    let heldOut: HeldOutAudit
    let nonlinear: NonlinearAudit
    let damage: DamageAudit
    let controls: ControlsAudit
    let ranks: RanksAudit?
    let sideEffects: [SideEffect]?
    let fairness: FairnessAudit?
    let drift: DriftAudit?
    let n, d: Int
    let classes: [String]
    let classCounts: [Int]
    let seenRows: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let input = try AuditInput(parameters, context)
    return try input.places.explain { try audit(parameters, input, context) }
  }

  private func audit(_ parameters: Parameters, _ input: AuditInput, _ context: Context) throws -> Output {
    let (rows, seed, workers) = (input.rows, context.seed, context.workers)
    func tell(_ part: Int, _ what: String) throws {
      try context.checkCancellation()
      context.progress(part, of: 9, what)
    }
    try tell(0, "the fitted rows")
    let certificate = try Self.certificate(rows, workers)
    try tell(1, "fresh linear probes")
    let heldOut = try HeldOutAudit(rows, e: parameters.e, shuffles: parameters.shuffles, seed: seed, workers: workers)
    try tell(2, "probes that are not linear")
    let nonlinear = try NonlinearAudit(
      rows, randomFeatures: parameters.randomFeatures, networks: parameters.networks, shuffles: parameters.shuffles,
      seed: seed, workers: workers
    ) { context.progress(20 + 10 * $0 / $1, of: 90, $2) }
    try tell(3, "damage")
    let task = try parameters.task.flatMap { reference in
      try input.predictions(of: reference, "task", context)
    }
    let damage = try DamageAudit(rows, task: task, seed: seed, workers: workers)
    try tell(4, "controls")
    let controls = try ControlsAudit(
      rows, refit: input.refit, rank: input.rank, draws: parameters.draws,
      change: damage.meanSquaredChangeRelative.value, correlation: heldOut.canonicalCorrelation.value, seed: seed,
      workers: workers)
    try tell(5, "ranks")
    let ranks = try RanksAudit(rows, workers: workers)
    try tell(6, "other concepts")
    let effects = try parameters.others?.enumerated().compactMap { index, reference in
      try SideEffect(rows, index, input.labels(reference, context), workers: workers)
    }
    try tell(7, "rates of the task")
    let fairness = task.map { FairnessAudit(rows, $0, seed: seed) }
    try tell(8, "new rows")
    let drift = try input.drift(parameters, heldOut.canonicalCorrelation, context)
    let verdict = AuditVerdict(rows, certificate: certificate, heldOut: heldOut, nonlinear: nonlinear)
    var warnings = input.warnings + verdict.warnings
    if drift?.isAbove == true {
      warnings.append(
        Warning(
          "drift", "the new rows keep more of the concept than the held-out rows do: fit the eraser on rows like them"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    AuditPictures.show(verdict.text, rows, heldOut, nonlinear, damage, controls, ranks, context)
    let scored = rows.scored
    return Output(
      verdict: verdict.text, rotation: rows.isRotation,
      fitSample: FitSample(
        before: certificate.before, after: certificate.after, threshold: certificate.threshold,
        cutDirections: certificate.cut, worstGap: certificate.worst, worstColumn: certificate.worstColumn,
        rows: rows.fittedCount,
        note: rows.fittedCount <= rows.columns
          ? "exact by construction for as few rows as columns, and no certificate"
          : "certificate on the fitted rows only: a probe that is fitted on them reads the majority by construction"),
      heldOut: heldOut, nonlinear: nonlinear, damage: damage, controls: controls, ranks: ranks, sideEffects: effects,
      fairness: fairness, drift: drift, n: scored.count, d: rows.columns, classes: rows.classes,
      classCounts: rows.classes.indices.map { c in scored.count { rows.labels[$0] == c } }, seenRows: input.seenCount,
      warnings: warnings)
  }

  /// The worst of all fits.
  private static func certificate(_ rows: AuditRows, _ workers: Workers) throws -> Certificate {
    let found = try rows.fits.map { fit in
      try Certificate(
        before: rows.features.rows(at: fit.fitted), after: fit.erased.rows(at: fit.fitted),
        concept: rows.concept(fit.fitted), single: rows.isSingle, workers: workers)
    }
    guard let worst = found.max(by: { $0.after < $1.after }) else { throw StatisticsError.empty("fitted rows") }
    return worst
  }
}
