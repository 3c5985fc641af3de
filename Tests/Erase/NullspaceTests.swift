import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct NullspaceTests {
  @Test(.needsSharedData) func basesOfGivenProbesAreTheOracles() throws {
    for known in try KnownAnswer.all("60-119", method: "erase.inlp") {
      let features = Matrix(json: known.input["X"])
      var basis = NullspaceBasis(columns: features.columns)
      for probe in known.input["probes"]?.array ?? [] { _ = try basis.add(Matrix(json: probe)) }
      #expect(basis.rank == known.expected["rank_removed"]?.int, "\(known.name)")
      let projection = Matrix.identity(features.columns).adding(basis.rows.gram(), times: -1)
      #expect(known.matches(projection, "P"), "\(known.name)")
      #expect(known.matches(features.times(projection), "erased"), "\(known.name)")
    }
  }

  private func oracleFit(_ oracle: OracleCase) throws -> (fit: NullspaceProjection.Fit, answers: [JSON]) {
    let answers = try #require(oracle.answer("methods", "inlp", "iterations").array)
    // As far as doubles go: what a probe leaves undone turns all that follow.
    let settings = NullspaceProjection(iterations: answers.count - 1, tolerance: 1e-15)
    let fit = try settings.fit(
      oracle.features, labels: oracle.labels, classes: (oracle.labels.max() ?? 0) + 1, train: oracle.train,
      test: oracle.test)
    return (fit, answers)
  }

  @Test(.needsSharedData, arguments: OracleCase.names)
  func accuraciesOfEachIterationAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let (fit, answers) = try oracleFit(oracle)
    let tolerance = try oracle.number("tolerances", "inlp_accuracy_abs")
    #expect(fit.steps.count == answers.count && fit.converged)
    for (step, answer) in zip(fit.steps, answers) {
      #expect(step.removedRank == answer["removed_rank"]?.int)
      for (mine, side) in [(step.train, "train"), (step.test, "test")] {
        let theirs = try #require(answer[side]?["accuracy"]?.double)
        #expect(((mine?.accuracy ?? 0) - theirs).magnitude <= tolerance, "\(side), rank \(step.removedRank)")
      }
    }
  }

  /// The projections are the oracle's to its digits. Each probe multiplies the error of the plane before it, which no
  /// solver escapes: two that solve `const_dup` to 1e-16 agree to 3e-14 in the first plane, 300 times less well in each
  /// that follows, and not at all in the eighth. There the planes are compared while they are known.
  @Test(.needsSharedData, arguments: OracleCase.names) func projectionsAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let (fit, _) = try oracleFit(oracle)
    let theirs = try oracle.expected("inlp_P")
    let mine = Matrix.identity(oracle.features.columns).adding(fit.basis.rows.gram(), times: -1)
    let apart = mine.adding(theirs, times: -1).frobeniusNorm / theirs.frobeniusNorm
    if name != "const_dup" { #expect(apart <= 1e-7, "\(apart)") }
    for (step, next) in zip(fit.steps, fit.steps.dropFirst()).prefix(5) {
      let plane = fit.basis.rows.rows(step.removedRank..<next.removedRank)
      let kept = plane.times(theirs).frobeniusNorm
      #expect(kept <= 1e-5, "after rank \(step.removedRank): \(kept)")
    }
  }

  @Test func projectionsAreIdempotentAndStayOrthogonal() throws {
    let (features, labels) = correlatedRows(300, 20, classes: 3)
    let fit = try NullspaceProjection(iterations: 6).fit(
      features, labels: labels, classes: 3, train: Array(0..<300))
    #expect(fit.basis.rank == 12)
    #expect(fit.basis.rows.outerGram().adding(.identity(12), times: -1).frobeniusNorm < 1e-13)
    let once = try fit.eraser.erased(features)
    let twice = try fit.eraser.erased(once)
    #expect(once.adding(twice, times: -1).frobeniusNorm < 1e-11 * features.frobeniusNorm)
  }

  /// A probe without a new direction ends it, where a deterministic one would repeat itself.
  @Test func nothingNewEndsTheLoop() throws {
    let (features, labels) = correlatedRows(100, 3, classes: 2)
    let fit = try NullspaceProjection(iterations: 50).fit(features, labels: labels, classes: 2, train: Array(0..<100))
    #expect(fit.basis.rank <= 3 && fit.steps.count <= 4)
  }

  @Test func theMethodChoosesOnRowsSetApart() throws {
    let bench = try MethodBench([ErasePlugin.self])
    var numbers = RandomNumbers(seed: 2)
    let labels = (0..<600).map { _ in numbers.below(2) }
    var features: Matrix<Double> = numbers.gaussians(rows: 600, columns: 8)
    for (i, label) in labels.enumerated() { features[i, 0] += label == 1 ? 2 : -2 }
    let params: JSON = [
      "features": try bench.matrix(features), "labels": .list(labels), "train": .list(0..<400),
      "test": .list(400..<600),
      "iterations": 8,
    ]
    let value = try bench.call("erase.inlp", params)
    let made = try #require(value["iterations"]?.int)
    #expect(made >= 1 && made <= 3 && value["chosenOn"] == 80 && value["rank"]?.int == made)
    let steps = value["steps"]?.array ?? []
    #expect(steps.count == made + 1)
    #expect((steps.first?["test"]?["accuracy"]?.double ?? 0) > 0.95)
    #expect((steps.last?["test"]?["accuracy"]?.double ?? 1) < 0.6)
    var stopped = params
    stopped["stopAt"] = 0.99
    #expect(try bench.call("erase.inlp", stopped)["iterations"]?.int == 0, "already below")
    stopped["stopAt"] = nil
    stopped["iterations"] = 3
    var never = stopped
    never["stopAt"] = .null
    #expect(try bench.call("erase.inlp", never)["iterations"] == 3)
  }
}
