import Linear

/// The convex hull of the projections of one rank, {0 ⪯ M ⪯ I, tr M = r} (Ravfogel et al. 2022; Overton & Womersley 1992).
enum Fantope {
  /// The nearest numbers in 0 … 1 with the sum r: min(max(λᵢ − t, 0), 1), for the t that makes it so, found by walking
  /// the points where the sum bends.
  ///
  /// r is at most the count; at that all are 1.
  static func projected(_ values: [Double], rank: Int) -> [Double] {
    let target = Double(rank)
    if rank >= values.count { return values.map { _ in 1 } }
    if rank <= 0 { return values.map { _ in 0 } }
    // The sum falls from the count to 0 as t rises over these points.
    let bends = (values + values.map { $0 - 1 }).sorted()
    func sum(_ t: Double) -> Double { values.reduce(0) { $0 + min(max($1 - t, 0), 1) } }
    var (low, high) = (0, bends.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if sum(bends[middle]) >= target { low = middle } else { high = middle }
    }
    let (above, below) = (sum(bends[low]), sum(bends[high]))
    let share = above == below ? 0 : (above - target) / (above - below)
    let t = bends[low] + share * (bends[high] - bends[low])
    return values.map { min(max($0 - t, 0), 1) }
  }

  /// The nearest matrix of the hull to a symmetric one.
  /// - Throws: `NumericError`.
  static func projected(_ matrix: Matrix<Double>, rank: Int) throws(NumericError) -> Matrix<Double> {
    let axes = try SymmetricEigen(matrix.symmetrised)
    let values = projected(axes.values, rank: rank)
    return axes.vectors.transposedTimes(axes.vectors.rowsTimes(values)).symmetrised
  }
}
