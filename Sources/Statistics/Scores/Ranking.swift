/// How a score ranks the rows of one class among the others.
///
///     let ranking = try Ranking(scores: probabilities, isPositive: labels.map { $0 == 1 })
///     ranking.rocArea()
///
/// Rows of equal score stand together: each pair of them counts one half.
public struct Ranking: Sendable {
  /// Rows by falling score.
  private let order: [Int]
  private let isPositive: [Bool]
  /// Places in `order` where a run of equal scores ends.
  private let ends: [Int]

  /// - Throws: `StatisticsError` for lists of different length, no rows, or a score that is not a number.
  public init(scores: [Double], isPositive: [Bool]) throws(StatisticsError) {
    guard scores.count == isPositive.count else {
      throw .lengthMismatch(what: "scores", expected: isPositive.count, found: scores.count)
    }
    guard !scores.isEmpty else { throw .empty("rows to score") }
    if let row = scores.firstIndex(where: \.isNaN) { throw .notFinite(row: row, column: 0) }
    let sorted = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    order = sorted
    self.isPositive = isPositive
    ends = sorted.indices.filter { $0 + 1 == sorted.count || scores[sorted[$0]] != scores[sorted[$0 + 1]] }.map {
      $0 + 1
    }
  }

  /// Rows of the class and of the others that score at least as high as the last row of a run.
  public struct Point: Sendable, Equatable {
    public let positives: Double
    public let others: Double
  }

  /// After each run of equal scores, the highest first.
  /// - Parameter weights: how often each row counts; nil for once.
  public func points(weights: [Double]? = nil) -> [Point] {
    var result: [Point] = []
    result.reserveCapacity(ends.count)
    var (positives, others, start) = (0.0, 0.0, 0)
    for end in ends {
      for place in start..<end {
        let row = order[place]
        let weight = weights?[row] ?? 1
        if isPositive[row] { positives += weight } else { others += weight }
      }
      start = end
      result.append(Point(positives: positives, others: others))
    }
    return result
  }

  /// The area under the ROC curve: the share of pairs of a row of the class and one of the others that are in order.
  /// - Returns: nil where one of the two has no rows.
  public func rocArea(weights: [Double]? = nil) -> Double? {
    let points = points(weights: weights)
    guard let last = points.last, last.positives > 0, last.others > 0 else { return nil }
    var area = 0.0
    var before = Point(positives: 0, others: 0)
    for point in points {
      area += (point.others - before.others) * (point.positives + before.positives) / 2
      before = point
    }
    return area / (last.positives * last.others)
  }

  /// Σ (recall gained) · precision, step by step, without interpolation; chance level is the share of the class.
  /// - Returns: nil where the class has no rows.
  public func averagePrecision(weights: [Double]? = nil) -> Double? {
    let points = points(weights: weights)
    guard let last = points.last, last.positives > 0 else { return nil }
    var sum = 0.0
    var before = 0.0
    for point in points where point.positives > before {
      sum += (point.positives - before) * point.positives / (point.positives + point.others)
      before = point.positives
    }
    return sum / last.positives
  }
}
