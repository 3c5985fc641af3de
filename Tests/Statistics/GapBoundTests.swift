import Glibc
import Linear
import Testing

@testable import Statistics

/// The bound on the gap is a proof: wherever a fit stops, its objective is no further above the minimum.
@Suite struct GapBoundTests {
  private func best(_ features: Matrix<Double>, _ labels: [Int], _ classes: Int, _ C: Double) throws -> LogisticFit {
    try LogisticRegression(C: C, tolerance: 1e-13, solver: .newton).fit(features, labels: labels, classes: classes)
  }

  /// Fits that are stopped after each number of steps, on scales and shares that make the biases far from 0.
  @Test(arguments: [2, 4], [1e-3, 1, 1e3]) func stoppedFitsAreWithinTheirBound(classes: Int, C: Double) throws {
    var (features, labels) = gaussianClasses(260, 12, classes: classes, seed: 5)
    for i in 0..<260 {
      features[i, 0] = 40 * features[i, 0] + 300
      features[i, 1] *= 0.02
      if i % 3 != 0, i > classes { labels[i] = 0 }
    }
    let optimum = try best(features, labels, classes, C)
    for standardize in [true, false] {
      var settings = LogisticRegression(C: C, standardize: standardize, tolerance: 1e-12, solver: .lbfgs)
      var least = optimum.objective
      if !standardize {
        settings.solver = .newton
        least = try settings.fit(features, labels: labels, classes: classes).objective
        settings.solver = .lbfgs
      }
      for steps in 1...25 {
        settings.maximumIterations = steps
        let fit = try settings.fit(features, labels: labels, classes: classes)
        let bound = try #require(fit.gapBound)
        // The objective itself is a rounded sum.
        #expect(fit.objective - least <= bound + 1e-12 * least, "\(steps) steps")
        #expect(bound >= 0)
      }
    }
  }

  /// The term of the biases, alone: the weights are the best, the biases are off, and too far for one step to mend.
  @Test(arguments: [2, 3, 5], [1e-9, 1e-5, 1e-2, 0.3, 2, 20])
  func biasesThatAreOffAreCountedInTheBound(classes: Int, off: Double) throws {
    let (features, labels) = gaussianClasses(300, 6, classes: classes, seed: 9)
    let C = 1.0
    let coordinates = try Coordinates(
      ColumnScaling(features), labels: labels, classes: classes, penaltyWeight: 1 / C, standardize: true,
      balanced: false)
    let rows = try PreparedRows(features, nil, coordinates, mixed: false, .serial)
    let optimum = try best(features, labels, classes, C)
    var theta = try #require(coordinates.theta(of: optimum.probe))
    let objective = coordinates.objective
    for r in 0..<objective.outputs { theta[r * objective.width + objective.columns] += r == 0 ? off : -off / 3 }
    let pass = try objective.pass(rows.exact, at: theta, workers: .serial)
    let settings = LogisticRegression(C: C, tolerance: 1e-8)
    let fit = try settings.finished(.init(theta: theta, pass: pass), coordinates, rows, .serial)
    let bound = try #require(fit.gapBound)
    let gap = fit.objective - optimum.objective
    #expect(gap <= bound + 1e-12 * optimum.objective, "gap \(gap), bound \(bound)")
    #expect(gap >= -1e-12 * optimum.objective)
  }
}
