import PluginKit
import Statistics

/// Removes the left singular vectors of the cross-covariance (spectral attribute removal; Shao, Ziser & Cohen 2023).
public struct SpectralRemoval: Method {
  public static let name = "erase.orth"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let rank: Int?
    let rtol: Double
    let affine: Bool
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> FittedErasure {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split))
    let settings = OrthogonalErasure(rank: parameters.rank, tolerance: parameters.rtol, affine: parameters.affine)
    let fit = try task.input.places.explain {
      try settings.fit(CrossMoments(task.moments), coding: task.input.coding)
    }
    var fields = task.fields(Self.name, .linear(fit.eraser), parameters.zKind)
    (fields.rtol, fields.affine) = (parameters.rtol, parameters.affine)
    return try task.result(
      .linear(fit.eraser), fields, singularValues: fit.singularValues,
      warnings: ErasureWarnings.aboutOrthogonal(fit.eraser, task), context)
  }
}

extension ErasureWarnings {
  /// Of a projection that is bound to the units of the columns.
  static func aboutOrthogonal(_ eraser: Eraser, _ task: ErasureTask) -> [Warning] {
    var warnings = aboutRows(task.reference, task.input)
    if eraser.rank < task.reference.rank {
      warnings.append(
        noGuarantee("\(eraser.rank) of \(task.reference.rank.counted("direction")) of the concept are taken out"))
    }
    let spreads = task.moments.deviations().filter { $0 > 0 }
    if let low = spreads.min(), let high = spreads.max(), high > 1e4 * low {
      warnings.append(
        Warning(
          "units",
          "deviations of the columns lie between \(low.shortText) and \(high.shortText), and an orthogonal projection "
            + "depends on units: divide the columns by their deviations first, or use erase.leace"))
    }
    return warnings
  }
}
