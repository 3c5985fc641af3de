import Linear

/// L-BFGS that asks for one evaluation at a time, so that many fits can share a walk over the rows.
///
///     while let point = search.trial { search.receive(evaluate(point)) }
///
/// The same steps as `LimitedMemoryBFGS` (Liu & Nocedal 1989), the first one of length 1 along the diagonal guess.
struct SteppingBFGS {
  enum State { case searching, enough, limit, stalled }

  private(set) var state = State.searching
  private(set) var iterations = 0
  private(set) var point: [Double]
  private(set) var current: LimitedMemoryBFGS.Evaluation?
  /// The point to evaluate next; nil when the search has ended.
  private(set) var trial: [Double]?

  private let memory = 10
  private let diagonal: [Double]
  private let maximumIterations: Int
  private let tolerance: Double
  private let noise: Double
  private var steps: [(s: [Double], y: [Double], rho: Double)] = []
  private var direction: [Double] = []
  private var slope = 0.0
  private var length = 1.0
  private var low = Place(length: 0, value: 0, slope: 0)
  private var high: Place?
  private var tries = 0

  private struct Place {
    var length, value, slope: Double
  }

  /// - Parameters:
  ///   - diagonal: of a first guess at the inverse of the curvature.
  ///   - tolerance: for each element of the gradient, and ten times for the gap as a share of the value.
  ///   - noise: in the values, as a share of them.
  init(from start: [Double], diagonal: [Double], maximumIterations: Int, tolerance: Double, noise: Double) {
    point = start
    trial = start
    self.diagonal = diagonal
    self.maximumIterations = maximumIterations
    self.tolerance = tolerance
    self.noise = noise
  }

  /// Takes the value and slope at `trial`, and moves it on.
  mutating func receive(_ found: LimitedMemoryBFGS.Evaluation) {
    guard let trial, let before = current else {
      current = found
      begin()
      return
    }
    tries += 1
    let here = Place(length: length, value: found.value, slope: direction.dot(found.gradient))
    let (value, start) = (before.value, slope)
    let margin = noise * value.magnitude
    if here.value.isFinite, here.slope.isFinite {
      let falls = here.value <= value + 1e-4 * length * start
      let levels = here.value <= value + margin && here.slope <= (2e-4 - 1) * start
      if (falls || levels) && here.slope.magnitude <= -0.9 * start {
        accept(trial, found)
        return
      }
      if !(falls || levels) || here.slope > 0 { high = here } else { low = here }
    } else {
      high = Place(length: length, value: .infinity, slope: .infinity)
    }
    guard tries < 25 else {
      fail()
      return
    }
    length = next()
    propose()
  }

  private mutating func accept(_ trial: [Double], _ found: LimitedMemoryBFGS.Evaluation) {
    guard let before = current else { return }
    var (s, y) = (trial, found.gradient)
    s.add(point, times: -1)
    y.add(before.gradient, times: -1)
    let product = s.dot(y)
    if product > 1e-16 * s.norm * y.norm {
      if steps.count == memory { steps.removeFirst() }
      steps.append((s, y, 1 / product))
    }
    point = trial
    current = found
    iterations += 1
    begin()
  }

  /// Without a step along the remembered curvature the search begins anew; without one at all it is over.
  private mutating func fail() {
    guard !steps.isEmpty else {
      end(.stalled)
      return
    }
    steps.removeAll()
    begin()
  }

  private mutating func begin() {
    guard let current else { return }
    direction = descent(current.gradient)
    slope = direction.dot(current.gradient)
    if !(slope < 0) {
      steps.removeAll()
      direction = descent(current.gradient)
      slope = direction.dot(current.gradient)
    }
    let isSteep = current.gradient.contains { $0.magnitude > tolerance }
    if !isSteep && -slope / 2 <= tolerance * current.value / 10 || -slope / 2 <= noise * current.value.magnitude {
      end(.enough)
    } else if iterations >= maximumIterations {
      end(.limit)
    } else {
      (length, tries, high) = (1, 0, nil)
      low = Place(length: 0, value: current.value, slope: slope)
      propose()
    }
  }

  private mutating func end(_ state: State) {
    self.state = state
    trial = nil
  }

  private mutating func propose() {
    var next = point
    next.add(direction, times: length)
    if next == point { fail() } else { trial = next }
  }

  private func next() -> Double {
    guard let high else { return low.length * 4 }
    let width = high.length - low.length
    guard high.value.isFinite else { return low.length + width / 10 }
    // The minimum of the cubic through both ends (Nocedal & Wright 2006, eq. 3.59).
    let d1 = low.slope + high.slope - 3 * (low.value - high.value) / (low.length - high.length)
    let square = d1 * d1 - low.slope * high.slope
    var inside = low.length + width / 2
    if square >= 0 {
      let d2 = square.squareRoot() * (width > 0 ? 1 : -1)
      let cubic = high.length - width * ((high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2))
      if cubic.isFinite { inside = cubic }
    }
    return min(max(inside, low.length + 0.1 * width), high.length - 0.1 * width)
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
}
