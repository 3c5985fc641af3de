import Linear
import PluginKit
import Statistics

import func Glibc.log

/// What a fresh linear probe and the canonical correlation read from rows that no eraser has seen.
struct HeldOutAudit: Encodable, Sendable {
  struct Correlation: Encodable, Sendable {
    /// The largest canonical correlation of the fresh rows and the concept.
    let value: Double
    /// The same of labels that were dealt out anew: its mean, and what one in twenty is above.
    let shuffledMean, shuffled95: Double
    let p: Double
    let shuffles: Int
    let n: Int
  }

  /// At C = 1, and without a penalty to speak of: the first alone is no certificate.
  let probes: [LeakScore]
  let canonicalCorrelation: Correlation
  /// The part of the correlation beyond that of shuffled labels.
  let leftover: Double
  /// About √(d/n), what is expected of an eraser that was fitted on so few rows.
  let expectedLeftover: Double
  let asExpected: Bool
  /// e of the test for equivalence, and whether the probes' gain over the majority is below it at 95 %.
  let e: Double
  let equivalent: Bool
  /// The least gain over the majority that so many rows show with 80 % power at the 5 % level.
  let detectable: Double

  /// Whether any of the three finds more than chance, each at a third of 5 %.
  var isLeft: Bool {
    probes.contains { $0.verdict == .above } || canonicalCorrelation.p < Self.share
  }
  var isBelowChance: Bool { probes.contains { $0.verdict == .below } }

  private static let share = 0.05 / 3

  init(_ rows: AuditRows, e: Double, shuffles: Int, seed: UInt64, workers: Workers) throws {
    self.e = e
    probes = try [1, 1e6].map { try Self.probe(rows, C: $0, seed: seed, workers) }
    canonicalCorrelation = try Self.correlation(rows, shuffles, seed, workers)
    let (value, chance) = (canonicalCorrelation.value, canonicalCorrelation.shuffledMean)
    leftover = (max(0, value * value - chance * chance) / max(1e-12, 1 - chance * chance)).squareRoot()
    let d = try rows.fits.first.map { try Self.rank(rows.features.rows(at: $0.fitted)) } ?? rows.columns
    expectedLeftover = min(1, (Double(d) / Double(max(1, rows.fittedCount))).squareRoot())
    // Half as much again: a leftover is itself known to about 1/√n of the fresh rows.
    let slack = 2 / Double(canonicalCorrelation.n).squareRoot()
    asExpected = leftover <= max(1.5 * expectedLeftover, expectedLeftover + slack)
    equivalent = try probes.allSatisfy { probe in
      // Pooled folds count half, as in the verdicts.
      let half = max(1, probe.accuracy.n / 2)
      let right = min(half, Int((probe.accuracy.value * Double(half)).rounded()))
      return try Proportion.wilson(right: right, of: half, level: 0.9).high - probe.majority < e
    }
    let share = rows.majorityShare
    detectable = 2.8 * (share * (1 - share) / Double(max(1, rows.scored.count))).squareRoot()
  }

  /// Directions in which rows vary.
  private static func rank(_ rows: Matrix<Double>) throws -> Int {
    let scaling = try ColumnScaling(rows)
    return min(scaling.isConstant.count { !$0 }, rows.rows - 1)
  }

  private static func probe(_ rows: AuditRows, C: Double, seed: UInt64, _ workers: Workers) throws -> LeakScore {
    var (truth, predicted, losses, gains) = ([Int](), [Int](), [Double](), [Double]())
    var majorityRight = 0
    for fit in rows.fits {
      for fold in fit.folds {
        let own = rows.codes(fold.train)
        let found = try Self.logProbabilities(fit.erased, own, rows.classes.count, fold, C: C, workers)
        let counts = try classCounts(own, classes: rows.classes.count)
        let common = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
        predicted += found.largestColumns()
        for (i, label) in rows.codes(fold.test).enumerated() {
          truth.append(label)
          if label == common { majorityRight += 1 }
          losses.append(-found[i, label])
          let share = Double(counts[label]) / Double(own.count)
          gains.append((found[i, label] - log(share)) / log(2))
        }
      }
    }
    return try LeakScore(
      probe: C == 1 ? "linear, C = 1" : "linear, no penalty", fittedOn: "fresh rows", truth: truth,
      predicted: [predicted], majorityRight: majorityRight, classes: rows.classes.count, isLopsided: rows.isLopsided,
      level: 1 - share, isPooled: true, logLoss: fixedSum(losses) / Double(losses.count),
      informationBits: Resampling.mean(gains, seed: seed))
  }

  /// ln p of each class for the test rows of a fold, by a probe of its train rows.
  static func logProbabilities(
    _ erased: Matrix<Double>, _ labels: [Int], _ classes: Int, _ fold: Split, C: Double, _ workers: Workers
  ) throws -> Matrix<Double> {
    let fit = try LogisticRegression(C: C, tolerance: 1e-5, maximumIterations: 100)
      .fit(erased.rows(at: fold.train), labels: labels, classes: classes, workers: workers)
    return try fit.probe.logProbabilities(erased.rows(at: fold.test))
  }

  private static func correlation(
    _ rows: AuditRows, _ count: Int, _ seed: UInt64, _ workers: Workers
  ) throws -> Correlation {
    var (value, shuffled) = (0.0, [Double](repeating: 0, count: count))
    var n = 0
    let dealings = rows.shuffledLabels(count, seed: seed)
    let coding = ConceptCoding.classes(max(1, rows.classes.count))
    for fit in rows.fits {
      let fresh = fit.fresh
      n = fresh.count
      let basis = try RowBasis(fit.erased.rows(at: fresh), before: rows.features.rows(at: fresh), single: rows.isSingle)
      value += try basis.correlation(RowBasis.concept(rows.concept(fresh)))
      let found = try workers.map(count) { index in
        let labels = dealings[index]
        return try basis.correlation(RowBasis.concept(coding.columns(of: fresh.map { labels[$0] })))
      }
      for (k, own) in found.enumerated() { shuffled[k] += own }
    }
    let fits = Double(rows.fits.count)
    let scaled = shuffled.map { $0 / fits }.sorted()
    value /= fits
    let above = scaled.count { $0 >= value }
    let place = min(max(0, count - 1), Int((0.95 * Double(count)).rounded(.up)))
    return Correlation(
      value: value, shuffledMean: scaled.reduce(0, +) / Double(max(1, count)),
      shuffled95: scaled.isEmpty ? 0 : scaled[place], p: Double(1 + above) / Double(1 + count), shuffles: count, n: n)
  }
}

/// An orthonormal basis of centred rows, without directions that hold only rounding.
struct RowBasis: Sendable {
  private let basis: Matrix<Double>

  /// - Parameter before: the same rows before erasure, whose deviations are the units.
  init(_ rows: Matrix<Double>, before: Matrix<Double>, single: Bool) throws {
    let scaling = try ColumnScaling(before)
    let sameSpace = before.columns == rows.columns
    let own = sameSpace ? scaling : try ColumnScaling(rows)
    let unit = single ? 0x1p-23 : 0x1p-52
    let far = zip(scaling.mean, scaling.scale).reduce(0) { max($0, ($1.0 / $1.1).magnitude) }
    let cut = min(0.1, max(single ? 1e-4 : 1e-8, 10 * unit * far))
    basis = try Self.basis(rows, scale: own.scale, cut: cut)
  }

  /// The same of concept columns.
  static func concept(_ columns: Matrix<Double>) throws -> Matrix<Double> {
    try basis(columns, scale: [Double](repeating: 1, count: columns.columns), cut: 1e-8)
  }

  /// The largest canonical correlation with the orthonormal columns of a concept.
  func correlation(_ concept: Matrix<Double>) throws -> Double {
    guard basis.columns > 0, concept.columns > 0 else { return 0 }
    return min(1, try SVD(basis.transposedTimes(concept)).singularValues.first ?? 0)
  }

  private static func basis(_ rows: Matrix<Double>, scale: [Double], cut: Double) throws -> Matrix<Double> {
    var centred = rows
    centred.subtractFromRows(try ColumnScaling(rows).mean)
    centred.scaleColumns(by: scale.map { 1 / $0 })
    let parts = try SVD(centred)
    let kept = parts.singularValues.prefix { $0 > cut * (parts.singularValues.first ?? 0) && $0 > 0 }.count
    return parts.u.columns(0..<kept)
  }
}
