import PluginKit
import Statistics

/// What the value of every fitted probe says: its scores, beside what needs no features, and what they are of.
struct ProbeReport: Encodable, Sendable {
  struct ClassCounts: Encodable, Sendable {
    let train: [Int]
    let test: [Int]?
  }

  let accuracy: Estimate
  let majority: Double
  let shuffled: Double
  let heldOut: Bool
  let intervalOf: String
  let majorityClass: String
  let test: Scores
  let trainScores: Scores
  let n, d: Int
  let classes: [String]
  let classCounts: ClassCounts
  let confusion: [[Int]]?

  /// Classes up to which the whole table of confusions stands in the value.
  private static let mostClassesShown = 100

  init(_ scores: ProbeScores, _ task: ProbeTask) {
    accuracy = scores.accuracy
    majority = scores.baselines.majority
    shuffled = scores.confusion.shuffledAccuracy
    heldOut = scores.isHeldOut
    intervalOf =
      scores.isHeldOut
      ? "this one probe on new rows; not the draw of the train rows, the split or the seed"
      : "none: the rows were fitted"
    majorityClass = task.classes.names[scores.baselines.majorityClass]
    (test, trainScores) = (scores.scored, scores.train)
    (n, d, classes) = (task.rows.train.count, task.features.columnCount, task.classes.names)
    classCounts = ClassCounts(train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil)
    confusion = task.classes.names.count <= Self.mostClassesShown ? scores.rowsOfConfusion : nil
  }
}
