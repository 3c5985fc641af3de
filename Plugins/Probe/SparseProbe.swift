import Charts
import Linear
import PluginKit
import Statistics

/// How few columns a probe needs: the best k of them, ranked anew inside each fold (Gurnee et al. 2023).
public struct SparseProbe: Method {
  public static let name = "probe.sparse"

  public struct Parameters: Decodable, Sendable, TaskParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let groups: LabelReference?
    let ks: [Int]?
    let folds: Int
    let C: LossWeight
    let standardize: Bool
  }

  public struct Output: Encodable, Sendable {
    struct Point: Encodable, Sendable {
      let k: Int
      let accuracy: Estimate
      let logLoss, foldAccuracy, foldLoss: Double
      /// How much the k columns of the folds agree.
      let overlap: Double
    }
    let curve: [Point]
    let chosenK: Int
    let nested: Estimate
    let columns: [Int]
    let separation: [Double]
    let ranking: ArtifactReference
    let majority: Double
    let heldOut: Bool
    let n, d: Int
    let classes: [String]
    let classCounts: ProbeReport.ClassCounts
    let intervalOf: String
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  private static let mostColumnsShown = 100

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    let (train, scored) = (try task.trainRows(context, copies: 4), try task.scoredRows(context))
    let ks = try self.ks(parameters, task.features.columnCount)
    let settings = LogisticRegression(
      C: parameters.C.value, standardize: parameters.standardize, tolerance: 1e-6)
    let groups = try parameters.groups.map { try task.groups($0, of: task.rows.train, context) }
    let folds = try task.trainPlaces.explain {
      try Split.folds(
        parameters.folds, rows: train.count, labels: train.labels, groups: groups, seed: context.seed)
    }
    let ranking = try FeatureRanking.rank(train.features, labels: train.labels, classes: train.classes)
    let orders = try folds.map { fold in
      try FeatureRanking.rank(train.features, labels: train.labels, classes: train.classes, rows: fold.train).order
    }
    var points: [Output.Point] = []
    var failures = 0
    for (place, k) in ks.enumerated() {
      try context.checkCancellation()
      context.progress(place, of: ks.count, "\(k) of \(task.features.columnCount) columns")
      var (loss, right) = (0.0, 0)
      for (fold, order) in zip(folds, orders) {
        let part = train.features.columns(at: order.prefix(k).sorted())
        let fit = try task.trainPlaces.explain {
          try settings.fit(
            part, labels: train.labels, classes: train.classes, rows: fold.train, workers: context.workers)
        }
        let scores = try fit.probe.evaluate(part, labels: train.labels, rows: fold.test)
        loss += scores.logLoss * Double(scores.n)
        right += Int((scores.accuracy * Double(scores.n)).rounded())
      }
      let own = ranking.order.prefix(k).sorted()
      let fit = try task.trainPlaces.explain {
        try settings.fit(
          train.features.columns(at: own), labels: train.labels, classes: train.classes, workers: context.workers)
      }
      failures += fit.converged ? 0 : 1
      let scores = try fit.probe.evaluate(scored.features.columns(at: own), labels: scored.labels)
      points.append(
        Output.Point(
          k: k,
          accuracy: try Proportion.wilson(right: Int((scores.accuracy * Double(scores.n)).rounded()), of: scores.n),
          logLoss: scores.logLoss, foldAccuracy: Double(right) / Double(train.count),
          foldLoss: loss / Double(train.count), overlap: Self.overlap(orders, k)))
    }
    let best = points.indices.min { (points[$0].foldLoss, $0) < (points[$1].foldLoss, $1) } ?? 0
    let baselines = try Baselines(train: train.labels, test: scored.labels, classes: train.classes)
    let warnings = warnings(task, points, best, failures)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(picture(points, best, baselines.majority, scored.count, task.rows.isHeldOut))
    let shown = Array(ranking.order.prefix(Self.mostColumnsShown))
    let ids = task.features.rowIDs
    let fittedOn = try context.fittedOn(task.rows.train, of: task.features.rowCount, rowIDs: ids)
    let model = RankingModel(
      d: task.features.columnCount, rows: task.features.rowCount, digest: fittedOn.digest)
    return Output(
      curve: points, chosenK: points[best].k, nested: points[best].accuracy, columns: shown,
      separation: shown.map { ranking.values[$0] },
      ranking: try context.save(
        model: model, RankingModel.kind, "ranking",
        arrays: Arrays(
          vectors: ["separation": ranking.values], integers: ["columns": ranking.order, "fittedRows": task.rows.train])),
      majority: baselines.majority, heldOut: task.rows.isHeldOut, n: train.count, d: task.features.columnCount,
      classes: task.classes.names,
      classCounts: ProbeReport.ClassCounts(
        train: task.trainCounts, test: task.rows.isHeldOut ? task.scoredCounts : nil),
      intervalOf: "nested: the k that the folds chose, on new rows; of the others each by itself", fittedOn: fittedOn,
      warnings: warnings)
  }

  private func ks(_ parameters: Parameters, _ d: Int) throws -> [Int] {
    guard let ks = parameters.ks else {
      return Set((0..<62).map { 1 << $0 }.filter { $0 < d } + [d]).sorted()
    }
    if let wrong = ks.firstIndex(where: { $0 < 1 || $0 > d }) {
      throw MethodError.invalidParameter(pointer: "/ks/\(wrong)", expected: "1 to the \(d) columns, found \(ks[wrong])")
    }
    return Set(ks).sorted()
  }

  /// The mean share of columns that two folds have in common.
  private static func overlap(_ orders: [[Int]], _ k: Int) -> Double {
    let sets = orders.map { Set($0.prefix(k)) }
    var (sum, pairs) = (0.0, 0.0)
    for a in sets.indices {
      for b in sets.indices where b > a {
        sum += Double(sets[a].intersection(sets[b]).count) / Double(k)
        pairs += 1
      }
    }
    return pairs > 0 ? sum / pairs : 1
  }

  private func warnings(_ task: ProbeTask, _ points: [Output.Point], _ best: Int, _ failures: Int) -> [Warning] {
    var warnings = ProbeWarnings.aboutFeatures(task)
    if !task.rows.isHeldOut {
      warnings.insert(
        Warning(
          "in-sample",
          "the columns were ranked on the rows that are scored, which makes noise look readable: read foldAccuracy, or "
            + "give test or split"), at: 0)
    }
    if task.rows.isHeldOut, points.count > 1 {
      warnings.append(
        Warning(
          "selected-on-test",
          "the best of \(points.count) k on these test rows is too good: read `nested`, whose k the folds chose"))
    }
    if points[best].overlap < 0.5 {
      warnings.append(
        Warning(
          "weights",
          "two folds share \(points[best].overlap.shortText) of their \(points[best].k.counted("column")): do not read them "
            + "as the ones that matter"))
    }
    if failures > 0 {
      warnings.append(Warning("not-converged", "\(failures.counted("fit")) stopped above the tolerance"))
    }
    return warnings
  }

  private func picture(
    _ points: [Output.Point], _ best: Int, _ majority: Double, _ n: Int, _ isHeldOut: Bool
  ) -> LineChart {
    LineChart(
      title: "Accuracy by number of columns", xAxis: Axis("columns", scale: .logarithmic),
      yAxis: Axis("accuracy", domain: 0...1),
      curves: [
        LineChart.Curve(isHeldOut ? "test rows" : "train rows", points.map { .init(Double($0.k), $0.accuracy.value) }),
        LineChart.Curve("folds inside train", points.map { .init(Double($0.k), $0.foldAccuracy) }),
      ],
      bands: [
        LineChart.Band("95 % interval, Wilson", points.map { .init(Double($0.k), $0.accuracy.low, $0.accuracy.high) })
      ], choice: .init("chosen on folds", x: Double(points[best].k)), references: [ReferenceLine("majority", majority)],
      count: n, note: "columns ranked on the train rows of each fit")
  }
}

/// A ranking of columns as it is saved: `columns`, the best first, `separation` of each column, and `fittedRows`.
struct RankingModel: Codable, Sendable {
  static let kind = "ranking"

  let d: Int
  /// Of the table that was ranked.
  let rows: Int
  let digest: String
}
