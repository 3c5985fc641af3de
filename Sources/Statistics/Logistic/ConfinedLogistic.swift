internal import Glibc
import Linear

/// Logistic probes of the same rows, each confined to the weights that are orthogonal to some directions: the probes of the
/// rows with these directions projected away, without any row being rewritten.
///
///     let probes = try ConfinedLogistic(centred, labels: labels, classes: 2, C: 1)
///     let start = try probes.uninformed()
///     let first = try probes.fit(without: .zeros(0, d), tolerance: 1e-8, from: start)
///     let second = try probes.fit(without: directions, tolerance: 1e-8, from: start)
///
/// Minimises J = Σ lossᵢ + ‖W‖²/(2C), losses in nats, the biases free. One Gram matrix of the rows, confined likewise,
/// tells L-BFGS the curvature of all of them, which is exact where the probe knows nothing yet.
public struct ConfinedLogistic: Sendable {
  public struct Fit: Sendable {
    /// On the rows as they came.
    public let probe: LinearProbe
    /// J/n.
    public let objectivePerSample: Double
    public let iterations: Int
    public let converged: Bool
    fileprivate let theta: [Double]
    /// J/n and its slope there, where no directions are kept from the weights; nil where that is not known.
    fileprivate let slope: LimitedMemoryBFGS.Evaluation?
  }

  private enum Rows: Sendable {
    case double(RowBlocks<Double>)
    case single(RowBlocks<Float>)
  }

  private let rows: Rows
  private let count: Int
  private let objective: LogisticObjective
  /// XᵀX/n.
  private let gram: Matrix<Double>
  private let shares: [Double]
  private let workers: Workers

  /// - Parameters:
  ///   - rows: n × d, each column with mean 0.
  ///   - C: finite and above 0.
  /// - Throws: `StatisticsError` for sizes, labels or a C that do not fit, or a class without rows.
  public init(
    _ rows: Matrix<Double>, labels: [Int], classes: Int, C: Double, workers: Workers = .serial
  ) throws {
    try self.init(.double(RowBlocks(ready: rows)), rows, labels, classes, C, workers)
  }

  /// The same of rows in 32 bits, whose products are rounded to these: no fit is nearer to its minimum than a tolerance
  /// of 1e-6, but a walk over them takes half the time.
  public init(
    _ rows: Matrix<Float>, labels: [Int], classes: Int, C: Double, workers: Workers = .serial
  ) throws {
    try self.init(.single(RowBlocks(ready: rows)), rows, labels, classes, C, workers)
  }

  private init<A: Scalar>(
    _ blocks: Rows, _ rows: Matrix<A>, _ labels: [Int], _ classes: Int, _ C: Double, _ workers: Workers
  ) throws {
    guard C > 0, C.isFinite else {
      throw StatisticsError.parameter(name: "C", expected: "a number above 0", found: "\(C)")
    }
    guard rows.columns > 0 else { throw StatisticsError.empty("columns") }
    guard labels.count == rows.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: rows.rows, found: labels.count)
    }
    let counts = try classCounts(labels, classes: classes)
    guard counts.count(where: { $0 > 0 }) > 1 else {
      throw StatisticsError.tooFewClasses(found: counts.count { $0 > 0 })
    }
    if let missing = counts.firstIndex(of: 0) {
      throw StatisticsError.classMissing(label: missing, in: "fitted rows")
    }
    let n = Double(rows.rows)
    var gram: Matrix<Double> = rows.gram().converted()
    gram.scale(by: 1 / n)
    self.gram = gram
    self.rows = blocks
    self.workers = workers
    count = rows.rows
    shares = counts.map { Double($0) / n }
    objective = LogisticObjective(
      columns: rows.columns, outputs: classes == 2 ? 1 : classes, labels: labels,
      classWeights: [Double](repeating: 1, count: classes),
      penalty: [Double](repeating: 1 / C, count: rows.columns), variance: gram.diagonal)
  }

  /// The probe that knows the shares of the classes and nothing else: where to begin without a better guess. Fits that
  /// begin there walk over the rows once less.
  /// - Throws: what cancels the workers.
  public func uninformed() throws -> Fit {
    let theta = origin
    let slope = try evaluation(at: theta)
    return Fit(
      probe: probe(theta), objectivePerSample: slope.value, iterations: 0, converged: false, theta: theta, slope: slope)
  }

  /// The best probe whose weights are orthogonal to `basis`.
  /// - Parameters:
  ///   - basis: r × d, orthonormal rows.
  ///   - tolerance: for ‖∇J/n‖∞, and a tenth of it for the share of J by which it is above its minimum.
  ///   - start: a probe to begin from, of the same rows.
  /// - Throws: what cancels the workers; `NumericError`.
  public func fit(
    without basis: Matrix<Double>, tolerance: Double, maximumIterations: Int = 200, from start: Fit? = nil
  ) throws -> Fit {
    let confinement = Confinement(basis: basis, outputs: objective.outputs)
    func evaluate(_ point: [Double]) throws -> LimitedMemoryBFGS.Evaluation {
      try workers.checkCancellation()
      var found = try evaluation(at: point)
      confinement.confine(&found.gradient)
      return found
    }
    var theta = start?.theta ?? origin
    confinement.confine(&theta)
    var known: LimitedMemoryBFGS.Evaluation
    if let slope = start?.slope {
      known = slope
      confinement.confine(&known.gradient)
    } else {
      known = try evaluate(theta)
    }
    var search = LimitedMemoryBFGS(
      diagonal: [], maximumIterations: maximumIterations, maximumEvaluations: 4 * maximumIterations)
    search.inverseCurvature = try inverseCurvature(confinement)
    var tolerance = tolerance
    if case .single = rows {
      (search.relativeDecrease, search.relativeNoise) = (LogisticSolver.roughDecrease, LogisticSolver.roughNoise)
      tolerance = max(tolerance, LogisticSolver.roughTolerance)
    }
    // Two classes' curvature at the start is what the Gram matrix says, so that the first step is of length 1.
    let isCurvatureKnown = start?.slope != nil && objective.outputs == 1
    let rules = LimitedMemoryBFGS.Rules { point, direction in
      isCurvatureKnown ? 0 : bend(at: point, along: direction)
    } isEnough: { evaluation, gap in
      gap <= tolerance * evaluation.value / 10 && evaluation.gradient.allSatisfy { $0.magnitude <= tolerance }
    }
    try search.minimise(rules, from: theta, known, evaluate: evaluate)
    return Fit(
      probe: probe(search.point), objectivePerSample: search.current.value, iterations: search.iterations,
      converged: search.end == .enough || search.end == .decrease, theta: search.point, slope: nil)
  }

  private func evaluation(at theta: [Double]) throws -> LimitedMemoryBFGS.Evaluation {
    let pass =
      switch rows {
      case .double(let blocks): try objective.pass(blocks, at: theta, workers: workers)
      case .single(let blocks): try objective.pass(blocks, at: theta, workers: workers)
      }
    return LimitedMemoryBFGS.Evaluation(value: pass.value, gradient: pass.gradient)
  }

  private func bend(at theta: [Double], along direction: [Double]) -> Double {
    switch rows {
    case .double(let blocks): objective.bend(blocks, at: theta, along: direction)
    case .single(let blocks): objective.bend(blocks, at: theta, along: direction)
    }
  }

  /// No weights, and the biases of the classes' shares.
  private var origin: [Double] {
    let logs = shares.map { log($0) }
    let biases =
      objective.outputs == 1
      ? [logs[1] - logs[0]] : logs.map { $0 - logs.reduce(0, +) / Double(logs.count) }
    return biases.flatMap { [Double](repeating: 0, count: objective.columns) + [$0] }
  }

  private func probe(_ theta: [Double]) -> LinearProbe {
    let (d, width) = (objective.columns, objective.width)
    var bias = (0..<objective.outputs).map { theta[$0 * width + d] }
    if bias.count > 1 {
      let mean = bias.reduce(0, +) / Double(bias.count)
      bias = bias.map { $0 - mean }
    }
    let weights = Matrix(rows: bias.count, columns: d) { target in
      for r in 0..<bias.count { for j in 0..<d { target[r * d + j] = theta[r * width + j] } }
    }
    return LinearProbe(
      checked: weights, bias, [Double](repeating: 0, count: d), [Double](repeating: 1, count: d))
  }

  /// For each score the inverse of s·(1 − s)·Gram + p/n, with s the share of the class, on the confined weights.
  private func inverseCurvature(_ confinement: Confinement) throws -> @Sendable ([Double]) -> [Double] {
    let confined = confinement.confined(gram)
    let (d, width, outputs) = (objective.columns, objective.width, objective.outputs)
    let penalty = (objective.penalty.first ?? 0) / Double(max(1, count))
    let spreads = (0..<outputs).map { max(1e-6, shares[$0] * (1 - shares[$0])) }
    let factors = try spreads.map { spread in
      var matrix = confined
      matrix.scale(by: spread)
      matrix.add(.identity(d), times: penalty)
      return try NewtonCurvature(matrix)
    }
    return { vector in
      var result = vector
      for r in 0..<outputs {
        let own = factors[r].solve(Array(vector[r * width..<r * width + d]))
        result.replaceSubrange(r * width..<r * width + d, with: own)
        result[r * width + d] /= spreads[r]
      }
      confinement.confine(&result)
      return result
    }
  }
}

/// The projection I − BᵀB on each score's weights.
private struct Confinement: Sendable {
  let basis: Matrix<Double>
  let outputs: Int

  func confine(_ theta: inout [Double]) {
    if basis.rows == 0 { return }
    let (d, width) = (basis.columns, basis.columns + 1)
    for r in 0..<outputs {
      let weights = Array(theta[r * width..<r * width + d])
      let away = basis.transposedTimes(basis.times(weights))
      for j in 0..<d { theta[r * width + j] -= away[j] }
    }
  }

  /// (I − BᵀB)·A·(I − BᵀB) of a symmetric matrix.
  func confined(_ matrix: Matrix<Double>) -> Matrix<Double> {
    if basis.rows == 0 { return matrix }
    let part = basis.times(matrix)
    let half = matrix.adding(basis.transposedTimes(part), times: -1)
    return half.adding(half.timesTransposed(basis).times(basis), times: -1)
  }
}
