import Charts
import Linear
import PluginKit
import Statistics

/// The fitted rows with their moments, and LEACE on them, whose canonical correlations tell what there is to erase.
struct ErasureTask: Sendable {
  let input: ConceptInput
  let moments: Moments
  let reference: LEACEFit

  /// Rows in 32 bits are summed in floats first, and in doubles where that is too coarse for their covariance.
  init(
    _ context: Context, _ input: ConceptInput, rtol: Double? = nil, shrinkage: Double = 0, affine: Bool = true
  ) throws {
    var settings = input.features.isSinglePrecision ? LEACE.single : LEACE()
    if let rtol { settings.tolerance = rtol }
    settings.shrinkage = shrinkage
    settings.affine = affine
    self.input = input
    (moments, reference) = try input.places.explain {
      if input.features.isSinglePrecision {
        settings.sumsInDoubles = false
        let quick = try input.moments(as: Float.self, .mixed, context.part(0, of: 2))
        let fit = try settings.fit(quick)
        if !fit.byEigenvectors { return (quick, fit) }
        settings.sumsInDoubles = true
        let exact = try input.moments(as: Float.self, .double, context.part(1, of: 2))
        return (exact, try settings.fit(exact))
      }
      let moments = try input.moments(as: Double.self, .double, context)
      return (moments, try settings.fit(moments))
    }
  }

  /// The small fields of the file that an eraser is saved in.
  func fields(_ method: String, _ erasure: Erasure, _ kind: ConceptKind) -> EraserFields {
    EraserFields(method: method, zKind: kind, rank: erasure.rank)
  }

  /// Saves an eraser, warns, draws, and says what it is.
  /// - Parameter change: the mean squared change of the fitted rows and its share; nil for a linear map, whose change the
  ///   moments tell.
  func result(
    _ erasure: Erasure, _ fields: EraserFields, singularValues: [Double], change: (Double, Double?)? = nil,
    warnings: [Warning], _ context: Context
  ) throws -> FittedErasure {
    for warning in warnings { context.warn(warning.code, warning.message) }
    if !reference.canonicalCorrelations.isEmpty {
      context.display(ErasurePictures.correlations(reference, input))
      try ErasurePictures.scatter(erasure, self, context)
    }
    let fittedOn = try context.fittedOn(input.rows, of: input.table.count, rowIDs: input.table.ids)
    let model = EraserModel(
      method: fields.method, form: erasure.form, zKind: fields.zKind, classes: input.classes, d: erasure.columns,
      rank: fields.rank, rtol: fields.rtol, shrinkage: fields.shrinkage, affine: fields.affine, kernel: fields.kernel,
      canonicalCorrelations: reference.canonicalCorrelations,
      fittedOn: EraserModel.Fit(rows: fittedOn.rows, of: fittedOn.of, digest: fittedOn.digest))
    var moved = change
    if moved == nil, case .linear(let eraser) = erasure { moved = eraser.change(of: moments) }
    return FittedErasure(
      eraser: try context.save(
        model: model, EraserModel.kind, "eraser", arrays: erasure.arrays(fittedIDs: input.fittedIDs)),
      rank: fields.rank, canonicalCorrelations: reference.canonicalCorrelations, singularValues: singularValues,
      meanSquaredChange: moved?.0, meanSquaredChangeRelative: moved?.1, n: input.rows.count,
      d: input.features.columnCount, classes: input.classes, classCounts: input.classCounts,
      covarianceRank: reference.covarianceRank, fittedOn: fittedOn, warnings: warnings)
  }
}

/// What a method says of the eraser that it saves.
struct EraserFields: Sendable {
  let method: String
  let zKind: ConceptKind
  var rank: Int
  var rtol: Double?
  var shrinkage: Double?
  var affine: Bool?
  var kernel: Kernel?
}

/// What every method that fits an eraser gives.
public struct FittedErasure: Encodable, Sendable {
  let eraser: ArtifactReference
  let rank: Int
  let canonicalCorrelations, singularValues: [Double]
  /// Absent where erased rows are of another space than the rows.
  let meanSquaredChange, meanSquaredChangeRelative: Double?
  let n, d: Int
  let classes: [String]?
  let classCounts: [Int]?
  let covarianceRank: Int
  let fittedOn: FittedOn
  let warnings: [Warning]
}

/// The members of every fitted eraser, and those of one method.
public struct Extended<More: Encodable & Sendable>: Encodable, Sendable {
  let fitted: FittedErasure
  let more: More

  public func encode(to encoder: any Encoder) throws {
    try fitted.encode(to: encoder)
    try more.encode(to: encoder)
  }
}
