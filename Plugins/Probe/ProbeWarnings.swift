import PluginKit
import Statistics

/// What a reader of a probe's score should know before a conclusion is drawn from it.
enum ProbeWarnings {
  /// Rows of a class below which its recall is not estimable.
  static let fewestRows = 5

  static func about(_ scores: ProbeScores, _ task: ProbeTask) -> [Warning] {
    var warnings: [Warning] = []
    if !scores.isHeldOut {
      warnings.append(
        Warning(
          "in-sample",
          "scored on the rows that were fitted, which says what the probe can memorise; give test or split"))
    }
    warnings += aboutFeatures(task)
    let (accuracy, majority) = (scores.accuracy, scores.baselines.majority)
    if scores.isLopsided {
      let balanced = scores.scored.balancedAccuracy
      warnings.append(
        Warning(
          "imbalance",
          "\(majority.shortText) of the scored rows are of one class: read the balanced accuracy, "
            + "\(balanced.shortText), and the log loss, \(scores.scored.logLoss.shortText), not the accuracy"))
    }
    let rare = task.scoredCounts.indices.filter { task.scoredCounts[$0] < fewestRows }
    if !rare.isEmpty {
      let names = rare.map { "'\(task.classes.names[$0])' (\(task.scoredCounts[$0]))" }
      warnings.append(
        Warning(
          "small-class", "fewer than \(fewestRows) scored rows of \(names.listed()): their recall is not estimable"))
    }
    if scores.isHeldOut, accuracy.high < majority {
      warnings.append(
        Warning(
          "belowChance",
          "the whole interval lies below the majority, \(majority.shortText): something that was centred, erased or "
            + "chosen has seen the test rows; never read this as erased"))
    } else if scores.isHeldOut, scores.isNothingFound {
      warnings.append(
        Warning(
          "absence",
          "not told apart from the majority, \(majority.shortText), on \(scores.scored.n.counted("row")): a gain below "
            + "\(scores.detectable.shortText) could not have been seen"))
    }
    return warnings
  }

  /// What is known of how the features and the labels came about.
  static func aboutFeatures(_ task: ProbeTask) -> [Warning] {
    aboutLineage(task) + aboutRanking(task) + aboutEraser(task)
  }

  /// Clusters are convex, and a model's answers are its own: that they can be read shows nothing else.
  private static func aboutLineage(_ task: ProbeTask) -> [Warning] {
    guard task.isCircular else { return [] }
    return [
      Warning(
        "circular",
        "the labels were computed from these features, as clusters or predictions: a high score shows how they were made, "
          + "not that a concept exists")
    ]
  }

  /// Columns that were chosen by the labels of rows that are scored make noise look readable.
  private static func aboutRanking(_ task: ProbeTask) -> [Warning] {
    guard let list = task.features.rankedRows else { return [] }
    let seen = Set(list)
    let test = task.rows.test?.count { seen.contains($0) } ?? 0
    guard test > 0 else { return [] }
    return [
      Warning(
        "fit-saw-test",
        "the ranking that chose the columns has seen the labels of \(test) of the "
          + "\(task.rows.scored.count.counted("scored row")), which makes the score too high: rank on train rows alone")
    ]
  }

  /// Rows that were erased by a map which was fitted on them are evidence of nothing.
  private static func aboutEraser(_ task: ProbeTask) -> [Warning] {
    guard let list = task.features.eraserRows else { return [] }
    let seen = Set(list)
    let (train, test) = (task.rows.train.count { seen.contains($0) }, task.rows.test?.count { seen.contains($0) } ?? 0)
    var warnings: [Warning] = []
    if train > 0 {
      warnings.append(
        Warning(
          "eraser-rows",
          "the eraser was fitted on \(train) of the \(task.rows.train.count.counted("train row")), on which a linear "
            + "probe reads the majority by construction: fit it on rows that the eraser has not seen"))
    }
    if test > 0 {
      warnings.append(
        Warning(
          "fit-saw-test",
          "the eraser has seen the labels of \(test) of the \(task.rows.scored.count.counted("scored row")), which makes "
            + "the score too low: fit it on train rows alone"))
    }
    return warnings
  }

  static func about(_ fit: LogisticFit, _ settings: LogisticRegression, _ task: ProbeTask) -> [Warning] {
    var warnings: [Warning] = []
    if fit.separated {
      let cause =
        settings.C.isFinite
        ? "how far apart is the penalty's doing (C = \(settings.C.shortText))" : "without a penalty there is no minimum"
      warnings.append(Warning("separated", "every train row is on its own side of the fit; \(cause)"))
    }
    if !fit.converged {
      let bound = fit.gapBound.map { "; the objective is at most \($0.shortText) above its minimum" } ?? ""
      warnings.append(
        Warning(
          "not-converged",
          "stopped after \(fit.iterations) iterations with a gradient of \(fit.gradientNorm.shortText), above tol "
            + "\(settings.tolerance.shortText)\(bound); raise maxIter"))
    }
    let (n, d) = (task.rows.train.count, task.features.columnCount)
    if settings.C >= 1e6, n < 5 * d {
      warnings.append(
        Warning(
          "dim",
          "\(n.counted("train row")) for \(d.counted("column")): a fit with so small a penalty reads noise; shuffled "
            + "labels would show it"))
    }
    if !fit.constantColumns.isEmpty { warnings.append(aboutConstant(fit.constantColumns)) }
    return warnings
  }

  static func aboutConstant(_ columns: [Int]) -> Warning {
    Warning(
      "constant-columns",
      "\(columns.count.counted("column")) constant over the train rows have weight 0: "
        + columns.map(String.init).listed())
  }

  /// A penalised probe that finds nothing is no certificate.
  static func aboutPenalty(_ scores: ProbeScores, _ settings: LogisticRegression) -> [Warning] {
    guard scores.isHeldOut, scores.isNothingFound, settings.C < 1e6 else { return [] }
    return [
      Warning(
        "penalty",
        "a probe with C = \(settings.C.shortText) that finds nothing shows little: fit with C = 1e6 as well")
    ]
  }
}
