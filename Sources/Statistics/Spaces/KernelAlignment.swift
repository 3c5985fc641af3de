import Linear

/// Centred kernel alignment with linear kernels (Kornblith et al. 2019) of two sets of columns on the same rows.
///
///     let alignment = try KernelAlignment(x, y)
///     alignment.value
///     alignment.extended(byRowsOf: queries1, queries2)
public struct KernelAlignment: Sendable {
  private let meanX, meanY: [Double]
  private let count: Double
  private let xx, xy, yy: Matrix<Double>

  /// - Throws: `StatisticsError` for fewer than two rows or sizes that do not fit; what cancels the workers.
  public init(_ x: Matrix<Double>, _ y: Matrix<Double>, workers: Workers = .serial) throws {
    guard x.rows == y.rows else {
      throw StatisticsError.lengthMismatch(what: "rows in the second matrix", expected: x.rows, found: y.rows)
    }
    guard x.rows > 1 else { throw StatisticsError.empty("two rows to compare") }
    let moments = try Moments(x, y, workers: workers)
    (meanX, meanY, count) = (moments.meanX, moments.meanZ, Double(x.rows))
    (xx, xy, yy) = (moments.scatterXX, moments.scatterXZ, moments.scatterZZ)
  }

  /// ‖XᵀY‖²/(‖XᵀX‖·‖YᵀY‖) of centred rows, 0 … 1; nil where one side is constant.
  public var value: Double? {
    let size = xx.frobeniusNorm * yy.frobeniusNorm
    return size > 0 ? xy.frobeniusNorm * xy.frobeniusNorm / size : nil
  }

  /// What the value would be with one more pair of rows, row i of `a` and row j of `b`, for every i and j: p × q, by the
  /// change that one row makes to each scatter.
  ///
  /// A pair that leaves one side constant has 0.
  public func extended(byRowsOf a: Matrix<Double>, _ b: Matrix<Double>) throws(StatisticsError) -> Matrix<Double> {
    guard a.columns == meanX.count else {
      throw .lengthMismatch(what: "columns in the first queries", expected: meanX.count, found: a.columns)
    }
    guard b.columns == meanY.count else {
      throw .lengthMismatch(what: "columns in the second queries", expected: meanY.count, found: b.columns)
    }
    var (left, right) = (a, b)
    left.addToRows(meanX.map { -$0 })
    right.addToRows(meanY.map { -$0 })
    let share = count / (count + 1)
    let sizesX = Self.selfAlignment(left, xx, share)
    let sizesY = Self.selfAlignment(right, yy, share)
    var result = left.times(xy).timesTransposed(right)
    let cross = xy.frobeniusNorm * xy.frobeniusNorm
    for i in 0..<result.rows {
      let lengthX = sizesX.lengths[i]
      result.withMutableRow(i) { row in
        for j in 0..<row.count {
          let size = sizesX.norms[i] * sizesY.norms[j]
          let product = cross + 2 * share * row[j] + share * share * lengthX * sizesY.lengths[j]
          row[j] = size > 0 ? max(0, product) / size : 0
        }
      }
    }
    return result
  }

  /// For each row δ: |δ|², and ‖S + share·δδᵀ‖.
  private static func selfAlignment(
    _ rows: Matrix<Double>, _ scatter: Matrix<Double>, _ share: Double
  ) -> (lengths: [Double], norms: [Double]) {
    let products = rows.times(scatter)
    let own = scatter.frobeniusNorm * scatter.frobeniusNorm
    var (lengths, norms): ([Double], [Double]) = ([], [])
    for i in 0..<rows.rows {
      let row = rows.row(i)
      let length = row.dot(row)
      lengths.append(length)
      norms.append(max(0, own + 2 * share * row.dot(products.row(i)) + share * share * length * length).squareRoot())
    }
    return (lengths, norms)
  }
}
