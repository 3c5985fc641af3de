import Linear
import PluginKit
import Statistics

/// Takes attributes out of vectors, or sets them, by one matrix that reads and writes them (Li et al. 2020).
public struct AttributeSubspace: Method {
  public static let name = "erase.subspace_projection"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let readWeight: Double
    let writeWeight: Double
    let transpose: Bool
    let affine: Bool
    let set: [Double?]?
  }

  public struct More: Encodable, Sendable {
    let matrix: ArtifactReference
    let complement: ArtifactReference
    let objective: Double
    let orthogonalityDefect: Double
    let edited: ArtifactReference?
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split))
    let moments = parameters.zKind == .classes ? Self.signed(task.moments) : task.moments
    let (fit, eraser) = try task.input.places.explain {
      let fit = try SubspaceProjection(
        moments, readWeight: parameters.readWeight, writeWeight: parameters.writeWeight)
      let mean = parameters.affine ? moments.meanX : [Double](repeating: 0, count: moments.meanX.count)
      return (
        fit,
        try Eraser(
          left: parameters.transpose ? fit.matrix.transposed() : fit.pseudoInverse, right: fit.matrix, mean: mean)
      )
    }
    var fields = task.fields(Self.name, .linear(eraser), parameters.zKind)
    fields.rank = fit.rank
    fields.affine = parameters.affine
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input)
    warnings.append(
      ErasureWarnings.noGuarantee("what the matrix reads is taken out, not the covariance with the concept"))
    if parameters.transpose, fit.orthogonalityDefect > 0.01 {
      warnings.append(
        Warning(
          "not-orthogonal",
          "‖M·Mᵀ − I‖ is \(fit.orthogonalityDefect.shortText): with the transpose, attributes are taken out only roughly; "
            + "leave transpose away"))
    }
    let fitted = try task.result(
      .linear(eraser), fields, singularValues: fit.singularValues, warnings: warnings, context)
    return Extended(
      fitted: fitted,
      more: More(
        matrix: try context.save(fit.matrix, "matrix"),
        complement: try context.save(task.input.places.explain { try fit.complement() }, "complement"),
        objective: fit.objective, orthogonalityDefect: fit.orthogonalityDefect,
        edited: try edited(parameters, fit, task, context)))
  }

  private func edited(
    _ parameters: Parameters, _ fit: SubspaceProjection, _ task: ErasureTask, _ context: Context
  ) throws -> ArtifactReference? {
    guard let wanted = parameters.set else { return nil }
    guard wanted.count == fit.matrix.rows else {
      throw MethodError.invalidParameter(
        pointer: "/set", expected: "\(fit.matrix.rows.counted("number")), one for each attribute, null to leave it")
    }
    let rows: Matrix<Double> = try context.matrix(parameters.features)
    return try context.save(
      task.input.places.explain { try fit.edited(rows, wanted: wanted, transposed: parameters.transpose) }, "edited",
      rowIDs: task.input.features.rowIDs)
  }

  /// Classes as attributes of −1 and 1.
  private static func signed(_ moments: Moments) -> Moments {
    var (cross, square) = (moments.scatterXZ, moments.scatterZZ)
    cross.scale(by: 2)
    square.scale(by: 4)
    return Moments(
      count: moments.count, meanX: moments.meanX, meanZ: moments.meanZ.map { 2 * $0 - 1 },
      scatterXX: moments.scatterXX, scatterXZ: cross, scatterZZ: square)
  }
}
