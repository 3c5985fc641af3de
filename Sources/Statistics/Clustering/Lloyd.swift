import Linear

/// Assigns rows to their nearest centroid and moves the centroids to the means, until no label changes.
struct Lloyd {
  let points: KMeansPoints
  let maximumIterations: Int
  /// The square of a movement of all centroids that ends the iteration.
  let negligibleMovement: Double
  let usesBounds: Bool
  let workers: Workers

  init(points: KMeansPoints, _ means: KMeans, workers: Workers) {
    self.points = points
    maximumIterations = means.maximumIterations
    negligibleMovement = means.tolerance > 0 ? means.tolerance * points.meanVariance : 0
    usesBounds = means.algorithm == .hamerly
    self.workers = workers
  }

  struct Result: Sendable {
    var labels: [Int]
    var centroids: Matrix<Double>
    var sizes: [Int]
    var inertia: Double
    var iterations: Int
    var converged: Bool
  }

  func run(from start: Matrix<Double>) throws -> Result {
    var centroids = start
    var labels: [Int] = []
    var sizes = [Int](repeating: 0, count: start.rows)
    var iterations = 0
    var converged = false
    var bounds = usesBounds ? DistanceBounds(points) : nil
    while true {
      try workers.checkCancellation()
      let nearest = try bounds?.assign(centroids, labels, by: self) ?? assign(centroids)
      var next = nearest
      try fillEmpty(&next, centroids)
      bounds?.forget(next.indices.filter { next[$0] != nearest[$0] })
      if next == labels {
        converged = true
        break
      }
      if iterations >= maximumIterations, !labels.isEmpty { break }
      labels = next
      iterations += 1
      let old = centroids
      (centroids, sizes) = try means(labels, old)
      bounds?.move(from: old, to: centroids, labels)
      let movement = centroids.adding(old, times: -1).frobeniusNorm
      if movement * movement <= negligibleMovement, negligibleMovement > 0 {
        converged = true
        break
      }
    }
    return Result(
      labels: labels, centroids: centroids, sizes: sizes, inertia: try inertia(labels, centroids),
      iterations: iterations, converged: converged)
  }

  /// The nearest centroid of each row, the lowest on ties.
  func assign(_ centroids: Matrix<Double>) throws -> [Int] {
    let (k, d) = (centroids.rows, points.columns)
    // ‖x − c‖² less ‖x‖², halved; for the cosine the rows of length 1 leave only the product.
    let halves = points.metric == .cosine ? [Double](repeating: 0, count: k) : Self.halfSquares(centroids)
    let largest = halves.max() ?? 0
    // Numbers up to 2⁵³ are exact in a matrix of doubles, which the threads can fill side by side.
    var labels = Matrix<Double>.zeros(points.count, 1)
    let points = points
    try workers.fill(&labels) { range, target in
      let block = max(16, min(256, 65_536 / k))
      var scores = [Double](repeating: 0, count: block * k)
      points.values.withUnsafeBuffer { x in
        centroids.withUnsafeBuffer { c in
          guard let x = x.baseAddress, let c = c.baseAddress else { return }
          for first in stride(from: range.lowerBound, to: range.upperBound, by: block) {
            let rows = first..<min(first + block, range.upperBound)
            Double.gemm(
              .no, .yes, m: rows.count, n: k, k: d, alpha: -1, x + first * d, lda: d, c, ldb: d, beta: 0, &scores,
              ldc: k)
            scores.withUnsafeMutableBufferPointer { scores in
              for i in rows {
                let row = UnsafeMutableBufferPointer(rebasing: scores[(i - first) * k..<(i - first + 1) * k])
                let margin = 1e-9 * (points.squares[i] / 2 + largest + 1e-300)
                let label = Self.nearest(row, halves, margin) { points.distance(x + i * d, c + $0 * d) }
                target[i - range.lowerBound] = Double(label)
              }
            }
          }
        }
      }
    }
    return labels.elements.map { Int($0) }
  }

  /// The index of the least score + half. Scores that come from the library's product differ in their last bits from
  /// machine to machine; those within `margin` of the least are compared by their exact distances.
  @inline(__always)
  private static func nearest(
    _ scores: UnsafeMutableBufferPointer<Double>, _ halves: [Double], _ margin: Double, _ distance: (Int) -> Double
  ) -> Int {
    var best = 0
    var least = Double.infinity
    var second = Double.infinity
    for c in 0..<scores.count {
      let score = scores[c] + halves[c]
      scores[c] = score
      if score < least {
        second = least
        least = score
        best = c
      } else if score < second {
        second = score
      }
    }
    if second - least > margin { return best }
    var exact = Double.infinity
    for c in 0..<scores.count where scores[c] - least <= margin {
      let here = distance(c)
      if here < exact {
        exact = here
        best = c
      }
    }
    return best
  }

  private static func halfSquares(_ centroids: Matrix<Double>) -> [Double] {
    (0..<centroids.rows).map { c in
      centroids.withRow(c) { row in
        var sum = 0.0
        for value in row { sum += value * value }
        return sum / 2
      }
    }
  }

  /// Gives each empty group the row that lies farthest from its centroid (the lowest on ties). Where all rows lie on
  /// their centroids there are fewer different rows than groups, and the group stays empty.
  func fillEmpty(_ labels: inout [Int], _ centroids: Matrix<Double>) throws {
    var sizes = [Int](repeating: 0, count: centroids.rows)
    for label in labels { sizes[label] += 1 }
    guard sizes.contains(0) else { return }
    var distances = try self.distances(labels, centroids)
    for group in 0..<sizes.count where sizes[group] == 0 {
      var farthest = 0
      for (i, distance) in distances.enumerated() where distance > distances[farthest] { farthest = i }
      guard distances[farthest] > 0 else { return }
      labels[farthest] = group
      distances[farthest] = 0
    }
  }

  /// The distance of each row to its own centroid.
  func distances(_ labels: [Int], _ centroids: Matrix<Double>) throws -> [Double] {
    let (points, d) = (points, points.columns)
    var result = Matrix<Double>.zeros(points.count, 1)
    try workers.fill(&result) { range, target in
      points.values.withUnsafeBuffer { x in
        centroids.withUnsafeBuffer { c in
          guard let x = x.baseAddress, let c = c.baseAddress else { return }
          for i in range { target[i - range.lowerBound] = points.distance(x + i * d, c + labels[i] * d) }
        }
      }
    }
    return result.elements
  }

  private struct Sums: Sendable {
    var sums: Matrix<Double>
    var sizes: [Int]

    mutating func merge(_ other: Sums) {
      sums.add(other.sums)
      for c in 0..<sizes.count { sizes[c] += other.sizes[c] }
    }
  }

  /// The mean of each group, of length 1 for the cosine; a group without rows, or whose rows cancel, keeps its place.
  func means(_ labels: [Int], _ old: Matrix<Double>) throws -> (Matrix<Double>, [Int]) {
    let (points, k, d) = (points, old.rows, points.columns)
    let total = try workers.sum(over: points.count) { range in
      var part = Sums(sums: .zeros(k, d), sizes: [Int](repeating: 0, count: k))
      points.values.withUnsafeBuffer { x in
        part.sums.withUnsafeMutableBuffer { sums in
          for i in range {
            let (from, to) = (i &* d, labels[i] &* d)
            for j in 0..<d { sums[to &+ j] += x[from &+ j] }
          }
        }
      }
      for i in range { part.sizes[labels[i]] += 1 }
      return part
    } merge: {
      $0.merge($1)
    }
    guard let total else { return (old, [Int](repeating: 0, count: k)) }
    var result = total.sums
    for c in 0..<k {
      let size = Double(total.sizes[c])
      result.withMutableRow(c) { row in
        for j in 0..<d { row[j] /= max(1, size) }
      }
    }
    if points.metric == .cosine { result.normaliseRows() }
    for c in 0..<k {
      let isLost = total.sizes[c] == 0 || points.metric == .cosine && result.row(c).allSatisfy { $0 == 0 }
      if isLost { result.replaceRows(from: c, with: old.rows(c..<c + 1)) }
    }
    return (result, total.sizes)
  }

  func inertia(_ labels: [Int], _ centroids: Matrix<Double>) throws -> Double {
    let sum = fixedSum(try distances(labels, centroids))
    return points.metric == .cosine ? max(0, 2 * (Double(points.count) + sum)) : sum
  }
}

extension KMeansPoints {
  /// What is made small: the squared distance, or the cosine turned round.
  func distance(_ x: UnsafePointer<Double>, _ c: UnsafePointer<Double>) -> Double {
    if metric == .euclidean { return Self.squaredDistance(x, c, columns) }
    var sum = 0.0
    for j in 0..<columns { sum -= x[j] * c[j] }
    return sum
  }
}
