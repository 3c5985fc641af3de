internal import Glibc
import Linear

/// Walks to the minimum of a logistic objective: L-BFGS, damped Newton, or the one and then the other.
struct LogisticSolver {
  let objective: LogisticObjective
  let rows: RowBlocks<Double>
  /// The same rows in 32 bits, for the passes far from the minimum.
  let rough: RowBlocks<Float>?
  let solver: LogisticRegression.Solver
  /// For ‖∇J/n‖∞.
  let tolerance: Double
  let maximumIterations: Int
  let workers: Workers
  let progress: Progress

  struct Outcome {
    var theta: [Double]
    var pass: LogisticObjective.Pass
    var iterations = 0
    var passes = 0
    var converged = false
    /// gᵀH⁻¹g/2 of J at the last Newton step.
    var newtonGap: Double?
    var usedNewton = false
  }

  /// R·(d + 1) up to which Newton's method is the faster one.
  private static let newtonSide = 128
  /// R·(d + 1) up to which it is affordable as a rescue.
  static let rescueSide = 3000
  /// Passes after which L-BFGS is not trusted to arrive.
  private static let patience = 200
  /// The gradient below which L-BFGS leaves the rest to Newton's method.
  private static let handover = 1e-9

  private var side: Int { objective.outputs * objective.width }
  private var isPenalised: Bool { objective.penalty.contains { $0 > 0 } }

  func run(from start: [Double]) throws -> Outcome {
    switch solver {
    case .newton: return try newton(from: start, steps: maximumIterations)
    case .lbfgs: return try gradientDescent(from: start, tolerance: tolerance, passes: .max)
    case .auto: break
    }
    if side <= Self.newtonSide { return try newton(from: start, steps: maximumIterations) }
    guard side <= Self.rescueSide else { return try gradientDescent(from: start, tolerance: tolerance, passes: .max) }
    let reachable = max(tolerance, Self.handover)
    var first = try gradientDescent(from: start, tolerance: reachable, passes: Self.patience)
    if first.converged && tolerance >= reachable || isUnbounded(first.pass) { return first }
    first.converged = false
    // The caller's own limit came first.
    if first.iterations >= maximumIterations && first.passes < Self.patience { return first }
    var second = try newton(from: first.theta, known: first.pass, steps: 50, after: first.iterations)
    // Newton's method never climbs, so its point is the better one even when it too falls short.
    second.iterations += first.iterations
    second.passes += first.passes
    return second
  }

  /// A small gradient alone says little where J itself is small, so the gap has to be small beside J too.
  private func isEnough(_ pass: LogisticObjective.Pass, gap: Double) -> Bool {
    gap <= tolerance * pass.value / 10 && pass.steepest <= tolerance
  }

  /// Without a penalty, separated rows have their minimum at infinity.
  private func isUnbounded(_ pass: LogisticObjective.Pass) -> Bool { !isPenalised && pass.notSeparated == 0 }

  // MARK: L-BFGS

  private func gradientDescent(from start: [Double], tolerance: Double, passes: Int) throws -> Outcome {
    var search = LimitedMemoryBFGS(
      diagonal: objective.inverseDiagonal, maximumIterations: maximumIterations,
      maximumEvaluations: max(0, passes - 1))
    guard let rough else { return try walk(rows, &search, from: start, tolerance: tolerance) }
    // What was learnt of the curvature in 32 bits is good enough to go on with.
    let exact = (search.relativeDecrease, search.relativeNoise)
    (search.relativeDecrease, search.relativeNoise) = (Self.roughDecrease, Self.roughNoise)
    let near = try walk(rough, &search, from: start, tolerance: max(tolerance, Self.roughTolerance))
    (search.relativeDecrease, search.relativeNoise) = exact
    var end = try walk(rows, &search, from: near.theta, tolerance: tolerance)
    end.passes += near.passes
    return end
  }

  /// What 32 bits can tell: the slope, the gain of a step and the noise of the values, the last two as shares of J.
  static let roughTolerance = 1e-6
  static let roughDecrease = 1e-9
  static let roughNoise = 1e-8

  private func walk<A: Scalar>(
    _ rows: RowBlocks<A>, _ search: inout LimitedMemoryBFGS, from start: [Double], tolerance: Double
  ) throws -> Outcome {
    var last = try objective.pass(rows, at: start, workers: workers)
    var lastPoint = start
    let before = search.evaluations
    let rules = LimitedMemoryBFGS.Rules { point, direction in
      objective.bend(rows, at: point, along: direction)
    } isEnough: { evaluation, gap in
      gap <= tolerance * evaluation.value / 10 && evaluation.gradient.allSatisfy { $0.magnitude <= tolerance }
    } isUnbounded: {
      isUnbounded(last)
    } report: { iteration, evaluation in
      progress(iteration, maximumIterations, "logistic regression, loss \(evaluation.value)")
    }
    try search.minimise(rules, from: start, .init(value: last.value, gradient: last.gradient)) { point in
      try workers.checkCancellation()
      last = try objective.pass(rows, at: point, workers: workers)
      lastPoint = point
      return .init(value: last.value, gradient: last.gradient)
    }
    var passes = search.evaluations - before + 1
    if lastPoint != search.point {
      last = try objective.pass(rows, at: search.point, workers: workers)
      passes += 1
    }
    return Outcome(
      theta: search.point, pass: last, iterations: search.iterations, passes: passes,
      converged: search.end == .enough || search.end == .decrease)
  }

  // MARK: Newton

  private func newton(
    from start: [Double], known: LogisticObjective.Pass? = nil, steps: Int, after done: Int = 0
  ) throws -> Outcome {
    var outcome = Outcome(
      theta: start, pass: try known ?? objective.pass(rows, at: start, workers: workers),
      passes: known == nil ? 1 : 0, usedNewton: true)
    let n = Double(rows.rows)
    while !isUnbounded(outcome.pass) && outcome.iterations < steps {
      try workers.checkCancellation()
      let curvature = try NewtonCurvature(objective.curvature(rows, at: outcome.theta, workers: workers))
      let step = curvature.solve(outcome.pass.gradient)
      let decrease = step.dot(outcome.pass.gradient) / 2
      outcome.newtonGap = decrease * n
      if isEnough(outcome.pass, gap: decrease) {
        outcome.converged = true
        break
      }
      // Where rounding hides the gain, one whole step is tried for the sake of the gradient, and no other.
      let isLast = decrease <= 1e-14 * outcome.pass.value
      let moved = try take(step, decrease, halvings: isLast ? 1 : 40, &outcome)
      // The curvature of the point before serves to judge the new one.
      let left = curvature.solve(outcome.pass.gradient).dot(outcome.pass.gradient) / 2
      outcome.newtonGap = left * n
      outcome.converged = isLast || isEnough(outcome.pass, gap: left)
      if outcome.converged || !moved { break }
      progress(done + outcome.iterations, done + steps, "logistic regression, loss \(outcome.pass.value)")
    }
    return outcome
  }

  /// Goes the longest of 1, ½, ¼ … of the step that decreases enough (Armijo 1966) or, where values are too close to
  /// tell, makes the gradient smaller.
  private func take(_ step: [Double], _ decrease: Double, halvings: Int, _ outcome: inout Outcome) throws -> Bool {
    var length = 1.0
    for _ in 0..<halvings {
      var theta = outcome.theta
      theta.add(step, times: -length)
      let pass = try objective.pass(rows, at: theta, workers: workers)
      outcome.passes += 1
      let falls = pass.value <= outcome.pass.value - 2e-4 * length * decrease
      let levels = pass.value <= outcome.pass.value * (1 + 1e-13)
      if falls || levels && pass.steepest < outcome.pass.steepest {
        outcome.theta = theta
        outcome.pass = pass
        outcome.iterations += 1
        return true
      }
      length /= 2
    }
    return false
  }
}

/// The curvature at a point, ready to solve with: Cholesky of the matrix scaled to a diagonal of ones. A little is added
/// to that diagonal, and more as long as the factor meets a pivot that is not positive; any positive definite matrix
/// gives a step downhill.
struct NewtonCurvature {
  private let factor: Cholesky
  private let scale: [Double]

  init(_ curvature: Matrix<Double>) throws {
    let scale = curvature.diagonal.map { $0 > 0 ? 1 / $0.squareRoot() : 1 }
    var scaled = curvature
    let side = scale.count
    scaled.withUnsafeMutableBuffer { h in
      for i in 0..<side {
        for j in 0..<side { h[i &* side &+ j] *= scale[i] * scale[j] }
        h[i &* side &+ i] = 1
      }
    }
    self.scale = scale
    var ridge = 1e-15
    while true {
      var ridged = scaled
      ridged.withUnsafeMutableBuffer { h in
        for i in 0..<side { h[i &* side &+ i] += ridge }
      }
      do {
        factor = try Cholesky(ridged)
        return
      } catch {
        guard case .notPositiveDefinite = error, ridge < 1 else { throw error }
        ridge *= 100
      }
    }
  }

  /// H⁻¹·g.
  func solve(_ gradient: [Double]) -> [Double] {
    zip(factor.solve(zip(gradient, scale).map { $0 * $1 }), scale).map { $0 * $1 }
  }
}
