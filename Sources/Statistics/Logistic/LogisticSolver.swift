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
  private static let rescueSide = 3000
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
    guard let rough else {
      return try gradientDescent(rows, from: start, tolerance: tolerance, passes: passes, after: 0)
    }
    let near = try gradientDescent(rough, from: start, tolerance: max(tolerance, 1e-6), passes: passes, after: 0)
    var end = try gradientDescent(
      rows, from: near.theta, tolerance: tolerance, passes: max(1, passes - near.passes), after: near.iterations)
    end.iterations += near.iterations
    end.passes += near.passes
    return end
  }

  private func gradientDescent<A: Scalar>(
    _ rows: RowBlocks<A>, from start: [Double], tolerance: Double, passes: Int, after done: Int
  ) throws -> Outcome {
    var last = try objective.pass(rows, at: start, workers: workers)
    var lastPoint = start
    var search = LimitedMemoryBFGS(
      diagonal: inverseDiagonal(), maximumIterations: max(0, maximumIterations - done),
      maximumEvaluations: max(0, passes - 1))
    if A.self == Float.self {
      search.relativeDecrease = 1e-9
      search.relativeNoise = 1e-8
    }
    let problem = LimitedMemoryBFGS.Problem { point in
      try workers.checkCancellation()
      last = try objective.pass(rows, at: point, workers: workers)
      lastPoint = point
      return .init(value: last.value, gradient: last.gradient)
    } curvature: { point, direction in
      objective.bend(rows, at: point, along: direction)
    } isEnough: { evaluation, gap in
      gap <= tolerance * evaluation.value / 10 && evaluation.gradient.allSatisfy { $0.magnitude <= tolerance }
    } isUnbounded: {
      isUnbounded(last)
    } report: { iteration, evaluation in
      progress(done + iteration, maximumIterations, "logistic regression, loss \(evaluation.value)")
    }
    let found = try search.minimise(
      problem, from: start, known: .init(value: last.value, gradient: last.gradient))
    var passes = found.evaluations + 1
    if lastPoint != found.point {
      last = try objective.pass(rows, at: found.point, workers: workers)
      passes += 1
    }
    return Outcome(
      theta: found.point, pass: last, iterations: found.iterations, passes: passes,
      converged: found.end == .enough || found.end == .decrease)
  }

  /// 1/∂²(J/n) where the rows tell nothing apart and the columns do not correlate.
  private func inverseDiagonal() -> [Double] {
    let n = Double(max(1, rows.rows))
    var weightOf = [Double](repeating: 0, count: max(2, objective.outputs))
    for label in objective.labels { weightOf[label] += objective.classWeights[label] / n }
    let total = weightOf.reduce(0, +)
    var result: [Double] = []
    for r in 0..<objective.outputs {
      let share = weightOf[r] / total
      let spread = max(1e-6, total * share * (1 - share))
      for (penalty, variance) in zip(objective.penalty, objective.variance) {
        result.append(1 / max(1e-12, spread * variance + penalty / n))
      }
      result.append(1 / spread)
    }
    return result
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
