import Linear
import PluginKit
import Statistics

/// What probes that are not linear read, fitted on the rows that the eraser was fitted on, where nothing linear is left,
/// and scored on rows that it has not seen.
struct NonlinearAudit: Encodable, Sendable {
  struct Threshold: Encodable, Sendable {
    /// The largest Youden index of the fresh rows over the fixed directions.
    let youden: Double
    let shuffledMean, shuffled95: Double
    let p: Double
    let directions: Int
  }

  let probes: [LeakScore]
  /// Of the classes' covariances on the widest components of the fitted rows.
  let wasserstein: Double
  let threshold: Threshold
  /// How many probes share the 5 % of false alarms.
  let family: Int

  var isLeak: Bool { probes.contains { $0.verdict == .above } }

  init(
    _ rows: AuditRows, randomFeatures: Int, networks: Int, shuffles: Int, seed: UInt64, workers: Workers,
    tell: (Int, Int, String) -> Void
  ) throws {
    let family: [any LeakProbe] = [
      QuadraticProbe(), NeighbourProbe(), RandomFeatureProbe(features: randomFeatures), NetworkProbe(seeds: networks),
      ThresholdProbe(),
    ]
    self.family = family.count
    let level = 1 - 0.05 / Double(family.count)
    probes = try family.enumerated().map { index, probe in
      tell(index, family.count + 1, "probe: \(probe.name)")
      return try Self.score(probe, rows, level: level, seed: seed, workers)
    }
    tell(family.count, family.count + 1, "thresholds")
    wasserstein =
      try rows.fits.first.map { fit in
        let own = try ScaledRows(
          fitted: fit.erased.rows(at: fit.fitted), scored: fit.erased.rows(at: []), before: Self.deviations(rows, fit))
        return try QuadraticProbe.distance(own.fitted, labels: rows.codes(fit.fitted), classes: rows.classes.count)
      } ?? 0
    threshold = try Self.threshold(rows, shuffles, seed, workers)
  }

  private static func deviations(_ rows: AuditRows, _ fit: AuditRows.Fit) throws(StatisticsError) -> [Double]? {
    fit.erased.columns == rows.columns
      ? try ColumnScaling(rows.features, rows: fit.fitted).deviation : nil
  }

  private static func score(
    _ probe: any LeakProbe, _ rows: AuditRows, level: Double, seed: UInt64, _ workers: Workers
  ) throws -> LeakScore {
    var truth: [Int] = []
    var predicted: [[Int]] = []
    var majorityRight = 0
    for fit in rows.fits {
      let labels = rows.codes(fit.fitted)
      let counts = try classCounts(labels, classes: rows.classes.count)
      let common = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
      let scaled = try ScaledRows(
        fitted: fit.erased.rows(at: fit.fitted), scored: fit.erased.rows(at: fit.scored),
        before: deviations(rows, fit))
      var found = try probe.predictions(
        scaled, labels: labels, weights: rows.weights(fit.fitted), seed: seed, workers: workers)
      if found.isEmpty { found = [[Int](repeating: common, count: fit.scored.count)] }
      if predicted.isEmpty { predicted = found.map { _ in [] } }
      for k in predicted.indices { predicted[k] += found[min(k, found.count - 1)] }
      for label in rows.codes(fit.scored) {
        truth.append(label)
        if label == common { majorityRight += 1 }
      }
    }
    return try LeakScore(
      probe: probe.name, fittedOn: "the eraser's rows", truth: truth, predicted: predicted,
      majorityRight: majorityRight, classes: rows.classes.count, isLopsided: rows.isLopsided, level: level,
      isPooled: rows.isRotation)
  }

  /// Directions are chosen without the scored rows: the probe before erasure, principal axes, random ones.
  private static func threshold(
    _ rows: AuditRows, _ count: Int, _ seed: UInt64, _ workers: Workers
  ) throws -> Threshold {
    var (value, shuffled, directions) = (0.0, [Double](repeating: 0, count: count), 0)
    let dealings = rows.shuffledLabels(count, seed: seed)
    for fit in rows.fits {
      let scaled = try ScaledRows(
        fitted: fit.erased.rows(at: fit.fitted), scored: fit.erased.rows(at: fit.scored), before: deviations(rows, fit))
      var probe = ThresholdProbe()
      if fit.erased.columns == rows.columns {
        let before = try LogisticRegression(tolerance: 1e-4, maximumIterations: 50).fit(
          rows.features.rows(at: fit.fitted), labels: rows.codes(fit.fitted), classes: rows.classes.count,
          workers: workers)
        probe.given = before.probe.weights
      }
      let chosen = try probe.directions(scaled.fitted, seed: seed)
      directions = chosen.rows
      let labels = rows.codes(fit.scored)
      let found = try ThresholdProbe.largest(
        scaled.scored, chosen, labels: labels, classes: rows.classes.count,
        shuffles: dealings.map { dealt in fit.scored.map { dealt[$0] } }, workers: workers)
      value += found.index
      for (k, own) in found.shuffled.enumerated() { shuffled[k] += own }
    }
    let fits = Double(rows.fits.count)
    let sorted = shuffled.map { $0 / fits }.sorted()
    let above = sorted.count { $0 >= value / fits }
    let place = min(max(0, count - 1), Int((0.95 * Double(count)).rounded(.up)))
    return Threshold(
      youden: value / fits, shuffledMean: sorted.reduce(0, +) / Double(max(1, count)),
      shuffled95: sorted.isEmpty ? 0 : sorted[place], p: Double(1 + above) / Double(1 + count), directions: directions)
  }
}
