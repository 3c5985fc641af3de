import Charts
import Linear
import PluginKit
import Statistics

/// Says what a matrix holds before anything is fitted to it.
public struct DescribeMatrix: Method {
  public static let name = "data.describe"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference?
  }

  public struct Output: Encodable, Sendable {
    struct Place: Encodable, Sendable {
      let row, column: Int
    }
    struct NonFinite: Encodable, Sendable {
      let count, rows, columns: Int
      let first: Place?
    }
    struct Scale: Encodable, Sendable {
      let smallest, largest, ratio, farthestMean: Double
    }
    struct Classes: Encodable, Sendable {
      let names: [String]
      let counts: [Int]
      let unlabelled: Int
      let majority, entropyBits: Double
    }
    let rows, columns: Int
    let dtype: String
    let nonFinite: NonFinite
    let constant: [Int]
    let duplicates: [[Int]]
    let duplicateRows: Int
    let rank: Int?
    let scale: Scale?
    let classes: Classes?
    let hasRowIDs: Bool
    let warnings: [Warning]
  }

  /// Flops of a decomposition beyond which the rank is left out.
  private static let mostWork = 2e11
  private static let mostListed = 100

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let labels = try parameters.labels.map(context.labels)
    if let labels, let reference = parameters.labels {
      try context.checkSameRows(source.namedRows, labels.namedRows(reference))
    }
    try context.reserve(source.rowCount * source.columnCount * MemoryLayout<Double>.stride * 4, for: "the matrix")
    let matrix = try source.uncheckedMatrix()
    try context.checkCancellation()
    let (nonFinite, finiteRows) = nonFinite(matrix)
    let finite = finiteRows.count == matrix.rows ? matrix : matrix.rows(at: finiteRows)
    let scaling = finite.isEmpty ? nil : try InputPlaces(features: source.pointer).explain { try ColumnScaling(finite) }
    let constant = scaling.map { scaling in scaling.isConstant.indices.filter { scaling.isConstant[$0] } } ?? []
    let twins = try MatrixTwins(finite, context.workers)
    let rank = try scaling.flatMap { try self.rank(finite, $0, context.workers) }
    let scale = scaling.flatMap { self.scale($0) }
    let classes = labels.map { self.classes($0) }
    let warnings = warnings(source, nonFinite, constant, twins, rank, scale, classes)
    for warning in warnings { context.warn(warning.code, warning.message) }
    if let scaling, let chart = deviations(scaling, finite.rows) { context.display(chart) }
    if let classes { context.display(balance(classes)) }
    return Output(
      rows: source.rowCount, columns: source.columnCount, dtype: source.storedType, nonFinite: nonFinite,
      constant: Array(constant.prefix(Self.mostListed)), duplicates: Array(twins.columns.prefix(Self.mostListed)),
      duplicateRows: twins.rows, rank: rank, scale: scale, classes: classes, hasRowIDs: source.rowIDs != nil,
      warnings: warnings)
  }

  private func nonFinite(_ matrix: Matrix<Double>) -> (Output.NonFinite, finiteRows: [Int]) {
    var (count, first): (Int, Output.Place?) = (0, nil)
    var columns = Set<Int>()
    var finite: [Int] = []
    for i in 0..<matrix.rows {
      let before = count
      matrix.withRow(i) { row in
        for j in 0..<row.count where !row[j].isFinite {
          if first == nil { first = Output.Place(row: i, column: j) }
          count += 1
          columns.insert(j)
        }
      }
      if count == before { finite.append(i) }
    }
    return (
      Output.NonFinite(count: count, rows: matrix.rows - finite.count, columns: columns.count, first: first), finite
    )
  }

  /// Of the columns less their means, divided by their deviations.
  private func rank(_ matrix: Matrix<Double>, _ scaling: ColumnScaling, _ workers: Workers) throws -> Int? {
    let (n, d) = (Double(matrix.rows), Double(matrix.columns))
    guard n * d * min(n, d) <= Self.mostWork, !matrix.isEmpty else { return nil }
    var rows = matrix
    let factor = zip(scaling.scale, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
    for i in 0..<rows.rows {
      if i % 256 == 0 { try workers.checkCancellation() }
      rows.withMutableRow(i) { row in
        for j in 0..<row.count { row[j] = (row[j] - scaling.mean[j]) * factor[j] }
      }
    }
    let values = try SVD.values(of: rows, workers: workers)
    return SVD.rank(values, rows: rows.rows, columns: rows.columns)
  }

  private func scale(_ scaling: ColumnScaling) -> Output.Scale? {
    let known = scaling.deviation.indices.filter { !scaling.isConstant[$0] }
    guard let smallest = known.map({ scaling.deviation[$0] }).min(),
      let largest = known.map({ scaling.deviation[$0] }).max()
    else { return nil }
    return Output.Scale(
      smallest: smallest, largest: largest, ratio: largest / smallest,
      farthestMean: known.map { scaling.mean[$0].magnitude / scaling.deviation[$0] }.max() ?? 0)
  }

  private func classes(_ labels: Labels) -> Output.Classes {
    let counts = labels.classCounts
    let total = Double(max(1, counts.reduce(0, +)))
    return Output.Classes(
      names: labels.classes, counts: counts, unlabelled: labels.codes.count { $0 < 0 },
      majority: Double(counts.max() ?? 0) / total, entropyBits: ClassBalance.entropyBits(counts))
  }

  private func warnings(
    _ source: RowSource, _ nonFinite: Output.NonFinite, _ constant: [Int], _ twins: MatrixTwins, _ rank: Int?,
    _ scale: Output.Scale?, _ classes: Output.Classes?
  ) -> [Warning] {
    var warnings: [Warning] = []
    func warn(_ code: String, _ message: String) { warnings.append(Warning(code, message)) }
    if let first = nonFinite.first {
      warn(
        "non-finite",
        "\(nonFinite.count.counted("number")) in \(nonFinite.rows.counted("row")) not finite, the first in row \(first.row), "
          + "column \(first.column): other methods refuse the matrix; the rest of this is about the other rows")
    }
    if !constant.isEmpty {
      warn("constant-columns", "\(constant.count.counted("column")) constant: \(constant.map(String.init).listed())")
    }
    if let pair = twins.columns.first {
      warn(
        "duplicate-columns",
        "\(twins.columns.count.counted("set")) of equal columns, as \(pair.map(String.init).listed()): a penalised probe "
          + "shares one weight among them")
    }
    if twins.rows > 0 {
      warn(
        "groups",
        "\(twins.rows.counted("row")) equal to an earlier one: a random split puts copies on both sides; give data.split "
          + "groups")
    }
    if let rank, rank < min(source.rowCount - 1, source.columnCount) - constant.count {
      warn("rank", "\(source.columnCount.counted("column")) of rank \(rank): unpenalised fits have no unique answer")
    }
    if let scale, scale.ratio > 1e4 {
      warn("scale", "deviations differ by \(scale.ratio.shortText) ×: standardise the columns before a penalty")
    }
    if let classes, classes.majority > 0.6 {
      warn(
        "imbalance",
        "\(classes.majority.shortText) of the labelled rows are of one class: accuracy says little, read balanced accuracy"
      )
    }
    if let classes, classes.unlabelled > 0 {
      warn("unlabelled", "\(classes.unlabelled.counted("row")) without a label")
    }
    return warnings
  }

  /// How many columns have which deviation, by powers of ten where they differ much.
  private func deviations(_ scaling: ColumnScaling, _ n: Int) -> BarChart? {
    let known = scaling.deviation.indices.filter { !scaling.isConstant[$0] }.map { scaling.deviation[$0] }
    guard let least = known.min(), let most = known.max() else { return nil }
    let bins = 12
    let isWide = most > 100 * least
    func place(_ value: Double) -> Double { isWide ? value.logarithm10 : value }
    let (low, high) = (place(least), place(most))
    var counts = [Int](repeating: 0, count: bins)
    for value in known {
      counts[high > low ? min(bins - 1, Int((place(value) - low) / (high - low) * Double(bins))) : 0] += 1
    }
    let bars = counts.indices.prefix(high > low ? bins : 1).map { k -> BarChart.Bar in
      let edge = low + (high - low) * Double(k) / Double(bins)
      return BarChart.Bar("from \((isWide ? edge.powerOf10 : edge).shortText)", Double(counts[k]))
    }
    return BarChart(
      title: "Deviations of the columns", axis: Axis("columns"), bars: bars, count: n,
      note: scaling.isConstant.contains(true) ? "\(scaling.isConstant.count { $0 }) constant columns left out" : nil)
  }

  private func balance(_ classes: Output.Classes) -> BarChart {
    BarChart(
      title: "Rows of each class", axis: Axis("rows"),
      bars: zip(classes.names, classes.counts).map { .init($0, Double($1)) }, count: classes.counts.reduce(0, +))
  }
}
