import Linear

/// Logistic regressions for several weights C of the losses, compared by the loss of rows left out of the fit.
///
///     let path = try PenaltyPath(Cs: [0.01, 1, 100]).fit(features, labels: labels, classes: 2, folds: folds)
///     path.chosen.C
public struct PenaltyPath: Sendable {
  /// How one C does on the rows that the folds left out.
  public struct Point: Sendable, Equatable, Codable {
    public let C: Double
    /// The mean over all left-out rows of −ln p of the true class, in nats.
    public let logLoss: Double
    /// The share of left-out rows given their own class.
    public let accuracy: Double
    /// Of the folds' mean losses: deviation/√folds.
    public let standardError: Double
    /// Folds whose fit did not meet the tolerance.
    public let notConverged: Int
  }

  public struct Result: Sendable {
    /// In the order of rising C.
    public let points: [Point]
    /// The place of the least loss, the smallest C on ties.
    public let best: Int

    public var chosen: Point { points[best] }
  }

  public var Cs: [Double]
  /// All but C.
  public var settings: LogisticRegression

  public init(Cs: [Double], settings: LogisticRegression = LogisticRegression()) {
    self.Cs = Cs
    self.settings = settings
  }

  /// Where there are many columns all fits go on at once (`JointFits`); else each by itself, each C from the one before.
  /// - Parameter folds: of the rows of `features`; each is fitted on its train rows and scored on its test rows.
  /// - Throws: as `LogisticRegression.fit`; `StatisticsError` for no C or no fold.
  public func fit<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, folds: [Split], workers: Workers = .serial,
    progress: Progress = { _, _, _ in }
  ) throws -> Result {
    let values = Set(Cs).sorted()
    guard !values.isEmpty, !folds.isEmpty else { throw StatisticsError.empty(folds.isEmpty ? "folds" : "Cs") }
    guard
      let joint = try JointFits(
        features, labels: labels, classes: classes, folds: folds, Cs: values, settings: settings, workers: workers)
    else { return try oneByOne(features, values, labels, classes, folds, workers, progress) }
    let total = values.count * folds.count
    var found = try joint.fit(values) { done, walks in
      progress(done, total, "\(total) fits side by side, walk \(walks)")
    }
    var failures = [Int](repeating: 0, count: values.count)
    for (k, C) in values.enumerated() {
      for (place, fold) in folds.enumerated() where !found[k][place].converged {
        guard settings.solver == .auto else {
          failures[k] += 1
          continue
        }
        // By itself a fit has Newton's method to finish what is left.
        var own = settings
        own.C = C
        let fit = try own.fit(
          features, labels: labels, classes: classes, rows: fold.train, start: found[k][place].probe, workers: workers)
        found[k][place].probe = fit.probe
        failures[k] += fit.converged ? 0 : 1
      }
    }
    var scores = values.map { _ in [Scores]() }
    for (place, fold) in folds.enumerated() {
      let all = try Self.scores(
        of: values.indices.map { found[$0][place].probe }, features, labels: labels, rows: fold.test)
      for k in values.indices { scores[k].append(all[k]) }
    }
    return Self.result(values, scores, failures, folds)
  }

  private func oneByOne<S: Scalar>(
    _ features: Matrix<S>, _ values: [Double], _ labels: [Int], _ classes: Int, _ folds: [Split], _ workers: Workers,
    _ progress: Progress
  ) throws -> Result {
    var scores = values.map { _ in [Scores]() }
    var failures = [Int](repeating: 0, count: values.count)
    var done = 0
    for (place, fold) in folds.enumerated() {
      var start: LinearProbe?
      for (k, C) in values.enumerated() {
        var settings = settings
        settings.C = C
        let fit = try settings.fit(
          features, labels: labels, classes: classes, rows: fold.train, start: start, workers: workers)
        start = fit.probe
        scores[k].append(try fit.probe.evaluate(features, labels: labels, rows: fold.test))
        failures[k] += fit.converged ? 0 : 1
        done += 1
        progress(done, values.count * folds.count, "C = \(C), fold \(place + 1) of \(folds.count)")
      }
    }
    return Self.result(values, scores, failures, folds)
  }

  /// How probes with the same coordinates do on some rows, which are read once.
  private static func scores<S: Scalar>(
    of probes: [LinearProbe], _ features: Matrix<S>, labels: [Int], rows: [Int]
  ) throws -> [Scores] {
    guard let first = probes.first else { return [] }
    let (outputs, d) = (first.weights.rows, first.columns)
    var stacked = Matrix<Double>.zeros(probes.count * outputs, d)
    for (k, probe) in probes.enumerated() {
      for r in 0..<outputs {
        stacked.withMutableRow(k * outputs + r) { row in
          for j in 0..<d { row[j] = probe.weights[r, j] }
        }
      }
    }
    let together = LinearProbe(checked: stacked, probes.flatMap(\.bias), first.mean, first.scale)
    let all = try together.scores(features, rows: rows)
    let truth = rows.map { labels[$0] }
    return try probes.indices.map { k in
      var own = Matrix<Double>.zeros(all.rows, outputs)
      for i in 0..<all.rows {
        for r in 0..<outputs { own[i, r] = all[i, k * outputs + r] }
      }
      return try Scores(logProbabilities: LinearProbe.logProbabilities(scores: own), truth: truth)
    }
  }

  /// - Parameter scores: of each C, fold by fold.
  private static func result(
    _ values: [Double], _ scores: [[Scores]], _ failures: [Int], _ folds: [Split]
  ) -> Result {
    let total = Double(folds.reduce(0) { $0 + $1.test.count })
    let points = values.indices.map { k in
      let own = scores[k]
      let loss = own.reduce(0) { $0 + $1.logLoss * Double($1.n) } / total
      let right = own.reduce(0) { $0 + Int(($1.accuracy * Double($1.n)).rounded()) }
      let middle = own.reduce(0) { $0 + $1.logLoss } / Double(folds.count)
      let variance = own.reduce(0) { $0 + ($1.logLoss - middle) * ($1.logLoss - middle) }
      return Point(
        C: values[k], logLoss: loss, accuracy: Double(right) / total,
        standardError: (variance / Double(max(1, folds.count - 1)) / Double(folds.count)).squareRoot(),
        notConverged: failures[k])
    }
    let best = points.indices.min { (points[$0].logLoss, $0) < (points[$1].logLoss, $1) } ?? 0
    return Result(points: points, best: best)
  }
}
