import Charts
import Linear
import PluginKit
import Statistics

/// Parallelograms of concepts, before and after distractors are taken out (Li, Michaud, Baek, Engels, Sun & Tegmark 2024).
public struct ConceptCrystals: Method {
  public static let name = "geometry.crystals"

  public struct Parameters: Decodable, Sendable {
    let points: MatrixReference
    let relations: [[[Int]]]
    let names: [String]?
    let distractors: MatrixReference?
    let components: [Int]
    let shrinkage: Double
    let permutations: Int
  }

  public struct Output: Encodable, Sendable {
    struct Relation: Encodable, Sendable {
      let name: String
      let pairs: Int
      let before: Double?
      let after: Double?
    }
    struct Projection: Encodable, Sendable {
      let components: Int
      let silhouette: Double?
      let permuted: Double?
      let before: [Double?]
    }
    let relations: [Relation]
    let silhouetteBefore: Double?
    let projections: [Projection]
    let chosenComponents: Int?
    let distractorRank: Int?
    let n: Int
    let d: Int
    let warnings: [Warning]
  }

  /// The silhouettes compare each difference with each.
  private static let mostPairs = 5000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let points: Matrix<Double> = try context.matrix(parameters.points)
    let names = parameters.names ?? parameters.relations.indices.map { "relation \($0)" }
    guard names.count == parameters.relations.count else {
      throw MethodError.invalidParameter(
        pointer: "/names", expected: "\(parameters.relations.count) names, one for each relation")
    }
    let pairs = try WordPairs.checked(parameters.relations, rows: points.rows, pointer: "/relations")
    let labels = pairs.enumerated().flatMap { [Int](repeating: $0, count: $1.count) }
    guard labels.count <= Self.mostPairs else {
      throw MethodError.data(
        .memory, pointer: "/relations", message: "\(labels.count) pairs, at most \(Self.mostPairs) are compared",
        hint: "give a sample of the pairs")
    }
    let all = pairs.flatMap { $0 }
    let differences = points.rows(at: all.map(\.target)).adding(points.rows(at: all.map(\.base)), times: -1)
    let before = parallelism(differences, pairs)
    var warnings: [Warning] = []
    let places = InputPlaces(features: parameters.points.pointer)
    var (projections, chosen, rank): ([Output.Projection], Int?, Int?) = ([], nil, nil)
    let after: [Double?]
    if let reference = parameters.distractors {
      let distractors: Matrix<Double> = try context.matrix(reference)
      guard distractors.columns == points.columns else {
        throw MethodError.data(
          .shape, pointer: reference.pointer,
          message: "distractors of \(distractors.columns) columns for points of \(points.columns)")
      }
      let parts = try InputPlaces(features: reference.pointer).explain { try SVD(distractors) }
      let basis = parts.vt.rows(0..<parts.rank(tolerance: 1e-10 * (parts.singularValues.first ?? 0)))
      rank = basis.rows
      let left = differences.adding(differences.timesTransposed(basis).times(basis), times: -1)
      after = parallelism(left, pairs, least: 1e-12, beside: differences)
    } else if pairs.count > 1 {
      do {
        projections = try places.explain { try self.projections(differences, labels, pairs, parameters, context) }
      } catch MethodError.data(.singular, _, _, _, _, _) {
        warnings.append(
          Warning(
            "no-spread",
            "the differences do not vary within the relations, so no discriminant is defined: give more pairs"))
      }
      let best = projections.max { ($0.silhouette ?? -2, -$0.components) < ($1.silhouette ?? -2, -$1.components) }
      chosen = best?.components
      after = best?.before ?? pairs.map { _ in nil }
      warnings += projectionWarnings(labels.count, points.columns, parameters)
    } else {
      after = pairs.map { _ in nil }
      warnings.append(
        Warning("one-relation", "one relation has nothing to be told apart from: give distractors, or more relations"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let found = names.indices.map { i in
      Output.Relation(name: names[i], pairs: pairs[i].count, before: before[i], after: after[i])
    }
    show(found, context)
    return Output(
      relations: found,
      silhouetteBefore: try? ClusterQuality.silhouette(differences, labels: labels, metric: .euclidean),
      projections: projections, chosenComponents: chosen, distractorRank: rank, n: labels.count, d: points.columns,
      warnings: warnings)
  }

  /// For each relation the mean cosine between the differences of different pairs; nil where fewer than two are longer
  /// than 0.
  private func parallelism(
    _ differences: Matrix<Double>, _ pairs: [[WordPairs.Pair]], least: Double = 0, beside whole: Matrix<Double>? = nil
  ) -> [Double?] {
    var start = 0
    return pairs.map { list in
      defer { start += list.count }
      let rows = (start..<start + list.count).filter { row in
        let length = differences.row(row).norm
        return length > 0 && length > least * (whole?.row(row).norm ?? 0)
      }
      return SpreadMeasures.averageCosine(differences.rows(at: rows)).mean
    }
  }

  private func projections(
    _ differences: Matrix<Double>, _ labels: [Int], _ pairs: [[WordPairs.Pair]], _ parameters: Parameters,
    _ context: Context
  ) throws -> [Output.Projection] {
    let fit = try LinearDiscriminants(
      differences, labels: labels, classes: pairs.count, shrinkage: parameters.shrinkage, workers: context.workers)
    let shuffled = try (0..<parameters.permutations).map { index -> (LinearDiscriminants, [Int]) in
      try context.checkCancellation()
      context.progress(index, of: parameters.permutations, "labels shuffled \(index + 1) times")
      var numbers = context.random("permutation", index)
      var dealt = labels
      numbers.shuffle(&dealt)
      let control = try LinearDiscriminants(
        differences, labels: dealt, classes: pairs.count, shrinkage: parameters.shrinkage, workers: context.workers)
      return (control, dealt)
    }
    let wanted = Set(parameters.components.map { min($0, fit.directions.rows) }).subtracting([0]).sorted()
    return try wanted.map { count in
      let projected = differences.timesTransposed(fit.directions.rows(0..<count))
      let controls = try shuffled.map { control, dealt in
        try ClusterQuality.silhouette(
          differences.timesTransposed(control.directions.rows(0..<min(count, control.directions.rows))), labels: dealt,
          metric: .euclidean)
      }
      return Output.Projection(
        components: count,
        silhouette: try ClusterQuality.silhouette(projected, labels: labels, metric: .euclidean),
        permuted: controls.isEmpty ? nil : fixedSum(controls) / Double(controls.count),
        before: parallelism(projected, pairs))
    }
  }

  private func projectionWarnings(_ pairs: Int, _ columns: Int, _ parameters: Parameters) -> [Warning] {
    var warnings = [
      Warning(
        "in-sample",
        "the components were fitted to the relations that they are scored on: compare the silhouette with that of shuffled "
          + "relations")
    ]
    if pairs < 10 * columns {
      warnings.append(
        Warning(
          "few-pairs",
          "\(pairs.counted("pair")) for \(columns.counted("column")): with fewer than ten pairs a column the components can "
            + "part any relations; reduce the columns first"))
    }
    return warnings
  }

  private func show(_ relations: [Output.Relation], _ context: Context) {
    context.display(
      BarChart(
        title: "How parallel the pairs of each relation are", axis: Axis("mean cosine of differences", domain: -1...1),
        bars: relations.flatMap { relation in
          [("before", relation.before), ("after", relation.after)].compactMap { series, value in
            value.map { BarChart.Bar(relation.name, $0, series: series) }
          }
        }))
  }
}
