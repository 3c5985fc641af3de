import Linear
import Statistics

/// What is linearly readable of a concept in rows before and after erasure, on the rows themselves.
///
/// Columns are divided by their deviation before, and directions of the erased rows in which less is left than rounding
/// of storage makes are cut: without that, the noise in a wiped direction is "correlated" with the concept.
struct Certificate: Sendable, Equatable {
  /// The largest canonical correlation.
  let before: Double
  let after: Double
  /// Directions of the erased rows that were cut as rounding, beyond those in which the rows did not vary before.
  let cut: Int
  /// Directions in which the rows vary before.
  let rankBefore: Int
  /// Singular values at or below this share of the largest were cut.
  let threshold: Double
  /// The largest difference of class means from the mean of all, in deviations before, and the column that has it; for a
  /// concept of numbers the largest correlation of a column.
  let worst: Double
  let worstColumn: Int

  /// - Parameters:
  ///   - before, after: n × d and n × d′; the cut is by the units of `before` where the spaces are one.
  ///   - single: whether the rows are stored in 32 bits.
  /// - Throws: `StatisticsError`, `NumericError`.
  init(
    before: Matrix<Double>, after: Matrix<Double>, concept: Matrix<Double>, single: Bool, workers: Workers = .serial
  ) throws {
    let scaling = try ColumnScaling(before)
    // The storage's own rounding, in deviations: that of the largest mean, and no less than that of the sums.
    let unit = single ? 0x1p-23 : 0x1p-52
    let far = zip(scaling.mean, scaling.scale).reduce(0) { max($0, ($1.0 / $1.1).magnitude) }
    threshold = min(0.1, max(single ? 1e-4 : 1e-8, 10 * unit * far))
    let sameSpace = before.columns == after.columns
    let own = sameSpace ? scaling : try ColumnScaling(after)
    let z = try Self.basis(concept, scale: [Double](repeating: 1, count: concept.columns), cut: 1e-8)
    let x = try Self.basis(before, scale: scaling.scale, cut: threshold)
    let erased = try Self.basis(
      after, scale: own.scale, cut: threshold, largest: sameSpace ? x.largest : nil)
    self.before = try Self.correlation(x.basis, z.basis)
    self.after = try Self.correlation(erased.basis, z.basis)
    rankBefore = x.basis.columns
    cut = max(0, (sameSpace ? x.basis.columns : min(after.columns, after.rows - 1)) - erased.basis.columns)
    (worst, worstColumn) = try Self.worst(after, concept, own.scale)
  }

  /// Left singular vectors of the centred columns over `scale`, those with a singular value above `cut` of the largest.
  private static func basis(
    _ rows: Matrix<Double>, scale: [Double], cut: Double, largest: Double? = nil
  ) throws -> (basis: Matrix<Double>, largest: Double) {
    let mean = try ColumnScaling(rows).mean
    var centred = rows
    centred.subtractFromRows(mean)
    centred.scaleColumns(by: scale.map { 1 / $0 })
    // A wide or tall matrix costs its small side: QR first where it is tall.
    if centred.rows > 2 * centred.columns {
      let parts = try QR(centred)
      let inner = try SVD(parts.r)
      let limit = cut * max(inner.singularValues.first ?? 0, largest ?? 0)
      let kept = inner.singularValues.prefix { $0 > limit && $0 > 0 }.count
      return (parts.q.times(inner.u.columns(0..<kept)), inner.singularValues.first ?? 0)
    }
    let parts = try SVD(centred)
    let limit = cut * max(parts.singularValues.first ?? 0, largest ?? 0)
    let kept = parts.singularValues.prefix { $0 > limit && $0 > 0 }.count
    return (parts.u.columns(0..<kept), parts.singularValues.first ?? 0)
  }

  private static func correlation(_ x: Matrix<Double>, _ z: Matrix<Double>) throws -> Double {
    guard x.columns > 0, z.columns > 0 else { return 0 }
    return min(1, try SVD(x.transposedTimes(z)).singularValues.first ?? 0)
  }

  private static func worst(
    _ rows: Matrix<Double>, _ concept: Matrix<Double>, _ scale: [Double]
  ) throws -> (Double, Int) {
    let moments = try CrossMoments(rows, concept)
    var worst = (0.0, 0)
    for k in 0..<concept.columns {
      let n = moments.meanZ[k] * Double(moments.count)
      let isClass = moments.scatterZZ[k, k] > 0 && n > 0.5 && concept.columnIsBinary(k)
      let divisor = isClass ? n : (moments.scatterZZ[k, k] * Double(moments.count)).squareRoot()
      guard divisor > 0 else { continue }
      for j in 0..<rows.columns {
        let gap = (moments.scatterXZ[j, k] / divisor / scale[j]).magnitude
        if gap > worst.0 { worst = (gap, j) }
      }
    }
    return worst
  }
}

extension Matrix where S == Double {
  fileprivate func columnIsBinary(_ k: Int) -> Bool { column(k).allSatisfy { $0 == 0 || $0 == 1 } }
}
