import Linear
import PluginKit
import Statistics

/// How a made concept lies in the features.
enum ConceptFamily: String, Decodable, Sendable {
  /// Class means in random directions, one covariance: what a linear probe is made for.
  case gaussian
  /// The same at a rare class.
  case imbalanced
  /// The same on columns whose deviations run from 1e-6 to 1e6.
  case scaled
  /// The same within a space of d/4 directions.
  case lowRank
  /// Labels that the features say nothing about.
  case noise
  /// Noise, with each item several times, nearly alike.
  case copies
  /// The sign of a product of two columns: no linear trace.
  case xor
  /// A linear and a product part.
  case mix
  /// Equal means, different spread: no linear trace.
  case variance

  struct Made {
    var features: Matrix<Double>
    var labels: [Int]
    var classes = 2
    var groups: [Int]?
    /// Rows that span what linearly tells the classes apart.
    var direction: Matrix<Double>?
    /// Of the best possible classifier, where it has a closed form.
    var bestAccuracy: Double?
  }

  var isLinear: Bool {
    switch self {
    case .gaussian, .imbalanced, .scaled, .lowRank, .mix: true
    case .noise, .copies, .xor, .variance: false
    }
  }

  func make(_ parameters: SyntheticRows.Parameters, _ numbers: inout RandomNumbers) throws -> Made {
    let (n, d) = (parameters.n, parameters.d)
    guard n >= parameters.classes else {
      throw MethodError.invalidParameter(pointer: "/n", expected: "at least one row a class")
    }
    switch self {
    case .gaussian, .imbalanced, .scaled, .lowRank: return try shifted(parameters, &numbers)
    case .noise:
      return Made(
        features: numbers.gaussians(rows: n, columns: d), labels: drawn(n, parameters, &numbers),
        classes: parameters.classes, bestAccuracy: 1 / Double(parameters.classes))
    case .copies:
      let items = max(1, n / parameters.copies)
      let centres: Matrix<Double> = numbers.gaussians(rows: items, columns: d)
      let classes = drawn(items, parameters, &numbers)
      var features: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
      features.scale(by: 0.1)
      let groups = (0..<n).map { $0 % items }
      for i in 0..<n {
        for j in 0..<d { features[i, j] += centres[groups[i], j] }
      }
      return Made(
        features: features, labels: groups.map { classes[$0] }, classes: parameters.classes, groups: groups,
        bestAccuracy: 1 / Double(parameters.classes))
    case .xor, .mix:
      try check(parameters, columns: 2)
      var features: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
      let labels = (0..<n).map { features[$0, 0] * features[$0, 1] > 0 ? 1 : 0 }
      guard self == .mix else { return Made(features: features, labels: labels, bestAccuracy: 1) }
      for i in 0..<n { features[i, d - 1] += parameters.distance * (labels[i] == 1 ? 0.5 : -0.5) }
      var direction = Matrix<Double>.zeros(1, d)
      direction[0, d - 1] = 1
      return Made(features: features, labels: labels, direction: direction, bestAccuracy: d > 2 ? 1 : nil)
    case .variance:
      try check(parameters, columns: 1)
      var features: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
      let labels = drawn(n, parameters, &numbers)
      for i in 0..<n where labels[i] == 1 { features[i, 0] *= 1 + parameters.distance }
      return Made(features: features, labels: labels)
    }
  }

  private func check(_ parameters: SyntheticRows.Parameters, columns: Int) throws {
    guard parameters.classes == 2, parameters.d >= columns else {
      throw MethodError.invalidParameter(
        pointer: parameters.classes == 2 ? "/d" : "/classes",
        expected: parameters.classes == 2 ? "at least \(columns) columns" : "2 for the family \(rawValue)")
    }
  }

  /// The first rows are of classes 0, 1, 2 …, so that each is there.
  private func drawn(_ n: Int, _ parameters: SyntheticRows.Parameters, _ numbers: inout RandomNumbers) -> [Int] {
    let share = parameters.share ?? (self == .imbalanced ? 0.04 : nil)
    return (0..<n).map { i in
      let draw = numbers.unit()
      if i < parameters.classes { return i }
      if let share, parameters.classes == 2 { return draw < share ? 1 : 0 }
      return min(parameters.classes - 1, Int(draw * Double(parameters.classes)))
    }
  }

  /// Unit noise about class means: two classes stand `distance` apart.
  private func shifted(_ parameters: SyntheticRows.Parameters, _ numbers: inout RandomNumbers) throws -> Made {
    let (n, d, classes) = (parameters.n, parameters.d, parameters.classes)
    let inner = self == .lowRank ? max(1, d / 4) : d
    let labels = drawn(n, parameters, &numbers)
    var means: Matrix<Double> = numbers.gaussians(rows: classes == 2 ? 1 : classes, columns: inner)
    for c in 0..<means.rows {
      means.withMutableRow(c) { row in
        var square = 0.0
        for value in row { square += value * value }
        for j in 0..<row.count { row[j] *= parameters.distance / square.squareRoot() }
      }
    }
    var features: Matrix<Double> = numbers.gaussians(rows: n, columns: inner)
    for i in 0..<n {
      for j in 0..<inner {
        features[i, j] += classes == 2 ? (labels[i] == 1 ? 0.5 : -0.5) * means[0, j] : means[labels[i], j]
      }
    }
    var direction: Matrix<Double>? = means
    if self == .lowRank {
      let spread: Matrix<Double> = numbers.gaussians(rows: inner, columns: d)
      features = features.times(spread)
      direction = nil
    }
    if self == .scaled {
      let scales = (0..<d).map { (-6 + 12 * Double($0) / Double(max(1, d - 1))).powerOf10 }
      features.scaleColumns(by: scales)
      // What tells apart is the inverse of what moves.
      direction?.scaleColumns(by: scales.map { 1 / $0 })
    }
    let isEven = classes == 2 && parameters.share == nil && self != .imbalanced
    return Made(
      features: features, labels: labels, classes: classes, direction: direction,
      bestAccuracy: isEven ? Normal.probability(parameters.distance / 2) : nil)
  }
}
