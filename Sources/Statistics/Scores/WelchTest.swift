internal import Glibc

/// Do two samples have the same mean? For variances that may differ (Welch 1947).
public struct WelchTest: Sendable, Equatable {
  public let t: Double
  /// Welch & Satterthwaite's degrees of freedom.
  public let freedom: Double
  /// Two-sided.
  public let p: Double
  /// Mean of the second sample less that of the first.
  public let difference: Double

  /// - Returns: nil for fewer than two numbers in a sample, or when neither varies.
  public init?(_ first: [Double], _ second: [Double]) {
    guard first.count > 1, second.count > 1 else { return nil }
    let (a, b) = (Self.moments(first), Self.moments(second))
    let (u, v) = (a.variance / Double(first.count), b.variance / Double(second.count))
    guard u + v > 0 else { return nil }
    difference = b.mean - a.mean
    t = difference / (u + v).squareRoot()
    freedom = (u + v) * (u + v) / (u * u / Double(first.count - 1) + v * v / Double(second.count - 1))
    p = min(1, 2 * Student.probability(-t.magnitude, freedom: freedom))
  }

  private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = fixedSum(values) / Double(values.count)
    return (mean, fixedSum(values.map { ($0 - mean) * ($0 - mean) }) / Double(values.count - 1))
  }

  /// p-values corrected for their number, so that the chance of any false one stays below the level (Holm 1979).
  public static func holm(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var result = values
    var largest = 0.0
    for (place, index) in order.enumerated() {
      largest = max(largest, min(1, values[index] * Double(values.count - place)))
      result[index] = largest
    }
    return result
  }
}
