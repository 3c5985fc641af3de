import Linear
import PluginKit
import Statistics

/// Pairs of rows of a table, such as the words king and queen.
enum WordPairs {
  struct Pair: Sendable, Equatable {
    let base: Int
    let target: Int
  }

  /// - Throws: `MethodError.invalidParameter` for a pair that is not two rows of the table, or a concept without pairs.
  static func checked(_ lists: [[[Int]]], rows: Int, pointer: String) throws -> [[Pair]] {
    try lists.enumerated().map { index, list in
      guard !list.isEmpty else {
        throw MethodError.invalidParameter(pointer: "\(pointer)/\(index)", expected: "at least one pair of rows")
      }
      return try list.enumerated().map { place, pair in
        guard pair.count == 2, pair.allSatisfy({ $0 >= 0 && $0 < rows }) else {
          throw MethodError.invalidParameter(
            pointer: "\(pointer)/\(index)/\(place)", expected: "two row numbers below \(rows), found \(pair)")
        }
        return Pair(base: pair[0], target: pair[1])
      }
    }
  }
}

/// A table in the coordinates in which its covariance is the identity: g = γ·Cov^−½, without centring, so that the
/// Euclidean product of g is xᵀ·Cov⁻¹·y of γ.
struct CausalSpace: Sendable {
  /// g, V × d.
  let rows: Matrix<Double>
  /// Directions whose variance was raised to the floor.
  let floored: Int

  /// - Parameter floor: the least eigenvalue, as a share of the largest. The paper's code has none and divides by what
  ///   rounding leaves where rows are fewer than columns.
  /// - Throws: `StatisticsError` for rows that are all equal; `NumericError`.
  init(_ table: Matrix<Double>, floor: Double, workers: Workers) throws {
    guard table.rows > 1 else { throw StatisticsError.empty("two rows to take a covariance of") }
    let axes = try SymmetricEigen(Moments(table, workers: workers).covariance(less: 0))
    guard let largest = axes.values.first, largest > 0 else {
      throw StatisticsError.parameter(name: "rows of the table", expected: "different", found: "all equal")
    }
    let least = floor * largest
    floored = axes.values.count { $0 < least }
    var scaled = axes.vectors
    scaled.scaleRows(by: axes.values.map { 1 / max($0, least).squareRoot() })
    rows = table.times(scaled.transposedTimes(axes.vectors))
  }

  func difference(_ pair: WordPairs.Pair) -> [Double] { Self.difference(pair, in: rows) }

  func meanDifference(_ pairs: [WordPairs.Pair]) -> [Double] { Self.meanDifference(pairs, in: rows) }

  /// For each concept the mean of its pairs' differences, of length 1; zeros where they cancel.
  func directions(_ concepts: [[WordPairs.Pair]]) -> Matrix<Double> { Self.directions(concepts, in: rows) }

  /// Each pair's difference along the direction of the other pairs; nil where these make none.
  func leaveOneOut(_ pairs: [WordPairs.Pair]) -> [Double?] {
    pairs.indices.map { index in
      var others = pairs
      others.remove(at: index)
      guard !others.isEmpty else { return nil }
      let direction = Self.directions([others], in: rows).row(0)
      return direction.norm > 0 ? difference(pairs[index]).dot(direction) : nil
    }
  }

  static func directions(_ concepts: [[WordPairs.Pair]], in table: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix(concepts.map { meanDifference($0, in: table) })
    result.normaliseRows()
    return result
  }

  private static func difference(_ pair: WordPairs.Pair, in table: Matrix<Double>) -> [Double] {
    var result = table.row(pair.target)
    result.add(table.row(pair.base), times: -1)
    return result
  }

  private static func meanDifference(_ pairs: [WordPairs.Pair], in table: Matrix<Double>) -> [Double] {
    var sum = [Double](repeating: 0, count: table.columns)
    for pair in pairs { sum.add(difference(pair, in: table)) }
    sum.scale(by: 1 / Double(max(1, pairs.count)))
    return sum
  }

  /// Between rows; NaN for a row of zeros, which has none.
  static func cosines(_ rows: Matrix<Double>) -> Matrix<Double> {
    var unit = rows
    unit.normaliseRows()
    var result = unit.outerGram()
    for i in 0..<result.rows {
      if unit.row(i).norm == 0 {
        for j in 0..<result.rows { (result[i, j], result[j, i]) = (.nan, .nan) }
      } else {
        result[i, i] = 1
      }
    }
    return result
  }
}
