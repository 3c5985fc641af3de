import Charts
import Linear
import PluginKit
import Statistics

/// Fits the least change of rows after which no linear predictor finds a concept (Belrose et al. 2023).
public struct LeastSquaresErasure: Method {
  public static let name = "erase.leace"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let rtol: Double?
    let shrinkage: Double
    let affine: Bool
  }

  public struct Output: Encodable, Sendable {
    let eraser: ArtifactReference
    let rank: Int
    let canonicalCorrelations, singularValues: [Double]
    let meanSquaredChange, meanSquaredChangeRelative: Double
    let n, d: Int
    let classes: [String]?
    let classCounts: [Int]?
    let covarianceRank: Int
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let input = try ConceptInput(
      context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
      train: parameters.train, split: parameters.split)
    let fit = try fit(parameters, input, context)
    let warnings = ErasureWarnings.about(fit, input)
    for warning in warnings { context.warn(warning.code, warning.message) }
    if !fit.canonicalCorrelations.isEmpty { context.display(picture(fit, input)) }
    let fittedOn = try context.fittedOn(input.rows, of: input.table.count, rowIDs: input.table.ids)
    let model = EraserModel(
      method: Self.name, zKind: parameters.zKind, classes: input.classes, d: input.features.columnCount,
      rank: fit.rank, rtol: fit.settings.tolerance, shrinkage: parameters.shrinkage, affine: parameters.affine,
      fittedOn: EraserModel.Fit(rows: fittedOn.rows, of: fittedOn.of, digest: fittedOn.digest))
    return Output(
      eraser: try context.save(
        model: model, EraserModel.kind, "eraser",
        arrays: EraserModel.arrays(fit.eraser, fittedIDs: input.fittedIDs)),
      rank: fit.rank, canonicalCorrelations: fit.canonicalCorrelations, singularValues: fit.singularValues,
      meanSquaredChange: fit.meanSquaredChange, meanSquaredChangeRelative: fit.meanSquaredChangeRelative,
      n: input.rows.count, d: input.features.columnCount, classes: input.classes, classCounts: input.classCounts,
      covarianceRank: fit.covarianceRank, fittedOn: fittedOn, warnings: warnings)
  }

  /// Rows in 32 bits are summed in floats first, and in doubles where that is too coarse for their covariance.
  private func fit(_ parameters: Parameters, _ input: ConceptInput, _ context: Context) throws -> LEACEFit {
    var settings = input.features.isSinglePrecision ? LEACE.single : LEACE()
    if let tolerance = parameters.rtol { settings.tolerance = tolerance }
    settings.shrinkage = parameters.shrinkage
    settings.affine = parameters.affine
    return try input.places.explain {
      if !input.features.isSinglePrecision {
        return try settings.fit(input.moments(as: Double.self, .double, context))
      }
      settings.sumsInDoubles = false
      let quick = try settings.fit(input.moments(as: Float.self, .mixed, context))
      if !quick.byEigenvectors { return quick }
      settings.sumsInDoubles = true
      return try settings.fit(input.moments(as: Float.self, .double, context))
    }
  }

  private func picture(_ fit: LEACEFit, _ input: ConceptInput) -> BarChart {
    let (n, d) = (input.rows.count, input.features.columnCount)
    let chance = d < n ? [ReferenceLine("unrelated labels, about", ErasureWarnings.leftover(rows: n, columns: d))] : []
    return BarChart(
      title: "Canonical correlations of features and concept, before", axis: Axis("correlation", domain: 0...1),
      bars: fit.canonicalCorrelations.enumerated().map { BarChart.Bar("\($0 + 1)", $1) }, references: chance,
      count: n, note: "after: 0 on the fitted rows, by construction")
  }
}
