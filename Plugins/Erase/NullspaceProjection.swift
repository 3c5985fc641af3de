import Linear
import Statistics

import func Glibc.log

/// An orthonormal basis that grows by the rows of probes: the projection I − B·Bᵀ is the one on the intersection of their
/// null spaces (Ravfogel et al. 2020), exact also where probes are not orthogonal to each other.
struct NullspaceBasis: Sendable, Equatable {
  /// r × d, orthonormal rows.
  private(set) var rows: Matrix<Double>

  init(columns: Int) { rows = .zeros(0, columns) }

  var rank: Int { rows.rows }

  /// Adds the directions of some rows: made orthogonal to those there are (twice, so that no rounding stays), those kept
  /// whose singular value is above `tolerance` of the largest of the rows as they came.
  /// - Returns: the directions that are new, orthonormal, r′ × d.
  /// - Throws: `NumericError`.
  mutating func add(_ weights: Matrix<Double>, tolerance: Double = 1e-8) throws(NumericError) -> Matrix<Double> {
    let largest = try SVD(weights).singularValues.first ?? 0
    guard largest > 0 else { return .zeros(0, rows.columns) }
    let parts = try SVD(orthogonal(orthogonal(weights)))
    let count = min(parts.singularValues.prefix { $0 > tolerance * largest }.count, rows.columns - rank)
    // Once more, since short rows were blown up to length 1.
    let fresh = try QR(orthogonal(parts.vt.rows(0..<count)).transposed()).q.transposed()
    rows = .stack([rows, fresh])
    return fresh
  }

  private func orthogonal(_ weights: Matrix<Double>) -> Matrix<Double> {
    rank == 0 ? weights : weights.adding(weights.timesTransposed(rows).times(rows), times: -1)
  }
}

/// Iterative null-space projection: a logistic probe is fitted, its directions are projected away, another is fitted on
/// what is left, and so on (Ravfogel et al. 2020; with a logistic probe in place of their support-vector machine).
struct NullspaceProjection: Sendable {
  var iterations = 20
  var C = 1.0
  /// Whether columns are divided by their deviation first; the projection is then one in those units.
  var standardize = true
  /// When the accuracy on the test rows (without any, the train rows) is at most this, no more is projected away.
  var stopAt: Double?
  /// Of each probe's fit; nil: 1e-11 where a Newton step is cheap, since what an early probe leaves undone turns all that
  /// follow; 1e-6 of so many numbers that they are walked over in 32 bits, which moves an accuracy by a row or two of a
  /// thousand; else 1e-8.
  var tolerance: Double?

  /// Numbers in the fitted rows from which they are walked over in 32 bits.
  static let manyNumbers = 1 << 20

  struct Step: Sendable, Equatable {
    let removedRank: Int
    let train: Scores
    /// Nil without test rows.
    let test: Scores?
    /// What the probe knows of the test rows beyond the shares of the classes: the mean of ln p(y|x) − ln share(y), in
    /// nats, and its standard error. Nil without test rows.
    let advantage: Advantage?
  }

  struct Advantage: Sendable, Equatable {
    let mean: Double
    let standardError: Double
  }

  struct Fit: Sendable {
    let eraser: Eraser
    /// The probe before each removal, and after the last.
    let steps: [Step]
    /// Whether every probe's fit converged.
    let converged: Bool
    let scaling: ColumnScaling
    let basis: NullspaceBasis
  }

  /// - Parameters:
  ///   - features: n × d.
  ///   - train: the rows that are fitted.
  ///   - test: rows that are only scored.
  /// - Throws: as `LogisticRegression.fit`.
  func fit<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, train: [Int], test: [Int]? = nil, workers: Workers = .serial,
    progress: Progress = { _, _, _ in }
  ) throws -> Fit {
    guard iterations >= 0 else {
      throw StatisticsError.parameter(name: "iterations", expected: "at least 0", found: "\(iterations)")
    }
    let scaling = try ColumnScaling(features, rows: train)
    let scale = standardize ? scaling.scale : [Double](repeating: 1, count: features.columns)
    // A constant column has nothing to say, and rounding in it is not to be read.
    let factor = zip(scale, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
    let (trainLabels, testLabels) = (train.map { labels[$0] }, test.map { $0.map { labels[$0] } })
    let rows = try probedRows(features, train, test, scaling.mean, factor, trainLabels, classes, workers)
    var basis = NullspaceBasis(columns: features.columns)
    var steps: [Step] = []
    var converged = true
    for iteration in 0...iterations {
      progress(iteration, iterations + 1, "probe \(iteration + 1)")
      let (probe, isDone) = try rows.probe(without: basis.rows)
      converged = converged && isDone
      let found = try rows.logProbabilities(probe)
      let step = Step(
        removedRank: basis.rank, train: try Scores(logProbabilities: found.fitted, truth: trainLabels),
        test: try found.scored.map { try Scores(logProbabilities: $0, truth: testLabels ?? []) },
        advantage: try found.scored.map { try Self.advantage($0, classes, testLabels ?? [], trainLabels) })
      steps.append(step)
      if iteration == iterations || basis.rank == features.columns { break }
      if let stopAt, (step.test ?? step.train).accuracy <= stopAt { break }
      let fresh = try basis.add(Self.centred(probe.rawWeights))
      // A probe without a new direction would repeat itself to the end.
      if fresh.rows == 0 { break }
      try rows.remove(fresh)
    }
    let eraser = try Eraser(
      left: basis.rows.transposed().rowsTimes(scale), right: Self.columns(basis.rows, times: factor),
      mean: scaling.mean)
    return Fit(eraser: eraser, steps: steps, converged: converged, scaling: scaling, basis: basis)
  }

  private func probedRows<S: Scalar>(
    _ features: Matrix<S>, _ train: [Int], _ test: [Int]?, _ mean: [Double], _ factor: [Double], _ labels: [Int],
    _ classes: Int, _ workers: Workers
  ) throws -> any ProbedRows {
    func rows<A: Scalar>(_ list: [Int]) throws -> Matrix<A> {
      try features.scaledRows(list, mean: mean, factor: factor, workers: workers)
    }
    let isSmall = (classes == 2 ? 1 : classes) * (features.columns + 1) <= 128
    let isLarge = !isSmall && train.count * features.columns >= Self.manyNumbers
    let tolerance = tolerance ?? (isSmall ? 1e-11 : isLarge ? 1e-6 : 1e-8)
    // Where Newton's method is to finish each fit, the rows are rewritten.
    guard tolerance >= 1e-9, C.isFinite else {
      return try RewrittenRows(
        rows(train), scored: test.map(rows),
        LogisticRegression(C: C, standardize: false, tolerance: tolerance), labels: labels, classes: classes, workers)
    }
    if tolerance >= 1e-6, isLarge {
      let fitted: Matrix<Float> = try rows(train)
      let probes = try ConfinedLogistic(fitted, labels: labels, classes: classes, C: C, workers: workers)
      return ConfinedRows(fitted, scored: try test.map(rows), probes, try probes.uninformed(), tolerance: tolerance)
    }
    let fitted: Matrix<Double> = try rows(train)
    let probes = try ConfinedLogistic(fitted, labels: labels, classes: classes, C: C, workers: workers)
    return ConfinedRows(fitted, scored: try test.map(rows), probes, try probes.uninformed(), tolerance: tolerance)
  }

  /// The rows of several classes sum to 0 at the minimum; what a solver leaves of their sum is no direction.
  private static func centred(_ weights: Matrix<Double>) -> Matrix<Double> {
    guard weights.rows > 1 else { return weights }
    var result = weights
    let ones = [Double](repeating: 1, count: weights.rows)
    result.addOuterProduct(ones, weights.transposedTimes(ones), times: -1 / Double(weights.rows))
    return result
  }

  private static func advantage(
    _ found: Matrix<Double>, _ classes: Int, _ labels: [Int], _ train: [Int]
  ) throws -> Advantage {
    let shares = try classCounts(train, classes: classes).map { log(Double($0) / Double(train.count)) }
    let gains = labels.enumerated().map { found[$0, $1] - shares[$1] }
    let n = Double(gains.count)
    let mean = fixedSum(gains) / n
    let squares = fixedSum(gains.map { ($0 - mean) * ($0 - mean) })
    return Advantage(mean: mean, standardError: (squares / max(1, n - 1) / n).squareRoot())
  }

  private static func columns(_ matrix: Matrix<Double>, times factors: [Double]) -> Matrix<Double> {
    var result = matrix
    result.scaleColumns(by: factors)
    return result
  }
}
