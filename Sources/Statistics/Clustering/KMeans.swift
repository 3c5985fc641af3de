import Linear

/// k-means: rows in k groups, each around its mean (Lloyd 1982), from greedy k-means++ starts (Arthur & Vassilvitskii
/// 2007).
///
///     let fit = try KMeans(k: 8, metric: .cosine, seed: 1).fit(scores, workers: workers)
///     fit.labels
///
/// Nothing but the rows, their order and the seed decides the result: sums run in row order within blocks of 4096 that
/// are added in a fixed tree, near ties are settled by distances computed number by number, exact ties go to the lowest
/// index.
public struct KMeans: Sendable, Equatable {
  public enum Metric: String, Sendable, Codable, CaseIterable {
    /// Rows and centroids have length 1; the sum of cosines is made large.
    case cosine
    /// The sum of squared distances is made small.
    case euclidean
  }

  public enum Algorithm: String, Sendable, Codable, CaseIterable {
    /// Every row is compared with every centroid in each pass.
    case lloyd
    /// The passes of `lloyd`, to the last label, with bounds that spare most rows most comparisons (Hamerly 2010).
    case hamerly
    /// Each step moves the centroids by 1024 rows drawn at random (Sculley 2010); for very many rows.
    case minibatch
  }

  public var k: Int
  public var metric: Metric
  public var algorithm: Algorithm
  /// How often to start anew; the best inertia wins, the first on ties.
  public var restarts: Int
  public var maximumIterations: Int
  /// A start also ends when Σ‖new − old centroid‖² is at most this share of the columns' mean variance (`lloyd`,
  /// `hamerly`); 0: only when no label changes.
  public var tolerance: Double
  /// Restart r draws from the sub-stream (seed, "kmeans", r).
  public var seed: UInt64

  public init(
    k: Int, metric: Metric = .cosine, algorithm: Algorithm = .lloyd, restarts: Int = 20,
    maximumIterations: Int = 300, tolerance: Double = 0, seed: UInt64 = 0
  ) {
    self.k = k
    self.metric = metric
    self.algorithm = algorithm
    self.restarts = restarts
    self.maximumIterations = maximumIterations
    self.tolerance = tolerance
    self.seed = seed
  }

  /// Groups the rows of an n × d matrix; groups are numbered by decreasing size, then by their first row.
  /// - Throws: `StatisticsError` for a k that is not in 1 … n or a number that is not finite; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public func fit<S: Scalar>(
    _ rows: Matrix<S>, workers: Workers = .serial, progress: Progress = { _, _, _ in }
  ) throws -> KMeansFit {
    guard restarts > 0 else {
      throw StatisticsError.parameter(name: "nInit", expected: "at least 1", found: "\(restarts)")
    }
    let points = try KMeansPoints(rows, k: k, metric: metric, workers: workers)
    var best: Lloyd.Result?
    var ends: [KMeansFit.Restart] = []
    // As many at once as there are threads; which of them ends first decides nothing.
    for first in stride(from: 0, to: restarts, by: workers.jobs) {
      let means = self
      let batch = try workers.map(min(workers.jobs, restarts - first)) { index in
        var numbers = RandomNumbers(seed: means.seed, step: "kmeans", index: first + index)
        let start = points.values.rows(at: try points.greedyStart(means.k, using: &numbers, workers: workers))
        let iteration = Lloyd(points: points, means, workers: workers)
        return means.algorithm == .minibatch
          ? try iteration.runInBatches(from: start, using: &numbers) : try iteration.run(from: start)
      }
      for result in batch {
        ends.append(.init(inertia: result.inertia, iterations: result.iterations, converged: result.converged))
        if result.inertia < best?.inertia ?? .infinity { best = result }
      }
      progress(ends.count, restarts, "k-means restarts")
    }
    guard let best else { throw StatisticsError.empty("restarts with a finite inertia") }
    return KMeansFit(best, points, restarts: ends)
  }

  /// The rows that greedy k-means++ chooses: the first at ⌊u·n⌋; for each further one 2 + ⌊ln k⌋ are drawn with chances
  /// proportional to the squared distance to the nearest chosen so far, and the one is kept that leaves the smallest
  /// sum of squared distances (the first on ties).
  /// - Throws: as `fit`.
  public func start<S: Scalar>(
    _ rows: Matrix<S>, using numbers: inout RandomNumbers, workers: Workers = .serial
  ) throws -> [Int] {
    try KMeansPoints(rows, k: k, metric: metric, workers: workers)
      .greedyStart(k, using: &numbers, workers: workers)
  }

  /// Lloyd's iteration from the given centroids (k × d), whose order the groups keep; by `hamerly` when that is asked.
  /// - Throws: as `fit`, and for centroids of another size.
  public func refine<S: Scalar>(
    _ rows: Matrix<S>, from centroids: Matrix<Double>, workers: Workers = .serial
  ) throws -> KMeansFit {
    let points = try KMeansPoints(rows, k: k, metric: metric, workers: workers)
    guard centroids.rows == k, centroids.columns == rows.columns else {
      throw StatisticsError.lengthMismatch(
        what: "numbers in the centroids", expected: k * rows.columns, found: centroids.count)
    }
    if let place = centroids.firstNonFinite() {
      throw StatisticsError.notFinite(row: place.row, column: place.column)
    }
    let result = try Lloyd(points: points, self, workers: workers).run(from: points.inner(centroids))
    return KMeansFit(result, points, restarts: [], renumbered: false)
  }
}

/// Rows in groups.
public struct KMeansFit: Sendable, Equatable {
  /// How one start ended.
  public struct Restart: Sendable, Equatable, Codable {
    public let inertia: Double
    public let iterations: Int
    public let converged: Bool
  }

  /// The group of each row, 0 ..< k.
  public let labels: [Int]
  /// k × d; of length 1 for the cosine metric.
  public let centroids: Matrix<Double>
  /// Rows of each group; 0 only where there are fewer different rows than groups.
  public let sizes: [Int]
  /// Σ ‖x − centroid‖², or 2·(n − Σ cosine).
  public let inertia: Double
  /// Passes over the rows that changed a label; steps of `minibatch`.
  public let iterations: Int
  /// Whether the last pass changed none, or moved the centroids no more than `tolerance` allows; for `minibatch`
  /// whether ten steps in a row brought nothing.
  public let converged: Bool
  /// All starts, in their order.
  public let restarts: [Restart]

  init(_ result: Lloyd.Result, _ points: KMeansPoints, restarts: [Restart], renumbered: Bool = true) {
    let k = result.centroids.rows
    let sizes = result.sizes
    var firstRow = [Int](repeating: .max, count: k)
    for (row, label) in result.labels.enumerated().reversed() { firstRow[label] = row }
    let order =
      renumbered ? (0..<k).sorted { (-sizes[$0], firstRow[$0], $0) < (-sizes[$1], firstRow[$1], $1) } : Array(0..<k)
    var number = [Int](repeating: 0, count: k)
    for (new, old) in order.enumerated() { number[old] = new }
    labels = result.labels.map { number[$0] }
    centroids = points.outer(result.centroids.rows(at: order))
    self.sizes = order.map { sizes[$0] }
    inertia = result.inertia
    iterations = result.iterations
    converged = result.converged
    self.restarts = restarts
  }
}
