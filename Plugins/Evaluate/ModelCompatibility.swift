import Charts
import Linear
import PluginKit
import Statistics

/// Whether features of a new model can be searched among those of older ones (Biondi, Pernici, Bruni & Del Bimbo 2023).
public struct ModelCompatibility: Method {
  public static let name = "evaluate.compatibility"

  public struct Parameters: Decodable, Sendable {
    let accuracies: [[Double]]?
    let queries: [MatrixReference]?
    let queryLabels: LabelReference?
    let galleries: [MatrixReference]?
    let galleryLabels: LabelReference?
  }

  public struct Output: Encodable, Sendable {
    let accuracies: [[Double]]
    let averageCompatibility: Double?
    let strictAverageCompatibility: Double?
    let averageMultimodelAccuracy: Double
    let firstViolation: [Int]?
    let violations: [[Int]]
    let chance: Double?
    let warnings: [Warning]
  }

  /// Each query is compared with each item of the gallery.
  private static let mostItems = 50_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (table, chance) =
      try parameters.accuracies.map { (try lowerTriangle($0), nil) } ?? measured(parameters, context)
    let score = CompatibilityScore(table)
    var warnings: [Warning] = []
    if score.share == nil {
      warnings.append(Warning("one-model", "there is one model: nothing can be compatible with it or not"))
    }
    if let share = score.share, let strict = score.strictShare, share != strict {
      warnings.append(
        Warning(
          "ties",
          "some pairs of models are exactly even: the official code counts them as compatible, the paper's criterion does "
            + "not; both are given"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let names = table.indices.map { "model \($0)" }
    context.display(
      HeatMap(
        title: "Accuracy across model updates", rowTitle: "queries of", columnTitle: "gallery of", rowNames: names,
        columnNames: names, values: table.map { $0 + [Double](repeating: .nan, count: table.count - $0.count) },
        full: 1,
        note: "compatible where a row is at least the column's diagonal"))
    return Output(
      accuracies: table, averageCompatibility: score.share, strictAverageCompatibility: score.strictShare,
      averageMultimodelAccuracy: score.mean, firstViolation: score.violations.first, violations: score.violations,
      chance: chance, warnings: warnings)
  }

  private func lowerTriangle(_ rows: [[Double]]) throws -> [[Double]] {
    try rows.enumerated().map { i, row in
      guard row.count > i else {
        throw MethodError.invalidParameter(
          pointer: "/accuracies/\(i)", expected: "at least \(i + 1) accuracies, found \(row.count)")
      }
      return Array(row.prefix(i + 1))
    }
  }

  /// Top-1 retrieval by cosine, queries of model i in the gallery of model j ≤ i.
  private func measured(_ parameters: Parameters, _ context: Context) throws -> ([[Double]], Double?) {
    guard let queries = parameters.queries, let labelled = parameters.queryLabels else {
      throw MethodError.invalidParameter(pointer: "/queries", expected: "accuracies, or queries with queryLabels")
    }
    let galleries = parameters.galleries ?? queries
    guard galleries.count == queries.count else {
      throw MethodError.invalidParameter(
        pointer: "/galleries", expected: "\(queries.count) matrices, one for each of queries")
    }
    guard (parameters.galleries == nil) == (parameters.galleryLabels == nil) else {
      throw MethodError.invalidParameter(pointer: "/galleryLabels", expected: "galleries and galleryLabels together")
    }
    let labels = try context.labels(labelled)
    let gallery = try parameters.galleryLabels.map { try context.labels($0) } ?? labels
    let (asked, held) = (try open(queries, labels, context), try open(galleries, gallery, context))
    let names = labels.codes.map { $0 < 0 ? nil : labels.classes[$0] }
    let galleryNames = gallery.codes.map { $0 < 0 ? nil : gallery.classes[$0] }
    var table: [[Double]] = []
    for i in asked.indices {
      context.progress(i, of: asked.count, "model \(i)")
      table.append(
        try (0...i).map { j in
          guard asked[i].columns == held[j].columns else {
            throw MethodError.data(
              .shape, pointer: queries[i].pointer,
              message: "\(asked[i].columns) columns, and model \(j) has \(held[j].columns)",
              hint: "features that are compared without a map have one width")
          }
          return try accuracy(asked[i], names, held[j], galleryNames, excludesOwn: parameters.galleries == nil, context)
        })
    }
    let counts = gallery.classCounts
    let total = Double(max(1, counts.reduce(0, +)))
    let shares = Dictionary(
      zip(gallery.classes, counts).map { ($0, Double($1) / total) }, uniquingKeysWith: { first, _ in first })
    let known = names.compactMap { $0 }
    return (table, known.isEmpty ? nil : fixedSum(known.map { shares[$0] ?? 0 }) / Double(known.count))
  }

  private func open(_ references: [MatrixReference], _ labels: Labels, _ context: Context) throws -> [Matrix<Double>] {
    try references.map { reference in
      let count = try context.rows(reference).rowCount
      guard count <= Self.mostItems else {
        throw MethodError.data(
          .memory, pointer: reference.pointer,
          message: "\(count) items, at most \(Self.mostItems) are compared with each other",
          hint: "take a sample of them")
      }
      let matrix: Matrix<Double> = try context.matrix(reference)
      guard matrix.rows == labels.count, matrix.rows > 1 else {
        throw MethodError.data(
          .shape, pointer: reference.pointer, message: "\(matrix.rows) rows and \(labels.count) labels",
          hint: "each model gives features of the same items, at least two")
      }
      return matrix
    }
  }

  private func accuracy(
    _ queries: Matrix<Double>, _ names: [String?], _ gallery: Matrix<Double>, _ galleryNames: [String?],
    excludesOwn: Bool, _ context: Context
  ) throws -> Double {
    // The item itself is no answer: of the two nearest the first that is another.
    let near = try NearestNeighbours(
      of: queries, among: gallery, k: excludesOwn ? 2 : 1, metric: .cosine, workers: context.workers)
    let asked = names.indices.filter { names[$0] != nil }
    guard !asked.isEmpty else {
      throw MethodError.data(.tooFewSamples, pointer: "/queryLabels", message: "no query has a label")
    }
    let right = asked.count { query in
      guard let answer = near.rows[query].first(where: { !excludesOwn || $0 != query }) else { return false }
      return galleryNames[answer] == names[query]
    }
    return Double(right) / Double(asked.count)
  }
}

/// Compatibility of model updates from C, the accuracy with queries of model i and a gallery of model j ≤ i.
struct CompatibilityScore: Sendable {
  /// The share of pairs i > j with C[i][j] ≥ C[j][j], as the official code counts; nil for one model.
  let share: Double?
  /// With > in place of ≥, as the paper's criterion has it.
  let strictShare: Double?
  /// The mean of all entries. The official code leaves out those that are 0, which makes a failure look like a success.
  let mean: Double
  /// [i, j] with C[i][j] < C[j][j], row by row.
  let violations: [[Int]]

  init(_ table: [[Double]]) {
    let pairs = table.indices.flatMap { i in (0..<i).map { (i, $0) } }
    violations = pairs.filter { table[$0][$1] < table[$1][$1] }.map { [$0, $1] }
    let count = Double(pairs.count)
    share = pairs.isEmpty ? nil : Double(pairs.count - violations.count) / count
    strictShare = pairs.isEmpty ? nil : Double(pairs.count { table[$0][$1] > table[$1][$1] }) / count
    let all = table.flatMap { $0 }
    mean = fixedSum(all) / Double(max(1, all.count))
  }
}
