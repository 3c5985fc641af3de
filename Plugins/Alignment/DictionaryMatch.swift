import Charts
import Linear
import PluginKit
import Statistics

/// Pairs the atoms of two dictionaries by when they fire, and asks whether they lie alike (Lan et al. 2024).
public struct DictionaryMatch: Method {
  public static let name = "alignment.dictionary_match"

  public enum Matching: String, Decodable, Sendable { case highest, assignment }

  public struct Parameters: Decodable, Sendable {
    let firstCodes: MatrixReference
    let secondCodes: MatrixReference
    let firstAtoms: MatrixReference
    let secondAtoms: MatrixReference
    let matching: Matching
    let leastCorrelation: Double
    let oneToOne: Bool
    let variance: Double
    let metric: NearestNeighbours.Metric
    let randomPairings: Int
    let groups: LabelReference?
  }

  public struct Output: Encodable, Sendable {
    struct Score: Encodable, Sendable {
      let svcca: Double?
      let rsa: Double?
      let randomSVCCA: Double?
      let randomRSA: Double?
      let svccaZ: Double?
      let rsaZ: Double?
      let svccaP: Double?
      let rsaP: Double?
      let pairs: Int
    }
    struct Group: Encodable, Sendable {
      let group: String
      let score: Score
    }
    let correlation: ArtifactReference
    let highest: [Int?]
    let assignment: [Int?]?
    let matched: [[Int]]
    let matchedCorrelations: [Double]
    let canonicalCorrelations: [Double]
    let score: Score
    let groups: [Group]?
    let inactiveFirst: [Int]
    let inactiveSecond: [Int]
    let warnings: [Warning]
  }

  /// A table of correlations of so many atoms on a side takes 800 MB.
  private static let mostAtoms = 10_000
  /// The best pairing of m atoms takes m³ steps.
  private static let mostAssigned = 2000
  /// Distances between all pairs of matched atoms are ranked, again for each random pairing.
  private static let mostCompared = 1000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (one, two) = (try context.rows(parameters.firstCodes), try context.rows(parameters.secondCodes))
    try context.checkSameRows(one.namedRows, two.namedRows)
    for source in [one, two] where source.columnCount > Self.mostAtoms {
      throw MethodError.data(
        .memory, pointer: source.pointer,
        message: "\(source.columnCount) atoms, at most \(Self.mostAtoms) are compared",
        hint: "take the atoms that fire most")
    }
    let (m1, m2) = (one.columnCount, two.columnCount)
    try context.reserve((2 * one.rowCount * (m1 + m2) + 3 * m1 * m2) * 8, for: "the codes and their correlations")
    let (a, b): (Matrix<Double>, Matrix<Double>) = (try one.matrix(), try two.matrix())
    let (d1, d2) = (try atoms(parameters.firstAtoms, m1, context), try atoms(parameters.secondAtoms, m2, context))
    let correlation = try InputPlaces(features: parameters.firstCodes.pointer).explain {
      try Correlation.columns(a, b)
    }
    try context.checkCancellation()
    let (activeA, activeB) = (Correlation.varyingColumns(a), Correlation.varyingColumns(b))
    let highest = Self.highest(correlation, activeA, activeB)
    let canAssign = max(m1, m2) <= Self.mostAssigned
    guard canAssign || parameters.matching == .highest else {
      throw MethodError.data(
        .memory, pointer: parameters.firstCodes.pointer,
        message: "\(max(m1, m2)) atoms, at most \(Self.mostAssigned) are assigned one to one",
        hint: "use matching highest with oneToOne, or take fewer atoms")
    }
    let assignment = canAssign ? try Self.assigned(correlation, activeA, activeB, context) : nil
    try context.checkCancellation()
    let chosen = parameters.matching == .highest ? highest : assignment ?? highest
    let matched = filtered(chosen, correlation, parameters)
    let places = InputPlaces(features: parameters.firstAtoms.pointer)
    let judge = MatchScore(
      first: d1, second: d2, variance: parameters.variance, metric: parameters.metric, mostCompared: Self.mostCompared,
      randomPairings: parameters.randomPairings)
    let (score, canonical) = try places.explain { try judge.score(matched, step: "pairing", reports: true, context) }
    let groups = try places.explain { try self.groups(parameters, matched, judge, m1, context) }
    let warnings = warnings(matched, chosen, min(d1.columns, d2.columns))
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(score, groups, matched, correlation, context)
    return Output(
      correlation: try context.save(correlation, "correlation"), highest: highest, assignment: assignment,
      matched: matched.map { [$0.0, $0.1] }, matchedCorrelations: matched.map { correlation[$0.0, $0.1] },
      canonicalCorrelations: canonical, score: score, groups: groups,
      inactiveFirst: activeA.indices.filter { !activeA[$0] }, inactiveSecond: activeB.indices.filter { !activeB[$0] },
      warnings: warnings)
  }

  private func atoms(_ reference: MatrixReference, _ count: Int, _ context: Context) throws -> Matrix<Double> {
    let matrix: Matrix<Double> = try context.matrix(reference)
    guard matrix.rows == count else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(matrix.rows) atoms for codes of \(count)",
        hint: "one row an atom, in the order of the codes' columns")
    }
    return matrix
  }

  /// For each atom the other dictionary's atom of the highest correlation, the lowest number on ties; nil for an atom that
  /// never changes.
  private static func highest(_ correlation: Matrix<Double>, _ a: [Bool], _ b: [Bool]) -> [Int?] {
    a.indices.map { i in
      guard a[i] else { return nil }
      return b.indices.filter { b[$0] }.max { (correlation[i, $0], -$0) < (correlation[i, $1], -$1) }
    }
  }

  /// The pairing of the largest sum of correlations, of atoms that fire.
  private static func assigned(
    _ correlation: Matrix<Double>, _ a: [Bool], _ b: [Bool], _ context: Context
  ) throws -> [Int?] {
    let (rows, columns) = (a.indices.filter { a[$0] }, b.indices.filter { b[$0] })
    let gains = rows.map { i in columns.map { correlation[i, $0] } }
    var result = [Int?](repeating: nil, count: a.count)
    for (place, column) in try BestMatching.columns(gains, check: context.checkCancellation).enumerated()
    where column >= 0 {
      result[rows[place]] = columns[column]
    }
    return result
  }

  private func filtered(
    _ chosen: [Int?], _ correlation: Matrix<Double>, _ parameters: Parameters
  ) -> [(Int, Int)] {
    var pairs = chosen.enumerated().compactMap { i, j in j.map { (i, $0) } }
      .filter { correlation[$0.0, $0.1] >= parameters.leastCorrelation }
    guard parameters.oneToOne else { return pairs }
    // Of several atoms with one partner the most correlated keeps it.
    var best: [Int: Int] = [:]
    for (i, j) in pairs {
      if let other = best[j], correlation[other, j] >= correlation[i, j] { continue }
      best[j] = i
    }
    pairs = pairs.filter { best[$0.1] == $0.0 }
    return pairs
  }

  private func groups(
    _ parameters: Parameters, _ matched: [(Int, Int)], _ judge: MatchScore, _ count: Int, _ context: Context
  ) throws -> [Output.Group]? {
    guard let reference = parameters.groups else { return nil }
    let labels = try context.labels(reference)
    guard labels.count == count else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(labels.count) groups for \(count) atoms",
        hint: "one class for each atom of the first dictionary")
    }
    return try labels.classes.indices.map { group in
      let own = matched.filter { labels.codes[$0.0] == group }
      return Output.Group(
        group: labels.classes[group], score: try judge.score(own, step: "group \(group)", context).score)
    }
  }

  private func warnings(_ matched: [(Int, Int)], _ chosen: [Int?], _ columns: Int) -> [Warning] {
    var warnings: [Warning] = []
    if matched.count <= 2 * columns {
      warnings.append(
        Warning(
          "few-pairs",
          "\(matched.count) matched pairs for \(columns) columns: SVCCA is near 1 for any pairing; read it beside the random one"
        ))
    }
    let partners = matched.map(\.1)
    let repeated = partners.count - Set(partners).count
    if repeated > 0 {
      warnings.append(
        Warning(
          "many-to-one",
          "\(repeated.counted("pair")) share a partner with another, which raises the scores: set oneToOne or use assignment"
        ))
    }
    let silent = chosen.count { $0 == nil }
    if silent > 0 {
      warnings.append(
        Warning("silent-atoms", "\(silent.counted("atom")) of the first dictionary never change and have no match"))
    }
    return warnings
  }

  private func show(
    _ score: Output.Score, _ groups: [Output.Group]?, _ matched: [(Int, Int)], _ correlation: Matrix<Double>,
    _ context: Context
  ) {
    let named = [("all pairs", score)] + (groups ?? []).map { ($0.group, $0.score) }
    for (title, own, random) in [
      ("SVCCA of matched atoms", \Output.Score.svcca, \Output.Score.randomSVCCA),
      ("RSA of matched atoms", \Output.Score.rsa, \Output.Score.randomRSA),
    ] {
      context.display(
        BarChart(
          title: title, axis: Axis("score"),
          bars: named.flatMap { name, score in
            [("matched", score[keyPath: own]), ("random pairings, mean", score[keyPath: random])].compactMap {
              series, value in value.map { BarChart.Bar(name, $0, series: series) }
            }
          }, count: matched.count))
    }
  }
}
