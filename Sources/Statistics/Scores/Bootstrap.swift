import Linear

/// Percentile intervals of statistics of rows that are drawn anew with replacement (Efron 1979).
///
///     let bounds = try Bootstrap(replicates: 2000, seed: 1).intervals(of: losses.count) { weights in
///       [zip(losses, weights).reduce(0) { $0 + $1.0 * $1.1 } / Double(losses.count)]
///     }
///
/// Replicate r draws from the sub-stream (seed, "bootstrap", r), so that threads change nothing.
public struct Bootstrap: Sendable {
  public let replicates: Int
  public let level: Double
  public let seed: UInt64

  public init(replicates: Int = 2000, level: Double = 0.95, seed: UInt64) {
    self.replicates = replicates
    self.level = level
    self.seed = seed
  }

  /// The two ends of one statistic.
  public struct Bounds: Sendable, Equatable {
    public let low: Double
    public let high: Double
    /// Replicates in which the statistic was a number.
    public let used: Int

    public func estimate(_ value: Double, level: Double, n: Int) -> Estimate {
      // With no spread at all rounding may leave the value just outside.
      Estimate(value: value, low: min(low, value), high: max(high, value), level: level, method: .bootstrap, n: n)
    }
  }

  /// The quantiles (1 ± level)/2 of each statistic; replicates in which one is not a number do not count for it.
  ///
  /// - Parameters:
  ///   - rows: n.
  ///   - groups: the group of each row, to draw whole groups (as many as there are); nil to draw rows.
  ///   - statistics: from how often each row was drawn.
  /// - Throws: `StatisticsError` for parameters out of range; what cancels the workers.
  public func intervals(
    of rows: Int, groups: [Int]? = nil, workers: Workers = .serial,
    _ statistics: @escaping @Sendable (_ weights: [Double]) -> [Double]
  ) throws -> [Bounds] {
    let values = try draws(of: rows, groups: groups, workers: workers, statistics)
    return (0..<(values.first?.count ?? 0)).map { k in
      let found = values.map { $0[k] }.filter(\.isFinite)
      return Bounds(
        low: quantile(found, (1 - level) / 2), high: quantile(found, (1 + level) / 2), used: found.count)
    }
  }

  /// The statistics of each replicate.
  /// - Throws: as `intervals`.
  public func draws(
    of rows: Int, groups: [Int]? = nil, workers: Workers = .serial,
    _ statistics: @escaping @Sendable (_ weights: [Double]) -> [Double]
  ) throws -> [[Double]] {
    guard rows > 0 else { throw StatisticsError.empty("rows to score") }
    guard replicates > 0 else {
      throw StatisticsError.parameter(name: "B", expected: "at least 1", found: "\(replicates)")
    }
    guard level > 0, level < 1 else {
      throw StatisticsError.parameter(name: "level", expected: "between 0 and 1", found: "\(level)")
    }
    if let groups, groups.count != rows {
      throw StatisticsError.lengthMismatch(what: "groups", expected: rows, found: groups.count)
    }
    let members = groups.map { groups in
      Dictionary(grouping: groups.indices) { groups[$0] }.values.sorted { $0[0] < $1[0] }
    }
    return try workers.map(replicates) { replicate in
      var numbers = RandomNumbers(seed: seed, step: "bootstrap", index: replicate)
      var weights = [Double](repeating: 0, count: rows)
      if let members {
        for _ in members.indices {
          for row in members[numbers.below(members.count)] { weights[row] += 1 }
        }
      } else {
        for _ in 0..<rows { weights[numbers.below(rows)] += 1 }
      }
      return statistics(weights)
    }
  }
}
