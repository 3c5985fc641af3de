import Linear

/// How tight and how far apart groups of rows are, without any truth.
public enum ClusterQuality {
  /// The silhouette of each row (Rousseeuw 1987): (b − a)/max(a, b), with a the mean distance to the other rows of its
  /// group and b that to the rows of the nearest other group; 0 for a row alone in its group.
  ///
  /// n²·d flops. Distances: Euclidean, or 1 − cosine.
  /// - Throws: `StatisticsError` for labels that do not fit or fewer than two groups; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public static func silhouettes<S: Scalar>(
    _ rows: Matrix<S>, labels: [Int], metric: KMeans.Metric, workers: Workers = .serial
  ) throws -> [Double] {
    let groups = try groups(rows, labels)
    let points = try KMeansPoints(rows, k: 1, metric: metric, workers: workers)
    let (n, d, k) = (points.count, points.columns, groups.sizes.count)
    var result = Matrix<Double>.zeros(n, 1)
    let blockRows = max(1, min(64, 1 << 22 / n))
    try workers.fill(&result, size: blockRows) { range, target in
      var distances = [Double](repeating: 0, count: range.count * n)
      var sums = [Double](repeating: 0, count: k)
      points.values.withUnsafeBuffer { x in
        guard let x = x.baseAddress else { return }
        Double.gemm(
          .no, .yes, m: range.count, n: n, k: d, alpha: 1, x + range.lowerBound * d, lda: d, x, ldb: d, beta: 0,
          &distances, ldc: n)
        for i in range {
          for c in 0..<k { sums[c] = 0 }
          for j in 0..<n {
            let product = distances[(i - range.lowerBound) * n + j]
            sums[groups.labels[j]] += i == j ? 0 : points.length(i, j, x, product)
          }
          target[i - range.lowerBound] = silhouette(sums, groups.sizes, own: groups.labels[i])
        }
      }
    }
    return result.elements
  }

  /// The mean of `silhouettes`.
  public static func silhouette<S: Scalar>(
    _ rows: Matrix<S>, labels: [Int], metric: KMeans.Metric, workers: Workers = .serial
  ) throws -> Double {
    fixedSum(try silhouettes(rows, labels: labels, metric: metric, workers: workers)) / Double(rows.rows)
  }

  private static func silhouette(_ sums: [Double], _ sizes: [Int], own: Int) -> Double {
    if sizes[own] == 1 { return 0 }
    let within = sums[own] / Double(sizes[own] - 1)
    var beside = Double.infinity
    for c in 0..<sums.count where c != own { beside = min(beside, sums[c] / Double(sizes[c])) }
    let larger = max(within, beside)
    return larger == 0 ? 0 : (beside - within) / larger
  }

  /// The Davies–Bouldin index (Davies & Bouldin 1979): the mean over groups of the worst (sᵢ + sⱼ)/‖cᵢ − cⱼ‖, with s the
  /// mean Euclidean distance to the centroid. Small is good; groups with one centroid make it infinite.
  /// - Throws: as `silhouettes`.
  public static func daviesBouldin<S: Scalar>(_ rows: Matrix<S>, labels: [Int]) throws -> Double {
    let (centroids, spread, k) = try spreads(rows, labels) { $0.squareRoot() }
    var worst: [Double] = []
    for i in 0..<k {
      var largest = 0.0
      for j in 0..<k where j != i {
        let apart = distance(centroids, i, j)
        let ratio = spread[i] + spread[j] == 0 ? 0 : (spread[i] + spread[j]) / apart
        largest = max(largest, ratio)
      }
      worst.append(largest)
    }
    return fixedSum(worst) / Double(k)
  }

  /// The Calinski–Harabasz index (Calinski & Harabasz 1974): scatter between groups over k − 1 by scatter within them
  /// over n − k. Large is good; 1 where there is no scatter within.
  /// - Throws: as `silhouettes`, and for as many groups as rows.
  public static func calinskiHarabasz<S: Scalar>(_ rows: Matrix<S>, labels: [Int]) throws -> Double {
    let (centroids, spread, k) = try spreads(rows, labels) { $0 }
    let n = rows.rows
    guard k < n else {
      throw StatisticsError.parameter(name: "the number of groups", expected: "below \(n)", found: "\(k)")
    }
    let sizes = try groups(rows, labels).sizes
    let within = fixedSum(zip(spread, sizes).map { $0 * Double($1) })
    let mean = try ColumnScaling(rows).mean
    var between: [Double] = []
    for c in 0..<k {
      let difference = zip(centroids.row(c), mean).map { $0 - $1 }
      between.append(Double(sizes[c]) * difference.dot(difference))
    }
    if within == 0 { return 1 }
    return fixedSum(between) * Double(n - k) / (within * Double(k - 1))
  }

  /// Centroids, and the mean over each group of a function of the squared distance to them.
  private static func spreads<S: Scalar>(
    _ rows: Matrix<S>, _ labels: [Int], _ measure: (Double) -> Double
  ) throws -> (centroids: Matrix<Double>, spread: [Double], k: Int) {
    let groups = try groups(rows, labels)
    let k = groups.sizes.count
    let points: Matrix<Double> = rows.converted()
    if let place = points.firstNonFinite() { throw StatisticsError.notFinite(row: place.row, column: place.column) }
    // About the first row of each group, so that a mean far from 0 costs no digits.
    var first = [Int](repeating: 0, count: k)
    for (row, label) in groups.labels.enumerated().reversed() { first[label] = row }
    let pivots = points.rows(at: first)
    var centroids = Matrix<Double>.zeros(k, points.columns)
    for (i, label) in groups.labels.enumerated() {
      for j in 0..<points.columns { centroids[label, j] += points[i, j] - pivots[label, j] }
    }
    for c in 0..<k {
      for j in 0..<points.columns { centroids[c, j] = pivots[c, j] + centroids[c, j] / Double(groups.sizes[c]) }
    }
    var sums = [[Double]](repeating: [], count: k)
    for (i, label) in groups.labels.enumerated() {
      points.withRow(i) { x in
        centroids.withRow(label) { c in
          guard let x = x.baseAddress, let c = c.baseAddress else { return }
          sums[label].append(measure(KMeansPoints.squaredDistance(x, c, points.columns)))
        }
      }
    }
    return (centroids, zip(sums, groups.sizes).map { fixedSum($0) / Double($1) }, k)
  }

  private static func distance(_ rows: Matrix<Double>, _ i: Int, _ j: Int) -> Double {
    rows.withRow(i) { a in
      rows.withRow(j) { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return KMeansPoints.squaredDistance(a, b, rows.columns).squareRoot()
      }
    }
  }

  /// Labels numbered 0, 1, … without gaps, and the rows of each.
  private static func groups<S: Scalar>(_ rows: Matrix<S>, _ labels: [Int]) throws -> (labels: [Int], sizes: [Int]) {
    guard labels.count == rows.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: rows.rows, found: labels.count)
    }
    let names = Set(labels).sorted()
    guard names.count > 1 else { throw StatisticsError.tooFewClasses(found: names.count) }
    let number = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let numbered = labels.map { number[$0] ?? 0 }
    return (numbered, try classCounts(numbered, classes: names.count))
  }
}

extension KMeansPoints {
  /// The distance of two rows from their inner product; number by number where the product leaves too few digits.
  fileprivate func length(_ i: Int, _ j: Int, _ x: UnsafePointer<Double>, _ product: Double) -> Double {
    if metric == .cosine { return max(0, 1 - product) }
    let scale = squares[i] + squares[j]
    let square = scale - 2 * product
    if square > 1e-4 * scale { return square.squareRoot() }
    return Self.squaredDistance(x + i * columns, x + j * columns, columns).squareRoot()
  }
}
