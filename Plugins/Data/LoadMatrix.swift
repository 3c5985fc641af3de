import Linear
import PluginKit

/// Reads a matrix from a file and keeps it as an artifact.
public struct LoadMatrix: Method {
  public static let name = "data.load"

  public enum Kind: String, Codable, Sendable { case float64, float32 }

  public struct Parameters: Decodable, Sendable {
    let source: MatrixReference
    let dtype: Kind
  }

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let rows: Int
    let columns: Int
    let dtype: Kind
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.source)
    let matrix =
      switch parameters.dtype {
      case .float64: try load(source, as: Double.self, context)
      case .float32: try load(source, as: Float.self, context)
      }
    return Output(
      matrix: matrix, rows: source.rowCount, columns: source.columnCount, dtype: parameters.dtype, warnings: [])
  }

  private func load<S: Scalar>(_ source: RowSource, as: S.Type, _ context: Context) throws -> ArtifactReference {
    try context.save(
      rows: source.rowCount, columns: source.columnCount, as: S.self, "matrix", rowIDs: source.rowIDs,
      eraserRows: source.eraserRows, rankedRows: source.rankedRows
    ) { write in
      try source.forEachBlock(as: S.self) { first, block in
        try context.checkCancellation()
        context.progress(first, of: source.rowCount, "row \(first) of \(source.rowCount)")
        try write(block)
      }
    }
  }
}
