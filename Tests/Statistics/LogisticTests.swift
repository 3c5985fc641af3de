import Glibc
import Linear
import Synchronization
import Testing

@testable import Statistics

@Suite struct LogisticTests {
  private func coordinates(
    _ features: Matrix<Double>, _ labels: [Int], _ classes: Int, C: Double = 0.7, standardize: Bool = true,
    balanced: Bool = false
  ) throws -> (LogisticObjective, RowBlocks<Double>) {
    let coordinates = try Coordinates(
      try ColumnScaling(features), labels: labels, classes: classes, penaltyWeight: 1 / C, standardize: standardize,
      balanced: balanced)
    let rows = try PreparedRows(features, nil, coordinates, mixed: false, .serial)
    return (coordinates.objective, rows.exact)
  }

  @Test(arguments: [2, 3, 6], [false, true])
  func gradientIsTheSlopeOfTheObjective(classes: Int, balanced: Bool) throws {
    let (features, labels) = gaussianClasses(300, 7, classes: classes)
    let (objective, rows) = try coordinates(features, labels, classes, standardize: false, balanced: balanced)
    var numbers = RandomNumbers(seed: 7)
    let side = objective.outputs * objective.width
    let point = (0..<side).map { _ in 0.3 * numbers.gaussian() }
    let here = try objective.pass(rows, at: point, workers: .serial)
    for _ in 0..<10 {
      let direction = (0..<side).map { _ in numbers.gaussian() }
      let step = 1e-5
      var (ahead, behind) = (point, point)
      ahead.add(direction, times: step)
      behind.add(direction, times: -step)
      let difference =
        try objective.pass(rows, at: ahead, workers: .serial).value
        - objective.pass(rows, at: behind, workers: .serial).value
      let slope = here.gradient.dot(direction)
      // The third derivative leaves step², rounding 1e-16/step.
      #expect((difference / (2 * step) - slope).magnitude < 1e-9 * max(1, slope.magnitude))
    }
  }

  @Test(arguments: [2, 3, 6]) func curvatureIsTheSlopeOfTheGradient(classes: Int) throws {
    let (features, labels) = gaussianClasses(300, 5, classes: classes)
    let (objective, rows) = try coordinates(features, labels, classes, balanced: true)
    var numbers = RandomNumbers(seed: 8)
    let side = objective.outputs * objective.width
    let point = (0..<side).map { _ in 0.3 * numbers.gaussian() }
    let curvature = try objective.curvature(rows, at: point, workers: .serial)
    let (outputs, width) = (objective.outputs, objective.width)
    for _ in 0..<5 {
      let direction = (0..<side).map { _ in numbers.gaussian() }
      var (ahead, behind) = (point, point)
      ahead.add(direction, times: 1e-5)
      behind.add(direction, times: -1e-5)
      var difference = try objective.pass(rows, at: ahead, workers: .serial).gradient
      difference.add(try objective.pass(rows, at: behind, workers: .serial).gradient, times: -1)
      difference.scale(by: 1 / 2e-5)
      // The biases' common direction was given the curvature 1, which the objective has not.
      let drift = outputs > 1 ? (0..<outputs).reduce(0) { $0 + direction[$1 * width + width - 1] } / Double(outputs) : 0
      var product = curvature.times(direction)
      for r in 0..<outputs { product[r * width + width - 1] -= drift }
      product.add(difference, times: -1)
      #expect(product.norm < 1e-8 * max(1, difference.norm))
      let bend = objective.bend(rows, at: point, along: direction)
      #expect(relative(bend, direction.dot(difference)) < 1e-6, "one block holds all rows here")
    }
    let pass = try objective.pass(rows, at: point, workers: .serial)
    for a in 0..<outputs {
      for b in 0..<outputs {
        let whole = curvature[a * width + width - 1, b * width + width - 1] - (outputs > 1 ? 1 / Double(outputs) : 0)
        #expect((pass.biasCurvature[a * outputs + b] - whole).magnitude < 1e-14)
      }
    }
  }

  /// One column, two values: the fitted log-odds are those of the table when nothing is penalised.
  @Test func twoByTwoTableHasItsLogOdds() throws {
    let counts = [(0.0, 0, 30), (0.0, 1, 10), (1.0, 0, 15), (1.0, 1, 45)]
    let rows = counts.flatMap { Array(repeating: [$0.0], count: $0.2) }
    let labels = counts.flatMap { Array(repeating: $0.1, count: $0.2) }
    let fit = try LogisticRegression(C: .infinity, standardize: false, tolerance: 1e-13).fit(
      Matrix(rows), labels: labels, classes: 2)
    #expect((fit.probe.bias[0] - -1.0986122886681098).magnitude < 1e-12)  // ln(10/30)
    #expect((fit.probe.weights[0, 0] - 2 * 1.0986122886681098).magnitude < 1e-12)  // ln(45/15) − ln(10/30)
    #expect(fit.gapBound == nil)
    #expect(fit.converged && !fit.separated)
  }

  @Test func withoutSignalTheBiasesAreTheClassShares() throws {
    let features = Matrix<Double>(rows: 60, columns: 2, repeating: 3)
    let labels = (0..<60).map { $0 < 30 ? 0 : $0 < 50 ? 1 : 2 }
    let fit = try LogisticRegression().fit(features, labels: labels, classes: 3)
    #expect(fit.constantColumns == [0, 1])
    #expect(fit.probe.weights == .zeros(3, 2))
    let shares = try fit.probe.logProbabilities(features.rows(0..<1)).elements.map { $0 }
    for (mine, share) in zip(shares, [0.5, 1.0 / 3, 1.0 / 6]) {
      #expect((mine - log(share)).magnitude < 1e-12)
    }
    #expect(fit.probe.bias.reduce(0, +).magnitude < 1e-14)
  }

  @Test func penaltyFreeSeparableRowsAreCalledSeparated() throws {
    let features = Matrix<Double>([[-2.0, 1], [-1, -1], [1, 1], [3, -1]])
    for solver in LogisticRegression.Solver.allCases {
      let fit = try LogisticRegression(C: .infinity, solver: solver).fit(features, labels: [0, 0, 1, 1], classes: 2)
      #expect(fit.separated)
      #expect(!fit.converged)
      #expect(fit.iterations < 50)
      #expect(try fit.probe.predictions(features) == [0, 0, 1, 1])
    }
  }

  @Test func permutedColumnsPermuteTheWeights() throws {
    let (features, labels) = gaussianClasses(400, 30, classes: 5)
    var numbers = RandomNumbers(seed: 3)
    let order = numbers.permutation(30)
    let regression = LogisticRegression(tolerance: 1e-12)
    let plain = try regression.fit(features, labels: labels, classes: 5)
    let turned = try regression.fit(features.columns(at: order), labels: labels, classes: 5)
    let difference = turned.probe.weights.adding(plain.probe.weights.columns(at: order), times: -1)
    #expect(difference.frobeniusNorm < 1e-9 * plain.probe.weights.frobeniusNorm)
  }

  /// The answer with raw features is that with standardised ones under a penalty of another shape: scaling a raw
  /// column by 1000 changes what is penalised, and the fit must follow, where scaled features must not notice.
  @Test func standardisedFitsDoNotNoticeUnits() throws {
    let (features, labels) = gaussianClasses(500, 6, classes: 2)
    let scales = Matrix.diagonal([1e-6, 1, 1e6, 3, 1e3, 0.1])
    let regression = LogisticRegression(tolerance: 1e-12)
    let plain = try regression.fit(features, labels: labels, classes: 2)
    let scaled = try regression.fit(features.times(scales), labels: labels, classes: 2)
    #expect(relative(scaled.objective, plain.objective) < 1e-13)
    #expect(scaled.probe.weights.adding(plain.probe.weights, times: -1).frobeniusNorm < 1e-10)
  }

  @Test func rawFitsMinimiseTheRawObjective() throws {
    var (features, labels) = gaussianClasses(500, 4, classes: 3)
    features = features.times(.diagonal([1e-3, 1, 50, 1e3]))
    features.addToRows([5, -3, 1e3, 1e4])
    let C = 2.0
    let fit = try LogisticRegression(C: C, standardize: false, tolerance: 1e-12).fit(
      features, labels: labels, classes: 3)
    /// J by its definition.
    func objective(_ probe: LinearProbe) throws -> Double {
      let losses = try probe.logProbabilities(features)
      let loss = labels.enumerated().reduce(0) { $0 - losses[$1.offset, $1.element] }
      let norm = probe.weights.frobeniusNorm
      return loss + norm * norm / (2 * C)
    }
    let best = try objective(fit.probe)
    #expect(relative(fit.objective, best) < 1e-12)
    var numbers = RandomNumbers(seed: 4)
    for _ in 0..<20 {
      var weights = fit.probe.weights
      for j in 0..<4 {
        for r in 0..<3 { weights[r, j] += 1e-4 * numbers.gaussian() * max(0.1, weights[r, j].magnitude) }
      }
      let moved = try LinearProbe(weights: weights, bias: fit.probe.bias, mean: fit.probe.mean, scale: fit.probe.scale)
      #expect(try objective(moved) > best)
    }
  }

  /// Balanced weights are what repeating the rows of the smaller class gives.
  @Test func balancedWeightsEqualRepeatedRows() throws {
    let (all, allLabels) = gaussianClasses(400, 5, classes: 2)
    let few = allLabels.indices.filter { allLabels[$0] == 1 }.prefix(50)
    let many = allLabels.indices.filter { allLabels[$0] == 0 }.prefix(150)
    let rows = Array(many) + few
    let repeated = Array(many) + few + few + few
    let settings = LogisticRegression(C: .infinity, standardize: false, tolerance: 1e-12)
    var balanced = settings
    balanced.classWeight = .balanced
    let weighted = try balanced.fit(all, labels: allLabels, classes: 2, rows: rows)
    let plain = try settings.fit(all.rows(at: repeated), labels: repeated.map { allLabels[$0] }, classes: 2)
    #expect(weighted.probe.weights.adding(plain.probe.weights, times: -1).frobeniusNorm < 1e-9)
    #expect((weighted.probe.bias[0] - plain.probe.bias[0]).magnitude < 1e-9)
  }

  @Test func rowListsEqualCopiedRows() throws {
    let (features, labels) = gaussianClasses(300, 8, classes: 3)
    var numbers = RandomNumbers(seed: 5)
    let rows = numbers.sample(200, of: 300)
    let listed = try LogisticRegression().fit(features, labels: labels, classes: 3, rows: rows)
    let copied = try LogisticRegression().fit(features.rows(at: rows), labels: rows.map { labels[$0] }, classes: 3)
    #expect(relative(listed.objective, copied.objective) < 1e-13)
    #expect(listed.probe.weights.adding(copied.probe.weights, times: -1).frobeniusNorm < 1e-9)
  }

  @Test func aWarmStartArrivesAtTheSamePointInFewerPasses() throws {
    let (features, labels) = gaussianClasses(2000, 150, classes: 2)
    let cold = try LogisticRegression(C: 1).fit(features, labels: labels, classes: 2)
    let before = try LogisticRegression(C: 0.9, standardize: false).fit(features, labels: labels, classes: 2)
    let warm = try LogisticRegression(C: 1).fit(features, labels: labels, classes: 2, start: before.probe)
    #expect(relative(warm.objective, cold.objective) < 1e-11)
    #expect(warm.passes < cold.passes)
    let same = try LogisticRegression(C: 1).fit(features, labels: labels, classes: 2, start: cold.probe)
    #expect(same.iterations <= 2)
  }

  /// As many columns as rows decide nothing but the way: the same answer as with the columns left as they are.
  @Test(arguments: [2, 4]) func moreColumnsThanRowsAreSolvedAmongTheRows(classes: Int) throws {
    let (features, labels) = gaussianClasses(60, 200, classes: classes)
    let regression = LogisticRegression(C: 3, tolerance: 1e-11)
    let short = try regression.fit(features, labels: labels, classes: classes)
    let (objective, rows) = try coordinates(features, labels, classes, C: 3)
    #expect(try RowSpace(objective, rows) != nil)
    var long = [Double](repeating: 0, count: objective.outputs * objective.width)
    long = try LogisticSolver(
      objective: objective, rows: rows, rough: nil, solver: .lbfgs, tolerance: 1e-11, maximumIterations: 2000,
      workers: .serial, progress: { _, _, _ in }
    ).run(from: long).theta
    let direct = try objective.pass(rows, at: long, workers: .serial)
    #expect(relative(short.objectivePerSample, direct.value) < 1e-12)
    #expect(short.gradientNorm <= 1e-11)
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let (features, labels) = gaussianClasses(10_000, 20, classes: 3)
    for solver in [LogisticRegression.Solver.lbfgs, .newton] {
      let one = try LogisticRegression(solver: solver).fit(features, labels: labels, classes: 3)
      let three = try LogisticRegression(solver: solver).fit(
        features, labels: labels, classes: 3, workers: Workers(jobs: 3))
      #expect(one == three)
    }
  }

  @Test func cancellationEndsTheFit() throws {
    struct Stop: Error {}
    let (features, labels) = gaussianClasses(5000, 60, classes: 3)
    let looks = Mutex(0)
    let workers = Workers(jobs: 1, pool: ThreadPool(threads: 1)) {
      let seen = looks.withLock { count in
        count += 1
        return count
      }
      if seen > 12 { throw Stop() }
    }
    for solver in LogisticRegression.Solver.allCases {
      looks.withLock { $0 = 0 }
      #expect(throws: Stop.self) {
        try LogisticRegression(tolerance: 1e-15, solver: solver).fit(
          features, labels: labels, classes: 3, workers: workers)
      }
    }
  }

  /// Through both halves of a mixed fit, and through the handing over to Newton's method.
  @Test(arguments: LogisticRegression.Precision.allCases, [1e-8, 1e-12])
  func progressNeverGoesBack(precision: LogisticRegression.Precision, tolerance: Double) throws {
    let (features, labels) = gaussianClasses(500, 150, classes: 2)
    var steps: [Int] = []
    let fit = try LogisticRegression(tolerance: tolerance, precision: precision).fit(
      features, labels: labels, classes: 2
    ) { done, total, _ in
      steps.append(done)
      #expect(total >= done)
    }
    #expect(steps == steps.sorted() && fit.converged)
    #expect(steps.count >= fit.iterations - 1 && steps.count <= fit.iterations)
    #expect(fit.solver == (tolerance < 1e-9 ? .newton : .lbfgs))
  }

  @Test func theCallersLimitIsKept() throws {
    let (features, labels) = gaussianClasses(500, 150, classes: 2)
    for solver in LogisticRegression.Solver.allCases {
      let fit = try LogisticRegression(maximumIterations: 3, solver: solver).fit(features, labels: labels, classes: 2)
      #expect(fit.iterations == 3 && !fit.converged)
      #expect(fit.gradientNorm > 1e-8)
    }
  }

  @Test func wrongInputIsRefusedByName() throws {
    var (features, labels) = gaussianClasses(20, 3, classes: 2)
    let fit = { (features: Matrix<Double>, labels: [Int], classes: Int, rows: [Int]?) throws -> StatisticsError? in
      do {
        _ = try LogisticRegression().fit(features, labels: labels, classes: classes, rows: rows)
        return nil
      } catch let error as StatisticsError { return error }
    }
    #expect(
      try fit(features, Array(labels.dropLast()), 2, nil) == .lengthMismatch(what: "labels", expected: 20, found: 19))
    #expect(try fit(features, labels, 3, nil) == .classMissing(label: 2, in: "fitted rows"))
    #expect(try fit(features, labels.map { $0 * 2 }, 2, nil)?.description.contains("expected 0 to 1") == true)
    #expect(try fit(features, labels, 2, [0, 1, 1]) == .badRow(list: "fitted", row: 1, rows: 20))
    #expect(try fit(features, labels, 2, [0, 20]) == .badRow(list: "fitted", row: 20, rows: 20))
    #expect(try fit(features, labels, 2, []) == .empty("rows"))
    #expect(try fit(features, labels.map { _ in 1 }, 2, nil) == .tooFewClasses(found: 1))
    features[7, 1] = .nan
    #expect(try fit(features, labels, 2, nil) == .notFinite(row: 7, column: 1))
    #expect(throws: StatisticsError.self) { try LogisticRegression(C: 0).fit(features, labels: labels, classes: 2) }
    #expect(throws: StatisticsError.self) {
      try LogisticRegression(tolerance: .nan).fit(features, labels: labels, classes: 2)
    }
    labels[0] = -1
    #expect(throws: StatisticsError.self) { try LogisticRegression().fit(features, labels: labels, classes: 2) }
  }

  /// Rows that are read again for each walk give what rows in memory give.
  @Test(arguments: [2, 3]) func rowsThatAreReadBlockByBlockGiveTheSameFit(classes: Int) throws {
    var (features, labels) = gaussianClasses(9000, 60, classes: classes)
    for i in 0..<9000 {
      features[i, 0] += 1e4
      features[i, 1] = 5
    }
    let rows = (0..<9000).filter { $0 % 7 != 2 }
    for list in [nil, rows] {
      let settings = LogisticRegression(solver: .lbfgs)
      let whole = try settings.fit(features, labels: labels, classes: classes, rows: list)
      let read = try settings.fit(reading: features, labels: labels, classes: classes, rows: list)
      #expect(read.converged && (read.objective - whole.objective).magnitude <= 1e-9 * whole.objective)
      #expect(read.constantColumns == [1] && read.probe.weights[0, 1] == 0)
      let threaded = try settings.fit(
        reading: features, labels: labels, classes: classes, rows: list, workers: Workers(jobs: 3))
      #expect(threaded.probe == read.probe)
    }
  }

  private struct Broken: RowReader {
    let rowCount = 6000
    let columnCount = 3
    /// Blocks that are read before the file is gone.
    private let left: Box

    private final class Box: Sendable {
      let blocks: Mutex<Int>

      init(_ blocks: Int) { self.blocks = Mutex(blocks) }
    }

    init(left: Int) { self.left = Box(left) }

    func readRows<S: Scalar>(_ range: Range<Int>, as: S.Type) throws -> Matrix<S> {
      let isLeft = left.blocks.withLock {
        $0 -= 1
        return $0 >= 0
      }
      guard isLeft else { throw ByteSourceFault.endOfBytes(offset: range.lowerBound, wanted: range.count, count: 0) }
      return Matrix(
        rows: range.count, columns: 3, elements: range.flatMap { i in (0..<3).map { S((i * $0 + i) % 11) } })
    }

    func readRows<S: Scalar>(at rows: [Int], as: S.Type) throws -> Matrix<S> {
      try readRows(0..<rows.count, as: S.self)
    }
  }

  /// A file that is cut while it is walked over is an error, whatever the walk was at.
  @Test(arguments: [0, 1, 2, 5, 30, 60]) func aReadThatFailsEndsTheFit(left: Int) {
    let broken = Broken(left: left)
    #expect(throws: ByteSourceFault.self) {
      try LogisticRegression().fit(reading: broken, labels: (0..<6000).map { $0 % 2 }, classes: 2)
    }
  }
}
