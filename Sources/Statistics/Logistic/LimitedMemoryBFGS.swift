import Linear

/// The minimum of a smooth function by L-BFGS (Liu & Nocedal 1989): the last steps stand for the curvature.
///
/// It asks for one evaluation at a time, so that many searches can share what their evaluations cost:
///
///     try search.begin(at: start, evaluation(start), rules)
///     while let trial = search.trial { try search.receive(evaluation(trial), rules) }
///     search.point
struct LimitedMemoryBFGS: Sendable {
  /// A value and its slope.
  struct Evaluation: Sendable {
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

  /// When to be content, and what else the caller knows of the function.
  struct Rules {
    /// dᵀ∇²f·d at a point, roughly; it sets the length of the first step, which is 1 where this is 0.
    var curvature: (_ point: [Double], _ direction: [Double]) throws -> Double = { _, _ in 0 }
    /// Whether a point is good enough, whose value is above the minimum by about `gap`.
    var isEnough: (_ evaluation: Evaluation, _ gap: Double) -> Bool
    /// Whether the minimum lies at infinity, seen from the last evaluation.
    var isUnbounded: () -> Bool = { false }
    /// Told after each step.
    var report: (_ iterations: Int, _ evaluation: Evaluation) -> Void = { _, _ in }
  }

  private struct Step: Sendable {
    let s: [Double]
    let y: [Double]
    let rho: Double
  }

  /// Steps that are remembered.
  static let memory = 20

  /// Steps and evaluations in all, over every `begin`.
  var maximumIterations: Int
  var maximumEvaluations: Int
  /// The decrease that still counts, as a share of the value.
  var relativeDecrease = 1e-14
  /// Noise in the values, as a share of them: the line search takes no smaller rise for a rise.
  var relativeNoise = 1e-15
  /// The diagonal of a first guess at the inverse of the curvature.
  var diagonal: [Double]

  /// The best point so far.
  private(set) var point: [Double] = []
  /// What was found there.
  private(set) var current = Evaluation(value: .nan, gradient: [])
  /// The point to evaluate next; nil when the search has ended.
  private(set) var trial: [Double]?
  private(set) var end: End?
  private(set) var iterations = 0
  /// Of `receive`.
  private(set) var evaluations = 0

  private var steps: [Step] = []
  private var direction: [Double] = []
  private var search: LineSearch?

  init(diagonal: [Double], maximumIterations: Int, maximumEvaluations: Int) {
    self.diagonal = diagonal
    self.maximumIterations = maximumIterations
    self.maximumEvaluations = maximumEvaluations
  }

  /// Walks from `start` to the end. What is known of the curvature from an earlier walk is kept.
  mutating func minimise(
    _ rules: Rules, from start: [Double], _ known: Evaluation, evaluate: (_ point: [Double]) throws -> Evaluation
  ) throws {
    try begin(at: start, known, rules)
    while let trial { try receive(evaluate(trial), rules) }
  }

  /// Begins, or goes on with a function so close to the last that its curvature still serves.
  mutating func begin(at start: [Double], _ known: Evaluation, _ rules: Rules) throws {
    point = start
    current = known
    end = nil
    try aim(rules)
  }

  /// Takes the value and the slope at `trial`, and moves it on.
  mutating func receive(_ found: Evaluation, _ rules: Rules) throws {
    guard let trial, var search else { return }
    evaluations += 1
    switch search.judge(value: found.value, slope: direction.dot(found.gradient)) {
    case .accepted:
      remember(to: trial, found.gradient)
      point = trial
      current = found
      iterations += 1
      rules.report(iterations, current)
      try aim(rules)
    case .again:
      self.search = search
      try propose(rules)
    case .failed: try restart(rules)
    }
  }

  /// A new direction from `point`, or the end.
  private mutating func aim(_ rules: Rules) throws {
    if rules.isUnbounded() { return finish(.unbounded) }
    direction = descent(current.gradient)
    var slope = direction.dot(current.gradient)
    if !(slope < 0) {
      steps.removeAll()
      direction = descent(current.gradient)
      slope = direction.dot(current.gradient)
    }
    if rules.isEnough(current, -slope / 2) { return finish(.enough) }
    if iterations >= maximumIterations || evaluations >= maximumEvaluations { return finish(.limit) }
    var length = 1.0
    if steps.isEmpty {
      let bend = try rules.curvature(point, direction)
      if bend > 0 { length = min(1e10, -slope / bend) }
    }
    if -slope * length / 2 <= relativeDecrease * current.value.magnitude { return finish(.decrease) }
    search = LineSearch(
      value: current.value, slope: slope, first: length, noise: relativeNoise * current.value.magnitude,
      limit: min(25, maximumEvaluations - evaluations))
    try propose(rules)
  }

  private mutating func propose(_ rules: Rules) throws {
    var next = point
    next.add(direction, times: search?.length ?? 0)
    if next == point { try restart(rules) } else { trial = next }
  }

  /// Without a good step along the remembered curvature the search begins anew; without one at all it is over.
  private mutating func restart(_ rules: Rules) throws {
    if steps.isEmpty || evaluations >= maximumEvaluations { return finish(.stalled) }
    steps.removeAll()
    try aim(rules)
  }

  private mutating func finish(_ end: End) {
    self.end = end
    trial = nil
    search = nil
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
      var bend = 0.0
      for j in 0..<q.count { bend += last.y[j] * last.y[j] * diagonal[j] }
      gamma = 1 / (last.rho * bend)
    }
    for j in 0..<q.count { q[j] *= gamma * diagonal[j] }
    for (k, step) in steps.enumerated() {
      let beta = step.rho * step.y.dot(q)
      q.add(step.s, times: alphas[k] - beta)
    }
    q.scale(by: -1)
    return q
  }

  private mutating func remember(to next: [Double], _ gradient: [Double]) {
    var (s, y) = (next, gradient)
    s.add(point, times: -1)
    y.add(current.gradient, times: -1)
    let product = s.dot(y)
    // A step without curvature would make the next direction climb.
    guard product > 1e-16 * s.norm * y.norm else { return }
    if steps.count == Self.memory { steps.removeFirst() }
    steps.append(Step(s: s, y: y, rho: 1 / product))
  }
}
