internal import Glibc

/// What a predictor that never looks at the features would score.
public struct Baselines: Sendable, Equatable, Codable {
  /// The class that is commonest in train, the lowest on ties.
  public let majorityClass: Int
  /// The share of test rows of that class.
  public let majority: Double
  /// Its Wilson interval.
  public let majorityInterval: Estimate
  /// The expected accuracy of classes drawn at random with their train shares: Σ train share · test share.
  public let stratified: Double
  /// The mean −ln of the train shares on the test rows, in nats; ∞ when a test row's class has no train row.
  public let logLoss: Double

  /// - Throws: `StatisticsError` for labels out of range or an empty side.
  public init(train: [Int], test: [Int], classes: Int, level: Double = 0.95) throws(StatisticsError) {
    let (trainCounts, testCounts) = (try classCounts(train, classes: classes), try classCounts(test, classes: classes))
    guard !train.isEmpty else { throw .empty("train rows") }
    guard !test.isEmpty else { throw .empty("test rows") }
    majorityClass = commonest(trainCounts)
    majorityInterval = try Proportion.wilson(right: testCounts[majorityClass], of: test.count, level: level)
    majority = majorityInterval.value
    let shares = trainCounts.map { Double($0) / Double(train.count) }
    let testShares = testCounts.map { Double($0) / Double(test.count) }
    stratified = zip(shares, testShares).reduce(0) { $0 + $1.0 * $1.1 }
    logLoss = zip(shares, testShares).reduce(0) { $1.1 == 0 ? $0 : $0 - $1.1 * log($1.0) }
  }
}
