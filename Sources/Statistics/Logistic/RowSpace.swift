import Linear

/// A logistic objective with more columns than rows, in as many unknowns as there are rows.
///
/// The best weights are combinations of the rows (Kimeldorf & Wahba 1971). With X̂ = X·P^(−½), P the penalties, and
/// X̂ᵀ = Q·R, the weights P^(−½)·Q·z have the scores Rᵀ·z and the penalty ‖z‖²/2: the same problem on the n × n
/// rows Rᵀ.
struct RowSpace {
  let objective: LogisticObjective
  let rows: RowBlocks<Double>
  /// Q, d × n.
  private let basis: Matrix<Double>
  /// √p.
  private let roots: [Double]
  private let columns: Int

  /// nil where the columns are too few for a gain, or of penalties so different that rounding would decide.
  init?(_ whole: LogisticObjective, _ rows: RowBlocks<Double>) throws {
    let (n, d) = (rows.rows, whole.columns)
    guard n <= 256, d >= 2 * n, let largest = whole.penalty.max(), let smallest = whole.penalty.min(), smallest > 0,
      largest <= 1e6 * smallest
    else { return nil }
    roots = whole.penalty.map { $0.squareRoot() }
    columns = d
    var scaled = Matrix<Double>.zeros(n, d)
    let inverse = roots.map { 1 / $0 }
    scaled.withUnsafeMutableBuffer { target in
      rows.forEachScaledBlock(in: 0..<n, stride: d) { range, block in
        for i in 0..<range.count {
          for j in 0..<d { target[(range.lowerBound + i) * d + j] = block[i * d + j] * inverse[j] }
        }
      }
    }
    try rows.fault?.check()
    let parts = try QR(scaled.transposed())
    basis = parts.q
    let combined = parts.r.transposed()
    self.rows = RowBlocks(ready: combined)
    objective = LogisticObjective(
      columns: n, outputs: whole.outputs, labels: whole.labels, classWeights: whole.classWeights,
      penalty: [Double](repeating: 1, count: n), variance: try ColumnScaling(combined).deviation.map { $0 * $0 })
  }

  /// A tolerance for the gradient here that gives `tolerance` for the gradient there.
  func tolerance(for tolerance: Double) -> Double {
    tolerance / (Double(rows.rows).squareRoot() * max(1, roots.max() ?? 1))
  }

  /// z of θ.
  func point(_ theta: [Double]) -> [Double] {
    (0..<objective.outputs).flatMap { r in
      let weights = theta[r * (columns + 1)..<r * (columns + 1) + columns]
      return basis.transposedTimes(zip(weights, roots).map { $0 * $1 }) + [theta[r * (columns + 1) + columns]]
    }
  }

  /// θ of z.
  func theta(_ point: [Double]) -> [Double] {
    (0..<objective.outputs).flatMap { r in
      let part = Array(point[r * objective.width..<r * objective.width + objective.columns])
      return zip(basis.times(part), roots).map { $0 / $1 } + [point[r * objective.width + objective.columns]]
    }
  }
}
