import Linear
import Statistics

/// One direction for a concept of two classes, as papers find them (Tigges et al. 2023): of length 1, with class 1 on its
/// positive side on average.
enum DirectionFit: String, Sendable, Codable, CaseIterable {
  /// The mean of class 1 less that of class 0: it spans Σxz, so its removal guards the fitted rows.
  case meanDifference
  /// The first principal axis of the centred rows.
  case pca
  /// The first right singular vector of the rows as they are.
  case svd
  /// From the one to the other centroid of two clusters.
  case kmeans
  /// The weights of a logistic probe.
  case logistic
  case random

  /// Whether the removal of the direction leaves no linear trace on the fitted rows.
  var isGuarded: Bool { self == .meanDifference }

  /// The direction, d numbers.
  ///
  /// - Parameters:
  ///   - rows: the fitted rows; read by `kmeans` and `logistic` alone.
  ///   - moments: of the fitted rows beside one 0/1 column.
  /// - Throws: `StatisticsError.parameter` when there is none, `NumericError`, and what the fits throw.
  func direction(
    moments: Moments, labels: [Int], rows: () throws -> Matrix<Double>, seed: UInt64, workers: Workers = .serial
  ) throws -> [Double] {
    let d = moments.meanX.count
    var found: [Double]
    switch self {
    case .meanDifference: found = moments.scatterXZ.column(0)
    case .pca: found = try SymmetricEigen(moments.scatterXX, largest: 1).vectors.row(0)
    case .svd:
      var square = moments.scatterXX
      square.addOuterProduct(moments.meanX, moments.meanX, times: Double(moments.count))
      found = try SymmetricEigen(square.symmetrised, largest: 1).vectors.row(0)
    case .kmeans:
      let fit = try KMeans(k: 2, metric: .euclidean, restarts: 10, seed: seed).fit(rows(), workers: workers)
      found = fit.centroids.row(1)
      found.add(fit.centroids.row(0), times: -1)
    case .logistic:
      found = try LogisticRegression(standardize: false).fit(rows(), labels: labels, classes: 2, workers: workers)
        .probe.rawWeights.row(0)
    case .random:
      var numbers = RandomNumbers(seed: seed, step: "direction")
      found = (0..<d).map { _ in numbers.gaussian() }
    }
    guard let unit = found.unit else {
      throw StatisticsError.parameter(name: "the direction", expected: "longer than 0", found: "0 for \(rawValue)")
    }
    // Class 1 lies above on average.
    return moments.scatterXZ.column(0).dot(unit) < 0 ? unit.map { -$0 } : unit
  }

  /// x′ = x + ((x_flip − x)·v)·v: the rows with what they have along v taken from others.
  /// - Throws: `StatisticsError` for sizes that do not fit, or a v of length 0.
  static func patched(
    _ rows: Matrix<Double>, from others: Matrix<Double>, along direction: [Double]
  ) throws(StatisticsError) -> Matrix<Double> {
    guard rows.rows == others.rows, rows.columns == others.columns else {
      throw .lengthMismatch(what: "numbers in the rows to patch from", expected: rows.count, found: others.count)
    }
    guard direction.count == rows.columns else {
      throw .lengthMismatch(what: "numbers in the direction", expected: rows.columns, found: direction.count)
    }
    guard let unit = direction.unit else {
      throw .parameter(name: "the direction", expected: "longer than 0", found: "0")
    }
    var result = rows
    result.addOuterProduct(others.adding(rows, times: -1).times(unit), unit)
    return result
  }

  /// The share of what a predictor reads above chance that is lost: (before − after)/(before − chance); nil when it read
  /// nothing.
  static func lostAccuracy(before: Double, after: Double, chance: Double = 0.5) -> Double? {
    before > chance ? (before - after) / (before - chance) : nil
  }
}

extension [Double] {
  /// The vector at length 1; nil for zeros.
  var unit: [Double]? {
    let largest = reduce(0) { Swift.max($0, $1.magnitude) }
    guard largest > 0, largest.isFinite else { return nil }
    let safe = map { $0 / largest }
    let length = safe.norm
    return safe.map { $0 / length }
  }
}
