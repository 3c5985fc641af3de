import Linear
import PluginKit
import Statistics

/// How well one probe reads the concept from rows that the eraser has not seen.
struct LeakScore: Encodable, Sendable, Equatable {
  enum Finding: String, Encodable, Sendable {
    case above = "above the majority"
    case nothing = "not told from the majority"
    case below = "below the majority"
  }

  let probe: String
  /// Rows that the probe was fitted on: those that the eraser was fitted on, or fresh ones.
  let fittedOn: String
  let accuracy: Estimate
  /// Of always naming the class that is commonest among the rows that the probe was fitted on.
  let majority: Double
  /// The mean recall, from Wilson's intervals of each class; where one class has most rows the verdict is on it.
  let balancedAccuracy: Estimate
  /// Nats a row; absent where a probe gives no probabilities.
  let logLoss: Double?
  /// Bits a row beyond the shares of the classes; absent likewise.
  let informationBits: Estimate?
  let verdict: Finding

  /// - Parameters:
  ///   - truth, predicted: of the scored rows; of several repetitions one list each, whose mean is scored.
  ///   - majorityRight: scored rows of the class that was commonest among the fitted.
  ///   - level: of the intervals that the verdict is by.
  ///   - isPooled: whether rows are scored by probes of several folds, which share rows: a pair of rows then speaks twice,
  ///     for the one and for the other, and the verdict counts the rows half.
  init(
    probe: String, fittedOn: String, truth: [Int], predicted: [[Int]], majorityRight: Int, classes: Int,
    isLopsided: Bool, level: Double, isPooled: Bool, logLoss: Double? = nil,
    informationBits: Estimate? = nil
  ) throws {
    let tables = try predicted.map { try Confusion(truth: truth, predicted: $0, classes: classes) }
    let (n, runs) = (truth.count, Double(max(1, tables.count)))
    let right = Double(tables.reduce(0) { $0 + $1.right }) / runs
    func wilson(_ level: Double, pooled: Bool = false) throws -> Estimate {
      let divisor = pooled ? 2.0 : 1
      let rows = max(1, Int((Double(n) / divisor).rounded()))
      let found = try Proportion.wilson(right: min(rows, Int((right / divisor).rounded())), of: rows, level: level)
      return Estimate(
        value: right / Double(n), low: found.low, high: found.high, level: level, method: .wilson, n: n)
    }
    func balanced(_ level: Double, pooled: Bool = false) throws -> Estimate {
      let counts = try classCounts(truth, classes: classes)
      var (value, low, high, known) = (0.0, 0.0, 0.0, 0.0)
      for c in 0..<classes where counts[c] > 0 {
        let own = Double(tables.reduce(0) { $0 + $1[truth: c, predicted: c] }) / runs
        let divisor = pooled ? 2.0 : 1
        let rows = max(1, Int((Double(counts[c]) / divisor).rounded()))
        let found = try Proportion.wilson(right: min(rows, Int((own / divisor).rounded())), of: rows, level: level)
        value += own / Double(counts[c])
        (low, high, known) = (low + found.low, high + found.high, known + 1)
      }
      known = max(1, known)
      return Estimate(
        value: value / known, low: low / known, high: high / known, level: level, method: .wilson, n: n)
    }
    self.probe = probe
    self.fittedOn = fittedOn
    accuracy = try wilson(0.95)
    majority = Double(majorityRight) / Double(n)
    balancedAccuracy = try balanced(0.95)
    self.logLoss = logLoss
    self.informationBits = informationBits
    if isLopsided {
      let (interval, chance) = (try balanced(level, pooled: isPooled), 1 / Double(classes))
      verdict = interval.low > chance ? .above : interval.high < chance ? .below : .nothing
    } else {
      let interval = try wilson(level, pooled: isPooled)
      // Who always names the class that is commonest among the scored rows knows nothing either.
      let most = Double(try classCounts(truth, classes: classes).max() ?? 0) / Double(n)
      verdict = interval.low > max(majority, most) ? .above : interval.high < majority ? .below : .nothing
    }
  }
}
