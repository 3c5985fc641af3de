import Linear
import Testing

@testable import Statistics

/// Fits of many folds and penalties that share their walks find what each finds by itself.
@Suite struct PenaltyPathTests {
  private let Cs = [1e-4, 1e-2, 1, 100, 1e4]

  private func folds(_ n: Int, _ count: Int = 5) throws -> [Split] {
    try (0..<count).map { fold in
      try Split(
        train: (0..<n).filter { $0 % count != fold }, test: (0..<n).filter { $0 % count == fold }, rows: n)
    }
  }

  /// Weak and strong penalties, over six decades of units: newton is one fit after the other in other arithmetic.
  @Test(arguments: [2, 4], LogisticRegression.Precision.allCases)
  func sharedWalksFindWhatEachFitFinds(classes: Int, precision: LogisticRegression.Precision) throws {
    let standardize = classes == 2
    var (features, labels) = gaussianClasses(420, classes == 2 ? 140 : 45, classes: classes)
    for i in 0..<features.rows {
      features[i, 1] = features[i, 1] * 1e3 + 5e3
      features[i, 2] *= 1e-3
    }
    let settings = LogisticRegression(
      standardize: standardize, maximumIterations: 2000, classWeight: classes == 2 ? .balanced : .none,
      precision: precision)
    var apart = settings
    (apart.solver, apart.precision) = (.newton, .float64)
    let folds = try folds(420)
    let joint = try JointFits(
      features, labels: labels, classes: classes, folds: folds, Cs: Cs, settings: settings, workers: .serial)
    #expect(joint != nil)
    let together = try PenaltyPath(Cs: Cs, settings: settings).fit(
      features, labels: labels, classes: classes, folds: folds)
    let single = try PenaltyPath(Cs: Cs, settings: apart).fit(features, labels: labels, classes: classes, folds: folds)
    #expect(together.chosen.C == single.chosen.C)
    for (a, b) in zip(together.points, single.points) {
      #expect(a.notConverged == 0)
      // Both are within tol/10 = 1e-9 of the least objective, and weights go with its root.
      #expect((a.logLoss - b.logLoss).magnitude < 1e-4 * b.logLoss, "C = \(a.C)")
      #expect((a.accuracy - b.accuracy).magnitude <= 2 / 420)
    }
  }

  @Test func eachFitOfTheSharedWalksIsAtItsMinimum() throws {
    let (features, labels) = gaussianClasses(500, 150, classes: 2)
    let folds = try folds(500)
    let settings = LogisticRegression(tolerance: 1e-7, maximumIterations: 2000)
    let joint = try #require(
      try JointFits(
        features, labels: labels, classes: 2, folds: folds, Cs: Cs, settings: settings, workers: .serial))
    let found = try joint.fit(Cs) { _, _ in }
    for (k, C) in Cs.enumerated() {
      for (place, fold) in folds.enumerated() {
        var own = settings
        (own.C, own.solver) = (C, .newton)
        let best = try own.fit(features, labels: labels, classes: 2, rows: fold.train)
        let rows = fold.train
        let loss = try found[k][place].probe.evaluate(features, labels: labels, rows: rows).logLoss * Double(rows.count)
        let weights = found[k][place].probe.weights
        let objective = loss + weights.elements.dot(weights.elements) / (2 * C)
        #expect(found[k][place].converged || C > 1)
        // A tenth of the tolerance, as a share of J, is left as the search's own curvature has it; where the penalty hardly
        // holds separated rows, that sees a few hundredths of the gap.
        let share = C > 1 ? 1e-6 : 1e-8
        if found[k][place].converged { #expect(objective <= best.objective * (1 + share)) }
      }
    }
  }

  @Test func bitsOfAPathDoNotDependOnThreads() throws {
    let (features, labels) = gaussianClasses(2600, 130, classes: 2)
    let folds = try folds(2600)
    let path = PenaltyPath(Cs: [0.01, 1], settings: LogisticRegression(tolerance: 1e-5))
    let one = try path.fit(features, labels: labels, classes: 2, folds: folds)
    let four = try path.fit(features, labels: labels, classes: 2, folds: folds, workers: Workers(jobs: 4))
    #expect(one.points == four.points)
  }

  /// A column that varies in one fold's left-out rows alone is constant where that fold is fitted.
  @Test func aColumnThatIsConstantInOneFoldHasNoWeightThere() throws {
    var (features, labels) = gaussianClasses(400, 140, classes: 2)
    for i in 0..<400 { features[i, 3] = i % 5 == 0 ? features[i, 3] : 7 }
    let folds = try folds(400)
    let joint = try #require(
      try JointFits(
        features, labels: labels, classes: 2, folds: folds, Cs: Cs, settings: LogisticRegression(), workers: .serial))
    let found = try joint.fit(Cs) { _, _ in }
    for fits in found {
      #expect(fits[0].probe.weights[0, 3] == 0)
      #expect(fits[1].probe.weights[0, 3] != 0)
    }
  }

  @Test func joinedScalingsAreThoseOfAllRows() throws {
    var (features, _) = gaussianClasses(300, 6, classes: 2)
    for i in 0..<300 {
      features[i, 0] = features[i, 0] * 1e-3 + 1e4
      features[i, 1] = 3.3
    }
    let parts = try [Array(0..<100), Array(100..<110), Array(110..<300)].map {
      (rows: $0.count, scaling: try ColumnScaling(features, rows: $0))
    }
    let joined = try #require(ColumnScaling.joined(parts, tolerance: 1e-12))
    let whole = try ColumnScaling(features)
    for j in 0..<6 {
      #expect((joined.mean[j] - whole.mean[j]).magnitude <= 1e-15 * (whole.mean[j].magnitude + whole.deviation[j]))
      #expect((joined.deviation[j] - whole.deviation[j]).magnitude <= 1e-8 * whole.deviation[j])
    }
    #expect(joined.isConstant == whole.isConstant && joined.isConstant[1])
  }

  /// Searches that remember more than fits a wave go in several, each from the end of the last.
  @Test func wavesEndWhereOneWaveEnds() throws {
    let (features, labels) = gaussianClasses(300, 800, classes: 12)
    let folds = [try Split(train: Array(0..<280), test: Array(280..<300), rows: 300)]
    let settings = LogisticRegression(tolerance: 1e-5, solver: .lbfgs)
    let joint = try #require(
      try JointFits(
        features, labels: labels, classes: 12, folds: folds, Cs: [1e-3, 1e-2, 1e-1], settings: settings,
        workers: .serial))
    #expect(joint.width(of: 30) < 30)
    let all = try joint.fit((0..<30).map { 1e-3 * Double($0 + 1) }) { _, _ in }
    #expect(all.count == 30 && all.allSatisfy { $0.count == 1 && $0[0].converged })
    for k in [0, 29] {
      var own = settings
      own.C = 1e-3 * Double(k + 1)
      let single = try own.fit(features, labels: labels, classes: 12, rows: folds[0].train)
      let (a, b) = (all[k][0].probe.weights, single.probe.weights)
      var difference = a
      difference.add(b, times: -1)
      #expect(difference.frobeniusNorm < 0.02 * b.frobeniusNorm)
    }
  }
}
