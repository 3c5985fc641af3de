import Charts
import Linear
import PluginKit
import Statistics

/// What needs no probe: the commonest class, classes drawn by their shares, the nearest class mean.
public struct ProbeBaselines: Method {
  public static let name = "probe.baselines"

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let features: MatrixReference?
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
  }

  public struct Output: Encodable, Sendable {
    let majority: Estimate
    let stratified: Double
    let nearestMean: Estimate?
    let majorityClass: String
    let logLoss: Double
    let balancedAccuracy: Double
    let heldOut: Bool
    let n: Int
    let d: Int?
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let labels = try context.labels(parameters.labels)
    let source = try parameters.features.map(context.rows)
    let named = labels.namedRows(parameters.labels)
    try context.checkSameRows([source?.namedRows, named].compactMap { $0 })
    let table = NamedRows(pointer: named.pointer, count: named.count, ids: source?.rowIDs ?? named.ids)
    let rows = try context.trainTest(
      train: parameters.train, test: parameters.test, split: parameters.split, of: table)
    let classes = try labels.classes(of: rows.train + (rows.test ?? []), table)
    let (train, test) = (rows.train.map { classes.codes[$0] }, rows.scored.map { classes.codes[$0] })
    let counts = ProbeReport.ClassCounts(
      train: classes.counts(rows.train), test: rows.isHeldOut ? classes.counts(rows.scored) : nil)
    try ProbeTask.check(classes, counts.train, classes.counts(rows.scored), parameters.labels.pointer)
    let baselines = try Baselines(train: train, test: test, classes: classes.names.count)
    let nearest = try source.map { try nearestMean($0, rows, train, test, classes.names.count, context) }
    let warnings =
      rows.isHeldOut
      ? [] : [Warning("in-sample", "scored on the rows that the classes were counted on; give test or split")]
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(picture(baselines, nearest, rows.scored.count))
    return Output(
      majority: baselines.majorityInterval, stratified: baselines.stratified, nearestMean: nearest,
      majorityClass: classes.names[baselines.majorityClass], logLoss: baselines.logLoss,
      balancedAccuracy: 1 / Double(classes.names.count), heldOut: rows.isHeldOut, n: rows.train.count,
      d: source?.columnCount, classes: classes.names, classCounts: counts, warnings: warnings)
  }

  private func nearestMean(
    _ source: RowSource, _ rows: TrainTest, _ train: [Int], _ test: [Int], _ classes: Int, _ context: Context
  ) throws -> Estimate {
    try context.reserve((rows.train.count + rows.scored.count) * source.columnCount * 8, for: "the rows")
    let places = InputPlaces(features: source.pointer, rows: rows.train)
    let fitted: Matrix<Double> = try source.gather(rows.train)
    let probe = try places.explain { try NearestMean.fit(fitted, labels: train, classes: classes) }
    let scored: Matrix<Double> = try source.gather(rows.scored)
    let found = try places.explain { try probe.predictions(scored) }
    return try Proportion.wilson(right: zip(found, test).count { $0 == $1 }, of: test.count)
  }

  private func picture(_ baselines: Baselines, _ nearest: Estimate?, _ n: Int) -> BarChart {
    let interval = baselines.majorityInterval
    var bars = [
      BarChart.Bar("majority", baselines.majority, interval: interval.low...interval.high),
      BarChart.Bar("drawn by shares", baselines.stratified),
    ]
    if let nearest {
      bars.append(BarChart.Bar("nearest class mean", nearest.value, interval: nearest.low...nearest.high))
    }
    return BarChart(
      title: "What needs no probe", axis: Axis("accuracy", domain: 0...1), bars: bars,
      intervalTitle: "95 % interval, Wilson", count: n)
  }
}
