import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

/// The eraser of a fit, as its file has it.
func stored(_ bench: MethodBench, _ fit: JSON) throws -> Eraser {
  let file = try bench.arrays(fit["eraser"])
  return try Eraser(
    left: file.array("left").readMatrix(), right: file.array("right").readMatrix(),
    mean: file.array("mean").readNumbers(),
    offsets: file.array("offsets").readNumbers())
}

@Suite struct ProjectionTests {
  private func params(_ bench: MethodBench, _ name: String) throws -> JSON {
    var params = try bench.oracle(name)
    params["test"] = nil
    return params
  }

  @Test(.needsSharedData, arguments: ["synth_binary", "multi5", "rare_class", "digits", "const_dup", "rank_deficient"])
  func methodsGiveTheOraclesProjections(name: String) throws {
    let bench = try MethodBench([ErasePlugin.self])
    let oracle = try OracleCase(name)
    for (method, file) in [("erase.orth", "orth_sal"), ("erase.mean", "mean_projection")] {
      let fit = try bench.call(method, params(bench, name))
      let (mine, theirs) = (try stored(bench, fit).projection, try oracle.expected("\(file)_P"))
      let difference = mine.adding(theirs, times: -1).frobeniusNorm / theirs.frobeniusNorm
      #expect(difference <= (try oracle.number("tolerances", "P_rel_fro")), "\(method)")
      #expect(fit["rank"]?.int == (try oracle.answer("methods", file, "rank").int))
      let change = try oracle.number("methods", file, "distortion_train", "mean_squared_change")
      #expect(((fit["meanSquaredChange"]?.double ?? 0) - change).magnitude <= 1e-9 * change, "\(method)")
      let before = try oracle.number("before", "train_max_canonical_correlation")
      #expect(((fit["canonicalCorrelations"]?.doubles.first ?? 0) - before).magnitude < 1e-9)
    }
  }

  /// The published curve of accuracies and canonical correlations by rank.
  @Test(.needsSharedData) func ranksBelowTheConceptsAreTheOracles() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let oracle = try OracleCase("multi5")
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    for step in try #require(oracle.answer("methods", "orth_sal", "per_rank").array) {
      let rank = try #require(step["rank"]?.int)
      var params = try params(bench, "multi5")
      params["rank"] = JSON(rank)
      let fit = try bench.call("erase.orth", params)
      #expect(fit["rank"]?.int == rank)
      #expect(fit.warningCodes.contains("no-guarantee") == (rank < 4))
      let erased = try stored(bench, fit).erased(oracle.features)
      let left = try largestCanonicalCorrelation(
        erased.rows(at: oracle.train), oracle.concept.rows(at: oracle.train), scale: scale)
      #expect((left - (step["train_max_canonical_correlation"]?.double ?? -1)).magnitude < 1e-7, "rank \(rank)")
    }
  }

  @Test(.needsSharedData, arguments: ["synth_binary", "multi5", "rare_class", "digits", "leak_mix"])
  func oracleRowsAreTheOracles(name: String) throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (oracle, params) = (try OracleCase(name), try params(bench, name))
    let fit = try bench.call("erase.oracle", params)
    let applied = try bench.call(
      "erase.apply",
      [
        "features": params["features"] ?? nil, "labels": params["labels"] ?? nil, "eraser": fit["eraser"] ?? nil,
        "dtype": "float64",
      ])
    let erased = try bench.matrix(applied["matrix"])
    let theirs = try oracle.expected("oracle_leace_test_head")
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    for (i, row) in oracle.test.prefix(16).enumerated() {
      for j in 0..<erased.columns { #expect((erased[row, j] - theirs[i, j]).magnitude <= 1e-7 * scale[j]) }
    }
    let change = try oracle.number("methods", "oracle_leace", "distortion_train", "mean_squared_change")
    #expect(((fit["meanSquaredChange"]?.double ?? 0) - change).magnitude <= 1e-9 * change)
    #expect(fit.warningCodes.contains("reads-labels"))
    let blind = bench.fault("erase.apply", ["features": params["features"] ?? nil, "eraser": fit["eraser"] ?? nil])
    #expect(blind?.kind == "params.value" && blind?.path == "/labels")
  }

  /// The random basis of the files, not ours: the same arithmetic.
  @Test(.needsSharedData) func randomSubspacesAreErasedAsTheOracles() throws {
    let oracle = try OracleCase("multi5")
    let basis = try OracleCase.matrix("multi5/random_basis.npy")
    let mean = try ColumnScaling(oracle.features, rows: oracle.train).mean
    let eraser = try Eraser(left: basis, right: basis.transposed(), mean: mean)
    let moments = try Moments(oracle.features, oracle.concept, rows: oracle.train)
    let theirs = try oracle.number("methods", "random_subspace", "train_max_canonical_correlation")
    let left = try LEACE().fit(eraser.moments(after: moments)).canonicalCorrelations.first ?? 0
    #expect((left - theirs).magnitude < 1e-7)
    let change = try oracle.number("methods", "random_subspace", "distortion_train", "mean_squared_change")
    #expect((eraser.change(of: moments).0 - change).magnitude < 1e-9 * change)
  }

  @Test func randomDrawsDifferAndRepeat() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = correlatedRows(100, 8, classes: 3)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels), "repeats": 6, "seed": 5]
    let value = try bench.call("erase.random", params)
    #expect(try bench.call("erase.random", params) == value)
    #expect(value["rank"] == 2, "as many as the concept has")
    let draws = (value["draws"]?.array ?? []).compactMap { $0["meanSquaredChange"]?.double }
    #expect(draws.count == 6 && Set(draws).count == 6)
    #expect(value["meanSquaredChange"]?.double == draws[0])
    let eraser = try stored(bench, value)
    #expect(eraser.projection.times(eraser.projection).adding(eraser.projection, times: -1).frobeniusNorm < 1e-12)
    #expect((value["draws"]?.array ?? []).allSatisfy { ($0["canonicalCorrelation"]?.double ?? 0) > 0.5 })
  }

  /// LEACE, spectral removal and the projection from the class means have one null space.
  @Test func threeMethodsHaveOneNullSpace() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = correlatedRows(500, 10, classes: 4)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels)]
    let spaces = try ["erase.leace", "erase.orth", "erase.mean"].map {
      try InspectEraser.nullSpace(stored(bench, bench.call($0, params)))
    }
    for other in spaces.dropFirst() {
      let cosines = try SVD(spaces[0].timesTransposed(other)).singularValues
      #expect(cosines.count == 3 && cosines.allSatisfy { $0 > 1 - 1e-12 })
    }
  }

  @Test func unitsAreWarnedOf() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = correlatedRows(100, 3, classes: 2)
    var scaled = features
    scaled.scaleColumns(by: [1e-6, 1, 1e3])
    let fit = try bench.call("erase.orth", ["features": try bench.matrix(scaled), "labels": .list(labels)])
    #expect(fit.warningCodes.contains("units"))
  }
}
