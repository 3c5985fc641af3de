import Charts
import PluginKit
import Statistics

/// The pictures of an evaluation: scores beside baselines, curves, calibration, confusions.
struct EvaluationPictures {
  let task: EvaluationTask
  let evaluation: Evaluation
  let estimates: EvaluationEstimates
  let accuracy: Estimate
  let majority: BaselineScores
  let shuffled: BaselineScores

  /// Classes that have a curve of their own.
  private static let mostCurves = 6
  private static let mostSamples = 200

  func show(in context: Context) {
    context.display(scores)
    context.display(curves("ROC curve", "false positive rate", "true positive rate", roc, diagonal: true))
    context.display(curves("Precision and recall", "recall", "precision", precisionRecall, diagonal: false))
    context.display(calibration)
    context.display(
      ConfusionChart(
        title: "True and predicted classes", rowNames: task.classes, columnNames: task.classes,
        counts: (0..<task.classes.count).map { t in
          (0..<task.classes.count).map { p in zip(task.truth, evaluation.predicted).count { $0 == t && $1 == p } }
        }, note: note))
  }

  private var note: String? { task.isHeldOut ? "rows that were not fitted" : nil }

  private var scores: BarChart {
    let level = (accuracy.level * 100).shortText
    func bars(_ name: String, _ estimate: Estimate?, _ major: Double, _ chance: Double) -> [BarChart.Bar] {
      guard let estimate else { return [] }
      return [
        BarChart.Bar(name, estimate.value, series: "probe", interval: estimate.low...estimate.high),
        BarChart.Bar(name, major, series: "majority"), BarChart.Bar(name, chance, series: "shuffled labels"),
      ]
    }
    return BarChart(
      title: "Scores beside what needs no features", axis: Axis("score", domain: 0...1),
      bars: bars("accuracy", accuracy, majority.accuracy, shuffled.accuracy)
        + bars("balanced accuracy", estimates[.balancedAccuracy], majority.balancedAccuracy, shuffled.balancedAccuracy)
        + bars("macro F1", estimates[.macroF1], majority.macroF1, shuffled.macroF1)
        + bars("ROC area", estimates.known(.rocArea), majority.rocAuc, shuffled.rocAuc)
        + bars(
          "average precision", estimates.known(.averagePrecision), majority.averagePrecision, shuffled.averagePrecision),
      intervalTitle: "\(level) % interval, \(accuracy.method == .wilson ? "Wilson and " : "")bootstrap",
      count: task.truth.count,
      note: note)
  }

  private typealias Curve = (Ranking) -> [LineChart.Sample]

  private func roc(_ ranking: Ranking) -> [LineChart.Sample] {
    let points = ranking.points()
    guard let last = points.last, last.positives > 0, last.others > 0 else { return [] }
    return [LineChart.Sample(0, 0)]
      + points.map { LineChart.Sample($0.others / last.others, $0.positives / last.positives) }
  }

  private func precisionRecall(_ ranking: Ranking) -> [LineChart.Sample] {
    let points = ranking.points()
    guard let last = points.last, last.positives > 0 else { return [] }
    return points.map { LineChart.Sample($0.positives / last.positives, $0.positives / ($0.positives + $0.others)) }
  }

  private func curves(
    _ title: String, _ x: String, _ y: String, _ curve: Curve, diagonal: Bool
  ) -> LineChart {
    let names = task.classes.count == 2 ? [task.classes[1]] : task.classes
    var shown = zip(names, evaluation.rankings).prefix(Self.mostCurves).map { name, ranking in
      LineChart.Curve(name, Self.thinned(curve(ranking)))
    }
    if diagonal { shown.append(LineChart.Curve("chance", [.init(0, 0), .init(1, 1)])) }
    return LineChart(
      title: title, xAxis: Axis(x, domain: 0...1), yAxis: Axis(y, domain: 0...1), curves: shown,
      references: diagonal || task.classes.count > 2
        ? [] : [ReferenceLine("prevalence", shuffled.averagePrecision)],
      count: task.truth.count,
      note: names.count > Self.mostCurves ? "the first \(Self.mostCurves) of \(names.count) classes" : note)
  }

  private static func thinned(_ samples: [LineChart.Sample]) -> [LineChart.Sample] {
    guard samples.count > mostSamples else { return samples }
    return (0..<mostSamples).map { samples[$0 * (samples.count - 1) / (mostSamples - 1)] }
  }

  private var calibration: LineChart {
    LineChart(
      title: "Calibration", xAxis: Axis("mean probability of the answer", domain: 0...1),
      yAxis: Axis("share of right answers", domain: 0...1),
      curves: [
        LineChart.Curve("probe", evaluation.calibration.bins.map { .init($0.confidence, $0.accuracy) }),
        LineChart.Curve("perfectly calibrated", [.init(0, 0), .init(1, 1)]),
      ], count: task.truth.count, note: "\(evaluation.calibration.bins.count) bins of equal count")
  }
}
