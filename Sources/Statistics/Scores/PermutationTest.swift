import Linear

/// Is the best of several classifiers on the same rows better than the best that chance would give?
///
/// The predictions stay as they are and the labels are dealt out anew, in each replicate the same way for all
/// classifiers; replicate r takes the sub-stream (seed, "permutation", r). The p-values count the labels as they are as
/// one more replicate (Phipson & Smyth 2010). Valid where rows are exchangeable and none of them was fitted.
public struct MaximumTest: Sendable, Equatable {
  /// The largest accuracy.
  public let maximum: Double
  /// Of the largest accuracy, against the largest of each replicate (Westfall & Young 1993).
  public let p: Double
  /// The mean and the 95 % point of the largest accuracies of the replicates.
  public let chanceMean, chanceHigh: Double
  /// Of each classifier by itself.
  public let singleP: [Double]
  /// Of each against the largest of all: corrected for their number.
  public let adjustedP: [Double]

  /// - Parameters:
  ///   - predicted: a list of classes for each classifier, of the same rows as `truth`.
  /// - Throws: `StatisticsError` for lists that do not fit; what cancels the workers.
  public init(
    predicted: [[Int]], truth: [Int], replicates: Int, seed: UInt64, workers: Workers = .serial
  ) throws {
    guard !truth.isEmpty, !predicted.isEmpty else { throw StatisticsError.empty("rows to score") }
    if let wrong = predicted.first(where: { $0.count != truth.count }) {
      throw StatisticsError.lengthMismatch(what: "predictions", expected: truth.count, found: wrong.count)
    }
    guard replicates > 0 else {
      throw StatisticsError.parameter(name: "permutations", expected: "at least 1", found: "\(replicates)")
    }
    let found = predicted.map { Self.right($0, truth) }
    let draws = try workers.map(replicates) { replicate in
      var numbers = RandomNumbers(seed: seed, step: "permutation", index: replicate)
      var dealt = truth
      numbers.shuffle(&dealt)
      return predicted.map { Self.right($0, dealt) }
    }
    let largest = draws.map { $0.max() ?? 0 }
    let best = found.max() ?? 0
    let (size, count) = (Double(truth.count), Double(replicates + 1))
    maximum = Double(best) / size
    p = Double(1 + largest.count { $0 >= best }) / count
    chanceMean = Double(largest.reduce(0, +)) / Double(replicates) / size
    chanceHigh = quantile(largest.map(Double.init), 0.95) / size
    singleP = found.indices.map { k in Double(1 + draws.count { $0[k] >= found[k] }) / count }
    adjustedP = found.map { value in Double(1 + largest.count { $0 >= value }) / count }
  }

  private static func right(_ predicted: [Int], _ truth: [Int]) -> Int {
    var sum = 0
    for i in truth.indices where predicted[i] == truth[i] { sum += 1 }
    return sum
  }
}
