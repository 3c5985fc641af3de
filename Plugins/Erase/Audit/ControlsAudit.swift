import Linear
import PluginKit
import Statistics

/// The same measures for erasers that know nothing: random directions, and labels that were dealt out anew.
struct ControlsAudit: Encodable, Sendable {
  struct Random: Encodable, Sendable {
    struct Draw: Encodable, Sendable {
      let meanSquaredChangeRelative, canonicalCorrelation: Double
    }
    let rank: Int
    let draws: [Draw]
    let changeMean, changeDeviation: Double
    let correlationMean, correlationDeviation: Double
    /// The share of draws that change the rows less than the eraser does, and of those that leave less correlation.
    let changeQuantile, correlationQuantile: Double
  }

  struct Shuffled: Encodable, Sendable {
    /// Of an eraser that was fitted for shuffled labels.
    let meanSquaredChangeRelative, canonicalCorrelation: Double
  }

  let random: Random
  let shuffled: Shuffled

  init(
    _ rows: AuditRows, refit: AuditRefit, rank: Int, draws: Int, change: Double, correlation: Double, seed: UInt64,
    workers: Workers
  ) throws {
    let fit = rows.fits[0]
    let fresh = fit.fresh
    let part = rows.features.rows(at: fresh)
    let concept = try RowBasis.concept(rows.concept(fresh))
    let mean = try ColumnScaling(rows.features, rows: fit.fitted).mean
    let single = rows.isSingle
    @Sendable func measure(_ eraser: Eraser) throws -> Random.Draw {
      let change = try eraser.meanSquaredChange(part)
      let basis = try RowBasis(eraser.erased(part), before: part, single: single)
      return Random.Draw(
        meanSquaredChangeRelative: change.variance > 0 ? change.change / change.variance : 0,
        canonicalCorrelation: try basis.correlation(concept))
    }
    let rank = min(rank, rows.columns)
    let found = try workers.map(draws) {
      try measure(RandomProjection.eraser(rank: rank, mean: mean, seed: seed, index: $0))
    }
    let (changes, left) = (found.map(\.meanSquaredChangeRelative), found.map(\.canonicalCorrelation))
    random = Random(
      rank: rank, draws: found, changeMean: Self.mean(changes), changeDeviation: Self.deviation(changes),
      correlationMean: Self.mean(left), correlationDeviation: Self.deviation(left),
      changeQuantile: Self.share(changes) { $0 < change }, correlationQuantile: Self.share(left) { $0 < correlation })
    var labels = rows.labels
    let order = Resampling.shuffles(fit.fitted.count, groups: nil, count: 1, seed: seed)[0]
    for (place, row) in fit.fitted.enumerated() { labels[row] = rows.labels[fit.fitted[order[place]]] }
    let other = try measure(
      refit.eraser(rows.features, fit.fitted, labels: labels, classes: rows.classes.count, workers: workers))
    shuffled = Shuffled(
      meanSquaredChangeRelative: other.meanSquaredChangeRelative, canonicalCorrelation: other.canonicalCorrelation)
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

  private static func deviation(_ values: [Double]) -> Double {
    let mean = mean(values)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))).squareRoot()
  }

  private static func share(_ values: [Double], _ isBelow: (Double) -> Bool) -> Double {
    Double(values.count(where: isBelow)) / Double(max(1, values.count))
  }
}

/// What is left and what it costs when only the strongest directions of a linear eraser are taken out.
struct RanksAudit: Encodable, Sendable {
  struct Point: Encodable, Sendable {
    let rank: Int
    let accuracy: Estimate
    let canonicalCorrelation: Double
    let meanSquaredChangeRelative: Double
  }

  let points: [Point]
  /// The smallest rank whose accuracy is at most one standard error above that of the full rank.
  let knee: Int
  let majority: Double

  private static let mostPoints = 9

  /// Nil for erasers without directions that may be taken one by one.
  init?(_ rows: AuditRows, workers: Workers) throws {
    let erasers = rows.fits.compactMap(\.eraser)
    guard erasers.count == rows.fits.count, let full = erasers.map(\.rank).max(), full > 0,
      erasers.allSatisfy({ InspectEraser.idempotence($0) < 1e-6 })
    else { return nil }
    let ranks =
      full < Self.mostPoints
      ? Array(0...full) : (0..<Self.mostPoints).map { $0 * full / (Self.mostPoints - 1) }
    var (points, majority) = ([Point](), 0.0)
    for rank in ranks {
      var (right, n, common, left, change, variance) = (0, 0, 0, 0.0, 0.0, 0.0)
      for (fit, eraser) in zip(rows.fits, erasers) {
        let part = try eraser.first(rank)
        let erased = try part.erased(rows.features, workers: workers)
        for fold in fit.folds {
          let own = rows.codes(fold.train)
          let counts = try classCounts(own, classes: rows.classes.count)
          let found = try HeldOutAudit.logProbabilities(erased, own, rows.classes.count, fold, C: 1, workers)
          let most = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
          for (guess, truth) in zip(found.largestColumns(), rows.codes(fold.test)) {
            right += guess == truth ? 1 : 0
            common += truth == most ? 1 : 0
            n += 1
          }
        }
        let fresh = fit.fresh
        let before = rows.features.rows(at: fresh)
        left += try RowBasis(erased.rows(at: fresh), before: before, single: rows.isSingle)
          .correlation(RowBasis.concept(rows.concept(fresh)))
        let own = try part.meanSquaredChange(before)
        (change, variance) = (change + own.change, variance + own.variance)
      }
      majority = Double(common) / Double(max(1, n))
      points.append(
        Point(
          rank: rank, accuracy: try Proportion.wilson(right: right, of: n),
          canonicalCorrelation: left / Double(rows.fits.count),
          meanSquaredChangeRelative: variance > 0 ? change / variance : 0))
    }
    self.points = points
    self.majority = majority
    let last = points[points.count - 1].accuracy
    let error = (last.value * (1 - last.value) / Double(max(1, last.n))).squareRoot()
    knee = points.first { $0.accuracy.value <= last.value + error }?.rank ?? full
  }
}

extension Eraser {
  /// The first directions alone.
  fileprivate func first(_ count: Int) throws(StatisticsError) -> Eraser {
    let kept = min(count, rank)
    return try Eraser(
      left: left.columns(0..<kept), right: right.rows(0..<kept), mean: mean, offsets: Array(offsets.prefix(kept)),
      spread: Array(spread.prefix(kept)))
  }
}

/// What erasure does to other concepts of the same rows.
struct SideEffect: Encodable, Sendable {
  let concept: Int
  let classes: [String]
  let before, after: Estimate
  let majority: Double
  /// The largest cosine between the directions of the two concepts, the spans of their cross-covariances.
  let cosine: Double

  init?(_ rows: AuditRows, _ index: Int, _ labels: Labels, workers: Workers) throws {
    guard let task = try TaskPredictions(rows, labels, workers: workers) else { return nil }
    concept = index
    classes = labels.classes
    func estimate(_ predicted: [Int]) throws -> Estimate {
      try Proportion.wilson(right: zip(task.truth, predicted).count { $0 == $1 }, of: task.truth.count)
    }
    (before, after) = (try estimate(task.before), try estimate(task.after))
    majority = Double(task.majorityRight) / Double(task.truth.count)
    let fitted = rows.fits[0].fitted.filter { labels.codes[$0] >= 0 }
    let part = rows.features.rows(at: fitted)
    let coding = ConceptCoding.classes(max(1, labels.classes.count))
    let spans = try [
      CrossMoments(part, rows.concept(fitted)), CrossMoments(part, coding.columns(of: fitted.map { labels.codes[$0] })),
    ].map { moments -> Matrix<Double> in
      let parts = try SVD(moments.scatterXZ)
      let kept = parts.singularValues.prefix { $0 > 1e-10 * (parts.singularValues.first ?? 0) && $0 > 0 }.count
      return parts.u.columns(0..<kept)
    }
    cosine =
      spans.contains { $0.columns == 0 } ? 0 : min(1, try SVD(spans[0].transposedTimes(spans[1])).singularValues[0])
  }
}

/// A saved eraser on rows that came later.
struct DriftAudit: Encodable, Sendable {
  let rows: Int
  /// The largest difference of a column's mean from that of the fitted rows, in their deviations, and which column.
  let largestShift: Double
  let column: Int
  let rootMeanSquareShift: Double
  /// Of the erased new rows with their labels, beside labels dealt out anew; absent without labels.
  let canonicalCorrelation: HeldOutAudit.Correlation?
  /// Whether more is left there than of the held-out rows.
  let isAbove: Bool

  init(
    _ audit: AuditRows, erasure: (Matrix<Double>, [Int]?) throws -> Matrix<Double>, features: Matrix<Double>,
    labels: [Int]?, heldOut: HeldOutAudit.Correlation, shuffles: Int, seed: UInt64, workers: Workers
  ) throws {
    let fitted = try ColumnScaling(audit.features, rows: audit.fits[0].fitted)
    let fresh = try ColumnScaling(features)
    let shifts = fitted.mean.indices.map { (fresh.mean[$0] - fitted.mean[$0]).magnitude / fitted.scale[$0] }
    rows = features.rows
    column = shifts.indices.max { (shifts[$0], -$0) < (shifts[$1], -$1) } ?? 0
    largestShift = shifts.isEmpty ? 0 : shifts[column]
    rootMeanSquareShift = (shifts.reduce(0) { $0 + $1 * $1 } / Double(max(1, shifts.count))).squareRoot()
    guard let labels else {
      (canonicalCorrelation, isAbove) = (nil, false)
      return
    }
    let basis = try RowBasis(erasure(features, labels), before: features, single: audit.isSingle)
    let concept = try RowBasis.concept(ConceptCoding.classes(max(1, audit.classes.count)).columns(of: labels))
    let value = try basis.correlation(concept)
    let orders = Resampling.shuffles(labels.count, groups: nil, count: shuffles, seed: seed)
    let found = try workers.map(shuffles) { try basis.correlation(concept.rows(at: orders[$0])) }.sorted()
    let place = min(max(0, shuffles - 1), Int((0.95 * Double(shuffles)).rounded(.up)))
    let own = HeldOutAudit.Correlation(
      value: value, shuffledMean: found.reduce(0, +) / Double(max(1, shuffles)),
      shuffled95: found.isEmpty ? 0 : found[place], p: Double(1 + found.count { $0 >= value }) / Double(1 + shuffles),
      shuffles: shuffles, n: labels.count)
    canonicalCorrelation = own
    isAbove = own.p < 0.05 && own.value > heldOut.value
  }
}
