import Linear
import PluginKit

/// Rows in the space of the leading singular vectors.
public struct LatentSemanticAnalysis: Method {
  public static let name = "features.lsa"

  /// A number of components, or the choice of it left to us.
  enum Rank: Decodable, Sendable {
    case auto
    case components(Int)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let count = try? value.decode(Int.self) {
        self = .components(count)
      } else {
        self = .auto
      }
    }
  }

  enum Algorithm: String, Decodable, Sendable { case auto, exact, randomized, lanczos }

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let rank: Rank
    let k: Int?
    let center: Bool
    let unitRows: Bool
    let method: Algorithm
    let oversample: Int
    let powerIterations: Int
    let fitOn: [String]?
    let train: RowsReference?
    let split: FileReference?

    var fitRows: FitRows { FitRows(fitOn: fitOn, train: train, split: split) }

    var options: TruncatedSVD.Options {
      var options = TruncatedSVD.Options()
      options.method = TruncatedSVD.Method(rawValue: method.rawValue)
      options.centered = center
      options.oversample = oversample
      options.powerIterations = powerIterations
      return options
    }
  }

  public struct Output: Encodable, Sendable {
    let scores: ArtifactReference
    let components: ArtifactReference
    let mean: ArtifactReference?
    let model: ArtifactReference
    let singularValues: [Double]
    let explainedEnergy: Double
    let method: String
    let rank: Int
    let rows: Int
    let columns: Int
    let iterations: Int
    let converged: Bool
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (matrix, rowIDs) = try context.features(parameters.matrix)
    let order = try CanonicalOrder(rowIDs: rowIDs, count: matrix.rows, at: parameters.matrix.pointer)
    let rows = try parameters.fitRows.resolved(
      context, of: NamedRows(pointer: parameters.matrix.pointer, count: matrix.rows, ids: rowIDs))
    let basis = try LatentBasis(
      matrix, fittedOn: order.rows.filter(Set(rows).contains), rank: parameters.rank, k: parameters.k,
      parameters.options,
      context)
    let projected = try basis.scores(of: matrix, in: order, unitRows: parameters.unitRows)
    let warnings = basis.warnings(emptyRows: projected.emptyRows, rowIDs: rowIDs)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.displayComponents(basis)
    let parts = basis.parts
    return Output(
      scores: try context.save(projected.scores, "scores", rowIDs: rowIDs),
      components: try context.save(basis.components, "components"),
      mean: try parts.mean.map { try context.save(vector: $0, "mean") },
      model: try context.save(basis.space(unitRows: parameters.unitRows), "model"),
      singularValues: basis.singularValues,
      explainedEnergy: basis.explainedEnergy, method: parts.method.rawValue, rank: basis.rank, rows: matrix.rows,
      columns: matrix.columns, iterations: parts.iterations, converged: parts.converged,
      fittedOn: try context.fittedOn(rows, of: matrix.rows, rowIDs: rowIDs), warnings: warnings)
  }
}
