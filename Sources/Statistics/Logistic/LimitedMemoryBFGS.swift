import Linear

/// The minimum of a smooth function by L-BFGS (Liu & Nocedal 1989): the last ten steps stand for the curvature.
struct LimitedMemoryBFGS {
  /// A value and its slope.
  struct Evaluation {
    var value: Double
    var gradient: [Double]
  }

  /// Why the search ended.
  enum End: Sendable, Equatable {
    /// The point is good enough for the caller.
    case enough
    /// The next step promised less than rounding hides.
    case decrease
    /// All steps or all evaluations were used.
    case limit
    /// No step along a descent direction made the function smaller.
    case stalled
    /// The caller's test for a minimum at infinity held.
    case unbounded
  }

  struct Result {
    var point: [Double]
    var evaluation: Evaluation
    var iterations: Int
    var evaluations: Int
    var end: End
  }

  /// What the function is, and when to be content with it.
  struct Problem {
    /// The value and slope at a point.
    var evaluate: (_ point: [Double]) throws -> Evaluation
    /// dᵀ∇²f·d at a point, roughly; it sets the length of the first step.
    var curvature: (_ point: [Double], _ direction: [Double]) throws -> Double
    /// Whether a point is good enough, whose value is above the minimum by about `gap`.
    var isEnough: (_ evaluation: Evaluation, _ gap: Double) -> Bool
    /// Whether the minimum lies at infinity, seen from the last evaluation.
    var isUnbounded: () -> Bool
    /// Told after each step.
    var report: (_ iterations: Int, _ evaluation: Evaluation) -> Void
  }

  var memory = 10
  var maximumIterations: Int
  var maximumEvaluations: Int
  /// The decrease that still counts, as a share of the value.
  var relativeDecrease = 1e-14
  /// Noise in the values, as a share of them: the line search takes no smaller rise for a rise.
  var relativeNoise = 1e-15
  /// The diagonal of a first guess at the inverse of the curvature.
  var diagonal: [Double]
  /// A better guess, where there is one: a positive definite matrix times a vector.
  var inverseCurvature: (([Double]) -> [Double])?

  private var steps: [(s: [Double], y: [Double], rho: Double)] = []

  init(diagonal: [Double], maximumIterations: Int, maximumEvaluations: Int) {
    self.diagonal = diagonal
    self.maximumIterations = maximumIterations
    self.maximumEvaluations = maximumEvaluations
  }

  mutating func minimise(_ problem: Problem, from start: [Double], known: Evaluation? = nil) throws -> Result {
    var point = start
    var current = try known ?? problem.evaluate(point)
    var used = known == nil ? 1 : 0
    var iterations = 0
    func result(_ end: End) -> Result {
      Result(point: point, evaluation: current, iterations: iterations, evaluations: used, end: end)
    }
    while true {
      if problem.isUnbounded() { return result(.unbounded) }
      var direction = descent(current.gradient)
      var slope = direction.dot(current.gradient)
      if !(slope < 0) {
        steps.removeAll()
        direction = descent(current.gradient)
        slope = direction.dot(current.gradient)
      }
      if problem.isEnough(current, -slope / 2) { return result(.enough) }
      if iterations >= maximumIterations || used >= maximumEvaluations { return result(.limit) }
      var length = 1.0
      if steps.isEmpty {
        let bend = try problem.curvature(point, direction)
        if bend > 0 { length = min(1e10, -slope / bend) }
      }
      if -slope * length / 2 <= relativeDecrease * current.value.magnitude { return result(.decrease) }
      let search = LineSearch(noise: relativeNoise * current.value.magnitude)
      let found = try search.run(
        from: point, along: direction, value: current.value, slope: slope, first: length,
        limit: min(25, maximumEvaluations - used), problem.evaluate)
      used += found.evaluations
      guard let next = found.accepted else {
        if steps.isEmpty || used >= maximumEvaluations { return result(.stalled) }
        steps.removeAll()
        continue
      }
      remember(from: point, current.gradient, to: next.point, next.evaluation.gradient)
      point = next.point
      current = next.evaluation
      iterations += 1
      problem.report(iterations, current)
    }
  }

  /// −H·g by the two loops over the remembered steps.
  private func descent(_ gradient: [Double]) -> [Double] {
    var q = gradient
    var alphas = [Double](repeating: 0, count: steps.count)
    for (k, step) in steps.enumerated().reversed() {
      alphas[k] = step.rho * step.s.dot(q)
      q.add(step.y, times: -alphas[k])
    }
    var gamma = 1.0
    if let last = steps.last {
      gamma = 1 / (last.rho * last.y.dot(guess(last.y)))
    }
    q = guess(q)
    q.scale(by: gamma)
    for (k, step) in steps.enumerated() {
      let beta = step.rho * step.y.dot(q)
      q.add(step.s, times: alphas[k] - beta)
    }
    q.scale(by: -1)
    return q
  }

  private func guess(_ vector: [Double]) -> [Double] {
    if let inverseCurvature { return inverseCurvature(vector) }
    return zip(vector, diagonal).map { $0 * $1 }
  }

  private mutating func remember(from a: [Double], _ gradientA: [Double], to b: [Double], _ gradientB: [Double]) {
    var (s, y) = (b, gradientB)
    s.add(a, times: -1)
    y.add(gradientA, times: -1)
    let product = s.dot(y)
    // A step without curvature would make the next direction climb.
    guard product > 1e-16 * s.norm * y.norm else { return }
    if steps.count == memory { steps.removeFirst() }
    steps.append((s, y, 1 / product))
  }
}
