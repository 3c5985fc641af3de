internal import Glibc
import Linear

/// The scores of a classifier on some rows.
public struct Scores: Sendable, Equatable, Codable {
  public let accuracy: Double
  /// The mean recall of the classes that have rows.
  public let balancedAccuracy: Double
  /// The mean F1 of the classes that occur in the truth or the predictions.
  public let macroF1: Double
  /// The mean of −ln p of the true class, in nats.
  public let logLoss: Double
  /// How many rows were scored.
  public let n: Int

  /// - Parameter logProbabilities: n × K, natural logarithms; the predicted class of a row is its largest, the
  ///   lowest on ties.
  /// - Throws: `StatisticsError` for labels out of range, sizes that do not fit, or no rows.
  public init(logProbabilities: Matrix<Double>, truth: [Int]) throws(StatisticsError) {
    guard logProbabilities.rows == truth.count else {
      throw .lengthMismatch(what: "rows of probabilities", expected: truth.count, found: logProbabilities.rows)
    }
    let confusion = try Confusion(
      truth: truth, predicted: logProbabilities.largestColumns(), classes: logProbabilities.columns)
    self.init(confusion, logLoss: Self.logLoss(logProbabilities, truth))
  }

  public init(_ confusion: Confusion, logLoss: Double) {
    accuracy = confusion.accuracy
    balancedAccuracy = confusion.balancedAccuracy
    macroF1 = confusion.macroF1
    self.logLoss = logLoss
    n = confusion.n
  }

  private static func logLoss(_ logProbabilities: Matrix<Double>, _ truth: [Int]) -> Double {
    let losses = truth.enumerated().map { row, label in -logProbabilities[row, label] }
    return fixedSum(losses) / Double(losses.count)
  }
}

extension Matrix {
  /// The column of the largest number of each row, the lowest on ties.
  public func largestColumns() -> [Int] {
    (0..<rows).map { i in
      withRow(i) { row in
        var best = 0
        for j in 1..<Swift.max(1, row.count) where row[j] > row[best] { best = j }
        return best
      }
    }
  }
}
