import Linear
import Statistics

import func Glibc.exp
import func Glibc.log

/// Relaxed linear adversarial concept erasure (Ravfogel, Twiton, Goldberg & Cotterell 2022): of the orthogonal projections
/// of one rank the one after which the best logistic predictor does worst.
///
/// Without a penalty a projection reaches the value of the game, the entropy of the labels, if and only if it removes the
/// span of Σxz. So from the rank of Σxz on the answer is known (`closedForm`); below it the relaxed game over the Fantope is
/// played from several starts, each end rounded to a projection and moved uphill, and the end is kept whose refitted
/// unpenalised loss is highest: never one below spectral attribute removal of the same rank.
struct MinimaxProjection: Sendable {
  var rank = 1
  /// Moves of the projection in the relaxed game, and as many after rounding, from each start.
  var steps = 30
  var restarts = 3
  var seed: UInt64 = 0
  /// Whether columns are divided by their deviation first; the projection is then one in those units.
  var standardize = false
  /// λ of λ/2·‖w‖² beside the mean loss in the relaxed game, where a predictor without a penalty would read through any
  /// matrix whose eigenvalues are below 1.
  var penalty = 1e-4

  /// The gain, as a share of the loss, that is not worth another move.
  private static let smallGain = 1e-4

  struct Move: Sendable, Equatable, Codable {
    let restart: Int
    let step: Int
    /// `relaxed`: the value of the penalised game; `projection`: the same of a projection, in nats.
    let phase: String
    let loss: Double
  }

  struct Fit: Sendable {
    let eraser: Eraser
    let closedForm: Bool
    /// The mean loss of an unpenalised logistic predictor refitted on the erased rows, in nats; 0 where it separates the
    /// classes.
    let logLoss: Double
    /// The same after spectral attribute removal of the same rank.
    let spectralLogLoss: Double
    /// What no predictor can be driven above.
    let labelEntropy: Double
    let trace: [Move]
    /// Of the relaxed matrix that the kept projection was rounded from, largest first.
    let relaxedEigenvalues: [Double]?
    /// Of Σxz in the units of the projection.
    let singularValues: [Double]
    /// r × d, orthonormal in the units of the projection.
    let basis: Matrix<Double>
  }

  /// - Parameters:
  ///   - features: n × d, the rows that are fitted.
  ///   - moments: of these rows beside their concept's columns.
  /// - Throws: `StatisticsError` for parameters out of range, and as `LogisticRegression.fit`.
  func fit<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, moments: Moments, workers: Workers = .serial,
    progress: Progress = { _, _, _ in }
  ) throws -> Fit {
    for (name, value) in [("rank", rank), ("steps", steps), ("restarts", restarts)] where value < 0 {
      throw StatisticsError.parameter(name: name, expected: "at least 0", found: "\(value)")
    }
    var game = try Game(features, labels, classes, moments, self, workers)
    let parts = try SVD(game.crossCovariance)
    // Sums in 32 bits have a little of every direction: no more are the concept's than it varies in.
    let full = min(
      parts.singularValues.prefix { $0 > 1e-10 * (parts.singularValues.first ?? 0) && $0 > 0 }.count,
      Set(labels).count - 1)
    let spectral = parts.u.columns(0..<min(rank, full)).transposed()
    if rank >= full {
      let loss = try game.refitted(spectral)
      return try finished(game, spectral, true, (loss, loss), [], nil, parts.singularValues)
    }
    let reference = try game.refitted(spectral)
    if reference == 0 { try game.penalise() }
    var best = (basis: spectral, loss: -Double.infinity, eigenvalues: [Double]?.none)
    var trace: [Move] = []
    for restart in 0..<restarts {
      let start = try start(restart, game, spectral)
      var basis = spectral
      var eigenvalues: [Double]?
      // The first start is spectral removal itself, moved uphill.
      if restart > 0 {
        let relaxed = try play(game, from: start, restart, &trace, workers, progress)
        let axes = try SymmetricEigen(relaxed)
        eigenvalues = axes.values
        basis = axes.vectors.rows(0..<rank)
      }
      let end = try climb(game, from: basis, restart, &trace, workers, progress)
      if end.loss > best.loss { best = (end.basis, end.loss, eigenvalues) }
    }
    let final = try game.refitted(best.basis)
    if final < reference { best = (spectral, reference, nil) }
    return try finished(
      game, best.basis, false, (max(final, reference), reference), trace, best.eigenvalues, parts.singularValues)
  }

  /// (r/d)·I, then random projections.
  private func start(_ restart: Int, _ game: Game, _ spectral: Matrix<Double>) throws -> Matrix<Double> {
    let d = game.d
    if restart <= 1 {
      var even = Matrix<Double>.identity(d)
      even.scale(by: Double(rank) / Double(d))
      return even
    }
    var numbers = RandomNumbers(seed: seed, step: "rlace", index: restart)
    let basis = try QR(numbers.gaussians(rows: d, columns: rank)).q
    return basis.timesTransposed(basis)
  }

  /// Projected ascent on the relaxed matrix, the predictor solved anew for each.
  private func play(
    _ game: Game, from start: Matrix<Double>, _ restart: Int, _ trace: inout [Move], _ workers: Workers,
    _ progress: Progress
  ) throws -> Matrix<Double> {
    var matrix = start
    var (value, gradient, predictor) = try game.relaxed(matrix, nil)
    trace.append(Move(restart: restart, step: 0, phase: "relaxed", loss: value))
    var rate = 1 / max(gradient.frobeniusNorm, 1e-12)
    for step in 1...max(1, steps) where step <= steps {
      try workers.checkCancellation()
      progress(restart * 2 * steps + step, restarts * 2 * steps, "relaxed game, start \(restart + 1)")
      let next = try Fantope.projected(matrix.adding(gradient, times: rate), rank: rank)
      let moved = next.adding(matrix, times: -1).frobeniusNorm
      let found = try game.relaxed(next, predictor)
      if found.value > value {
        let gain = found.value - value
        (matrix, value, gradient, predictor) = (next, found.value, found.gradient, found.fit)
        rate *= 1.5
        trace.append(Move(restart: restart, step: step, phase: "relaxed", loss: value))
        if gain < Self.smallGain * value { break }
      } else {
        rate /= 4
        if moved < 1e-7 { break }
      }
    }
    return matrix
  }

  /// Ascent of the refitted loss over projections of the rank: V ← orthonormal V + η·D, D = −Wᵀ·Gᵀ·X·V/n.
  private func climb(
    _ game: Game, from start: Matrix<Double>, _ restart: Int, _ trace: inout [Move], _ workers: Workers,
    _ progress: Progress
  ) throws -> (basis: Matrix<Double>, loss: Double) {
    var basis = start
    var (loss, direction, predictor) = try game.projected(basis, nil)
    trace.append(Move(restart: restart, step: 0, phase: "projection", loss: loss))
    var rate = 0.2 / max(direction.frobeniusNorm, 1e-12)
    for step in 1...max(1, steps) where step <= steps {
      try workers.checkCancellation()
      progress((restart * 2 + 1) * steps + step, restarts * 2 * steps, "projection, start \(restart + 1)")
      let next = try QR(basis.adding(direction, times: rate).transposed()).q.transposed()
      let found = try game.projected(next, predictor)
      if found.loss > loss {
        let gain = found.loss - loss
        (basis, loss, direction, predictor) = (next, found.loss, found.direction, found.fit)
        rate *= 2
        trace.append(Move(restart: restart, step: step, phase: "projection", loss: loss))
        if gain < Self.smallGain * loss { break }
      } else {
        rate /= 4
        if rate * direction.frobeniusNorm < 1e-5 { break }
      }
    }
    return (basis, loss)
  }

  private func finished(
    _ game: Game, _ basis: Matrix<Double>, _ closedForm: Bool, _ losses: (Double, Double), _ trace: [Move],
    _ eigenvalues: [Double]?, _ singularValues: [Double]
  ) throws -> Fit {
    var right = basis
    right.scaleColumns(by: game.factor)
    return Fit(
      eraser: try Eraser(left: basis.transposed().rowsTimes(game.scale), right: right, mean: game.mean),
      closedForm: closedForm, logLoss: losses.0, spectralLogLoss: losses.1, labelEntropy: game.entropy, trace: trace,
      relaxedEigenvalues: eigenvalues, singularValues: singularValues, basis: basis)
  }
}

/// The rows that both players see, and what each does to them.
private struct Game {
  let rows: Matrix<Double>
  let labels: [Int]
  let classes: Int
  let mean: [Double]
  let scale: [Double]
  /// 1/scale, 0 for a constant column, so that rounding in one is not read.
  let factor: [Double]
  let crossCovariance: Matrix<Double>
  let entropy: Double
  private let penalty: Double
  private let workers: Workers
  /// With a penalty that only keeps weights from infinity.
  private var predictor: ConfinedLogistic

  init<S: Scalar>(
    _ features: Matrix<S>, _ labels: [Int], _ classes: Int, _ moments: Moments, _ settings: MinimaxProjection,
    _ workers: Workers
  ) throws {
    let scaling = try ColumnScaling(features)
    scale = settings.standardize ? scaling.scale : [Double](repeating: 1, count: features.columns)
    factor = zip(scale, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
    mean = scaling.mean
    rows = try features.scaledRows(Array(0..<features.rows), mean: mean, factor: factor, workers: workers)
    crossCovariance = moments.crossCovariance().rowsTimes(factor)
    (self.labels, self.classes) = (labels, classes)
    let n = Double(labels.count)
    entropy = try classCounts(labels, classes: classes).reduce(0) { sum, count in
      count == 0 ? sum : sum - Double(count) / n * log(Double(count) / n)
    }
    penalty = settings.penalty
    self.workers = workers
    predictor = try ConfinedLogistic(rows, labels: labels, classes: classes, C: 1e6 / n, workers: workers)
  }

  /// Plays with the penalty of the relaxed game, for rows whose classes stay separated: without one, all projections are
  /// the same to them.
  mutating func penalise() throws {
    predictor = try ConfinedLogistic(
      rows, labels: labels, classes: classes, C: 1 / (Double(labels.count) * penalty), workers: workers)
  }

  var d: Int { rows.columns }

  /// The least mean loss of a predictor without a penalty: 0, which none reaches, where the classes stay separated.
  func refitted(_ basis: Matrix<Double>) throws -> Double {
    // In coordinates of what is left, so that the loss bends in each; a constant column would be one of mere rounding.
    let varying = factor.indices.filter { factor[$0] != 0 }
    if basis.rows >= varying.count { return entropy }
    let axes = try QR(.stack([basis.columns(at: varying), .identity(varying.count)]).transposed()).q
    let rest = axes.columns(basis.rows..<varying.count).transposed()
    let left = try rows.columns(at: varying).timesTransposed(rest, workers: workers)
    func fit(C: Double, from start: LinearProbe?, _ solver: LogisticRegression.Solver) throws -> LogisticFit {
      try LogisticRegression(C: C, standardize: false, tolerance: 1e-6, solver: solver)
        .fit(left, labels: labels, classes: classes, start: start, workers: workers)
    }
    var last = try fit(C: .infinity, from: nil, .lbfgs)
    if !last.converged, !last.separated {
      // Penalties that grow less keep rows on the wrong side from being pushed to where the loss no longer bends.
      last = try fit(C: 1, from: nil, .auto)
      for C in [1e2, 1e4, 1e6, .infinity] where !last.separated { last = try fit(C: C, from: last.probe, .auto) }
    }
    return last.separated ? 0 : try residuals(last.probe, left).loss
  }

  /// The value of the game at a projection, with a small penalty, and the direction in which a change of the basis makes
  /// it larger (r × d).
  func projected(
    _ basis: Matrix<Double>, _ start: ConfinedLogistic.Fit?
  ) throws -> (loss: Double, direction: Matrix<Double>, fit: ConfinedLogistic.Fit) {
    let fit = try predictor.fit(without: basis, tolerance: 1e-4, from: start)
    let residuals = try residuals(fit.probe, rows).residuals
    var direction = basis.timesTransposed(rows).times(residuals).times(fit.probe.weights)
    direction.scale(by: -1 / Double(labels.count))
    return (fit.objectivePerSample, direction, fit)
  }

  /// The value of the penalised game at a relaxed matrix M, min_w loss(X·(I − M)·w) + λ/2·‖w‖², and its gradient in M.
  func relaxed(
    _ matrix: Matrix<Double>, _ start: ConfinedLogistic.Fit?
  ) throws -> (value: Double, gradient: Matrix<Double>, fit: ConfinedLogistic.Fit) {
    let left = try rows.timesTransposed(Matrix.identity(d).adding(matrix.transposed(), times: -1), workers: workers)
    let n = Double(labels.count)
    let fit = try ConfinedLogistic(left, labels: labels, classes: classes, C: 1 / (n * penalty), workers: workers)
      .fit(without: .zeros(0, d), tolerance: 1e-3, from: start)
    var gradient = rows.transposedTimes(try residuals(fit.probe, left).residuals).times(fit.probe.weights).symmetrised
    gradient.scale(by: -1 / n)
    return (fit.objectivePerSample, gradient, fit)
  }

  /// The mean loss, and probability less truth for each output, n × R.
  private func residuals(
    _ probe: LinearProbe, _ rows: Matrix<Double>
  ) throws -> (loss: Double, residuals: Matrix<Double>) {
    let found = try probe.logProbabilities(rows)
    let loss = -fixedSum(labels.enumerated().map { found[$0, $1] }) / Double(labels.count)
    let outputs = classes == 2 ? 1 : classes
    let residuals = Matrix<Double>(rows: labels.count, columns: outputs) { target in
      for (i, label) in labels.enumerated() {
        for r in 0..<outputs {
          let own = outputs == 1 ? 1 : r
          target[i * outputs + r] = exp(found[i, own]) - (label == own ? 1 : 0)
        }
      }
    }
    return (loss, residuals)
  }
}
