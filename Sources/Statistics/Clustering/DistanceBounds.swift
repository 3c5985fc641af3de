import Linear

/// What is known of the distances of points to centroids that have moved since they were measured: a bound from above
/// for the own one, one from below for all others (Hamerly 2010). A point whose bounds do not cross keeps its label.
///
/// The labels are those of comparing all: where the bounds come near each other, all are compared.
struct DistanceBounds {
  private let points: KMeansPoints
  /// Euclidean, also for the cosine, whose points and centroids have length 1.
  private var upper: [Double]
  private var lower: [Double]

  init(_ points: KMeansPoints) {
    self.points = points
    upper = [Double](repeating: .infinity, count: points.count)
    lower = [Double](repeating: 0, count: points.count)
  }

  /// The nearest centroid of each point.
  /// - Parameter labels: those that the bounds belong to; empty at first.
  mutating func assign(_ centroids: Matrix<Double>, _ labels: [Int], by lloyd: Lloyd) throws -> [Int] {
    let separation = Self.halfDistancesToNext(centroids)
    var next = labels.isEmpty ? [Int](repeating: 0, count: points.count) : labels
    var open: [Int] = []
    for row in next.indices {
      let bound = labels.isEmpty ? 0 : max(lower[row], separation[next[row]])
      if isBelow(upper[row], bound) { continue }
      if !labels.isEmpty {
        upper[row] = distance(row, centroids, next[row])
        if isBelow(upper[row], bound) { continue }
      }
      open.append(row)
    }
    let nearest = try lloyd.over(points.points(at: open)).assign(centroids)
    for (place, row) in open.enumerated() {
      next[row] = nearest[place]
      measure(row, centroids, nearest[place])
    }
    return next
  }

  /// Drops what is known of points whose label was changed from outside.
  mutating func forget(_ rows: [Int]) {
    for row in rows { (upper[row], lower[row]) = (.infinity, 0) }
  }

  /// Widens the bounds by how far the centroids went.
  mutating func move(from old: Matrix<Double>, to new: Matrix<Double>, _ labels: [Int]) {
    let steps = (0..<old.rows).map { c in
      old.withRow(c) { a in new.withRow(c) { b in Self.distance(a, b) } }
    }
    let order = steps.indices.sorted { steps[$0] > steps[$1] }
    for (row, label) in labels.enumerated() {
      upper[row] += steps[label]
      // The own centroid does not bring the others nearer.
      lower[row] -= order[0] == label ? (order.count > 1 ? steps[order[1]] : 0) : steps[order[0]]
    }
  }

  /// With room for the rounding of both, and for that of the comparison which it stands for.
  private func isBelow(_ a: Double, _ b: Double) -> Bool { a + 1e-6 * (a + b) < b }

  private mutating func measure(_ row: Int, _ centroids: Matrix<Double>, _ own: Int) {
    var nearest = Double.infinity
    for c in 0..<centroids.rows where c != own { nearest = min(nearest, distance(row, centroids, c)) }
    upper[row] = distance(row, centroids, own)
    lower[row] = nearest
  }

  private func distance(_ row: Int, _ centroids: Matrix<Double>, _ c: Int) -> Double {
    points.values.withRow(row) { x in centroids.withRow(c) { Self.distance(x, $0) } }
  }

  private static func distance(_ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>) -> Double {
    guard let x = a.baseAddress, let c = b.baseAddress else { return 0 }
    return KMeansPoints.squaredDistance(x, c, a.count).squareRoot()
  }

  private static func halfDistancesToNext(_ centroids: Matrix<Double>) -> [Double] {
    (0..<centroids.rows).map { c in
      var nearest = Double.infinity
      for other in 0..<centroids.rows where other != c {
        let apart = centroids.withRow(c) { a in centroids.withRow(other) { distance(a, $0) } }
        nearest = min(nearest, apart)
      }
      return nearest / 2
    }
  }
}

extension Lloyd {
  /// The same for other points.
  func over(_ points: KMeansPoints) -> Lloyd { Lloyd(self, points) }

  private init(_ other: Lloyd, _ points: KMeansPoints) {
    self.points = points
    maximumIterations = other.maximumIterations
    negligibleMovement = other.negligibleMovement
    usesBounds = other.usesBounds
    workers = other.workers
  }
}
