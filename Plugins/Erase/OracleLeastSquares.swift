import Linear
import PluginKit
import Statistics

/// Takes out what least squares on the labels explains of each row (Belrose et al. 2023, theorem 4.4).
public struct OracleLeastSquares: Method {
  public static let name = "erase.oracle"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let rtol: Double
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> FittedErasure {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split))
    let (eraser, values, change) = try task.input.places.explain {
      let moments = CrossMoments(task.moments)
      let eraser = try OracleEraser(
        moments, tolerance: parameters.rtol, most: moments.mostDirections(task.input.coding))
      // What is taken from the rows is coefficients·(z − mean).
      let taken = eraser.coefficients.times(task.moments.scatterZZ).timesTransposed(eraser.coefficients)
      return (
        eraser, try SVD(task.moments.crossCovariance()).singularValues,
        taken.diagonal.reduce(0, +) / Double(task.moments.count)
      )
    }
    let total = task.moments.scatterXX.diagonal.reduce(0, +) / Double(task.moments.count)
    var fields = task.fields(Self.name, .oracle(eraser), parameters.zKind)
    fields.rtol = parameters.rtol
    let warnings =
      ErasureWarnings.aboutRows(task.reference, task.input) + [ErasureWarnings.readsLabels]
    return try task.result(
      .oracle(eraser), fields, singularValues: values, change: (change, total > 0 ? change / total : 0),
      warnings: warnings, context)
  }
}

extension ErasureWarnings {
  static let readsLabels = Warning(
    "reads-labels",
    "the map reads the label of each row that it erases, and can write it into what is not linear: a predictor that is "
      + "not linear may find the concept more easily than before; and it may bring back what was erased before it")
}
