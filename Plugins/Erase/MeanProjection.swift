import PluginKit
import Statistics

/// Projects away the span of the class means.
public struct MeanProjection: Method {
  public static let name = "erase.mean"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let rank: Int?
    let affine: Bool
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> FittedErasure {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: .classes, train: parameters.train,
        split: parameters.split))
    let settings = OrthogonalErasure(directions: .classMeans, rank: parameters.rank, affine: parameters.affine)
    let fit = try task.input.places.explain {
      try settings.fit(CrossMoments(task.moments), coding: task.input.coding)
    }
    var fields = task.fields(Self.name, .linear(fit.eraser), .classes)
    fields.affine = parameters.affine
    return try task.result(
      .linear(fit.eraser), fields, singularValues: fit.singularValues,
      warnings: ErasureWarnings.aboutOrthogonal(fit.eraser, task), context)
  }
}
