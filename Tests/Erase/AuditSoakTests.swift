import Foundation
import JSON
import Linear
import MethodTestSupport
import Statistics
import TestSupport
import Testing

@testable import Erase

extension Trait where Self == ConditionTrait {
  fileprivate static var slowProof: Self {
    .enabled(
      if: SharedData.isPresent && ProcessInfo.processInfo.environment["QUIRE_SOAK"] != nil,
      "a slow proof: make soak")
  }
}

/// How often audits are wrong, over a hundred seeds that nothing was tuned on.
@Suite(.slowProof) struct AuditSoakTests {
  private static let seeds = 10_000..<10_100

  private func verdict(_ bench: MethodBench, _ params: JSON) throws -> String {
    var fit = params
    for member in ["test", "seed"] { fit[member] = nil }
    var audit = params
    audit["eraser"] = try bench.call("erase.leace", fit)["eraser"]
    for (name, value) in ["shuffles": 99, "draws": 2, "randomFeatures": 300, "networks": 1] {
      audit[name] = JSON(value)
    }
    return try bench.call("erase.audit", audit)["verdict"]?.string ?? ""
  }

  private func count(_ work: @escaping @Sendable (MethodBench, Int) throws -> Bool) throws -> Int {
    let seeds = Array(Self.seeds)
    return try Workers(jobs: 2).map(seeds.count) { index in
      try work(MethodBench([ErasePlugin.self]), seeds[index])
    }.count { $0 }
  }

  @Test(arguments: ["xor", "leak_mix", "digits_parity", "synth_binary"])
  func atMostATenthOfShufflesFire(name: String) throws {
    let oracle = try OracleCase(name)
    let fired = try count { bench, seed in
      var numbers = RandomNumbers(seed: UInt64(seed), step: "labels")
      var labels = oracle.labels
      numbers.shuffle(&labels)
      var params = try bench.oracle(name)
      params["labels"] = .list(labels)
      params["seed"] = JSON(seed)
      return try verdict(bench, params).contains("nonlinear leak")
    }
    #expect(fired <= 10, "\(fired) of 100")
  }

  /// Whatever the seed of folds, features and networks.
  @Test(arguments: ["xor", "digits_parity", "leak_mix"]) func leaksAreAlwaysFound(name: String) throws {
    let found = try count { bench, seed in
      var params = try bench.oracle(name)
      params["seed"] = JSON(seed)
      return try verdict(bench, params).contains("linear erased, nonlinear leak")
    }
    #expect(found == 100)
  }

  @Test(arguments: ["synth_binary", "bad_scale"]) func whatIsLinearAloneFiresSeldom(name: String) throws {
    let fired = try count { bench, seed in
      var params = try bench.oracle(name)
      params["seed"] = JSON(seed)
      return try verdict(bench, params).contains("nonlinear leak")
    }
    #expect(fired == 0, "\(fired) of 100")
  }

  /// What noise of 300 rows is said to hold is a false alarm: of a leftover or a figure below chance (5 %), or of a leak
  /// (5 %). Of a hundred, more than 20 would come once in a thousand runs.
  @Test func noiseIsSeldomTakenForMore() throws {
    let other = try count { bench, seed in
      let (features, labels) = gaussianRows(300, 3, seed: UInt64(seed))
      let params: JSON = [
        "features": try bench.matrix(features), "labels": .list(labels), "seed": JSON(seed), "shuffles": 99,
        "draws": 2, "randomFeatures": 300, "networks": 1,
      ]
      let verdict = try bench.call("erase.audit", params)["verdict"]?.string ?? ""
      return !verdict.hasPrefix("nothing found, with too few rows to exclude")
    }
    #expect(other <= 20, "\(other) of 100")
  }

  /// 64 Gaussian columns, 500 fitted rows: .63 on the mean of fresh rows, as measured apart.
  @Test func theLeftoverOfFewRowsIsThatOfThePage() throws {
    var accuracies: [Double] = []
    for seed in 10_000..<10_010 {
      let (features, labels) = gaussianRows(10_500, 64, seed: UInt64(seed), gap: 2.073)
      let concept = try ConceptCoding.classes(2).columns(of: labels)
      let erased = try LEACE().fit(features, concept, rows: Array(0..<500)).eraser.erased(features)
      let probe = try LogisticRegression(C: 1, tolerance: 1e-5).fit(
        erased, labels: labels, classes: 2, rows: Array(500..<5500))
      accuracies.append(
        try probe.probe.evaluate(erased, labels: labels, rows: Array(5500..<10_500)).accuracy)
    }
    let mean = accuracies.reduce(0, +) / Double(accuracies.count)
    #expect((mean - 0.63).magnitude < 0.015, "\(mean)")
  }
}
