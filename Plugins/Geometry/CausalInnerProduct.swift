import Charts
import Linear
import PluginKit
import Statistics

/// The inner product under which concepts that vary freely are orthogonal (Park, Choe & Veitch 2024).
public struct CausalInnerProduct: Method {
  public static let name = "geometry.causal_inner_product"

  public struct Parameters: Decodable, Sendable {
    let unembedding: MatrixReference
    let concepts: [[[Int]]]
    let names: [String]?
    let floor: Double
    let randomPairs: Int
    let contexts: MatrixReference?
    let contextLabels: LabelReference?
  }

  public struct Output: Encodable, Sendable {
    struct Concept: Encodable, Sendable {
      let name: String
      let pairs: Int
      let leaveOneOut: [Double?]
      let meanLeaveOneOut: Double?
      let randomMean: Double
      let random99: Double
      let exceedsRandom: Bool?
      let contextAUROC: Double?
    }
    let concepts: [Concept]
    let directions: ArtifactReference
    let causal: ArtifactReference
    let euclidean: ArtifactReference
    let random: ArtifactReference
    let steering: ArtifactReference
    let transformed: ArtifactReference
    let flooredDirections: Int
    let n: Int
    let d: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.unembedding)
    try context.reserve(
      (2 * source.rowCount + 4 * source.columnCount) * source.columnCount * 8, for: "the table and its covariance")
    let table: Matrix<Double> = try source.matrix()
    let names = parameters.names ?? parameters.concepts.indices.map { "concept \($0)" }
    guard names.count == parameters.concepts.count else {
      throw MethodError.invalidParameter(
        pointer: "/names", expected: "\(parameters.concepts.count) names, one for each concept")
    }
    let pairs = try WordPairs.checked(parameters.concepts, rows: table.rows, pointer: "/concepts")
    let space = try InputPlaces(features: parameters.unembedding.pointer).explain {
      try CausalSpace(table, floor: parameters.floor, workers: context.workers)
    }
    let (unit, plain) = (space.directions(pairs), CausalSpace.directions(pairs, in: table))
    var numbers = context.random("product")
    let map: Matrix<Double> = numbers.gaussians(rows: table.columns, columns: table.columns)
    let causal = CausalSpace.cosines(unit)
    let euclidean = CausalSpace.cosines(plain)
    let random = CausalSpace.cosines(plain.timesTransposed(map))
    let contexts = try contextScores(parameters, pairs, table, context)
    let found = pairs.indices.map { c in
      concept(names[c], pairs[c], unit.row(c), space, parameters.randomPairs, c, contexts?[c], context)
    }
    let steering = steering(unit, pairs, space)
    let warnings = warnings(parameters, space, unit, names, table)
    for warning in warnings { context.warn(warning.code, warning.message) }
    for (title, values) in [
      ("Concepts under the causal inner product", causal), ("Concepts under the Euclidean inner product", euclidean),
      ("Concepts under a random inner product", random),
    ] {
      context.display(
        HeatMap(
          title: title, rowNames: names, columnNames: names,
          values: (0..<values.rows).map { values.row($0).map(\.magnitude) }, full: 1, note: "|cosine| of directions"))
    }
    context.display(
      BarChart(
        title: "Left-out pairs along their concept's direction", axis: Axis("projection"),
        bars: found.flatMap { concept in
          [("left-out pairs, mean", concept.meanLeaveOneOut), ("random pairs, 99 %", concept.random99)].compactMap {
            series, value in value.map { BarChart.Bar(concept.name, $0, series: series) }
          }
        }, note: "direction from the other pairs of the concept"))
    return Output(
      concepts: found, directions: try context.save(unit, "directions"), causal: try context.save(causal, "causal"),
      euclidean: try context.save(euclidean, "euclidean"), random: try context.save(random, "random"),
      steering: try context.save(steering, "steering"),
      transformed: try context.save(space.rows, "transformed", rowIDs: source.rowIDs), flooredDirections: space.floored,
      n: table.rows, d: table.columns, warnings: warnings)
  }

  private func concept(
    _ name: String, _ pairs: [WordPairs.Pair], _ direction: [Double], _ space: CausalSpace, _ draws: Int, _ index: Int,
    _ auroc: Double?, _ context: Context
  ) -> Output.Concept {
    let left = space.leaveOneOut(pairs)
    let known = left.compactMap { $0 }
    let mean = known.isEmpty ? nil : fixedSum(known) / Double(known.count)
    var numbers = context.random("pairs", index)
    let projections = (0..<draws).map { _ -> Double in
      let first = numbers.below(space.rows.rows)
      var second = numbers.below(space.rows.rows - 1)
      if second >= first { second += 1 }
      return space.difference(WordPairs.Pair(base: first, target: second)).dot(direction)
    }
    let limit = quantile(projections, 0.99)
    return Output.Concept(
      name: name, pairs: pairs.count, leaveOneOut: left, meanLeaveOneOut: mean,
      randomMean: fixedSum(projections) / Double(draws), random99: limit, exceedsRandom: mean.map { $0 > limit },
      contextAUROC: auroc)
  }

  /// The change of the log odds of each concept's pairs (columns) when one unit of a direction (rows) is added.
  private func steering(_ unit: Matrix<Double>, _ pairs: [[WordPairs.Pair]], _ space: CausalSpace) -> Matrix<Double> {
    let means = Matrix(pairs.map { space.meanDifference($0) })
    return unit.timesTransposed(means)
  }

  /// How well λ·γ̄ of each concept tells the two classes of contexts apart.
  private func contextScores(
    _ parameters: Parameters, _ pairs: [[WordPairs.Pair]], _ table: Matrix<Double>, _ context: Context
  ) throws -> [Double?]? {
    guard let reference = parameters.contexts else {
      if parameters.contextLabels != nil {
        throw MethodError.invalidParameter(pointer: "/contexts", expected: "contexts beside contextLabels")
      }
      return nil
    }
    guard let labelled = parameters.contextLabels else {
      throw MethodError.invalidParameter(pointer: "/contextLabels", expected: "two classes beside contexts")
    }
    let source = try context.rows(reference)
    let labels = try context.labels(labelled)
    try context.checkSameRows(source.namedRows, labels.namedRows(labelled))
    guard source.columnCount == table.columns else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "contexts of \(source.columnCount) columns for a table of \(table.columns)",
        hint: "both are of one model")
    }
    guard labels.classes.count == 2 else {
      throw MethodError.data(
        .degenerate, pointer: labelled.pointer, message: "\(labels.classes.count) classes of contexts, two are needed")
    }
    let rows = labels.codes.indices.filter { labels.codes[$0] >= 0 }
    let scores = try source.gather(rows, as: Double.self).timesTransposed(
      CausalSpace.directions(pairs, in: table))
    return try pairs.indices.map { c in
      try Ranking(scores: scores.column(c), isPositive: rows.map { labels.codes[$0] == 1 }).rocArea()
    }
  }

  private func warnings(
    _ parameters: Parameters, _ space: CausalSpace, _ unit: Matrix<Double>, _ names: [String], _ table: Matrix<Double>
  ) -> [Warning] {
    var warnings: [Warning] = []
    if space.floored > 0 {
      warnings.append(
        Warning(
          "floored",
          "\(space.floored.counted("direction")) of almost no variance, raised to \(parameters.floor.shortText) of the "
            + "largest: with few rows or rows that repeat each other the inverse square root knows nothing of them"))
    }
    let few = names.indices.filter { parameters.concepts[$0].count < 5 }
    if !few.isEmpty {
      warnings.append(
        Warning(
          "few-pairs",
          "\(few.map { names[$0] }.listed()): fewer than 5 pairs; read the left-out projections, not those of the pairs "
            + "that made the direction"))
    }
    let empty = names.indices.filter { unit.row($0).norm == 0 }
    if !empty.isEmpty {
      warnings.append(
        Warning("no-direction", "\(empty.map { names[$0] }.listed()): the pairs' differences cancel, so there is none"))
    }
    return warnings
  }
}
