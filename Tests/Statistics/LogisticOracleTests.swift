import Linear
import TestSupport
import Testing

@testable import Statistics

/// Objectives, weights and scores that a float64 Newton solver of somebody else's found.
@Suite(.needsSharedData) struct LogisticOracleTests {
  @Test(arguments: OracleCase.names, [LogisticRegression.Solver.auto, .newton])
  func objectiveIsTheOptimumByDefault(name: String, solver: LogisticRegression.Solver) throws {
    try checkObjectives(name, LogisticRegression(solver: solver))
  }

  /// With L-BFGS alone nothing but its own estimate says how far the minimum is, so it is asked for more.
  @Test(arguments: OracleCase.names.filter { $0 != "digits" }) func limitedMemoryReachesTheOptimumToo(name: String)
    throws
  {
    try checkObjectives(name, LogisticRegression(tolerance: 1e-10, maximumIterations: 5000, solver: .lbfgs))
  }

  private func checkObjectives(_ name: String, _ settings: LogisticRegression) throws {
    let oracle = try OracleCase(name)
    #expect(oracle.fits.count >= 6)
    for item in oracle.fits {
      let tag = try #require(item["tag"]?.string)
      var regression = settings
      regression.C = try item.number("C")
      regression.standardize = item["standardize"]?.bool == true
      let fit = try regression.fit(oracle.features, labels: oracle.labels, classes: oracle.classes, rows: oracle.train)
      let optimum = try item.number("objective")
      #expect(relative(fit.objective, optimum) <= 1e-8, "\(tag): \(fit.objective), \(optimum)")
      #expect(relative(fit.objectivePerSample, try item.number("objective_per_sample")) <= 1e-8)
      #expect(fit.converged, "\(tag)")
      #expect(fit.gradientNorm <= 1e-8 || fit.objective <= optimum * (1 + 1e-13), "\(tag): \(fit.gradientNorm)")
      let bound = try #require(fit.gapBound)
      // The oracle's own sum of losses is rounded.
      #expect(fit.objective - optimum <= bound + 1e-10 * optimum, "\(tag): \(fit.objective - optimum), \(bound)")
    }
  }

  @Test(arguments: OracleCase.names) func weightsAndScoresAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let tolerance = try oracle.probe.number("tolerances", "coef_rel_to_max")
    let means = try ColumnScaling(oracle.features, rows: oracle.train).mean
    let lossTolerance = try oracle.probe.number("tolerances", "log_loss_abs")
    for item in oracle.fits {
      let tag = try #require(item["tag"]?.string)
      // The stored weights of one case are those of a solver that had not arrived (its gradient is 1.8e-8).
      let isExact = try item.number("gradient_inf_scaled") < 1e-11
      let regression = LogisticRegression(
        C: try item.number("C"), standardize: item["standardize"]?.bool == true, tolerance: 1e-12)
      let fit = try regression.fit(oracle.features, labels: oracle.labels, classes: oracle.classes, rows: oracle.train)
      let expected = try oracle.expected("logreg_\(tag)_W")
      let largest = expected.elements.reduce(0) { max($0, $1.magnitude) }
      let difference = zip(fit.probe.weights.elements, expected.elements).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
      #expect(difference <= (isExact ? tolerance : 1e-3) * largest, "\(tag): \(difference / largest)")
      // In `const_dup` the oracle's constant column at 1e5 has weights of 1e-9 where ours has none, and the intercept
      // makes up for them: what the two say of the mean row is what agrees.
      let intercepts = try #require(item["intercept"]?.doubles)
      let mean = regression.standardize ? [Double](repeating: 0, count: expected.columns) : means
      let mine = centre(fit.probe.bias, fit.probe.weights.times(mean))
      for (mine, theirs) in zip(mine, centre(intercepts, expected.times(mean))) {
        #expect((mine - theirs).magnitude <= (isExact ? tolerance : 1e-3) * max(1, theirs.magnitude), "\(tag)")
      }
      for (side, rows) in [("train", oracle.train), ("test", oracle.test)] {
        let scores = try fit.probe.evaluate(oracle.features, labels: oracle.labels, rows: rows)
        #expect(scores.accuracy == (try item.number(side, "accuracy")), "\(tag) \(side)")
        #expect((scores.balancedAccuracy - (try item.number(side, "balanced_accuracy"))).magnitude < 1e-14)
        #expect((scores.macroF1 - (try item.number(side, "macro_f1"))).magnitude < 1e-14)
        #expect((scores.logLoss - (try item.number(side, "log_loss_nats"))).magnitude < lossTolerance, "\(tag) \(side)")
        #expect(scores.n == rows.count)
      }
    }
  }

  /// The scores of the mean row; of more than one, what they differ by.
  private func centre(_ bias: [Double], _ product: [Double]) -> [Double] {
    let scores = zip(bias, product).map { $0 + $1 }
    let mean = scores.count == 1 ? 0 : scores.reduce(0, +) / Double(scores.count)
    return scores.map { $0 - mean }
  }

  /// In 32-bit storage the objective is that of the stored numbers, whatever the passes are computed in.
  @Test(
    arguments: ["float32", "synth_binary", "multi5", "digits_parity"], [LogisticRegression.Precision.float64, .mixed])
  func floatStorageCostsOnlyItsOwnRounding(name: String, precision: LogisticRegression.Precision) throws {
    let oracle = try OracleCase(name)
    let floats = oracle.floats
    let doubles: Matrix<Double> = floats.converted()
    for standardize in [false, true] {
      let exact = try LogisticRegression(standardize: standardize, tolerance: 1e-12).fit(
        doubles, labels: oracle.labels, classes: oracle.classes, rows: oracle.train)
      let fit = try LogisticRegression(
        standardize: standardize, maximumIterations: 2000, solver: .lbfgs, precision: precision
      ).fit(floats, labels: oracle.labels, classes: oracle.classes, rows: oracle.train)
      #expect(relative(fit.objective, exact.objective) <= 1e-8)
      #expect(fit.converged)
    }
  }
}
