/// A number with the interval that its sample leaves open.
public struct Estimate: Sendable, Equatable, Codable {
  /// How an interval was made.
  public enum Method: String, Sendable, Codable {
    /// Wilson 1927: the score interval of a proportion.
    case wilson
    /// Exact quantiles of the binomial law, the limit of the percentile bootstrap of a proportion.
    case binomial
    /// Percentiles of resampled rows.
    case bootstrap
    /// Mean ± Student's quantile of repeated runs.
    case repeats
  }

  public let value: Double
  public let low: Double
  public let high: Double
  /// The share of samples whose interval is meant to hold the truth, as in 0.95.
  public let level: Double
  public let method: Method
  /// How many rows (or runs) the value was measured on.
  public let n: Int

  public init(value: Double, low: Double, high: Double, level: Double, method: Method, n: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.level = level
    self.method = method
    self.n = n
  }
}
