internal import Glibc

/// Student's law.
public enum Student {
  /// P(T ≤ t) with ν degrees of freedom: half the regularised incomplete beta function at ν/(ν + t²).
  public static func probability(_ t: Double, freedom: Double) -> Double {
    let tail = incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    return t > 0 ? 1 - tail : tail
  }

  /// The t with P(T ≤ t) = p, by halving; NaN for p outside 0 … 1 or no freedom.
  public static func quantile(_ p: Double, freedom: Double) -> Double {
    guard p > 0, p < 1, freedom > 0 else { return p == 1 ? .infinity : p == 0 ? -.infinity : .nan }
    if p < 0.5 { return -quantile(1 - p, freedom: freedom) }
    var (low, high) = (0.0, 1.0)
    while probability(high, freedom: freedom) < p, high < 1e12 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if probability(middle, freedom: freedom) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// I_x(a, b) by its continued fraction (Abramowitz & Stegun 1964, 26.5.8), with Lentz's method.
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(a * log(x) + b * log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
    let tiny = 1e-300
    var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
    d = 1 / (d.magnitude < tiny ? tiny : d)
    var fraction = d
    for m in 1...500 {
      let k = Double(m)
      for term in [
        k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)), -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)),
      ] {
        d = 1 + term * d
        c = 1 + term / c
        d = 1 / (d.magnitude < tiny ? tiny : d)
        c = c.magnitude < tiny ? tiny : c
        fraction *= c * d
      }
      if (c * d - 1).magnitude < 1e-16 { break }
    }
    return front * fraction
  }
}

/// A mean of scores over repeated splits of the same rows, whose train rows overlap (Nadeau & Bengio 2003).
public struct RepeatedSplits: Sendable, Equatable, Codable {
  public let mean: Double
  /// Of the scores, with J − 1.
  public let deviation: Double
  /// √((1/J + n_test/n_train)·deviation²).
  public let standardError: Double
  public let low: Double
  public let high: Double
  /// J.
  public let splits: Int

  /// - Throws: `StatisticsError` for fewer than two scores, or sizes or a level out of range.
  public init(scores: [Double], train: Int, test: Int, level: Double = 0.95) throws(StatisticsError) {
    guard scores.count > 1 else {
      throw .parameter(name: "scores", expected: "at least 2", found: "\(scores.count)")
    }
    guard train > 0, test > 0 else { throw .empty("train or test rows") }
    guard level > 0, level < 1 else {
      throw .parameter(name: "level", expected: "between 0 and 1", found: "\(level)")
    }
    let count = Double(scores.count)
    let middle = fixedSum(scores) / count
    let variance = fixedSum(scores.map { ($0 - middle) * ($0 - middle) }) / (count - 1)
    mean = middle
    deviation = variance.squareRoot()
    standardError = ((1 / count + Double(test) / Double(train)) * variance).squareRoot()
    let half = Student.quantile((1 + level) / 2, freedom: count - 1) * standardError
    (low, high, splits) = (middle - half, middle + half, scores.count)
  }
}
