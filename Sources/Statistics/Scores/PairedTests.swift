internal import Glibc

/// McNemar's exact test: do two classifiers differ on the same rows? (McNemar 1947)
public struct McNemar: Sendable, Equatable, Codable {
  /// Rows that only the first had right.
  public let onlyFirst: Int
  /// Rows that only the second had right.
  public let onlySecond: Int
  /// Two-sided and exact: min(1, 2·P(Bin(b + c, ½) ≤ min(b, c))); 1 without a row that differs.
  public let p: Double
  /// The same with half the probability of the count found, which is not as strict (Fagerland, Lydersen & Laake 2013).
  public let midP: Double

  public init(onlyFirst b: Int, onlySecond c: Int) {
    (onlyFirst, onlySecond) = (b, c)
    let (n, least) = (b + c, min(b, c))
    guard n > 0 else {
      (p, midP) = (1, 1)
      return
    }
    let below = Binomial.cumulative(least, n: n, p: 0.5)
    let at = exp(Binomial.logProbability(least, n: n, p: 0.5))
    p = min(1, 2 * below)
    midP = min(1, b == c ? 1 : 2 * below - at)
  }

  /// - Parameter first: for each row whether the first classifier was right; `second` is of the same rows.
  public init(first: [Bool], second: [Bool]) {
    let pairs = Array(zip(first, second))
    self.init(onlyFirst: pairs.count { $0 && !$1 }, onlySecond: pairs.count { !$0 && $1 })
  }
}

/// Holm's adjusted p-values (Holm 1979): reject those at most α, and the chance of any false rejection is at most α.
/// - Returns: in the order given.
public func holmAdjusted(_ p: [Double]) -> [Double] {
  var result = p
  var least = 0.0
  for (rank, index) in p.indices.sorted(by: { (p[$0], $0) < (p[$1], $1) }).enumerated() {
    least = max(least, min(1, Double(p.count - rank) * p[index]))
    result[index] = least
  }
  return result
}
