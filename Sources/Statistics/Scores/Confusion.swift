/// How often each true class was given each predicted class.
///
///     let confusion = try Confusion(truth: labels, predicted: guesses, classes: 3)
///     confusion.balancedAccuracy
public struct Confusion: Sendable, Equatable {
  public let classes: Int
  /// K × K, row after row: `counts[t * K + p]` rows of class t were predicted to be p.
  public let counts: [Int]

  /// - Throws: `StatisticsError` for labels out of range, lists of different length, or no rows.
  public init(truth: [Int], predicted: [Int], classes: Int) throws(StatisticsError) {
    guard truth.count == predicted.count else {
      throw .lengthMismatch(what: "predictions", expected: truth.count, found: predicted.count)
    }
    guard !truth.isEmpty else { throw .empty("rows to score") }
    _ = try classCounts(truth, classes: classes)
    _ = try classCounts(predicted, classes: classes)
    var counts = [Int](repeating: 0, count: classes * classes)
    for (t, p) in zip(truth, predicted) { counts[t * classes + p] += 1 }
    self.classes = classes
    self.counts = counts
  }

  public subscript(truth t: Int, predicted p: Int) -> Int { counts[t * classes + p] }

  /// One list for each true class, of the rows given each class.
  public var table: [[Int]] { (0..<classes).map { t in (0..<classes).map { self[truth: t, predicted: $0] } } }

  /// How many rows there are.
  public var n: Int { counts.reduce(0, +) }

  /// How many rows were given their own class.
  public var right: Int { (0..<classes).reduce(0) { $0 + self[truth: $1, predicted: $1] } }

  /// Rows of each true class.
  public var truthCounts: [Int] {
    (0..<classes).map { t in (0..<classes).reduce(0) { $0 + self[truth: t, predicted: $1] } }
  }

  /// Rows of each predicted class.
  public var predictedCounts: [Int] {
    (0..<classes).map { p in (0..<classes).reduce(0) { $0 + self[truth: $1, predicted: p] } }
  }

  /// The share of rows that were given their own class.
  public var accuracy: Double { Double(right) / Double(n) }

  /// The share of each class's rows that were given it; nil for a class without rows.
  public var recalls: [Double?] {
    truthCounts.enumerated().map { t, total in
      total == 0 ? nil : Double(self[truth: t, predicted: t]) / Double(total)
    }
  }

  /// The mean recall of the classes that have rows.
  public var balancedAccuracy: Double {
    let known = recalls.compactMap { $0 }
    return known.reduce(0, +) / Double(known.count)
  }

  /// 2·right/(truth + predicted) of each class; nil for one that is neither in the truth nor predicted.
  public var f1: [Double?] {
    let (truth, predicted) = (truthCounts, predictedCounts)
    return (0..<classes).map { c in
      let total = truth[c] + predicted[c]
      return total == 0 ? nil : 2 * Double(self[truth: c, predicted: c]) / Double(total)
    }
  }

  /// The mean F1 of the classes that occur in the truth or the predictions.
  public var macroF1: Double {
    let known = f1.compactMap { $0 }
    return known.reduce(0, +) / Double(known.count)
  }

  /// The accuracy to expect when the truth is dealt out anew at random: Σ share predicted · share true.
  public var shuffledAccuracy: Double {
    let total = Double(n)
    return zip(truthCounts, predictedCounts).reduce(0) { $0 + Double($1.0) / total * (Double($1.1) / total) }
  }
}
