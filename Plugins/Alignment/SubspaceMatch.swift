import Charts
import Linear
import PluginKit
import Statistics

/// Matches items of two spaces in the few directions that both share, found from anchor pairs (Hadgi et al. 2025).
public struct SubspaceMatch: Method {
  public static let name = "alignment.subspace_match"

  public enum Matching: String, Decodable, Sendable { case affine, localCKA, procrustes, none }

  public struct Parameters: Decodable, Sendable {
    let first: MatrixReference
    let second: MatrixReference
    let anchors: RowsReference?
    let queries: RowsReference?
    let secondQueries: RowsReference?
    let split: FileReference?
    let dimensions: [Int]?
    let method: Matching
    let ridge: Double
    let standardize: Bool
  }

  public struct Output: Encodable, Sendable {
    struct Dimension: Encodable, Sendable {
      let dimension: Int
      let cka: Double?
      let recallAt1: Double?
      let recallAt5: Double?
      let medianRank: Double?
      let matchingAccuracy: Double?
      let firstVarianceShare: Double
      let secondVarianceShare: Double
    }
    let cka: Double?
    let canonicalCorrelations: [Double]
    let dimensions: [Dimension]
    let localCKA: ArtifactReference?
    let matching: [Int]?
    let matchingAccuracy: Double?
    let chance: Double?
    let firstBasis: ArtifactReference
    let secondBasis: ArtifactReference
    let anchors: Int
    let queries: Int
    let warnings: [Warning]
  }

  /// The best pairing of q items takes q³ steps.
  private static let mostQueries = 2000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (one, two) = (try context.rows(parameters.first), try context.rows(parameters.second))
    try context.checkSameRows(one.namedRows, two.namedRows)
    let rows = try context.trainTest(
      train: parameters.anchors, test: parameters.queries, split: parameters.split, of: one.namedRows)
    let queries = rows.test ?? []
    let others = try parameters.secondQueries.map { try context.rowNumbers($0, of: two.rowCount) } ?? queries
    guard others.isEmpty == queries.isEmpty else {
      throw MethodError.invalidParameter(pointer: "/secondQueries", expected: "queries beside secondQueries")
    }
    guard max(queries.count, others.count) <= Self.mostQueries else {
      throw MethodError.data(
        .memory, pointer: "/queries",
        message: "\(max(queries.count, others.count)) queries, at most \(Self.mostQueries) are paired with each other",
        hint: "take a sample of them")
    }
    let (d1, d2) = (one.columnCount, two.columnCount)
    try context.reserve(
      (4 * (one.rowCount + d1 + d2) * (d1 + d2) + 4 * queries.count * others.count) * 8, for: "both spaces")
    var (a, b): (Matrix<Double>, Matrix<Double>) = (try one.gather(rows.train), try two.gather(rows.train))
    var (p, q): (Matrix<Double>, Matrix<Double>) = (try one.gather(queries), try two.gather(others))
    let places = InputPlaces(features: parameters.first.pointer, rows: rows.train)
    if parameters.standardize {
      (a, p) = try places.explain { try Self.standardized(a, p) }
      (b, q) = try places.explain { try Self.standardized(b, q) }
    }
    let alignment = try places.explain { try KernelAlignment(a, b, workers: context.workers) }
    let canonical = try places.explain { try CanonicalCorrelation(a, b, ridge: parameters.ridge) }
    let padded =
      canonical.correlations
      + [Double](
        repeating: 0, count: max(0, min(d1, d2) - canonical.correlations.count))
    var (local, pairing): (Matrix<Double>?, [Int]?) = (nil, nil)
    if !queries.isEmpty {
      let scores = try places.explain { try alignment.extended(byRowsOf: p, q) }
      try context.checkCancellation()
      (local, pairing) = (
        scores, try BestMatching.columns((0..<scores.rows).map { scores.row($0) }, check: context.checkCancellation)
      )
    }
    let wanted = Set(parameters.dimensions ?? Self.usual).map { min($0, canonical.correlations.count) }
    var found: [Output.Dimension] = []
    for r in Set(wanted).subtracting([0]).sorted() {
      try context.checkCancellation()
      context.progress(found.count, of: wanted.count, "\(r) dimensions")
      found.append(try places.explain { try dimension(r, canonical, (a, b), (p, q), parameters, context) })
    }
    let warnings = warnings(rows.train.count, d1 + d2, parameters)
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(found, alignment.value, queries.count, context)
    return Output(
      cka: alignment.value, canonicalCorrelations: padded, dimensions: found,
      localCKA: try local.map { try context.save($0, "localCKA") }, matching: pairing,
      matchingAccuracy: parameters.secondQueries == nil ? pairing.map(Self.accuracy) : nil,
      chance: queries.isEmpty ? nil : 1 / Double(others.count),
      firstBasis: try context.save(canonical.left, "firstBasis"),
      secondBasis: try context.save(canonical.right, "secondBasis"), anchors: rows.train.count, queries: queries.count,
      warnings: warnings)
  }

  /// The paper's list of dimensions is not known to us; these double.
  private static let usual = [1, 2, 5, 10, 20, 50, 100]

  private static func accuracy(_ pairing: [Int]) -> Double {
    Double(pairing.indices.count { pairing[$0] == $0 }) / Double(max(1, pairing.count))
  }

  /// Columns divided by the deviation of the anchors.
  private static func standardized(
    _ anchors: Matrix<Double>, _ queries: Matrix<Double>
  ) throws -> (Matrix<Double>, Matrix<Double>) {
    let scaling = try ColumnScaling(anchors)
    let scales = zip(scaling.deviation, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
    func scaled(_ rows: Matrix<Double>) -> Matrix<Double> {
      var result = rows
      result.addToRows(scaling.mean.map { -$0 })
      result.scaleColumns(by: scales)
      return result
    }
    return (scaled(anchors), scaled(queries))
  }

  private func dimension(
    _ r: Int, _ canonical: CanonicalCorrelation, _ anchors: (Matrix<Double>, Matrix<Double>),
    _ queries: (Matrix<Double>, Matrix<Double>), _ parameters: Parameters, _ context: Context
  ) throws -> Output.Dimension {
    let (a, b) = (canonical.leftScores(anchors.0, count: r), canonical.rightScores(anchors.1, count: r))
    let (p, q) = (canonical.leftScores(queries.0, count: r), canonical.rightScores(queries.1, count: r))
    let alignment = try KernelAlignment(a, b)
    var scores: RetrievalScores?
    var pairing: [Int]?
    // Other items on the second side have no partner that is known, so nothing is scored.
    if p.rows > 0, parameters.secondQueries == nil {
      let similarities = try similarities(alignment, (a, b), (p, q), parameters, context)
      scores = try RetrievalScores(similarities: similarities)
      pairing = try BestMatching.columns(
        (0..<similarities.rows).map { similarities.row($0) }, check: context.checkCancellation)
    }
    return Output.Dimension(
      dimension: r, cka: alignment.value, recallAt1: scores?.recall(at: 1), recallAt5: scores?.recall(at: 5),
      medianRank: scores?.medianRank, matchingAccuracy: pairing.map(Self.accuracy),
      firstVarianceShare: try Self.varianceShare(anchors.0, canonical.left.columns(0..<r)),
      secondVarianceShare: try Self.varianceShare(anchors.1, canonical.right.columns(0..<r)))
  }

  private func similarities(
    _ alignment: KernelAlignment, _ anchors: (Matrix<Double>, Matrix<Double>),
    _ queries: (Matrix<Double>, Matrix<Double>), _ parameters: Parameters, _ context: Context
  ) throws -> Matrix<Double> {
    var (p, q) = queries
    switch parameters.method {
    case .localCKA: return try alignment.extended(byRowsOf: p, q)
    case .affine:
      p = try RidgeRegression(lambdas: [max(parameters.ridge, 1e-9)], standardize: false)
        .fit(anchors.0, targets: anchors.1, workers: context.workers).probe.scores(p)
    case .procrustes: p = try Procrustes(anchors.0, onto: anchors.1).applied(to: p)
    case .none: break
    }
    p.normaliseRows()
    q.normaliseRows()
    return p.timesTransposed(q)
  }

  /// Of the centred rows, inside the span of some directions.
  private static func varianceShare(_ rows: Matrix<Double>, _ directions: Matrix<Double>) throws -> Double {
    var centred = rows
    centred.addToRows(columnMeans(rows).map { -$0 })
    let all = centred.frobeniusNorm
    let inside = centred.times(try QR(directions).q).frobeniusNorm
    return all > 0 ? min(1, inside * inside / (all * all)) : 0
  }

  private func warnings(_ anchors: Int, _ columns: Int, _ parameters: Parameters) -> [Warning] {
    guard anchors < columns, parameters.ridge == 0 else { return [] }
    return [
      Warning(
        "few-anchors",
        "\(anchors) anchors for \(columns) columns in both spaces: canonical correlations are 1 whatever the rows hold; set "
          + "ridge, or reduce the columns first")
    ]
  }

  private func show(_ found: [Output.Dimension], _ cka: Double?, _ queries: Int, _ context: Context) {
    func curve(_ name: String, _ value: (Output.Dimension) -> Double?) -> LineChart.Curve {
      .init(name, found.compactMap { entry in value(entry).map { .init(Double(entry.dimension), $0) } })
    }
    context.display(
      LineChart(
        title: "Alignment by shared dimensions", xAxis: Axis("dimensions", scale: .logarithmic),
        yAxis: Axis("share", domain: 0...1),
        curves: [
          curve("matching accuracy", \.matchingAccuracy), curve("recall at 1", \.recallAt1), curve("CKA", \.cka),
        ].filter { !$0.samples.isEmpty }, references: cka.map { [ReferenceLine("CKA before", $0)] } ?? [],
        count: queries > 0 ? queries : nil, note: "choose the dimension on queries that are not scored"))
  }
}
