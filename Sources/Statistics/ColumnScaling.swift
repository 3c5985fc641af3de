import Linear

/// The mean and deviation of each column over some rows.
///
///     let scaling = try ColumnScaling(features, rows: train)
public struct ColumnScaling: Sendable, Equatable {
  public let mean: [Double]
  /// √(Σ (x − mean)²/n), as it was found.
  public let deviation: [Double]
  /// Whether a column is constant: its deviation is at most 1e-12 (32-bit numbers: 1e-6) of its mean.
  public let isConstant: [Bool]

  /// What each column is divided by: its deviation, 1 for a constant column.
  public var scale: [Double] { zip(deviation, isConstant).map { $1 ? 1 : $0 } }

  /// Walks twice over each block of rows, first for its mean, then about it, and joins the blocks
  /// (Chan, Golub & LeVeque 1979). All means are kept as differences from the first row, so one far from 0 costs no
  /// digits.
  /// - Parameter rows: row numbers; nil for all.
  /// - Throws: `StatisticsError` for no rows, bad row numbers, or an element that is not finite.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public init<S: Scalar>(_ features: Matrix<S>, rows: [Int]? = nil) throws(StatisticsError) {
    try checkRows(rows, of: features.rows, list: "fitted")
    let n = rows?.count ?? features.rows
    guard n > 0 else { throw .empty("rows") }
    let d = features.columns
    var mean = [Double](repeating: 0, count: d)
    var squares = [Double](repeating: 0, count: d)
    var blockMean = mean
    var blockSquares = mean
    let block = max(16, min(256, 32_768 / max(1, d)))
    for start in stride(from: 0, to: n, by: block) {
      let range = start..<min(start + block, n)
      Self.moments(of: features, rows, range, pivot: rows?.first ?? 0, &blockMean, &blockSquares)
      let (before, count) = (Double(start), Double(range.count))
      for j in 0..<d {
        let delta = blockMean[j] - mean[j]
        mean[j] += delta * (count / (before + count))
        squares[j] += blockSquares[j] + delta * delta * (before * count / (before + count))
      }
    }
    if let column = mean.indices.first(where: { !mean[$0].isFinite || !squares[$0].isFinite }) {
      // Finite numbers near the end of the range overflow too; they cannot be scaled either.
      let place = (rows ?? Array(0..<n)).first { !features[$0, column].isFinite }
      throw .notFinite(row: place ?? rows?.first ?? 0, column: column)
    }
    for j in 0..<d { mean[j] += Double(features[rows?.first ?? 0, j]) }
    let tolerance = Self.tolerance(of: S.self)
    self.mean = mean
    deviation = squares.map { ($0 / Double(n)).squareRoot() }
    isConstant = zip(deviation, mean).map { $0 <= tolerance * $1.magnitude }
  }

  /// The scaling over all rows of lists that share none, from that of each list.
  static func joined(_ parts: [(rows: Int, scaling: ColumnScaling)], tolerance: Double) -> ColumnScaling? {
    guard let first = parts.first else { return nil }
    var (n, mean) = (Double(first.rows), first.scaling.mean)
    var squares = first.scaling.deviation.map { $0 * $0 * n }
    for part in parts.dropFirst() {
      let own = Double(part.rows)
      for j in mean.indices {
        let delta = part.scaling.mean[j] - mean[j]
        mean[j] += delta * (own / (n + own))
        squares[j] +=
          part.scaling.deviation[j] * part.scaling.deviation[j] * own + delta * delta * (n * own / (n + own))
      }
      n += own
    }
    let deviation = squares.map { ($0 / n).squareRoot() }
    return ColumnScaling(
      mean: mean, deviation: deviation, isConstant: zip(deviation, mean).map { $0 <= tolerance * $1.magnitude })
  }

  private init(mean: [Double], deviation: [Double], isConstant: [Bool]) {
    self.mean = mean
    self.deviation = deviation
    self.isConstant = isConstant
  }

  /// The deviation of a constant column is at most this share of its mean.
  static func tolerance<S: Scalar>(of: S.Type) -> Double { S.self == Float.self ? 1e-6 : 1e-12 }

  /// The mean of a block less the pivot row, and its squares about the mean.
  @inline(__always)
  private static func moments<S: Scalar>(
    of features: Matrix<S>, _ rows: [Int]?, _ range: Range<Int>, pivot: Int, _ mean: inout [Double],
    _ squares: inout [Double]
  ) {
    let d = features.columns
    features.withUnsafeBuffer { x in
      mean.withUnsafeMutableBufferPointer { mean in
        squares.withUnsafeMutableBufferPointer { squares in
          let first = pivot &* d
          for j in 0..<d {
            mean[j] = 0
            squares[j] = 0
          }
          for i in range {
            let row = (rows?[i] ?? i) &* d
            for j in 0..<d { mean[j] += Double(x[row &+ j]) - Double(x[first &+ j]) }
          }
          for j in 0..<d { mean[j] /= Double(range.count) }
          for i in range {
            let row = (rows?[i] ?? i) &* d
            for j in 0..<d {
              let difference = Double(x[row &+ j]) - Double(x[first &+ j]) - mean[j]
              squares[j] += difference * difference
            }
          }
        }
      }
    }
  }
}

/// Checks that row numbers are within `count` and that none is named twice.
func checkRows(_ rows: [Int]?, of count: Int, list: String) throws(StatisticsError) {
  guard let rows else { return }
  var seen = [Bool](repeating: false, count: count)
  for row in rows {
    guard row >= 0, row < count, !seen[row] else { throw .badRow(list: list, row: row, rows: count) }
    seen[row] = true
  }
}
