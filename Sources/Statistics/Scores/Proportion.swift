internal import Glibc

/// Intervals of a share, from how many of n independent rows were right.
public enum Proportion {
  /// The Wilson score interval (Wilson 1927): never outside 0 … 1, sound at shares near either.
  /// - Parameter level: between 0 and 1.
  /// - Throws: `StatisticsError.empty` without rows, `.parameter` for a level or count out of range.
  public static func wilson(right: Int, of n: Int, level: Double = 0.95) throws(StatisticsError) -> Estimate {
    try check(right, n, level)
    let z = Normal.quantile((1 + level) / 2)
    let size = Double(n)
    let share = Double(right) / size
    let denominator = 1 + z * z / size
    let centre = (share + z * z / (2 * size)) / denominator
    let half = z / denominator * (share * (1 - share) / size + z * z / (4 * size * size)).squareRoot()
    // At shares of 0 and 1 the end is exact; rounding would leave it an ulp off.
    return Estimate(
      value: share, low: right == 0 ? 0 : max(0, centre - half), high: right == n ? 1 : min(1, centre + half),
      level: level, method: .wilson, n: n)
  }

  /// The quantiles (1 ± level)/2 of Binomial(n, right/n)/n: what a percentile bootstrap of the share tends to.
  /// - Throws: as `wilson`.
  public static func binomial(right: Int, of n: Int, level: Double = 0.95) throws(StatisticsError) -> Estimate {
    try check(right, n, level)
    let share = Double(right) / Double(n)
    let low = Binomial.quantile((1 - level) / 2, n: n, p: share)
    let high = Binomial.quantile((1 + level) / 2, n: n, p: share)
    return Estimate(
      value: share, low: Double(low) / Double(n), high: Double(high) / Double(n), level: level, method: .binomial,
      n: n)
  }

  private static func check(_ right: Int, _ n: Int, _ level: Double) throws(StatisticsError) {
    guard n > 0 else { throw .empty("rows to score") }
    guard right >= 0, right <= n else {
      throw .parameter(name: "the count of right rows", expected: "0 to \(n)", found: "\(right)")
    }
    guard level > 0, level < 1 else {
      throw .parameter(name: "level", expected: "between 0 and 1", found: "\(level)")
    }
  }
}

/// The standard normal law.
public enum Normal {
  /// P(Z ≤ z).
  public static func probability(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// The z with P(Z ≤ z) = p; −∞ at 0 and ∞ at 1.
  ///
  /// A rational start (Abramowitz & Stegun 1964, 26.2.23, error below 4.5e-4), then Halley's method on erfc, which
  /// gains the full precision in three steps.
  public static func quantile(_ p: Double) -> Double {
    if p.isNaN || p < 0 || p > 1 { return .nan }
    if p == 0 { return -.infinity }
    if p == 1 { return .infinity }
    if p > 0.5 { return -quantile(1 - p) }
    let t = (-2 * log(p)).squareRoot()
    let upper = 2.515517 + t * (0.802853 + t * 0.010328)
    let lower = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    var z = upper / lower - t
    for _ in 0..<3 {
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      if density == 0 { break }
      let step = (probability(z) - p) / density
      z -= step / (1 + z * step / 2)
    }
    return z
  }
}

/// The binomial law.
public enum Binomial {
  /// The smallest k with P(X ≤ k) ≥ q, for X right rows of n with chance p each.
  public static func quantile(_ q: Double, n: Int, p: Double) -> Int {
    if p <= 0 { return 0 }
    if p >= 1 { return n }
    var sum = 0.0
    for k in 0..<n {
      sum += exp(logProbability(k, n: n, p: p))
      if sum >= q { return k }
    }
    return n
  }

  /// P(X ≤ k).
  public static func cumulative(_ k: Int, n: Int, p: Double) -> Double {
    if k < 0 { return 0 }
    if k >= n || p <= 0 { return 1 }
    if p >= 1 { return 0 }
    return min(1, (0...k).reduce(0) { $0 + exp(logProbability($1, n: n, p: p)) })
  }

  /// ln P(X = k) for 0 < p < 1.
  static func logProbability(_ k: Int, n: Int, p: Double) -> Double {
    logFactorial(n) - logFactorial(k) - logFactorial(n - k) + Double(k) * log(p) + Double(n - k) * log1p(-p)
  }
}

/// ln n!.
func logFactorial(_ n: Int) -> Double { logGamma(Double(n) + 1) }

/// ln Γ(x) for x > 0. The library's own `lgamma` writes a global variable, which threads share.
func logGamma(_ x: Double) -> Double {
  var sign: CInt = 0
  return lgamma_r(x, &sign)
}
