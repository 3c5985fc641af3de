import Linear
import PluginKit
import Statistics

/// What an audit looks at: rows before and after erasure, which of them the eraser has seen, and which are scored.
struct AuditRows: Sendable {
  /// One eraser with the rows that it was fitted on, and the rows that it has not seen.
  struct Fit: Sendable {
    /// Rows that the eraser was fitted on.
    let fitted: [Int]
    /// Rows that it has not seen and that are scored under this fit, each row of the audit once over all fits.
    let scored: [Int]
    /// Disjoint pairs of rows that the eraser has not seen: a fresh probe is fitted on the one and scored on the other.
    let folds: [Split]
    /// All rows of the table, erased where they take part.
    let erased: Matrix<Double>
    /// The linear map, where there is one.
    let eraser: Eraser?

    /// All rows that the eraser has not seen.
    var fresh: [Int] { Set(folds.flatMap { $0.train + $0.test }).sorted() }
  }

  let features: Matrix<Double>
  let rowIDs: [String]?
  /// The class of each row of the table; −1 for those that take no part.
  let labels: [Int]
  let classes: [String]
  let groups: [Int]?
  let fits: [Fit]
  /// Whether erasers were fitted here, in rotation.
  let isRotation: Bool
  let isSingle: Bool

  var columns: Int { features.columns }
  /// Rows that are scored, each once.
  var scored: [Int] { fits.flatMap(\.scored) }
  /// Rows that each eraser was fitted on.
  var fittedCount: Int { fits.first?.fitted.count ?? 0 }

  func codes(_ rows: [Int]) -> [Int] { rows.map { labels[$0] } }

  /// The concept columns of some rows.
  func concept(_ rows: [Int]) throws(StatisticsError) -> Matrix<Double> {
    try ConceptCoding.classes(max(1, classes.count)).columns(of: codes(rows))
  }

  /// Labels of the table with those of the rows that some eraser has not seen dealt out anew, within groups where there
  /// are some: one dealing for all fits, which share rows.
  func shuffledLabels(_ count: Int, seed: UInt64) -> [[Int]] {
    let pool = Set(fits.flatMap(\.fresh)).sorted()
    let orders = Resampling.shuffles(
      pool.count, groups: groups.map { groups in pool.map { groups[$0] } }, count: count, seed: seed)
    return orders.map { order in
      var result = labels
      for (place, row) in pool.enumerated() { result[row] = labels[pool[order[place]]] }
      return result
    }
  }

  /// The share of the scored rows that are of the commonest class.
  var majorityShare: Double {
    let counts = (0..<classes.count).map { c in scored.count { labels[$0] == c } }
    return Double(counts.max() ?? 0) / Double(max(1, scored.count))
  }

  /// Above this share accuracy says little, and the mean recall takes its place.
  var isLopsided: Bool { majorityShare > 0.6 }

  /// Weights of the classes for probes: 1, or n/(K·n_c) where one class has most rows.
  func weights(_ rows: [Int]) -> [Double] {
    guard isLopsided else { return classes.map { _ in 1 } }
    return classes.indices.map { c in
      let count = rows.count { labels[$0] == c }
      return Double(rows.count) / Double(classes.count * max(1, count))
    }
  }
}

/// How an audit fits erasers of its own: for rotation, and for labels that are dealt out anew.
struct AuditRefit: Sendable {
  enum By: String, Codable, Sendable { case leace, orth, mean }

  var by: By
  var rtol: Double?
  var shrinkage = 0.0
  var affine = true
  var isSingle = false

  /// The eraser of some rows for some labels, −1 where a row has none.
  /// - Throws: as the fits.
  func eraser(_ features: Matrix<Double>, _ rows: [Int], labels: [Int], classes: Int, workers: Workers) throws -> Eraser
  {
    let coding = ConceptCoding.classes(max(1, classes))
    let part = features.rows(at: rows)
    let concept = try coding.columns(of: rows.map { labels[$0] })
    switch by {
    case .leace:
      var settings = isSingle ? LEACE.single : LEACE()
      if let rtol { settings.tolerance = rtol }
      settings.shrinkage = shrinkage
      settings.affine = affine
      return try settings.fit(part, concept, workers: workers).eraser
    case .orth, .mean:
      let moments = try CrossMoments(part, concept, workers: workers)
      return try OrthogonalErasure(directions: by == .orth ? .covariance : .classMeans, affine: affine)
        .fit(moments, coding: coding).eraser
    }
  }
}

extension AuditRows {
  /// Folds at most; fewer where a class has few rows.
  private static let mostFolds = 5

  /// - Parameters:
  ///   - erasure: applied to all rows that take part.
  ///   - heldOut: rows that it has not seen.
  init(
    _ table: AuditTable, erased: Matrix<Double>, eraser: Eraser?, fitted: [Int], heldOut: [Int], seed: UInt64
  ) throws {
    self.init(
      table,
      fits: [
        Fit(
          fitted: fitted, scored: heldOut, folds: try Self.folds(table, heldOut, Self.mostFolds, seed), erased: erased,
          eraser: eraser)
      ], isRotation: false)
  }

  /// Erasers fitted in rotation: two fifths of the rows for each, two for the probe, one to be scored.
  init(_ table: AuditTable, refit: AuditRefit, rows: [Int], seed: UInt64, workers: Workers) throws {
    let parts = try Self.folds(table, rows, Self.mostFolds, seed).map(\.test)
    guard parts.count == Self.mostFolds else {
      throw StatisticsError.empty("\(Self.mostFolds) rows of each class, one for each part of the rotation")
    }
    let fits = try parts.indices.map { f in
      let fitted = (parts[(f + 1) % 5] + parts[(f + 2) % 5]).sorted()
      let fresh = (parts[(f + 3) % 5] + parts[(f + 4) % 5]).sorted()
      let eraser = try refit.eraser(
        table.features, fitted, labels: table.labels, classes: table.classes.count, workers: workers)
      return Fit(
        fitted: fitted, scored: parts[f],
        folds: [try Split(train: fresh, test: parts[f], rows: table.features.rows)],
        erased: try eraser.erased(table.features, workers: workers), eraser: eraser)
    }
    self.init(table, fits: fits, isRotation: true)
  }

  private init(_ table: AuditTable, fits: [Fit], isRotation: Bool) {
    self.init(
      features: table.features, rowIDs: table.rowIDs, labels: table.labels, classes: table.classes,
      groups: table.groups, fits: fits, isRotation: isRotation, isSingle: table.isSingle)
  }

  /// Folds of some rows of the table, in its numbers.
  private static func folds(_ table: AuditTable, _ rows: [Int], _ most: Int, _ seed: UInt64) throws -> [Split] {
    let labels = rows.map { table.labels[$0] }
    let counts = (0..<table.classes.count).map { c in labels.count { $0 == c } }
    let groups = table.groups.map { groups in rows.map { groups[$0] } }
    let count = min(most, min(counts.min() ?? 0, groups.map { Set($0).count } ?? most))
    guard count >= 2 else {
      let few = counts.firstIndex { $0 < 2 } ?? 0
      throw StatisticsError.classMissing(
        label: few, in: "rows that the eraser has not seen often enough (two are needed)")
    }
    return try Split.folds(count, rows: rows.count, labels: labels, groups: groups, seed: seed).map {
      try Split(
        train: $0.train.map { rows[$0] }.sorted(), test: $0.test.map { rows[$0] }.sorted(), rows: table.labels.count)
    }
  }
}

/// The inputs of an audit, before it is known what the eraser has seen.
struct AuditTable: Sendable {
  let features: Matrix<Double>
  let rowIDs: [String]?
  let labels: [Int]
  let classes: [String]
  let groups: [Int]?
  let isSingle: Bool
}
