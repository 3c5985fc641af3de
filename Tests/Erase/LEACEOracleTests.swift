import JSON
import Linear
import Statistics
import TestSupport
import Testing

@testable import Erase

/// Maps and erased rows that another implementation of LEACE found in double precision.
@Suite(.needsSharedData) struct LEACEOracleTests {
  @Test(arguments: OracleCase.names) func projectionIsTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let fit = try oracle.fit()
    var (mine, theirs) = (fit.eraser.projection, try oracle.expected("leace_P"))
    if name == "bad_scale" {
      // D⁻¹·P·D, as the file says: raw entries of columns 1e12 apart have nothing to say to each other.
      let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
      let (d, inverse) = (Matrix.diagonal(scale), Matrix.diagonal(scale.map { 1 / $0 }))
      mine = inverse.times(mine).times(d)
      theirs = inverse.times(theirs).times(d)
    }
    let difference = mine.adding(theirs, times: -1).frobeniusNorm / theirs.frobeniusNorm
    #expect(difference <= (try oracle.number("tolerances", "P_rel_fro")))
    let bias = try oracle.expected("bias").elements
    #expect(zip(fit.eraser.mean, bias).allSatisfy { ($0 - $1).magnitude <= 1e-12 * max(1, $1.magnitude) })
  }

  @Test(arguments: OracleCase.names) func factsOfTheFitAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let fit = try oracle.fit()
    let answer = try oracle.answer("methods", "leace")
    #expect(fit.rank == answer["rank"]?.int)
    let values = try #require(answer["singular_values"]?.array).compactMap(\.double)
    for (mine, theirs) in zip(fit.singularValues, values) { #expect((mine - theirs).magnitude < 1e-10) }
    #expect(fit.covarianceRank == answer["rank_of_covariance"]?.int)
    #expect(fit.constantColumns.count == answer["constant_columns"]?.int)
    for (mine, key) in [
      (fit.meanSquaredChange, "mean_squared_change"), (fit.meanSquaredChangeRelative, "relative_to_total_variance"),
    ] {
      let theirs = try #require(answer["distortion_train"]?[key]?.double)
      #expect((mine - theirs).magnitude <= 1e-9 * theirs.magnitude + 1e-300, "\(key): \(mine), \(theirs)")
    }
    let before = try oracle.number("before", "train_max_canonical_correlation")
    #expect(((fit.canonicalCorrelations.first ?? 0) - before).magnitude < 1e-9)
  }

  @Test func canonicalCorrelationsAreThoseOfThePage() throws {
    let several = try OracleCase("multi5").fit().canonicalCorrelations
    #expect(several.count == 4)
    for (mine, theirs) in zip(several, [0.94444, 0.91046, 0.88365, 0.80012]) {
      #expect((mine - theirs).magnitude < 5e-6)
    }
    let one = try OracleCase("synth_binary").fit().canonicalCorrelations
    #expect(one.count == 1 && (one[0] - 0.88374).magnitude < 5e-6)
  }

  @Test(arguments: OracleCase.names) func erasedRowsAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let fit = try oracle.fit()
    let head = try fit.eraser.erased(oracle.features.rows(at: Array(oracle.test.prefix(16))))
    let theirs = try oracle.expected("leace_test_head")
    let tolerance = try oracle.number("tolerances", "erased_abs_rel_to_col_sd")
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    for i in 0..<16 {
      for j in 0..<head.columns {
        #expect((head[i, j] - theirs[i, j]).magnitude <= tolerance * scale[j], "row \(i), column \(j)")
      }
    }
  }

  @Test(arguments: OracleCase.names) func fittedRowsCarryNoLinearTrace(name: String) throws {
    let oracle = try OracleCase(name)
    let erased = try oracle.fit().eraser.erased(oracle.features)
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    let left = try largestCanonicalCorrelation(
      erased.rows(at: oracle.train), oracle.concept.rows(at: oracle.train), scale: scale)
    #expect(left <= (try oracle.number("tolerances", "train_max_canonical_correlation")))
  }

  /// On rows that an eraser has seen, the best linear predictor is the constant one, whatever the truth elsewhere.
  @Test(arguments: OracleCase.names) func aProbeOnTheFittedRowsIsTheMajority(name: String) throws {
    let oracle = try OracleCase(name)
    let scaling = try ColumnScaling(oracle.features, rows: oracle.train)
    var erased = try oracle.fit().eraser.erased(oracle.features)
    // Divided by the deviations before, as the oracle's probe is: what was wiped out is not blown up again.
    for i in 0..<erased.rows {
      erased.withMutableRow(i) { row in
        for j in 0..<row.count { row[j] = (row[j] - scaling.mean[j]) / scaling.scale[j] }
      }
    }
    let classes = (oracle.labels.max() ?? 0) + 1
    let fit = try LogisticRegression(standardize: false).fit(
      erased, labels: oracle.labels, classes: classes, rows: oracle.train)
    for (side, rows) in [("train", oracle.train), ("test", oracle.test)] {
      let scores = try fit.probe.evaluate(erased, labels: oracle.labels, rows: rows)
      let accuracy = try oracle.number("methods", "leace", "fresh_linear_probe", side, "accuracy")
      let loss = try oracle.number("methods", "leace", "fresh_linear_probe", side, "log_loss_nats")
      #expect((scores.accuracy - accuracy).magnitude <= (try oracle.number("tolerances", "accuracy_abs_after_erasure")))
      #expect((scores.logLoss - loss).magnitude < 1e-6, "\(side)")
    }
  }

  /// Rows in 32 bits, within what the files allow; two covariances are too close to singular for sums in floats, so
  /// that theirs are made again in doubles.
  @Test(arguments: OracleCase.names) func floatRowsAreErasedWithinTheirPrecision(name: String) throws {
    let oracle = try OracleCase(name)
    let floats: Matrix<Float> = oracle.features.converted()
    let fit = try LEACE.single.fit(floats, oracle.concept, rows: oracle.train)
    #expect(fit.rank == (try oracle.answer("methods", "leace", "rank").int))
    #expect(fit.settings.sumsInDoubles == ["const_dup", "rank_deficient"].contains(name))
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    let (d, inverse) = (Matrix.diagonal(scale), Matrix.diagonal(scale.map { 1 / $0 }))
    let mine = inverse.times(fit.eraser.projection).times(d)
    let theirs = inverse.times(try oracle.expected("leace_P")).times(d)
    let difference = mine.adding(theirs, times: -1).frobeniusNorm / theirs.frobeniusNorm
    #expect(difference <= (try oracle.number("tolerances", "float32_path", "P_rel_fro")))
    let erased: Matrix<Double> = try fit.eraser.erased(floats).converted()
    let left = try largestCanonicalCorrelation(
      erased.rows(at: oracle.train), oracle.concept.rows(at: oracle.train), scale: scale, cut: 1e-4)
    #expect(left <= 1e-5, "the page's figure; the file allows 2e-3")
  }

  /// The stored numbers of this case are floats to begin with, so sums in doubles lose nothing.
  @Test func sumsInDoublesTakeFloatsAsTheyAre() throws {
    let oracle = try OracleCase("float32")
    let floats: Matrix<Float> = oracle.features.converted()
    let fit = try LEACE.single.fit(Moments(floats, oracle.concept, rows: oracle.train))
    let theirs = try oracle.expected("leace_P")
    let difference = fit.eraser.projection.adding(theirs, times: -1).frobeniusNorm / theirs.frobeniusNorm
    #expect(difference <= (try oracle.number("tolerances", "P_rel_fro")))
  }
}
