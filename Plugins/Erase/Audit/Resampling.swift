import Linear
import Statistics

/// Rows drawn again, and labels dealt out anew; each replicate has a sub-stream of its own.
enum Resampling {
  /// The mean of some numbers with the percentile interval of resampled rows.
  static func mean(_ values: [Double], replicates: Int = 400, level: Double = 0.95, seed: UInt64) -> Estimate {
    statistic(values.count, replicates: replicates, level: level, seed: seed) { rows in
      var sum = 0.0
      for row in rows { sum += values[row] }
      return sum / Double(rows.count)
    }
  }

  /// A statistic of rows with its percentile interval; replicates on which it is nil are left out.
  static func statistic(
    _ n: Int, replicates: Int = 400, level: Double = 0.95, seed: UInt64, _ body: ([Int]) -> Double?
  ) -> Estimate {
    var found: [Double] = []
    var rows = [Int](repeating: 0, count: n)
    for replicate in 0..<replicates where n > 0 {
      var numbers = RandomNumbers(seed: seed, step: "bootstrap", index: replicate)
      for i in 0..<n { rows[i] = numbers.below(n) }
      if let value = body(rows) { found.append(value) }
    }
    found.sort()
    let value = body(Array(0..<n)) ?? 0
    guard !found.isEmpty else {
      return Estimate(value: value, low: value, high: value, level: level, method: .bootstrap, n: n)
    }
    func quantile(_ share: Double) -> Double {
      let place = share * Double(found.count - 1)
      let below = Int(place)
      let above = min(found.count - 1, below + 1)
      return found[below] + (place - Double(below)) * (found[above] - found[below])
    }
    return Estimate(
      value: value, low: quantile((1 - level) / 2), high: quantile((1 + level) / 2), level: level, method: .bootstrap,
      n: n)
  }

  /// Orders of 0 ..< n, each within its group.
  static func shuffles(_ n: Int, groups: [Int]?, count: Int, seed: UInt64) -> [[Int]] {
    var members: [[Int]] = [Array(0..<n)]
    if let groups {
      members = Dictionary(grouping: 0..<n) { groups[$0] }.sorted { $0.key < $1.key }.map(\.value)
      // Labels that are one to a group would never change places: then groups are no strata.
      if members.allSatisfy({ $0.count == 1 }) { members = [Array(0..<n)] }
    }
    return (0..<count).map { index in
      var numbers = RandomNumbers(seed: seed, step: "shuffle", index: index)
      var order = Array(0..<n)
      for group in members {
        var own = group
        numbers.shuffle(&own)
        for (place, row) in zip(group, own) { order[place] = row }
      }
      return order
    }
  }
}
