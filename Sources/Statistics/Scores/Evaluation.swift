internal import Glibc
import Linear

/// All scores of a classifier's probabilities on labelled rows, each as a function of how often a row counts, so that
/// they can be resampled.
///
///     let evaluation = try Evaluation(logProbabilities: found, truth: labels)
///     evaluation.values()[.rocArea]
public struct Evaluation: Sendable {
  public enum Measure: Int, Sendable, CaseIterable {
    /// The share of rows given their own class.
    case accuracy
    /// The mean recall of the classes that have rows.
    case balancedAccuracy
    /// The mean F1 of the classes that occur in the truth or the predictions.
    case macroF1
    /// The area under the ROC curve; for more than two classes the mean of each against the rest.
    case rocArea
    /// Average precision of the second class; for more than two the mean of all.
    case averagePrecision
    /// The mean of −ln p of the true class, in nats.
    case logLoss
    /// Two classes: the mean of (p − y)², 0 … 1. More: Σ over the classes, 0 … 2 (Brier 1950).
    case brier
    /// Top-label, in bins of equal count.
    case calibrationError
  }

  public let n: Int
  public let classes: Int
  public let truth: [Int]
  public let predicted: [Int]
  /// −ln p of each row's class.
  public let losses: [Double]
  public let calibration: Calibration
  /// One ranking for two classes (of the second), else one a class.
  public let rankings: [Ranking]
  private let briers: [Double]
  private let probabilities: Matrix<Double>

  /// - Parameter logProbabilities: n × K, natural logarithms.
  /// - Throws: `StatisticsError` for labels out of range, sizes that do not fit, or no rows.
  public init(logProbabilities: Matrix<Double>, truth: [Int]) throws(StatisticsError) {
    calibration = try Calibration(logProbabilities: logProbabilities, truth: truth)
    classes = logProbabilities.columns
    _ = try classCounts(truth, classes: classes)
    n = truth.count
    self.truth = truth
    predicted = logProbabilities.largestColumns()
    losses = truth.enumerated().map { -logProbabilities[$0, $1] }
    let probabilities = logProbabilities.exponentials
    self.probabilities = probabilities
    let isBinary = classes == 2
    briers = truth.indices.map { i in
      probabilities.withRow(i) { row in
        if isBinary { return (row[1] - Double(truth[i])) * (row[1] - Double(truth[i])) }
        var sum = 0.0
        for c in 0..<row.count { sum += (row[c] - (c == truth[i] ? 1 : 0)) * (row[c] - (c == truth[i] ? 1 : 0)) }
        return sum
      }
    }
    var rankings: [Ranking] = []
    for c in isBinary ? 1..<2 : 0..<classes {
      rankings.append(try Ranking(scores: logProbabilities.column(c), isPositive: truth.map { $0 == c }))
    }
    self.rankings = rankings
  }

  /// The value of each measure, in the order of `Measure.allCases`; NaN where it has none.
  /// - Parameter weights: how often each row counts; nil for once.
  public func values(weights: [Double]? = nil) -> [Double] {
    var counts = [Double](repeating: 0, count: classes * classes)
    var (total, loss, brier) = (0.0, 0.0, 0.0)
    for i in 0..<n {
      let weight = weights?[i] ?? 1
      if weight == 0 { continue }
      counts[truth[i] * classes + predicted[i]] += weight
      total += weight
      loss += weight * losses[i]
      brier += weight * briers[i]
    }
    var right = [Double](repeating: 0, count: classes)
    var (own, given) = (right, right)
    for t in 0..<classes {
      right[t] = counts[t * classes + t]
      for p in 0..<classes {
        own[t] += counts[t * classes + p]
        given[p] += counts[t * classes + p]
      }
    }
    var (recalls, f1): ([Double], [Double]) = ([], [])
    for c in 0..<classes {
      if own[c] > 0 { recalls.append(right[c] / own[c]) }
      if own[c] + given[c] > 0 { f1.append(2 * right[c] / (own[c] + given[c])) }
    }
    let areas = rankings.compactMap { $0.rocArea(weights: weights) }
    let precisions = rankings.compactMap { $0.averagePrecision(weights: weights) }
    return [
      right.reduce(0, +) / total, mean(recalls), mean(f1), mean(areas), mean(precisions), loss / total, brier / total,
      calibration.error(weights: weights),
    ]
  }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  /// What is expected of each measure when the labels are dealt out anew at random: closed forms, no draw. Calibration
  /// has none.
  public var shuffled: [Double] {
    let size = Double(n)
    var own = [Double](repeating: 0, count: classes)
    var given = own
    for i in 0..<n {
      own[truth[i]] += 1
      given[predicted[i]] += 1
    }
    let present = own.count { $0 > 0 }
    var f1: [Double] = []
    for c in 0..<classes where own[c] + given[c] > 0 { f1.append(2 * own[c] * given[c] / size / (own[c] + given[c])) }
    let chance = zip(own, given).reduce(0) { $0 + $1.0 * $1.1 } / (size * size)
    let prevalence = classes == 2 ? own[1] / size : mean(own.filter { $0 > 0 }.map { $0 / size })
    var (loss, brier) = (0.0, 0.0)
    for c in 0..<classes {
      let share = own[c] / size
      for i in 0..<n {
        let p = probabilities[i, c]
        if share > 0 { loss -= share * log(max(p, .leastNonzeroMagnitude)) / size }
        // Σ_c E(p_c − y_c)² with y_c of mean share.
        if classes > 2 || c == 1 { brier += (p * p - 2 * p * share + share) / size }
      }
    }
    return [chance, 1 / Double(present), mean(f1), 0.5, prevalence, loss, brier, .nan]
  }

  /// What a constant answer scores: the commonest class, with these shares of the classes as probabilities.
  /// - Parameter shares: of the train rows, one a class.
  public func constant(_ shares: [Double]) -> [Double] {
    var best = 0
    for (c, share) in shares.enumerated() where share > shares[best] { best = c }
    let size = Double(n)
    var own = [Double](repeating: 0, count: classes)
    for label in truth { own[label] += 1 }
    let present = own.count { $0 > 0 }
    let occurring = present + (own[best] > 0 ? 0 : 1)
    let squares = shares.reduce(0) { $0 + $1 * $1 }
    var (loss, brier) = (0.0, 0.0)
    for c in 0..<classes where own[c] > 0 {
      loss -= own[c] / size * log(shares[c])
      brier += own[c] / size * (classes == 2 ? (1 - shares[c]) * (1 - shares[c]) : squares - 2 * shares[c] + 1)
    }
    let known = own.filter { $0 > 0 }.map { $0 / size }
    let f1 = 2 * own[best] / (own[best] + size) / Double(occurring)
    let prevalence = classes == 2 ? own[1] / size : mean(known)
    let calibration = (shares[best] - own[best] / size).magnitude
    let balanced = own[best] > 0 ? 1 / Double(present) : 0
    return [own[best] / size, balanced, f1, 0.5, prevalence, loss, brier, calibration]
  }
}
