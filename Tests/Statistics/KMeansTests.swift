import JSON
import Linear
import Testing

@testable import Statistics

@Suite struct KMeansTests {
  private static func dataset(_ name: String) throws -> Matrix<Double> {
    let rows = try #require(try sharedJSON("oracle/features/datasets.json")[name]?["rows"]?.array)
    return Matrix(rows.map { $0.doubles ?? [] })
  }

  @Test(.needsSharedData) func greedyStartsChooseTheOraclesRows() throws {
    let cases = try #require(try sharedJSON("oracle/features/rng.json")["values"]?["kmeanspp"]?.array)
    #expect(cases.count == 6)
    for item in cases {
      let rows = try Self.dataset(try #require(item["dataset"]?.string))
      let k = try #require(item["k"]?.int)
      var numbers = RandomNumbers(seed: UInt64(try #require(item["seed"]?.int)))
      let means = KMeans(k: k, metric: .euclidean)
      let start = try means.start(rows, using: &numbers)
      #expect(start == item["rows"]?.ints)
      let fit = try means.refine(rows, from: rows.rows(at: start))
      #expect(relative(fit.inertia, try item.number("lloyd_inertia")) < 1e-9)
      #expect(fit.iterations == item["lloyd_iterations"]?.int)
      #expect(fit.sizes == item["cluster_sizes"]?.ints)
      #expect(fit.converged)
    }
  }

  @Test(.needsSharedData, arguments: ["iris", "blobs60"]) func lloydEndsWhereTheOraclesDid(name: String) throws {
    let oracle = try #require(try sharedJSON("oracle/features/kmeans.json")["values"]?[name])
    let rows = try Self.dataset(name)
    let k = try #require(oracle["k"]?.int)
    let start = try #require(oracle["init_rows"]?.ints)
    let fit = try KMeans(k: k, metric: .euclidean).refine(rows, from: rows.rows(at: start))
    #expect(fit.labels == oracle["labels"]?.ints)
    #expect(relative(fit.inertia, try oracle.number("inertia")) < 1e-9)
    // This file's program counts the pass that changes nothing; rng.json and we do not.
    #expect(fit.iterations + 1 == oracle["iterations"]?.int)
    let centroids = try #require(oracle["centroids"]?.array).map { $0.doubles ?? [] }
    #expect(fit.centroids.adding(Matrix(centroids), times: -1).frobeniusNorm < 1e-12)
  }

  @Test(.needsSharedData, arguments: ["iris", "blobs60"]) func restartsFindTheBestKnownInertia(name: String) throws {
    let oracle = try #require(try sharedJSON("oracle/features/kmeans.json")["values"]?[name])
    let rows = try Self.dataset(name)
    let best = try oracle.number("best_known_inertia")
    for seed in 0..<10 {
      let fit = try KMeans(k: 3, metric: .euclidean, seed: UInt64(seed)).fit(rows)
      #expect(fit.inertia <= best * 1.002)
      #expect(fit.inertia >= best * (1 - 1e-9))
      #expect(fit.restarts.count == 20 && fit.restarts.map(\.inertia).min() == fit.inertia)
    }
  }

  @Test func groupsAreNumberedBySizeThenFirstRow() throws {
    let rows = Matrix<Double>([[9.0], [0], [5], [0.1], [5.1], [9.1], [0.2], [20]])
    let fit = try KMeans(k: 4, metric: .euclidean, seed: 3).fit(rows)
    #expect(fit.labels == [1, 0, 2, 0, 2, 1, 0, 3])
    #expect(fit.sizes == [3, 2, 2, 1])
    #expect((fit.centroids[1, 0] - 9.05).magnitude < 1e-12)
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let (rows, _) = gaussianClasses(9000, 12, classes: 5, distance: 4)
    for metric in KMeans.Metric.allCases {
      let means = KMeans(k: 7, metric: metric, restarts: 5, seed: 2)
      #expect(try means.fit(rows) == means.fit(rows, workers: Workers(jobs: 3)))
    }
  }

  @Test func cosineDoesNotNoticeTheLengthOfRows() throws {
    let (rows, _) = gaussianClasses(200, 6, classes: 4, distance: 6)
    var scaled = rows
    var numbers = RandomNumbers(seed: 5)
    for i in 0..<200 {
      let factor = 0.01 + 100 * numbers.unit()
      for j in 0..<6 { scaled[i, j] *= factor }
    }
    let means = KMeans(k: 4, metric: .cosine, restarts: 4)
    let (plain, stretched) = (try means.fit(rows), try means.fit(scaled))
    #expect(plain.labels == stretched.labels)
    #expect(relative(plain.inertia, stretched.inertia) < 1e-10)
    // 2·(n − Σ cosine), by hand.
    var sum = 0.0
    for i in 0..<200 {
      let row = rows.row(i)
      sum += row.dot(plain.centroids.row(plain.labels[i])) / row.norm
    }
    #expect(relative(plain.inertia, 2 * (200 - sum)) < 1e-12)
    #expect((0..<4).allSatisfy { (plain.centroids.row($0).norm - 1).magnitude < 1e-14 })
  }

  @Test func aMeanFarAwayCostsNoDigits() throws {
    let (rows, _) = gaussianClasses(300, 3, classes: 3, distance: 5)
    var moved = rows
    // Whole steps of 2⁻²⁰, which survive the addition.
    var rounded = rows
    for i in 0..<300 {
      for j in 0..<3 {
        rounded[i, j] = (rows[i, j] * 0x1p20).rounded() * 0x1p-20
        moved[i, j] = rounded[i, j] + 0x1p26
      }
    }
    let means = KMeans(k: 3, metric: .euclidean, restarts: 3)
    let (near, far) = (try means.fit(rounded), try means.fit(moved))
    #expect(near.labels == far.labels)
    #expect(relative(far.inertia, near.inertia) < 1e-9)
  }

  @Test func emptyGroupsTakeTheFarthestRow() throws {
    let rows = Matrix<Double>([[0.0], [1], [2], [10]])
    // The third centroid is nobody's; row 3 lies farthest from its own.
    let fit = try KMeans(k: 3, metric: .euclidean).refine(rows, from: Matrix([[0], [2], [-100]]))
    #expect(fit.labels == [0, 0, 1, 2])
    #expect(fit.converged && fit.iterations == 1)
  }

  @Test func fewerDifferentRowsThanGroupsLeaveGroupsEmpty() throws {
    let rows = Matrix<Double>([[1.0, 2], [1, 2], [3, 4], [1, 2], [3, 4]])
    for metric in KMeans.Metric.allCases {
      let fit = try KMeans(k: 4, metric: metric).fit(rows)
      #expect(fit.labels == [0, 0, 1, 0, 1])
      #expect(fit.sizes == [3, 2, 0, 0])
      #expect(fit.inertia < 1e-14)
    }
  }

  @Test(arguments: KMeans.Metric.allCases) func boundsChangeNoLabel(metric: KMeans.Metric) throws {
    for (n, k, distance) in [(400, 5, 3.0), (300, 12, 0.3), (200, 40, 0)] {
      let (rows, _) = gaussianClasses(n, 6, classes: 5, distance: distance, seed: UInt64(n))
      var means = KMeans(k: k, metric: metric, restarts: 6, seed: 4)
      let plain = try means.fit(rows)
      means.algorithm = .hamerly
      #expect(try means.fit(rows) == plain)
    }
    // Ties, twins and groups that run empty.
    let points = (0..<60).map { i -> [Double] in [Double(i % 3), Double(i % 4), i == 7 ? 50 : 0] }
    let grid = Matrix<Double>(points)
    for k in [2, 5, 11, 14] {
      var means = KMeans(k: k, metric: metric, restarts: 4)
      let plain = try means.fit(grid)
      means.algorithm = .hamerly
      #expect(try means.fit(grid) == plain)
    }
  }

  @Test func batchesComeCloseToWholePasses() throws {
    let (rows, _) = gaussianClasses(20_000, 8, classes: 6, distance: 8)
    for metric in KMeans.Metric.allCases {
      var means = KMeans(k: 6, metric: metric, restarts: 3, seed: 1)
      let whole = try means.fit(rows)
      means.algorithm = .minibatch
      let parts = try means.fit(rows)
      #expect(parts.inertia >= whole.inertia * (1 - 1e-12) && parts.inertia < 1.02 * whole.inertia)
      #expect(try PartitionAgreement(parts.labels, whole.labels).adjustedRand > 0.98)
      #expect(try means.fit(rows, workers: Workers(jobs: 3)) == parts)
      #expect(parts.converged && parts.sizes.reduce(0, +) == 20_000)
    }
  }

  @Test func toleranceEndsAStartBeforeItsLabelsStandStill() throws {
    let (rows, _) = gaussianClasses(2000, 5, classes: 5, distance: 0.5)
    let start = rows.rows(0..<7)
    let exact = try KMeans(k: 7, metric: .euclidean).refine(rows, from: start)
    let loose = try KMeans(k: 7, metric: .euclidean, tolerance: 0.01).refine(rows, from: start)
    #expect(loose.converged && loose.iterations < exact.iterations)
    #expect(loose.inertia > exact.inertia && loose.inertia < 1.05 * exact.inertia)
    let tight = try KMeans(k: 7, metric: .euclidean, tolerance: 1e-30).refine(rows, from: start)
    #expect(tight == exact)
  }

  @Test func oneRowAndRowsOfZerosAreGrouped() throws {
    #expect(try KMeans(k: 1).fit(Matrix<Double>([[3.0, 4]])).labels == [0])
    let zeros = try KMeans(k: 2).fit(Matrix<Double>.zeros(3, 2))
    #expect(zeros.labels == [0, 0, 0] && zeros.inertia.isFinite)
  }

  @Test func floatsAreGroupedLikeDoubles() throws {
    let (rows, _) = gaussianClasses(300, 5, classes: 3, distance: 6)
    let single: Matrix<Float> = rows.converted()
    let means = KMeans(k: 3, metric: .cosine, restarts: 3)
    #expect(try means.fit(single) == means.fit(single.converted(to: Double.self)))
  }

  @Test func wrongInputIsRefused() throws {
    let rows = Matrix<Double>([[1.0], [2], [.nan]])
    #expect(throws: StatisticsError.notFinite(row: 2, column: 0)) { try KMeans(k: 2).fit(rows) }
    for k in [0, 4, -1] {
      #expect(throws: StatisticsError.self) { try KMeans(k: k).fit(Matrix<Double>([[1.0], [2], [3]])) }
    }
    #expect(throws: StatisticsError.empty("rows")) { try KMeans(k: 1).fit(Matrix<Double>.zeros(0, 2)) }
    #expect(throws: StatisticsError.self) {
      try KMeans(k: 2).refine(Matrix<Double>([[1.0], [2]]), from: Matrix([[1.0]]))
    }
  }
}
