import Charts
import PluginKit

extension ProbeScores {
  /// Accuracy with its interval, beside what needs no features.
  var accuracyChart: BarChart {
    let interval = accuracy.low...accuracy.high
    var bars = [BarChart.Bar(isHeldOut ? "test rows" : "train rows", accuracy.value, interval: interval)]
    if isHeldOut { bars.append(BarChart.Bar("train rows", train.accuracy)) }
    return BarChart(
      title: "Accuracy of the linear probe", axis: Axis("accuracy", domain: 0...1), bars: bars,
      references: [
        ReferenceLine("majority", baselines.majority), ReferenceLine("shuffled labels", confusion.shuffledAccuracy),
      ],
      intervalTitle: "95 % interval, Wilson", count: scored.n,
      note: isHeldOut ? "interval of this one probe on new rows" : "scored on the rows that were fitted")
  }

  func confusionChart(_ classes: [String]) -> ConfusionChart {
    ConfusionChart(
      title: "True and predicted classes", rowNames: classes, columnNames: classes,
      counts: rowsOfConfusion, note: isHeldOut ? "test rows" : "the rows that were fitted")
  }

  /// One list for each true class, of the rows given each class.
  var rowsOfConfusion: [[Int]] { confusion.table }
}
