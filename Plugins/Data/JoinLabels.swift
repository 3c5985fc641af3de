import Linear
import PluginKit

/// Puts labels beside the rows that have their ids.
public struct JoinLabels: Method {
  public static let name = "data.join"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let on: LabelReference?
    let rowIds: LabelReference?
  }

  public struct Output: Encodable, Sendable {
    let matrix, labels: ArtifactReference
    let n, d: Int
    let matched, unmatchedRows, unusedLabels: Int
    let classes: [String]
    let classCounts: [Int]
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let labels = try context.labels(parameters.labels)
    let rowIDs = try ids(
      parameters.rowIds, source.rowIDs, count: source.rowCount, parameters.features.pointer, "/rowIds", context)
    let labelIDs = try ids(
      parameters.on, labels.rowIDs, count: labels.count, parameters.labels.pointer, "/on", context)
    var place: [String: Int] = [:]
    for (index, id) in labelIDs.enumerated() {
      guard place.updateValue(index, forKey: id) == nil else {
        throw MethodError.data(
          .format, pointer: parameters.on?.pointer ?? parameters.labels.pointer,
          message: "two labels have the id '\(id)'",
          row: index, hint: "each row needs one label")
      }
    }
    if let id = Self.repeated(rowIDs) {
      throw MethodError.data(
        .format, pointer: parameters.features.pointer, message: "two rows have the id '\(id)'",
        hint: "each row needs an id of its own")
    }
    let found = rowIDs.map { id in place[id].map { labels.codes[$0] } ?? -1 }
    let kept = found.indices.filter { found[$0] >= 0 }
    guard !kept.isEmpty else {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.labels.pointer,
        message: "none of the \(source.rowCount.counted("row")) has a label of its id",
        hint: "ids have to be spelled alike, as '\(rowIDs.first ?? "")' and '\(labelIDs.first ?? "")' are not")
    }
    let known = Set(rowIDs)
    let unused = labelIDs.count { !known.contains($0) }
    let joined = Labels(codes: kept.map { found[$0] }, classes: labels.classes, rowIDs: kept.map { rowIDs[$0] })
    let matched = rowIDs.count { place[$0] != nil }
    var warnings: [Warning] = []
    if kept.count < source.rowCount {
      warnings.append(
        Warning("unlabelled", "\((source.rowCount - kept.count).counted("row")) without a label left out"))
    }
    if unused > 0 {
      warnings.append(Warning("unused-labels", "\(unused.counted("label")) of ids that no row has"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let seen = source.eraserRows.map { rows in
      let new = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
      return rows.compactMap { new[$0] }
    }
    let matrix = try context.save(
      rows: kept.count, columns: source.columnCount, as: Double.self, "matrix", rowIDs: joined.rowIDs, eraserRows: seen
    ) { write in
      for first in stride(from: 0, to: kept.count, by: Workers.blockRows) {
        try context.checkCancellation()
        try write(source.gather(Array(kept[first..<min(kept.count, first + Workers.blockRows)])))
      }
    }
    return Output(
      matrix: matrix, labels: try context.save(joined, "labels"), n: kept.count, d: source.columnCount,
      matched: matched,
      unmatchedRows: source.rowCount - matched, unusedLabels: unused, classes: joined.classes,
      classCounts: joined.classCounts, warnings: warnings)
  }

  /// The ids that a param names, or those that come with the data.
  private func ids(
    _ reference: LabelReference?, _ own: [String]?, count: Int, _ pointer: String, _ param: String, _ context: Context
  ) throws -> [String] {
    guard let reference else {
      guard let own else {
        throw MethodError.invalidParameter(
          pointer: param, expected: "an id for each of the \(count) rows of \(pointer.dropFirst()), which has none",
          hint: "name a column of ids, as table.csv#id")
      }
      return own
    }
    let named = try context.labels(reference)
    guard named.count == count else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(named.count) ids for \(count.counted("row"))")
    }
    guard let missing = named.codes.firstIndex(where: { $0 < 0 }) else { return named.codes.map { named.classes[$0] } }
    throw MethodError.data(
      .format, pointer: reference.pointer, message: "row \(missing) has no id", row: missing,
      hint: "each row needs an id")
  }

  private static func repeated(_ ids: [String]) -> String? {
    var seen = Set<String>()
    return ids.first { !seen.insert($0).inserted }
  }
}
