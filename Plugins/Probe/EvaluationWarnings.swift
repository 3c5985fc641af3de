import PluginKit
import Statistics

/// What a reader of an evaluation should know before a conclusion is drawn from it.
enum EvaluationWarnings {
  static let unknownRows = Warning(
    "unknown-rows",
    "nothing tells which rows the probe was fitted on: name train and test rows, or give a probe and row ids")

  static func seen(_ count: Int, of rows: Int) -> Warning {
    Warning("fit-saw-test", "the probe was fitted on \(count) of the \(rows) scored rows: the scores are too good")
  }

  static func about(
    _ task: EvaluationTask, _ accuracy: Estimate, _ evaluation: Evaluation, majority: Double, _ values: [Double]
  ) -> [Warning] {
    var warnings: [Warning] = []
    switch task.fittedRows {
    case nil:
      warnings.append(unknownRows)
    case let seen? where seen.count == evaluation.n:
      warnings.append(
        Warning(
          "in-sample", "scored on the rows that were fitted, which says what the probe can memorise; give other rows"))
    case let seen? where !seen.isEmpty: warnings.append(self.seen(seen.count, of: evaluation.n))
    default: break
    }
    var counts = [Int](repeating: 0, count: task.classes.count)
    for label in task.truth { counts[label] += 1 }
    if majority > ProbeScores.lopsided {
      warnings.append(
        Warning(
          "imbalance",
          "accuracy \(accuracy.value.shortText), majority \(majority.shortText): read the balanced accuracy, "
            + "\(values[1].shortText), the average precision and the log loss, not the accuracy"))
    }
    let rare = counts.indices.filter { counts[$0] < ProbeWarnings.fewestRows }
    if !rare.isEmpty {
      let names = rare.map { "'\(task.classes[$0])' (\(counts[$0]))" }
      warnings.append(
        Warning(
          "small-class",
          "fewer than \(ProbeWarnings.fewestRows) scored rows of \(names.listed()): its recall, F1 and curves are not "
            + "estimable"))
    }
    if accuracy.high < majority {
      warnings.append(
        Warning(
          "belowChance",
          "the whole interval lies below the majority, \(majority.shortText): something that was centred, erased or "
            + "chosen has seen the scored rows; never read this as erased"))
    } else if accuracy.low <= majority, majority <= ProbeScores.lopsided {
      let detectable = 2.8 * (majority * (1 - majority) / Double(evaluation.n)).squareRoot()
      warnings.append(
        Warning(
          "absence",
          "not told apart from the majority, \(majority.shortText), on \(evaluation.n.counted("row")): a gain below "
            + "\(detectable.shortText) could not have been seen"))
    }
    return warnings
  }
}
