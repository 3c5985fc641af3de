import PluginKit

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

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> FittedErasure {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split),
      rtol: parameters.rtol, shrinkage: parameters.shrinkage, affine: parameters.affine)
    let fit = task.reference
    var fields = task.fields(Self.name, .linear(fit.eraser), parameters.zKind)
    fields.rtol = fit.settings.tolerance
    fields.shrinkage = parameters.shrinkage
    fields.affine = parameters.affine
    return try task.result(
      .linear(fit.eraser), fields, singularValues: fit.singularValues,
      change: (fit.meanSquaredChange, fit.meanSquaredChangeRelative),
      warnings: ErasureWarnings.about(fit, task.input), context)
  }
}
