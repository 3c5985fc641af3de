import Linear

/// The nearest rows to some rows, exactly, by blocks of products.
///
///     let near = try NearestNeighbours(of: queries, among: gallery, k: 10, metric: .cosine)
///     near.rows[0]  // the gallery's rows nearest to query 0, the nearest first
///
/// Distances are Euclidean, or 1 − cosine; a row of zeros has the cosine 0 with every row. Among equal distances the
/// lowest row comes first. n·m·d flops, and 256 rows of distances at a time.
public struct NearestNeighbours: Sendable, Equatable {
  public enum Metric: String, Sendable, Codable, CaseIterable { case euclidean, cosine }

  /// For each query its k nearest rows, fewer where there are fewer.
  public let rows: [[Int]]
  /// Their distances.
  public let distances: [[Double]]

  /// - Parameters:
  ///   - queries: m × d; nil for the gallery's own rows, each without itself.
  ///   - gallery: n × d.
  /// - Throws: `StatisticsError` for sizes that do not fit or k below 1; what cancels the workers.
  public init(
    of queries: Matrix<Double>? = nil, among gallery: Matrix<Double>, k: Int, metric: Metric = .euclidean,
    workers: Workers = .serial
  ) throws {
    guard k > 0 else { throw StatisticsError.parameter(name: "k", expected: "at least 1", found: "\(k)") }
    let asked = queries ?? gallery
    guard asked.columns == gallery.columns else {
      throw StatisticsError.lengthMismatch(what: "columns", expected: gallery.columns, found: asked.columns)
    }
    var (points, targets) = (gallery, asked)
    if metric == .cosine {
      points.normaliseRows()
      targets.normaliseRows()
    }
    let (from, to, excludesOwn) = (targets, points, queries == nil)
    let lengths = (0..<to.rows).map { i in to.withRow(i) { row in row.reduce(0) { $0 + $1 * $1 } } }
    let size = 256
    let found = try workers.map((from.rows + size - 1) / size) { block -> [([Int], [Double])] in
      let range = block * size..<min(from.rows, (block + 1) * size)
      let products = from.rows(range).timesTransposed(to)
      return range.map { query in
        var keys = products.row(query - range.lowerBound)
        for j in keys.indices { keys[j] = metric == .cosine ? -keys[j] : lengths[j] - 2 * keys[j] }
        // Products lose digits between near rows: some more are taken, and compared number by number.
        let candidates = Self.smallest(keys, k + 8, without: excludesOwn ? query : nil)
        let exact = candidates.map { (row: $0, distance: Self.distance(from, query, to, $0, metric)) }
          .sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }.prefix(k)
        return (exact.map(\.row), exact.map(\.distance))
      }
    }
    let all = found.flatMap { $0 }
    rows = all.map(\.0)
    distances = all.map(\.1)
  }

  private static func distance(
    _ a: Matrix<Double>, _ i: Int, _ b: Matrix<Double>, _ j: Int, _ metric: Metric
  ) -> Double {
    a.withRow(i) { x in
      b.withRow(j) { y in
        var (sum, isZero) = (0.0, (true, true))
        for k in 0..<x.count {
          let difference = x[k] - y[k]
          sum += difference * difference
          isZero = (isZero.0 && x[k] == 0, isZero.1 && y[k] == 0)
        }
        if metric == .euclidean { return sum.squareRoot() }
        // Of rows of length 1; the square has more digits than the product where they are near.
        return isZero.0 || isZero.1 ? 1 : sum / 2
      }
    }
  }

  /// The places of the smallest numbers, the lowest place first among equal ones.
  private static func smallest(_ keys: [Double], _ limit: Int, without own: Int?) -> [Int] {
    var best: [Int] = []
    best.reserveCapacity(limit + 1)
    for place in keys.indices where place != own {
      if best.count == limit, let last = best.last, keys[place] >= keys[last] { continue }
      var target = best.count
      while target > 0, keys[best[target - 1]] > keys[place] { target -= 1 }
      best.insert(place, at: target)
      if best.count > limit { best.removeLast() }
    }
    return best
  }
}
