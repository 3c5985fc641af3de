import Linear

/// How far up each query's own item stands among all items.
///
///     let scores = try RetrievalScores(similarities: queries.timesTransposed(gallery))
///     scores.recall(at: 5)
public struct RetrievalScores: Sendable, Equatable {
  /// From 1; among equally similar items the lowest number comes first.
  public let ranks: [Int]

  /// - Parameters:
  ///   - similarities: queries × items, larger is nearer.
  ///   - targets: the item of each query; nil for the item of the query's own number.
  /// - Throws: `StatisticsError` for a target that is no item.
  public init(similarities: Matrix<Double>, targets: [Int]? = nil) throws(StatisticsError) {
    let targets = targets ?? Array(0..<similarities.rows)
    guard targets.count == similarities.rows else {
      throw .lengthMismatch(what: "targets", expected: similarities.rows, found: targets.count)
    }
    if let wrong = targets.first(where: { $0 < 0 || $0 >= similarities.columns }) {
      throw .badRow(list: "target", row: wrong, rows: similarities.columns)
    }
    ranks = targets.enumerated().map { query, target in
      similarities.withRow(query) { row in
        var rank = 1
        for item in 0..<row.count where row[item] > row[target] || (row[item] == row[target] && item < target) {
          rank += 1
        }
        return rank
      }
    }
  }

  /// The share of queries whose item is among the first k.
  public func recall(at k: Int) -> Double { Double(ranks.count { $0 <= k }) / Double(max(1, ranks.count)) }

  /// The median rank, half way between the middle two of an even number.
  public var medianRank: Double { quantile(ranks.map(Double.init), 0.5) }

  /// The mean of 1/rank.
  public var meanReciprocalRank: Double {
    fixedSum(ranks.map { 1 / Double($0) }) / Double(max(1, ranks.count))
  }
}
