internal import Glibc
import Linear

/// Whether the probability that a classifier gives to its answer is how often the answer is right.
///
/// Rows are put in bins of equal count by that probability (15 where there are as many rows); the error is the mean
/// distance between probability and share of right answers, bins weighted by their rows (Guo et al. 2017). A perfectly
/// calibrated classifier has an error above 0 too, since the shares vary: `floor` says which.
public struct Calibration: Sendable, Equatable {
  public struct Bin: Sendable, Equatable, Codable {
    /// The mean probability of the answers.
    public let confidence: Double
    /// The share of right answers.
    public let accuracy: Double
    public let n: Int
  }

  public static let mostBins = 15

  /// The probability of each row's answer.
  private let confidences: [Double]
  private let isRight: [Bool]
  /// Rows of each bin, the least sure first.
  private let members: [[Int]]

  /// - Parameter logProbabilities: n × K; the answer is the largest, the lowest class on ties.
  /// - Throws: `StatisticsError` for labels that do not fit, or no rows.
  public init(logProbabilities: Matrix<Double>, truth: [Int]) throws(StatisticsError) {
    guard logProbabilities.rows == truth.count else {
      throw .lengthMismatch(what: "rows of probabilities", expected: truth.count, found: logProbabilities.rows)
    }
    guard !truth.isEmpty else { throw .empty("rows to score") }
    let answers = logProbabilities.largestColumns()
    let confidences = answers.enumerated().map { min(1, exp(logProbabilities[$0, $1])) }
    isRight = zip(answers, truth).map { $0 == $1 }
    self.confidences = confidences
    let order = confidences.indices.sorted { (confidences[$0], $0) < (confidences[$1], $1) }
    let bins = min(Self.mostBins, order.count)
    members = (0..<bins).map { bin in Array(order[bin * order.count / bins..<(bin + 1) * order.count / bins]) }
  }

  public var bins: [Bin] {
    members.map { rows in
      Bin(
        confidence: rows.reduce(0) { $0 + confidences[$1] } / Double(rows.count),
        accuracy: Double(rows.count { isRight[$0] }) / Double(rows.count), n: rows.count)
    }
  }

  /// The error.
  /// - Parameter weights: how often each row counts, in the bins that the rows have without; nil for once.
  public func error(weights: [Double]? = nil) -> Double {
    error(weights: weights) { isRight[$0] ? 1 : 0 }
  }

  private func error(weights: [Double]?, _ right: (Int) -> Double) -> Double {
    var (sum, total) = (0.0, 0.0)
    for rows in members {
      var difference = 0.0
      for row in rows {
        let weight = weights?[row] ?? 1
        difference += weight * (confidences[row] - right(row))
        total += weight
      }
      sum += difference.magnitude
    }
    return total > 0 ? sum / total : 0
  }

  /// What the error is when each answer is right with exactly the probability it was given, over many draws.
  public struct Floor: Sendable, Equatable, Codable {
    public let mean: Double
    /// 95 of 100 draws are below it.
    public let high: Double
  }

  /// Draws anew which answers are right; draw r comes from the sub-stream (seed, "calibration", r).
  public func floor(draws: Int = 200, seed: UInt64, workers: Workers = .serial) throws -> Floor {
    let errors = try workers.map(draws) { draw in
      var numbers = RandomNumbers(seed: seed, step: "calibration", index: draw)
      let right = confidences.map { numbers.unit() < $0 ? 1.0 : 0 }
      return error(weights: nil) { right[$0] }
    }
    return Floor(mean: fixedSum(errors) / Double(max(1, draws)), high: quantile(errors, 0.95))
  }
}

/// The linear interpolation of sorted values at (n − 1)·q; NaN without values.
public func quantile(_ values: [Double], _ q: Double) -> Double {
  let sorted = values.sorted()
  guard let last = sorted.last else { return .nan }
  let place = Double(sorted.count - 1) * q
  let below = Int(place.rounded(.down))
  guard below + 1 < sorted.count else { return last }
  return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
}
