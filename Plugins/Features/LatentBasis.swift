import Linear
import PluginKit

/// The leading singular vectors of some rows, and all rows in their space.
struct LatentBasis {
  let parts: TruncatedSVD
  /// How many components were kept: those beyond the rank of the rows carry nothing but rounding errors.
  let rank: Int
  private let wanted: LatentSemanticAnalysis.Rank
  let fittedRows: Int

  init(
    _ matrix: FeatureMatrix, fittedOn rows: [Int], rank wanted: LatentSemanticAnalysis.Rank,
    k: Int?, _ options: TruncatedSVD.Options, _ context: Context
  ) throws {
    guard matrix.rows > 0, matrix.columns > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: "/matrix", message: "the matrix has \(matrix.rows) rows and \(matrix.columns) columns")
    }
    self.wanted = wanted
    fittedRows = rows.count
    let rank = Self.rank(wanted, k: k, rows: rows.count)
    try context.reserve(
      3 * 8 * (matrix.rows + matrix.columns) * min(rank, matrix.columns, matrix.rows), for: "the components")
    context.progress(0, of: 1, "decomposing \(rows.count) × \(matrix.columns)")
    parts = try Self.decomposed(matrix.rows(at: rows), rank, options, context)
    let largest = parts.singularValues.first ?? 0
    guard largest > 0 else {
      throw MethodError.data(
        .degenerate, pointer: "/matrix",
        message: options.centered
          ? "all rows to fit on are equal, so that nothing is left without their mean"
          : "the rows to fit on hold nothing but zeros",
        hint: options.centered ? "set center to false" : "look at emptyRows of features.tfidf")
    }
    let floor = Double(max(rows.count, matrix.columns)) * 0x1p-52 * largest
    self.rank = parts.singularValues.prefix { $0 > floor }.count
  }

  /// As many components as there will be topics; without that number min(30, n/4) of n rows, at least one.
  private static func rank(_ wanted: LatentSemanticAnalysis.Rank, k: Int?, rows: Int) -> Int {
    switch wanted {
    case .auto: k ?? max(1, min(30, rows / 4))
    case .components(let count): count
    }
  }

  private static func decomposed(
    _ rows: FeatureMatrix, _ rank: Int, _ options: TruncatedSVD.Options, _ context: Context
  ) throws -> TruncatedSVD {
    let random = context.random("lsa")
    return try InputPlaces(features: "/matrix").explain {
      switch rows {
      case .dense(let rows):
        try TruncatedSVD(rows, rank: rank, options: options, random: random, workers: context.workers)
      case .sparse(let rows):
        try TruncatedSVD(rows, rank: rank, options: options, random: random, workers: context.workers)
      }
    }
  }

  /// rank × columns.
  var components: Matrix<Double> { parts.components.rows(0..<rank) }

  var singularValues: [Double] { Array(parts.singularValues.prefix(rank)) }

  var explainedEnergy: Double { parts.explainedEnergy }

  /// What puts other rows beside these.
  func space(unitRows: Bool) -> LatentModel {
    LatentModel(components: components, mean: parts.mean, unitRows: unitRows)
  }

  /// All rows in the space of the components, in the order in which they were given.
  ///
  /// - Returns: also the rows of which nothing is left there.
  func scores(
    of matrix: FeatureMatrix, in order: CanonicalOrder, unitRows: Bool
  ) throws -> (scores: Matrix<Double>, emptyRows: [Int]) {
    let projected =
      switch matrix.rows(at: order.rows) {
      case .dense(let rows): parts.project(rows)
      case .sparse(let rows): parts.project(rows)
      }
    var scores = projected.columns(0..<rank).rows(at: order.places)
    let lengths = (0..<scores.rows).map { scores.withRow($0) { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() } }
    // Of a row that is orthogonal to all components rounding leaves a little, which is no direction.
    let floor = 1e-12 * (lengths.max() ?? 0)
    let emptyRows = lengths.indices.filter { lengths[$0] <= floor }
    if unitRows {
      for row in lengths.indices {
        let length = lengths[row] <= floor ? Double.infinity : lengths[row]
        scores.withMutableRow(row) { row in
          for column in row.indices { row[column] /= length }
        }
      }
    }
    return (scores, emptyRows)
  }

  func warnings(emptyRows: [Int], rowIDs: [String]?) -> [Warning] {
    var warnings: [Warning] = []
    if !emptyRows.isEmpty {
      let names = emptyRows.map { rowIDs?[$0] ?? "row \($0)" }
      warnings.append(
        Warning(
          "empty-rows",
          "\(names.count.counted("row has", "rows have")) nothing in common with the components: \(names.listed())"))
    }
    if case .components(let count) = wanted, count > rank {
      warnings.append(
        Warning(
          "rank", "\(count) components were asked for; \(fittedRows.counted("row has", "rows have")) only \(rank)"))
    }
    if !parts.converged {
      warnings.append(
        Warning(
          "not-converged",
          "the iteration stopped after \(parts.iterations) passes: the last components are not exact; try another method"
        ))
    }
    return warnings
  }
}
