import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct QuadraticTests {
  private static let cases = ["leak_mix", "multi5", "synth_binary", "xor"]

  private func classes(_ oracle: OracleCase) throws -> [Moments] {
    try (0..<(oracle.labels.max() ?? 0) + 1).map { c in
      try Moments(oracle.features, rows: oracle.train.filter { oracle.labels[$0] == c })
    }
  }

  /// The files use the mean of the class means.
  @Test(.needsSharedData, arguments: cases) func mapsAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let fit = try QuadraticFit(target: .classes).fit(classes(oracle))
    #expect(fit.converged)
    let head = Array(oracle.test.prefix(16))
    let mine = try fit.eraser.erased(oracle.features.rows(at: head), labels: head.map { oracle.labels[$0] })
    let theirs = try oracle.expected("quadratic_oracle_test_head")
    let difference = mine.adding(theirs, times: -1).frobeniusNorm / theirs.frobeniusNorm
    #expect(difference <= (try oracle.number("methods", "quadratic_oracle", "tolerance", "test_head_rel")))
    let change = try oracle.number("methods", "quadratic_oracle", "distortion_train", "mean_squared_change")
    #expect((fit.meanSquaredChange - change).magnitude < 2e-3 * change)
  }

  @Test(.needsSharedData, arguments: cases) func classesAgreeInMeanAndCovariance(name: String) throws {
    let oracle = try OracleCase(name)
    let eraser = try QuadraticFit().fit(classes(oracle)).eraser
    let erased = try eraser.erased(oracle.features, labels: oracle.labels)
    let parts = try (0..<eraser.maps.count).map { c in
      try Moments(erased, rows: oracle.train.filter { oracle.labels[$0] == c })
    }
    let whole = try Moments(oracle.features, rows: oracle.train)
    let scale = whole.covariance().frobeniusNorm
    for part in parts {
      #expect(part.covariance().adding(parts[0].covariance(), times: -1).frobeniusNorm < 1e-10 * scale)
      // The mean of all rows stays.
      #expect(zip(part.meanX, whole.meanX).allSatisfy { ($0 - $1).magnitude < 1e-10 * scale.squareRoot() })
    }
  }

  /// diag covariances: the barycentre has the mean of the deviations, T = their ratio.
  @Test func diagonalLawsHaveAClosedForm() throws {
    func moments(_ deviations: [Double], _ count: Int) -> Moments {
      Moments(
        count: count, meanX: [0, 0], meanZ: [],
        scatterXX: .diagonal(deviations.map { $0 * $0 * Double(count - 1) }), scatterXZ: .zeros(2, 0),
        scatterZZ: .zeros(0, 0))
    }
    let laws = [([1.0, 4], 10), ([3.0, 2], 20), ([2.0, 1], 10)]
    for chosen in [Array(laws.prefix(2)), laws] {
      let total = Double(chosen.reduce(0) { $0 + $1.1 })
      let fit = try QuadraticFit().fit(chosen.map { moments($0.0, $0.1) })
      for j in 0..<2 {
        let deviation = chosen.reduce(0) { $0 + Double($1.1) / total * $1.0[j] }
        #expect((fit.barycentre[j, j] - deviation * deviation).magnitude < 1e-11)
        for (map, law) in zip(fit.eraser.maps, chosen) { #expect((map[j, j] - deviation / law.0[j]).magnitude < 1e-11) }
      }
      let first = zip(chosen[0].0, (0..<2).map { fit.barycentre[$0, $0].squareRoot() })
      let distance = first.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      #expect((fit.distances[0] - distance).magnitude < 1e-7)
    }
  }

  @Test func tooFewRowsAreRefusedAndShrinkageHelps() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = correlatedRows(12, 8, classes: 2)
    var params: JSON = ["features": try bench.matrix(features), "labels": .list(labels)]
    let fault = try #require(bench.fault("erase.quadratic", params))
    #expect(fault.kind == "math.tooFewSamples" && fault.path == "/labels" && fault.hint?.contains("shrinkage") == true)
    params["shrinkage"] = 0.3
    let fit = try bench.call("erase.quadratic", params)
    let erased = try bench.call(
      "erase.apply",
      ["features": params["features"] ?? nil, "labels": params["labels"] ?? nil, "eraser": fit["eraser"] ?? nil])
    let concept = try ConceptCoding.classes(2).columns(of: labels)
    let left = try CrossMoments(bench.matrix(erased["matrix"]), concept).scatterXZ.frobeniusNorm
    #expect(left < 1e-9, "means agree whatever the shrinkage")
    var other = params
    other["eraser"] = fit["eraser"]
    let unknown = bench.fault(
      "erase.apply",
      ["features": params["features"] ?? nil, "labels": .list(labels.map { $0 + 1 }), "eraser": fit["eraser"] ?? nil])
    #expect(unknown?.kind == "math.degenerate" && unknown?.path == "/labels")
  }

  /// Imbalanced classes keep their common mean; the first authors' target moves it.
  @Test(.needsSharedData) func theMeanStaysUnlessAsked() throws {
    let oracle = try OracleCase("multi5")
    let moments = try classes(oracle)
    let mean = try Moments(oracle.features, rows: oracle.train).meanX
    let (stays, moves) = (try QuadraticFit().fit(moments), try QuadraticFit(target: .classes).fit(moments))
    #expect(zip(stays.eraser.target, mean).allSatisfy { ($0 - $1).magnitude < 1e-12 })
    #expect(zip(moves.eraser.target, mean).contains { ($0 - $1).magnitude > 0.05 })
  }
}
