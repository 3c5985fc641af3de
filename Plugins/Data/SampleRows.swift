import Linear
import PluginKit
import Statistics

/// Draws rows without replacement, a share of each class where labels are given.
public struct SampleRows: Method {
  public static let name = "data.sample"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference?
    let count: Int
    let stratify: Bool
  }

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let labels: ArtifactReference?
    let rows: ArtifactReference
    let n, d: Int
    let of: Int
    let classes: [String]?
    let classCounts: [Int]?
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let labels = try parameters.labels.map(context.labels)
    if let labels, let reference = parameters.labels {
      try context.checkSameRows(source.namedRows, labels.namedRows(reference))
    }
    guard parameters.count <= source.rowCount else {
      throw MethodError.invalidParameter(
        pointer: "/count", expected: "at most the \(source.rowCount) rows there are, found \(parameters.count)")
    }
    var numbers = context.random("sample")
    let codes = parameters.stratify ? labels?.codes : nil
    let order = NestedSamples.order(
      labels: codes ?? [Int](repeating: 0, count: source.rowCount), numbers: &numbers)
    let chosen = order.prefix(parameters.count).sorted()
    try context.reserve(chosen.count * source.columnCount * 8, for: "the sample")
    let matrix =
      source.isSinglePrecision
      ? try context.save(
        source.gather(chosen, as: Float.self), "matrix", rowIDs: source.rowIDs.map { ids in chosen.map { ids[$0] } })
      : try context.save(
        source.gather(chosen, as: Double.self), "matrix", rowIDs: source.rowIDs.map { ids in chosen.map { ids[$0] } })
    let own = labels.map { labels in
      Labels(
        codes: chosen.map { labels.codes[$0] }, classes: labels.classes,
        rowIDs: (labels.rowIDs ?? source.rowIDs).map { ids in chosen.map { ids[$0] } })
    }
    var warnings: [Warning] = []
    if let own, let missing = own.classCounts.firstIndex(of: 0) {
      warnings.append(
        Warning("missing-class", "no row of class '\(own.classes[missing])' was drawn: take more rows"))
    }
    if source.eraserRows != nil {
      warnings.append(
        Warning("eraser-rows", "the sample no longer knows which rows the eraser was fitted on: sample before erasing"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    return Output(
      matrix: matrix, labels: try own.map { try context.save($0, "labels") },
      rows: try context.save(rows: chosen, "rows"), n: chosen.count, d: source.columnCount, of: source.rowCount,
      classes: own?.classes, classCounts: own?.classCounts, warnings: warnings)
  }
}
