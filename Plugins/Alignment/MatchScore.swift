import Linear
import PluginKit
import Statistics

/// How alike matched atoms lie in their own spaces, beside random pairings of the same atoms.
struct MatchScore: Sendable {
  let first: Matrix<Double>
  let second: Matrix<Double>
  let variance: Double
  let metric: NearestNeighbours.Metric
  let mostCompared: Int
  let randomPairings: Int

  /// - Throws: `NumericError`; what cancels the run.
  func score(
    _ matched: [(Int, Int)], step: String, reports: Bool = false, _ context: Context
  ) throws -> (score: DictionaryMatch.Output.Score, canonical: [Double]) {
    guard matched.count > 1 else {
      return (
        .init(
          svcca: nil, rsa: nil, randomSVCCA: nil, randomRSA: nil, svccaZ: nil, rsaZ: nil, svccaP: nil, rsaP: nil,
          pairs: matched.count), []
      )
    }
    let (a, b) = (first.rows(at: matched.map(\.0)), second.rows(at: matched.map(\.1)))
    let canonical = try CanonicalCorrelation(a, b, variance: variance).correlations
    let own = (svcca: Self.mean(canonical), rsa: try similarity(a, b, step, context))
    var (svcca, rsa): ([Double], [Double]) = ([], [])
    for draw in 0..<randomPairings {
      try context.checkCancellation()
      if reports { context.progress(draw, of: randomPairings, "random pairing \(draw + 1)") }
      var numbers = context.random(step, draw)
      let shuffled = b.rows(at: numbers.permutation(b.rows))
      if let value = Self.mean(try CanonicalCorrelation(a, shuffled, variance: variance).correlations) {
        svcca.append(value)
      }
      if let value = try similarity(a, shuffled, step, context) { rsa.append(value) }
    }
    return (
      .init(
        svcca: own.svcca, rsa: own.rsa, randomSVCCA: Self.mean(svcca), randomRSA: Self.mean(rsa),
        svccaZ: Self.z(own.svcca, svcca), rsaZ: Self.z(own.rsa, rsa), svccaP: Self.p(own.svcca, svcca),
        rsaP: Self.p(own.rsa, rsa), pairs: matched.count), canonical
    )
  }

  /// Spearman's ρ of the distances between all pairs of atoms, of a sample where there are many.
  private func similarity(
    _ a: Matrix<Double>, _ b: Matrix<Double>, _ step: String, _ context: Context
  ) throws -> Double? {
    var rows = Array(0..<a.rows)
    if a.rows > mostCompared {
      var numbers = context.random("\(step) sample")
      rows = numbers.sample(mostCompared, of: a.rows)
    }
    return try Correlation.spearman(distances(a.rows(at: rows)), distances(b.rows(at: rows)))
  }

  private func distances(_ rows: Matrix<Double>) -> [Double] {
    var points = rows
    if metric == .cosine { points.normaliseRows() }
    let (n, d) = (points.rows, points.columns)
    var result: [Double] = []
    result.reserveCapacity(n * (n - 1) / 2)
    points.withUnsafeBuffer { x in
      for i in 0..<n {
        for j in i + 1..<Swift.max(i + 1, n) {
          var sum = 0.0
          for k in 0..<d {
            let difference = x[i &* d &+ k] - x[j &* d &+ k]
            sum += difference * difference
          }
          result.append(sum.squareRoot())
        }
      }
    }
    return result
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : fixedSum(values) / Double(values.count)
  }

  private static func z(_ value: Double?, _ random: [Double]) -> Double? {
    guard let value, random.count > 1, let mean = mean(random) else { return nil }
    let deviation = (fixedSum(random.map { ($0 - mean) * ($0 - mean) }) / Double(random.count - 1)).squareRoot()
    return deviation > 1e-12 ? (value - mean) / deviation : nil
  }

  /// The share of random pairings that score as high, this one counted as one of them.
  private static func p(_ value: Double?, _ random: [Double]) -> Double? {
    guard let value, !random.isEmpty else { return nil }
    return Double(1 + random.count { $0 >= value - 1e-12 }) / Double(random.count + 1)
  }
}
