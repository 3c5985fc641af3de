import Linear
import PluginKit
import Statistics

/// How well a probe does, beside what one that never looks at the features would do.
struct ProbeScores: Sendable {
  /// On the test rows; without any, on the train rows.
  let scored: Scores
  let train: Scores
  /// Of the scored rows.
  let accuracy: Estimate
  let confusion: Confusion
  let baselines: Baselines
  let isHeldOut: Bool

  init(_ probe: LinearProbe, _ task: ProbeTask, _ context: Context) throws {
    let trainTruth = task.codes(task.rows.train)
    let onTrain = try task.logProbabilities(probe, task.rows.train, context)
    let truth = task.rows.test.map(task.codes) ?? trainTruth
    let found = try task.rows.test.map { try task.logProbabilities(probe, $0, context) } ?? onTrain
    let classes = task.classes.names.count
    isHeldOut = task.rows.isHeldOut
    train = try Scores(logProbabilities: onTrain, truth: trainTruth)
    scored = try Scores(logProbabilities: found, truth: truth)
    confusion = try Confusion(truth: truth, predicted: found.largestColumns(), classes: classes)
    accuracy = try Proportion.wilson(right: confusion.right, of: confusion.n)
    baselines = try Baselines(train: trainTruth, test: truth, classes: classes)
  }

  /// Above this share of one class accuracy says little, and the mean recall takes its place.
  static let lopsided = 0.6

  var isLopsided: Bool { baselines.majority > Self.lopsided }

  /// Whether the rows cannot tell the probe from a constant answer: by the interval of its accuracy, or where one class
  /// has most rows by 1.96 standard errors of its mean recall.
  var isNothingFound: Bool {
    guard isLopsided else { return accuracy.low <= baselines.majority }
    let classes = Double(confusion.classes)
    let variance = zip(confusion.recalls, confusion.truthCounts).reduce(0.0) { sum, next in
      let (recall, count) = (next.0 ?? 0, Double(max(1, next.1)))
      return sum + recall * (1 - recall) / count
    }
    return scored.balancedAccuracy - 1.96 * variance.squareRoot() / classes <= 1 / classes
  }

  /// The least gain over the majority that so many rows show with 80 % power at the 5 % level:
  /// (1.96 + 0.84) standard errors.
  var detectable: Double {
    2.8 * (baselines.majority * (1 - baselines.majority) / Double(scored.n)).squareRoot()
  }
}
