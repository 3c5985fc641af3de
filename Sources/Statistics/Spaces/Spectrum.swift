internal import Glibc

/// How variance is spread over directions: the summary of a list of eigenvalues.
///
///     let spectrum = try Spectrum(eigenvalues: SymmetricEigen.values(of: covariance))
///     spectrum.effectiveRank
///
/// What is a share of the whole is nil where the whole is 0.
public struct Spectrum: Sendable, Equatable {
  /// λ, largest first, none below 0.
  public let values: [Double]
  /// Σ λ.
  public let total: Double

  /// - Parameter eigenvalues: of a covariance or of second moments, in any order; what is below 0 by rounding alone, 1e-9
  ///   of the largest, counts as 0.
  /// - Throws: `StatisticsError` for a number that is not finite or is below 0.
  public init(eigenvalues: [Double]) throws(StatisticsError) {
    let largest = eigenvalues.max() ?? 0
    for (place, value) in eigenvalues.enumerated() {
      guard value.isFinite else { throw .notFinite(row: place, column: 0) }
      guard value >= -1e-9 * max(largest, 0) else {
        throw .parameter(name: "eigenvalues", expected: "numbers from 0", found: "\(value)")
      }
    }
    values = eigenvalues.map { max(0, $0) }.sorted(by: >)
    total = fixedSum(values)
  }

  /// Of the squares of singular values.
  /// - Throws: as above.
  public init(singularValues: [Double]) throws(StatisticsError) {
    try self.init(eigenvalues: singularValues.map { $0 * $0 })
  }

  /// λ/Σλ.
  public var shares: [Double]? { total > 0 ? values.map { $0 / total } : nil }

  /// The share of the largest: 1/d where all are equal.
  public var topShare: Double? { shares?.first }

  /// (Σλ)²/Σλ²: from 1 to d.
  public var participationRatio: Double? {
    shares.map { 1 / fixedSum($0.map { $0 * $0 }) }
  }

  /// exp(−Σ p·ln p) of the shares p (Roy & Vetterli 2007): from 1 to d.
  public var effectiveRank: Double? {
    shares.map { exp(-fixedSum($0.map { $0 > 0 ? $0 * log($0) : 0 })) }
  }

  /// The smallest number of the largest that hold at least this share of the whole; what rounding may miss, 1e-12 of the
  /// whole, counts as held.
  public func directions(holding share: Double) -> Int? {
    guard total > 0 else { return nil }
    var sum = 0.0
    for (place, value) in values.enumerated() {
      sum += value
      if sum >= (share - 1e-12) * total { return place + 1 }
    }
    return values.count
  }

  /// (2/d)·Σ (S_k − k/d) with S_k the share of the k largest: 0 for equal ones, (d − 1)/d for a single one.
  public var earlyEnrichment: Double? {
    guard let shares else { return nil }
    let d = Double(shares.count)
    var (cumulative, sum) = (0.0, 0.0)
    for (place, share) in shares.enumerated() {
      cumulative += share
      sum += cumulative - Double(place + 1) / d
    }
    return 2 / d * sum
  }

  /// Σ ln λ; nil where one is 0.
  public var logDeterminant: Double? {
    guard let last = values.last, last > 0 else { return nil }
    return fixedSum(values.map { log($0) })
  }

  /// A power law of the eigenvalue over its rank.
  public struct PowerLaw: Sendable, Equatable {
    /// α of λ ∝ rank^−α.
    public let slope: Double
    /// The 95 % interval of least squares (Student); nil for two ranks. Neighbouring ranks are not independent, so it is
    /// narrower than chance is.
    public let low, high: Double?
    /// How many ranks were fitted.
    public let ranks: Int
  }

  /// The least-squares line of log λ over log rank; ranks count from 1, eigenvalues of 0 have no place on it.
  /// - Returns: nil for fewer than two ranks.
  public func powerLaw(ranks: ClosedRange<Int>? = nil) -> PowerLaw? {
    let range = ranks ?? 1...max(1, values.count)
    let points = values.enumerated().compactMap { place, value -> (x: Double, y: Double)? in
      range.contains(place + 1) && value > 0 ? (log(Double(place + 1)), log(value)) : nil
    }
    guard points.count > 1 else { return nil }
    let n = Double(points.count)
    let (meanX, meanY) = (fixedSum(points.map(\.x)) / n, fixedSum(points.map(\.y)) / n)
    let xx = fixedSum(points.map { ($0.x - meanX) * ($0.x - meanX) })
    let xy = fixedSum(points.map { ($0.x - meanX) * ($0.y - meanY) })
    let slope = xy / xx
    guard points.count > 2 else { return PowerLaw(slope: -slope, low: nil, high: nil, ranks: 2) }
    let rest = fixedSum(
      points.map { point in
        let error = point.y - meanY - slope * (point.x - meanX)
        return error * error
      })
    let half = Student.quantile(0.975, freedom: n - 2) * (rest / (n - 2) / xx).squareRoot()
    return PowerLaw(slope: -slope, low: -slope - half, high: -slope + half, ranks: points.count)
  }
}
