import Linear

/// The rows as k-means sees them: in doubles, about their mean where that is far away, of length 1 for the cosine.
struct KMeansPoints: Sendable {
  let values: Matrix<Double>
  /// ‖x‖² of each row.
  let squares: [Double]
  let metric: KMeans.Metric
  /// What was subtracted from each row.
  private let offset: [Double]?

  init<S: Scalar>(_ rows: Matrix<S>, k: Int, metric: KMeans.Metric, workers: Workers) throws {
    guard rows.rows > 0 else { throw StatisticsError.empty("rows") }
    guard rows.columns > 0 else { throw StatisticsError.empty("columns") }
    guard k >= 1, k <= rows.rows else {
      throw StatisticsError.parameter(name: "k", expected: "1 to the number of rows, \(rows.rows)", found: "\(k)")
    }
    self.metric = metric
    let scaling = try ColumnScaling(rows)
    let far = scaling.mean.dot(scaling.mean) > 1e4 * scaling.deviation.dot(scaling.deviation)
    let zeros = [Double](repeating: 0, count: rows.columns)
    offset = metric == .euclidean && far ? scaling.mean : nil
    var copy: Matrix<Double>
    if let doubles = rows as? Matrix<Double>, offset == nil {
      copy = doubles
    } else {
      let ones = [Double](repeating: 1, count: rows.columns)
      copy = .zeros(rows.rows, rows.columns)
      try RowBlocks<Double>(rows, rows: nil, shift: offset ?? zeros, factor: ones).write(to: &copy, workers)
    }
    if metric == .cosine { copy.normaliseRows() }
    values = copy
    let d = copy.columns
    squares = copy.withUnsafeBuffer { x in
      (0..<copy.rows).map { i in
        var sum = 0.0
        for j in i * d..<(i + 1) * d { sum += x[j] * x[j] }
        return sum
      }
    }
  }

  /// Some of the points, in the order given; a point may be named more than once.
  func points(at rows: [Int]) -> KMeansPoints {
    KMeansPoints(
      values: values.rows(at: rows), squares: rows.map { squares[$0] }, metric: metric, offset: offset)
  }

  private init(values: Matrix<Double>, squares: [Double], metric: KMeans.Metric, offset: [Double]?) {
    self.values = values
    self.squares = squares
    self.metric = metric
    self.offset = offset
  }

  /// The variance of a column, averaged over the columns.
  var meanVariance: Double {
    let n = Double(count)
    let mean = values.transposedTimes([Double](repeating: 1 / n, count: count))
    return max(0, fixedSum(squares) / n - mean.dot(mean)) / Double(columns)
  }

  var count: Int { values.rows }
  var columns: Int { values.columns }

  /// Centroids of the caller in the coordinates of the points.
  func inner(_ centroids: Matrix<Double>) -> Matrix<Double> {
    var result = centroids
    if let offset { result.addToRows(offset.map { -$0 }) }
    if metric == .cosine { result.normaliseRows() }
    return result
  }

  func outer(_ centroids: Matrix<Double>) -> Matrix<Double> {
    var result = centroids
    if let offset { result.addToRows(offset) }
    return result
  }

  /// Σ (x − c)², number by number.
  static func squaredDistance(_ x: UnsafePointer<Double>, _ c: UnsafePointer<Double>, _ d: Int) -> Double {
    var sum = 0.0
    for j in 0..<d {
      let difference = x[j] - c[j]
      sum += difference * difference
    }
    return sum
  }

  // MARK: Greedy k-means++

  func greedyStart(_ k: Int, using numbers: inout RandomNumbers, workers: Workers) throws -> [Int] {
    var chosen = [min(count - 1, Int(numbers.unit() * Double(count)))]
    let trials = 2 + naturalLogFloor(k)
    var nearest = try squaredDistances(to: chosen, nearest: nil, workers)[0]
    while chosen.count < k {
      try workers.checkCancellation()
      let total = rowSum(nearest)
      guard total > 0 else {
        // All rows are among the chosen ones already: the lowest number that is not.
        let taken = Set(chosen)
        chosen.append((0..<count).first { !taken.contains($0) } ?? 0)
        continue
      }
      let candidates = (0..<trials).map { _ in row(past: numbers.unit() * total, in: nearest) }
      let after = try squaredDistances(to: candidates, nearest: nearest, workers)
      let sums = after.map { rowSum($0) }
      var best = 0
      for t in 1..<trials where sums[t] < sums[best] { best = t }
      chosen.append(candidates[best])
      nearest = after[best]
    }
    return chosen
  }

  private func naturalLogFloor(_ k: Int) -> Int {
    // ⌊ln k⌋ by whole steps of e, which no k but 1 hits.
    var (floor, power) = (0, 2.718281828459045)
    while power <= Double(k) {
      floor += 1
      power *= 2.718281828459045
    }
    return floor
  }

  /// In row order, like the running sum that it is compared with.
  private func rowSum(_ values: [Double]) -> Double {
    var sum = 0.0
    for value in values { sum += value }
    return sum
  }

  /// The first row whose running sum exceeds `t`.
  private func row(past t: Double, in weights: [Double]) -> Int {
    var sum = 0.0
    for (i, weight) in weights.enumerated() {
      sum += weight
      if sum > t { return i }
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }

  /// For each candidate row the squared distance of every row to it, or to what is nearer already.
  private func squaredDistances(
    to candidates: [Int], nearest: [Double]?, _ workers: Workers
  ) throws -> [[Double]] {
    let centres = values.rows(at: candidates)
    let (t, d) = (candidates.count, columns)
    let centreSquares = candidates.map { squares[$0] }
    var found = Matrix<Double>.zeros(count, t)
    try workers.fill(&found) { range, target in
      values.withUnsafeBuffer { x in
        centres.withUnsafeBuffer { c in
          guard let x = x.baseAddress, let c = c.baseAddress, let out = target.baseAddress else { return }
          Double.gemm(
            .no, .yes, m: range.count, n: t, k: d, alpha: -2, x + range.lowerBound * d, lda: d, c, ldb: d, beta: 0, out,
            ldc: t)
          for i in range {
            let row = out + (i - range.lowerBound) * t
            for m in 0..<t {
              let scale = squares[i] + centreSquares[m]
              var distance = scale + row[m]
              // What rounding leaves of the difference is no distance.
              if distance < 1e-9 * scale { distance = Self.squaredDistance(x + i * d, c + m * d, d) }
              row[m] = min(distance, nearest?[i] ?? .infinity)
            }
          }
        }
      }
    }
    return (0..<t).map { found.column($0) }
  }
}

extension Matrix where S == Double {
  /// Divides each row by its length; a row of zeros stays.
  public mutating func normaliseRows() {
    for i in 0..<rows {
      withMutableRow(i) { row in
        // Divided by the largest first, so that no square is too large or too small.
        let largest = row.reduce(0) { Swift.max($0, $1.magnitude) }
        if largest == 0 { return }
        var sum = 0.0
        for value in row { sum += (value / largest) * (value / largest) }
        let length = largest * sum.squareRoot()
        for j in 0..<row.count { row[j] /= length }
      }
    }
  }
}
