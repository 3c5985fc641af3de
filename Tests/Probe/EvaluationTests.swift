import Glibc
import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Probe

@Suite struct EvaluationTests {
  private let bench: MethodBench

  init() throws { bench = try Probe_bench() }

  private func fitted(
    _ features: Matrix<Double>, _ labels: [Int], train: Range<Int>, ids: [String]? = nil
  ) throws -> (params: JSON, value: JSON) {
    let params: JSON = [
      "features": try bench.matrix(features, rowIDs: ids), "labels": .list(labels), "train": .list(train),
      "test": .list(train.upperBound..<labels.count),
    ]
    return (params, try bench.call("probe.logistic", params))
  }

  private func evaluation(_ params: JSON, _ fit: JSON, _ members: KeyValuePairs<String, JSON> = [:]) -> JSON {
    var own = params.with(["probe": fit["probe"] ?? nil, "B": 100])
    own["train"] = nil
    return own.with(members)
  }

  private func evaluate(_ params: JSON, _ fit: JSON, _ members: KeyValuePairs<String, JSON> = [:]) throws -> JSON {
    try bench.call("probe.evaluate", evaluation(params, fit, members))
  }

  @Test(.needsSharedData, arguments: ["synth_binary", "multi5", "imbalanced"])
  func scoresAreTheOracles(name: String) throws {
    let oracle = try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json"))
    let params = try bench.oracle(name)
    let fit = try bench.call("probe.logistic", params)
    let value = try evaluate(params, fit, ["B": 500])
    let stored = try #require(oracle["logistic"]?.array?.first { $0["tag"] == "std_C1" })
    #expect(try value.number("accuracy", "value") == stored.number("test", "accuracy"))
    #expect((try value.number("logLoss", "value") - stored.number("test", "log_loss_nats")).magnitude < 1e-6)
    #expect((try value.number("macroF1", "value") - stored.number("test", "macro_f1")).magnitude < 1e-12)
    let interval = try #require(oracle["ci"]?["log_loss_percentile_bootstrap_B20000"]?.doubles)
    let allowed = try oracle.number("tolerances", "bootstrap_abs")
    #expect((try value.number("logLoss", "low") - interval[0]).magnitude < allowed)
    #expect((try value.number("logLoss", "high") - interval[1]).magnitude < allowed)
    #expect(value["heldOut"] == true && value["fittedRows"] == 0)
    #expect(
      (try value.number("majority", "logLoss") - oracle.number("majority", "test_log_loss_nats")).magnitude < 1e-12)
  }

  /// What apply saves is what evaluate computes, and what the logistic probe said of its own test rows.
  @Test func savedScoresAreEvaluatedAsTheProbeIs() throws {
    let (features, labels) = gaussianClasses(200, 5, classes: 3)
    let ids = (0..<200).map { "row\($0)" }
    let (params, fit) = try fitted(features, labels, train: 0..<120, ids: ids)
    let applied = try bench.call("probe.apply", ["probe": fit["probe"] ?? nil, "features": params["features"] ?? nil])
    #expect(applied["fittedRows"] == 120 && applied.warningCodes == ["fit-saw-test"])
    let direct = try evaluate(params, fit)
    let scored = try bench.call(
      "probe.evaluate",
      [
        "scores": applied["scores"] ?? nil, "labels": params["labels"] ?? nil, "test": params["test"] ?? nil, "B": 100,
        "train": params["train"] ?? nil,
      ])
    for score in ["accuracy", "macroF1", "rocAuc", "averagePrecision", "logLoss", "brier", "calibrationError"] {
      #expect(direct[score] == scored[score], "\(score)")
    }
    #expect(direct["majority"] == scored["majority"] && direct["confusion"] == fit["confusion"])
    #expect(direct["accuracy"] == fit["accuracy"])
    let probabilities = try bench.matrix(applied["probabilities"])
    #expect((0..<200).allSatisfy { (probabilities.row($0).reduce(0, +) - 1).magnitude < 1e-12 })
    let predicted = try bench.labels(applied["predicted"])
    #expect(predicted.rowIDs == ids && predicted.classes == ["0", "1", "2"])
    #expect(predicted.codes == probabilities.largestColumns())
  }

  // MARK: - Measures by their definitions

  private func probabilities(_ n: Int, seed: UInt64) -> (logs: Matrix<Double>, truth: [Int]) {
    var numbers = RandomNumbers(seed: seed)
    // Rounded, so that there are ties.
    let scores = Matrix(rows: n, columns: 1, elements: (0..<n).map { _ in (numbers.gaussian() * 4).rounded() / 2 })
    return (
      LinearProbe.logProbabilities(scores: scores),
      (0..<n).map { numbers.unit() < 1 / (1 + exp(-scores[$0, 0])) ? 1 : 0 }
    )
  }

  @Test func rocAreaCountsPairsInOrder() throws {
    let (logs, truth) = probabilities(90, seed: 4)
    let values = try Evaluation(logProbabilities: logs, truth: truth).values()
    var (pairs, ordered) = (0.0, 0.0)
    for i in 0..<90 where truth[i] == 1 {
      for j in 0..<90 where truth[j] == 0 {
        pairs += 1
        ordered += logs[i, 1] > logs[j, 1] ? 1 : logs[i, 1] == logs[j, 1] ? 0.5 : 0
      }
    }
    #expect((values[Evaluation.Measure.rocArea.rawValue] - ordered / pairs).magnitude < 1e-12)
    // Average precision: for each positive the precision at its score, ties together.
    let positives = truth.count { $0 == 1 }
    let sum = (0..<90).filter { truth[$0] == 1 }.reduce(0.0) { sum, i in
      let above = (0..<90).filter { logs[$0, 1] >= logs[i, 1] }
      return sum + Double(above.count { truth[$0] == 1 }) / Double(above.count)
    }
    #expect((values[Evaluation.Measure.averagePrecision.rawValue] - sum / Double(positives)).magnitude < 1e-12)
  }

  @Test func shuffledScoresAreTheMeanOfManyShuffles() throws {
    let (logs, truth) = probabilities(60, seed: 8)
    let expected = try Evaluation(logProbabilities: logs, truth: truth).shuffled
    var sums = [Double](repeating: 0, count: 8)
    for k in 0..<800 {
      var numbers = RandomNumbers(seed: 1, step: "test", index: k)
      var dealt = truth
      numbers.shuffle(&dealt)
      for (m, value) in try Evaluation(logProbabilities: logs, truth: dealt).values().enumerated() {
        sums[m] += value / 800
      }
    }
    // Average precision has a bias of its own in few rows; the others are exact.
    for m in [0, 1, 2, 3, 5, 6] { #expect((sums[m] - expected[m]).magnitude < 0.015, "measure \(m)") }
  }

  @Test func resamplingARowTwiceIsHavingItTwice() throws {
    let (logs, truth) = probabilities(50, seed: 9)
    let evaluation = try Evaluation(logProbabilities: logs, truth: truth)
    let weights = (0..<50).map { Double($0 % 3) }
    let rows = (0..<50).flatMap { [Int](repeating: $0, count: $0 % 3) }
    let (weighted, repeated) = (
      evaluation.values(weights: weights),
      try Evaluation(logProbabilities: logs.rows(at: rows), truth: rows.map { truth[$0] }).values()
    )
    // Bins of calibration stay those of the original rows.
    for m in 0..<7 { #expect((weighted[m] - repeated[m]).magnitude < 1e-12, "measure \(m)") }
  }

  /// The page's floor of the calibration error: .054 at 500 rows, .028 at 2000.
  @Test func aCalibratedProbeHasACalibrationErrorToo() throws {
    var numbers = RandomNumbers(seed: 2)
    for (n, expected) in [(500, 0.054), (2000, 0.028)] {
      let scores = Matrix(rows: n, columns: 1, elements: (0..<n).map { _ in 1.5 * numbers.gaussian() })
      let logs = LinearProbe.logProbabilities(scores: scores)
      let truth = (0..<n).map { numbers.unit() < exp(logs[$0, 1]) ? 1 : 0 }
      let calibration = try Calibration(logProbabilities: logs, truth: truth)
      let floor = try calibration.floor(seed: 1)
      #expect((floor.mean - expected).magnitude < 0.2 * expected)
      #expect(calibration.error() < 2 * floor.high && calibration.bins.count == 15)
    }
  }

  @Test func wholeGroupsAreDrawnAnew() throws {
    // Twenty groups of ten equal rows: their rows say no more than twenty would.
    var numbers = RandomNumbers(seed: 3)
    let group = (0..<200).map { $0 / 10 }
    let right = (0..<20).map { _ in numbers.unit() < 0.7 }
    let values = group.map { right[$0] ? 1.0 : 0 }
    let mean: @Sendable ([Double]) -> [Double] = { weights in
      [zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)]
    }
    let bootstrap = Bootstrap(replicates: 800, seed: 1)
    let (rows, groups) = (
      try bootstrap.intervals(of: 200, mean)[0], try bootstrap.intervals(of: 200, groups: group, mean)[0]
    )
    #expect(groups.high - groups.low > 2.5 * (rows.high - rows.low))
    let threaded = try bootstrap.intervals(of: 200, groups: group, workers: Workers(jobs: 3), mean)[0]
    #expect(threaded == groups)
  }

  // MARK: - Guards

  @Test func rowsThatWereFittedAreCounted() throws {
    let (features, labels) = gaussianClasses(120, 4, classes: 2)
    for ids in [nil, (0..<120).map { "r\($0)" }] {
      let (params, fit) = try fitted(features, labels, train: 0..<80, ids: ids)
      // A part of the scored rows that was fitted would go unnoticed in the score: it has to be asked for.
      let fault = try #require(bench.fault("probe.evaluate", evaluation(params, fit, ["test": .list(60..<120)])))
      #expect(fault.path == "/test" && fault.message.contains("20 of the 60 scored rows"))
      #expect(fault.message.contains("fit-saw-test") && fault.hint?.contains("allowSeen") == true)
      let all = try evaluate(params, fit, ["test": .list(60..<120), "allowSeen": true])
      #expect(all["fittedRows"] == 20 && all["heldOut"] == false)
      #expect(all.warning("fit-saw-test")?.contains("20 of the 60") == true)
      let own = try evaluate(params, fit, ["test": .list(0..<80)])
      #expect(own.warningCodes.contains("in-sample") && own["intervalOf"] == "none: the rows were fitted")
    }
  }

  @Test func aMajorityOf96PercentIsNoKnowledge() throws {
    var (features, labels) = gaussianClasses(600, 5, classes: 2, distance: 0)
    features[0, 0] += 0
    labels = labels.indices.map { $0 % 25 == 0 ? 1 : 0 }
    let (params, fit) = try fitted(features, labels, train: 0..<300)
    let value = try evaluate(params, fit)
    #expect(value["headline"] == "balancedAccuracy")
    #expect(value.warning("imbalance")?.contains("accuracy 0.96, majority 0.96") == true)
    #expect((try value.number("majority", "averagePrecision") - 0.04).magnitude < 1e-12)
  }

  @Test func whatCannotBeScoredIsRefused() throws {
    let (features, labels) = gaussianClasses(60, 3, classes: 2)
    let (params, fit) = try fitted(features, labels, train: 0..<40)
    var own = params.with(["probe": fit["probe"] ?? nil])
    own["train"] = nil
    let narrow = try bench.matrix(features.columns(0..<2), name: "narrow.npz")
    let shape = try #require(bench.fault("probe.evaluate", own.with(["features": narrow])))
    #expect(shape.kind == "math.shape" && shape.path == "/features" && shape.message.contains("2 columns"))
    let unknown = try #require(
      bench.fault("probe.evaluate", own.with(["labels": .array((0..<60).map { .string($0 % 2 == 0 ? "0" : "x") })])))
    #expect(unknown.kind == "math.degenerate" && unknown.message.contains("'x'"))
    let one = try #require(bench.fault("probe.evaluate", own.with(["labels": .list((0..<60).map { _ in 1 })])))
    #expect(one.kind == "math.degenerate" && one.message.contains("class '0'"))
    let nothing = try #require(bench.fault("probe.evaluate", ["labels": [0, 1]]))
    #expect(nothing.kind == "params.value" && nothing.path == "/probe")
    let wide = try #require(bench.fault("probe.evaluate", ["labels": [0, 1], "scores": [[1, 2, 3], [1, 2, 3]]]))
    #expect(wide.kind == "math.shape" && wide.path == "/scores")
    // Scores without ids beside a probe that knows its rows by theirs.
    let (named, fitted) = try fitted(features, labels, train: 0..<40, ids: (0..<60).map { "r\($0)" })
    let bare = try #require(
      bench.fault(
        "probe.evaluate",
        [
          "scores": .array((0..<60).map { [.real(Double($0))] }), "labels": named["labels"] ?? nil,
          "probe": fitted["probe"] ?? nil,
        ]))
    #expect(bare.kind == "math.shape" && bare.message.contains("no row ids"))
  }

  @Test func picturesAreDrawnOfEveryKind() throws {
    let (features, labels) = gaussianClasses(200, 5, classes: 3)
    let (params, fit) = try fitted(features, labels, train: 0..<120)
    var own = params.with(["probe": fit["probe"] ?? nil, "B": 50])
    own["train"] = nil
    let displays = try bench.displays("probe.evaluate", own)
    #expect(
      displays.compactMap { $0["title"]?.string } == [
        "Scores beside what needs no features", "ROC curve", "Precision and recall", "Calibration",
        "True and predicted classes",
      ])
    for display in displays {
      #expect(display["data"]?["image/svg+xml"] != nil && display["data"]?["application/vnd.vegalite.v5+json"] != nil)
      #expect(display["data"]?["text/plain"]?.string?.contains("n = 80") == true)
    }
  }

  // MARK: - Pairs of probes

  @Test func mcNemarIsTheBinomialLaw() {
    // 2·P(Bin(10, ½) ≤ 2) = 2·56/1024.
    let test = McNemar(onlyFirst: 8, onlySecond: 2)
    #expect((test.p - 112.0 / 1024).magnitude < 1e-12)
    #expect((test.midP - (112.0 - 45) / 1024).magnitude < 1e-12)
    #expect(McNemar(onlyFirst: 0, onlySecond: 0).p == 1 && McNemar(onlyFirst: 5, onlySecond: 5).p == 1)
  }

  @Test func holmsAdjustedValuesAreAsInHisTable() {
    #expect(holmAdjusted([0.01, 0.04, 0.03, 0.005]).map { ($0 * 1000).rounded() } == [30, 60, 60, 20])
    #expect(holmAdjusted([]) == [] && holmAdjusted([0.5, 0.9]) == [1, 1])
  }
}

private func Probe_bench() throws -> MethodBench { try bench() }
