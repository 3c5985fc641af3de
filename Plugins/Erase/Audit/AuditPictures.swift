import Charts
import PluginKit
import Statistics

/// What a person looks at after an audit.
enum AuditPictures {
  static func show(
    _ verdict: String, _ rows: AuditRows, _ heldOut: HeldOutAudit, _ nonlinear: NonlinearAudit, _ damage: DamageAudit,
    _ controls: ControlsAudit, _ ranks: RanksAudit?, _ context: Context
  ) {
    context.display(probes(verdict, rows, heldOut, nonlinear))
    context.display(tradeOff(rows, heldOut, damage, controls))
    if let ranks { context.display(curve(ranks)) }
    context.display("Verdict", .text(verdict), .table(table(heldOut, nonlinear)))
  }

  private static func probes(
    _ verdict: String, _ rows: AuditRows, _ heldOut: HeldOutAudit, _ nonlinear: NonlinearAudit
  ) -> BarChart {
    let scores = heldOut.probes + nonlinear.probes
    let isLopsided = rows.isLopsided
    let chance =
      isLopsided
      ? ReferenceLine("chance", 1 / Double(rows.classes.count)) : ReferenceLine("majority", heldOut.probes[0].majority)
    return BarChart(
      title: "What probes read after erasure",
      axis: Axis(isLopsided ? "mean recall" : "accuracy", domain: 0...1),
      bars: scores.map { score in
        let estimate = isLopsided ? score.balancedAccuracy : score.accuracy
        return BarChart.Bar(score.probe, estimate.value, interval: estimate.low...estimate.high)
      },
      references: [chance], intervalTitle: "95 % interval, Wilson", count: rows.scored.count, note: verdict)
  }

  private static func tradeOff(
    _ rows: AuditRows, _ heldOut: HeldOutAudit, _ damage: DamageAudit, _ controls: ControlsAudit
  ) -> ScatterChart {
    var points = controls.random.draws.enumerated().map { index, draw in
      ScatterChart.Point(
        x: draw.meanSquaredChangeRelative, y: draw.canonicalCorrelation, category: "random directions",
        title: "draw \(index + 1)")
    }
    points.append(
      ScatterChart.Point(
        x: controls.shuffled.meanSquaredChangeRelative, y: controls.shuffled.canonicalCorrelation,
        category: "shuffled labels", title: "an eraser of shuffled labels"))
    points.append(
      ScatterChart.Point(
        x: damage.meanSquaredChangeRelative.value, y: heldOut.canonicalCorrelation.value, category: "this eraser",
        title: "this eraser"))
    return ScatterChart(
      title: "Damage and leak, beside controls of the same rank", points: points,
      xAxis: Axis("mean squared change", unit: "of the total variance"),
      yAxis: Axis("canonical correlation left", domain: 0...1),
      categories: ["this eraser", "shuffled labels", "random directions"], categoryTitle: "eraser",
      note: "rows that the eraser has not seen: \(heldOut.canonicalCorrelation.n); chance leaves "
        + heldOut.canonicalCorrelation.shuffledMean.shortText)
  }

  private static func curve(_ ranks: RanksAudit) -> LineChart {
    LineChart(
      title: "What is left by rank", xAxis: Axis("directions taken out"), yAxis: Axis("share", domain: 0...1),
      curves: [
        LineChart.Curve(
          "accuracy of a fresh probe", ranks.points.map { LineChart.Sample(Double($0.rank), $0.accuracy.value) }),
        LineChart.Curve(
          "canonical correlation left", ranks.points.map { LineChart.Sample(Double($0.rank), $0.canonicalCorrelation) }),
        LineChart.Curve(
          "change, of total variance",
          ranks.points.map { LineChart.Sample(Double($0.rank), $0.meanSquaredChangeRelative) }),
      ],
      bands: [
        LineChart.Band(
          "95 % interval of the accuracy",
          ranks.points.map { LineChart.Band.Edge(Double($0.rank), $0.accuracy.low, $0.accuracy.high) })
      ],
      choice: LineChart.Choice("knee", x: Double(ranks.knee)),
      references: [ReferenceLine("majority", ranks.majority)], count: ranks.points.first?.accuracy.n)
  }

  private static func table(_ heldOut: HeldOutAudit, _ nonlinear: NonlinearAudit) -> Display.Table {
    Display.Table(
      columns: ["probe", "fitted on", "accuracy", "from", "to", "majority", "verdict"],
      rows: (heldOut.probes + nonlinear.probes).map {
        [
          .string($0.probe), .string($0.fittedOn), .real($0.accuracy.value), .real($0.accuracy.low),
          .real($0.accuracy.high), .real($0.majority), .string($0.verdict.rawValue),
        ]
      })
  }
}
