import Linear

extension Lloyd {
  private static let batchRows = 1024
  /// So many steps without a better inertia end a run.
  private static let patience = 10

  /// Moves the centroids by rows drawn at random, each by 1 over the number of rows that it has had (Sculley 2010);
  /// then all rows get their nearest centroid and the centroids their means.
  ///
  /// It ends when the running mean of the batches' inertia (weight 2·b/(n + 1) for a batch of b) was not lowered by ten
  /// batches in a row, or after as many batches as `maximumIterations` passes have.
  func runInBatches(from start: Matrix<Double>, using numbers: inout RandomNumbers) throws -> Result {
    let n = points.count
    let size = min(Self.batchRows, n)
    let limit = maximumIterations * ((n + size - 1) / size)
    let weight = min(1, 2 * Double(size) / Double(n + 1))
    var centroids = start
    var counts = [Double](repeating: 0, count: start.rows)
    var (running, least) = (Double?.none, Double.infinity)
    var (steps, idle) = (0, 0)
    while steps < limit, idle < Self.patience {
      try workers.checkCancellation()
      let batch = over(points.points(at: (0..<size).map { _ in numbers.below(n) }))
      let labels = try batch.assign(centroids)
      let inertia = try batch.inertia(labels, centroids) / Double(size)
      let mean = running.map { $0 + weight * (inertia - $0) } ?? inertia
      running = mean
      idle = mean < least ? 0 : idle + 1
      least = min(least, mean)
      batch.step(&centroids, &counts, labels)
      steps += 1
    }
    var labels = try assign(centroids)
    try fillEmpty(&labels, centroids)
    let (means, sizes) = try means(labels, centroids)
    return Result(
      labels: labels, centroids: means, sizes: sizes, inertia: try inertia(labels, means), iterations: steps,
      converged: idle >= Self.patience)
  }

  /// c ← c + (Σx − m·c) / count for the m rows of each centroid.
  private func step(_ centroids: inout Matrix<Double>, _ counts: inout [Double], _ labels: [Int]) {
    for (row, label) in labels.enumerated() {
      counts[label] += 1
      points.values.withRow(row) { x in
        centroids.withMutableRow(label) { c in
          for j in 0..<x.count { c[j] += (x[j] - c[j]) / counts[label] }
        }
      }
    }
    if points.metric == .cosine { centroids.normaliseRows() }
  }
}
