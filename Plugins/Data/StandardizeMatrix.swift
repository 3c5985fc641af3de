import Linear
import PluginKit
import Statistics

/// Takes the mean off each column and divides by its deviation, both of the train rows.
public struct StandardizeMatrix: Method {
  public static let name = "data.standardize"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let train: RowsReference?
    let split: FileReference?
  }

  public struct Output: Encodable, Sendable {
    let matrix, mean, scale: ArtifactReference
    let constant: [Int]
    let rows, columns: Int
    let transductive: Bool
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let train = try context.trainRows(train: parameters.train, split: parameters.split, of: source.namedRows)
    try context.reserve(train.count * source.columnCount * MemoryLayout<Double>.stride, for: "the train rows")
    let scaling = try InputPlaces(features: source.pointer, rows: train).explain {
      source.isSinglePrecision
        ? try ColumnScaling(source.gather(train, as: Float.self))
        : try ColumnScaling(source.gather(train, as: Double.self))
    }
    let factor = zip(scaling.scale, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
    let constant = scaling.isConstant.indices.filter { scaling.isConstant[$0] }
    let isTransductive = train.count == source.rowCount
    var warnings: [Warning] = []
    if isTransductive {
      warnings.append(
        Warning(
          "transductive",
          "mean and deviation are of all rows: rows that are scored later were among them; name the train rows"))
    }
    if !constant.isEmpty {
      warnings.append(
        Warning(
          "constant-columns",
          "\(constant.count.counted("column")) constant over the train rows become 0: \(constant.map(String.init).listed())"
        ))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let matrix = try context.save(
      rows: source.rowCount, columns: source.columnCount, as: Double.self, "matrix", rowIDs: source.rowIDs,
      eraserRows: source.eraserRows, rankedRows: source.rankedRows
    ) { write in
      try source.forEachBlock(as: Double.self) { first, block in
        try context.checkCancellation()
        context.progress(first, of: source.rowCount, "row \(first) of \(source.rowCount)")
        var block = block
        for i in 0..<block.rows {
          block.withMutableRow(i) { row in
            for j in 0..<row.count { row[j] = (row[j] - scaling.mean[j]) * factor[j] }
          }
        }
        try write(block)
      }
    }
    return Output(
      matrix: matrix, mean: try context.save(vector: scaling.mean, "mean"),
      scale: try context.save(vector: scaling.scale, "scale"), constant: constant, rows: source.rowCount,
      columns: source.columnCount, transductive: isTransductive,
      fittedOn: try context.fittedOn(train, of: source.rowCount, rowIDs: source.rowIDs), warnings: warnings)
  }
}
