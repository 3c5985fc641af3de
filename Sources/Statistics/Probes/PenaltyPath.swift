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

  /// Where columns, folds and Cs are many, all fits go on at once over a copy of the rows in 32 bits, to a tolerance of
  /// 1e-5 or that of the settings; else each by itself, to the tolerance of the settings.
  /// - Parameter folds: of the rows of `features`; each is fitted on its train rows and scored on its test rows.
  /// - Throws: as `LogisticRegression.fit`; `StatisticsError` for no C or no fold.
  public func fit<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, folds: [Split], workers: Workers = .serial,
    progress: Progress = { _, _, _ in }
  ) throws -> Result {
    let values = Set(Cs).sorted()
    guard !values.isEmpty, !folds.isEmpty else { throw StatisticsError.empty(folds.isEmpty ? "folds" : "Cs") }
    if values.allSatisfy(\.isFinite), features.columns * values.count * folds.count >= 1 << 12 {
      return try together(features, values, labels, classes, folds, workers, progress)
    }
    var losses = [[Double]](repeating: [], count: values.count)
    var right = [Int](repeating: 0, count: values.count)
    var failures = right
    var done = 0
    for fold in folds {
      var start: LinearProbe?
      for (k, C) in values.enumerated() {
        var settings = settings
        settings.C = C
        let fit = try settings.fit(
          features, labels: labels, classes: classes, rows: fold.train, start: start, workers: workers)
        start = fit.probe
        let found = try fit.probe.evaluate(features, labels: labels, rows: fold.test)
        losses[k].append(found.logLoss)
        right[k] += Int((found.accuracy * Double(found.n)).rounded())
        failures[k] += fit.converged ? 0 : 1
        done += 1
        progress(done, values.count * folds.count, "C = \(C), fold \(losses[k].count) of \(folds.count)")
      }
    }
    return Self.result(values, losses, right, failures, folds)
  }

  /// Small problems are fitted one by one, by Newton's method; large ones share their walks over the rows.
  private func together<S: Scalar>(
    _ features: Matrix<S>, _ values: [Double], _ labels: [Int], _ classes: Int, _ folds: [Split], _ workers: Workers,
    _ progress: Progress
  ) throws -> Result {
    let fits = try FoldFits(
      features, labels: labels, classes: classes, folds: folds, settings: settings, workers: workers)
    let scores = try fits.scores(values, progress: progress)
    return Self.result(
      values, scores.map { row in zip(row, folds).map { $0.loss / Double($1.test.count) } },
      scores.map { $0.reduce(0) { $0 + $1.right } }, scores.map { row in row.count { !$0.converged } }, folds)
  }

  static func result(
    _ values: [Double], _ losses: [[Double]], _ right: [Int], _ failures: [Int], _ folds: [Split]
  ) -> Result {
    let sizes = folds.map { Double($0.test.count) }
    let total = sizes.reduce(0, +)
    let points = values.indices.map { k in
      let mean = zip(losses[k], sizes).reduce(0) { $0 + $1.0 * $1.1 } / total
      let middle = losses[k].reduce(0, +) / Double(folds.count)
      let variance = losses[k].reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(max(1, folds.count - 1))
      return Point(
        C: values[k], logLoss: mean, accuracy: Double(right[k]) / total,
        standardError: (variance / Double(folds.count)).squareRoot(), notConverged: failures[k])
    }
    let best = points.indices.min { (points[$0].logLoss, $0) < (points[$1].logLoss, $1) } ?? 0
    return Result(points: points, best: best)
  }
}
