import Linear
import PluginKit
import Statistics

/// Takes a concept out of rows by a map that was fitted before.
public struct ApplyEraser: Method {
  public static let name = "erase.apply"

  public enum Kind: String, Codable, Sendable { case float64, float32 }

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let eraser: ModelReference
    let labels: LabelReference?
    let dtype: Kind?
  }

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let rows, columns: Int
    let rank: Int
    let dtype: Kind
    let fittedRows: Int?
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let saved = try SavedEraser(parameters.eraser, context)
    let features = try context.rows(parameters.features)
    guard features.columnCount == saved.erasure.columns else {
      throw MethodError.data(
        .shape, pointer: features.pointer,
        message: "\(features.columnCount.counted("column")) where the eraser was fitted on \(saved.erasure.columns)",
        hint: "give the features that the eraser was fitted on, or rows of the same kind")
    }
    let labels = try labels(parameters, saved, features, context)
    let dtype = parameters.dtype ?? (features.isSinglePrecision ? .float32 : .float64)
    let seen = saved.fittedRows.flatMap { keys in features.rowIDs.map { keys.known(among: $0) } }
    let warnings = warnings(features.rowCount, seen: seen?.count)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let matrix =
      switch dtype {
      case .float64: try erase(features, saved.erasure, labels, seen: seen, as: Double.self, context)
      case .float32: try erase(features, saved.erasure, labels, seen: seen, as: Float.self, context)
      }
    let facts: [(String, String)] = [
      ("rows", "\(features.rowCount)"), ("columns", "\(features.columnCount)"),
      ("directions taken out", "\(saved.model.rank)"),
      ("rows that the eraser was fitted on", seen.map { "\($0.count)" } ?? "not known"),
    ]
    context.display(
      "Erased rows", .table(.init(columns: ["", ""], rows: facts.map { [.string($0.0), .string($0.1)] })))
    return Output(
      matrix: matrix, rows: features.rowCount, columns: saved.erasure.width, rank: saved.model.rank, dtype: dtype,
      fittedRows: seen?.count, warnings: warnings)
  }

  private func labels(
    _ parameters: Parameters, _ saved: SavedEraser, _ features: RowSource, _ context: Context
  ) throws -> AppliedLabels? {
    guard saved.erasure.needsLabels else {
      guard let labels = parameters.labels else { return nil }
      throw MethodError.invalidParameter(
        pointer: labels.pointer, expected: "no labels, since an eraser of \(saved.model.method) does not read them",
        hint: "leave labels out")
    }
    guard let labels = parameters.labels else {
      throw MethodError.invalidParameter(
        pointer: "/labels", expected: "the label of each row, which an eraser of \(saved.model.method) reads",
        hint: "give the labels of the rows, or use erase.leace, which needs none")
    }
    return try AppliedLabels(labels, saved.model, of: features, context)
  }

  /// The guard `eraser-rows`.
  private func warnings(_ rows: Int, seen: Int?) -> [Warning] {
    guard let seen, seen > 0 else { return [] }
    return [
      Warning(
        "eraser-rows",
        "the eraser was fitted on \(seen) of these \(rows) rows, on which a linear probe reads the majority by "
          + "construction: fit and score probes on \(seen == rows ? "other rows" : "the other \(rows - seen)")")
    ]
  }

  /// As many blocks at a time as there are workers, read and changed side by side, written in order.
  private func erase<S: Scalar>(
    _ features: RowSource, _ erasure: Erasure, _ labels: AppliedLabels?, seen: [Int]?, as: S.Type, _ context: Context
  ) throws -> ArtifactReference {
    let (n, size, jobs) = (features.rowCount, Workers.blockRows, context.workers.jobs)
    try context.reserve(
      2 * jobs * min(n, size) * (features.columnCount + erasure.width) * MemoryLayout<S>.stride,
      for: "\(jobs) blocks of rows")
    // Of one eraser after another, what any of them has seen.
    let all = seen.map { Set($0).union(features.eraserRows ?? []).sorted() } ?? features.eraserRows
    return try context.save(
      rows: n, columns: erasure.width, as: S.self, "matrix", rowIDs: features.rowIDs, eraserRows: all
    ) { write in
      for first in stride(from: 0, to: n, by: jobs * size) {
        try context.checkCancellation()
        context.progress(first, of: n, "row \(first) of \(n)")
        let count = (min(n - first, jobs * size) + size - 1) / size
        let blocks = try context.workers.map(count) { block in
          let start = first + block * size
          let range = start..<min(n, start + size)
          var rows = try features.gather(Array(range), as: S.self)
          return try InputPlaces(features: features.pointer, rows: Array(range)).explain {
            guard case .linear(let eraser) = erasure else {
              return try erasure.erased(rows, concept: labels?.rows(range))
            }
            try eraser.erase(&rows)
            return rows
          }
        }
        for block in blocks { try write(block) }
      }
    }
  }
}
