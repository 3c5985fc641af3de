import Linear
import PluginKit

/// Takes some columns of a matrix, or its products with some directions.
public struct ProjectMatrix: Method {
  public static let name = "data.project"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let basis: MatrixReference?
    let columns: [Int]?
    let ranking: ModelReference?
    let count: Int?
    let center: [Double]?
  }

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let rows, columns: Int
    let chosen: [Int]?
    let orthonormal: Bool?
    let fittedRows: Int?
    let warnings: [Warning]
  }

  /// What a probe of sparse columns saves.
  private struct Ranking: Decodable {
    let d, rows: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let given = [parameters.basis != nil, parameters.columns != nil, parameters.ranking != nil].count { $0 }
    guard given == 1 else {
      throw MethodError.invalidParameter(
        pointer: "/basis", expected: "one of basis, columns and ranking, found \(given)")
    }
    if let basis = parameters.basis { return try project(source, basis, parameters, context) }
    var seen = source.rankedRows
    var warnings: [Warning] = []
    let chosen: [Int]
    var fitted: Int?
    if let reference = parameters.ranking {
      let (model, arrays) = try context.model(reference, "ranking", Ranking.self)
      guard model.d == source.columnCount, model.rows == source.rowCount else {
        throw MethodError.data(
          .shape, pointer: reference.pointer,
          message: "a ranking of \(model.rows) rows and \(model.d) columns for a matrix of \(source.rowCount) and "
            + "\(source.columnCount)", hint: "rank the columns of this matrix")
      }
      guard let count = parameters.count, count <= model.d else {
        throw MethodError.invalidParameter(pointer: "/count", expected: "how many columns to take, up to \(model.d)")
      }
      chosen = try arrays.integers("columns").prefix(count).sorted()
      // Whoever is scored on rows whose labels chose the columns has to know.
      let rows = try arrays.integers("fittedRows")
      guard rows.allSatisfy({ (0..<source.rowCount).contains($0) }) else {
        throw MethodError.data(.format, pointer: reference.pointer, message: "the ranking names rows that do not exist")
      }
      fitted = rows.count
      seen = Set((seen ?? []) + rows).sorted()
      warnings.append(
        Warning(
          "fit-saw-test",
          "the labels of \(rows.count.counted("row")) chose the columns: score other rows; methods that score these will warn"
        ))
    } else {
      chosen = parameters.columns ?? []
    }
    if let wrong = chosen.firstIndex(where: { $0 < 0 || $0 >= source.columnCount }) {
      throw MethodError.invalidParameter(
        pointer: "/columns/\(wrong)", expected: "0 to \(source.columnCount - 1), found \(chosen[wrong])")
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let matrix = try context.save(
      rows: source.rowCount, columns: chosen.count, as: Double.self, "matrix", rowIDs: source.rowIDs,
      eraserRows: source.eraserRows, rankedRows: seen
    ) { write in
      try source.forEachBlock(as: Double.self) { _, block in
        try context.checkCancellation()
        try write(block.columns(at: chosen))
      }
    }
    return Output(
      matrix: matrix, rows: source.rowCount, columns: chosen.count, chosen: chosen, orthonormal: nil,
      fittedRows: fitted,
      warnings: warnings)
  }

  private func project(
    _ source: RowSource, _ reference: MatrixReference, _ parameters: Parameters, _ context: Context
  ) throws -> Output {
    let basis: Matrix<Double> = try context.matrix(reference)
    guard basis.columns == source.columnCount else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "directions of \(basis.columns) numbers for \(source.columnCount.counted("column"))",
        hint: "give one row of \(source.columnCount) numbers for each direction")
    }
    if let center = parameters.center, center.count != source.columnCount {
      throw MethodError.invalidParameter(
        pointer: "/center", expected: "\(source.columnCount) numbers, found \(center.count)")
    }
    let gram = basis.timesTransposed(basis)
    let isOrthonormal = (0..<gram.rows).allSatisfy { i in
      (0..<gram.columns).allSatisfy { (gram[i, $0] - (i == $0 ? 1 : 0)).magnitude < 1e-8 }
    }
    let offsets = parameters.center.map { basis.times($0) }
    let matrix = try context.save(
      rows: source.rowCount, columns: basis.rows, as: Double.self, "matrix", rowIDs: source.rowIDs,
      eraserRows: source.eraserRows, rankedRows: source.rankedRows
    ) { write in
      try source.forEachBlock(as: Double.self) { _, block in
        try context.checkCancellation()
        var scores = block.timesTransposed(basis)
        if let offsets {
          for i in 0..<scores.rows {
            scores.withMutableRow(i) { row in
              for j in 0..<row.count { row[j] -= offsets[j] }
            }
          }
        }
        try write(scores)
      }
    }
    return Output(
      matrix: matrix, rows: source.rowCount, columns: basis.rows, chosen: nil, orthonormal: isOrthonormal,
      fittedRows: nil, warnings: [])
  }
}
