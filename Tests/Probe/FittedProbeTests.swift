import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Probe
@testable import Statistics

/// Probes but the logistic one, held against the shared answers.
@Suite struct FittedProbeTests {
  @Test(.needsSharedData, arguments: oracleCases) func ridgeIsTheOracles(name: String) throws {
    let bench = try bench()
    let oracle = try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json"))
    let params = try bench.oracle(name)
    for fit in oracle["ridge"]?.array ?? [] {
      let lambda = try fit.number("lam")
      let value = try bench.call("probe.ridge", params.with(["lambda": .real(lambda)]))
      #expect(try value.number("trainScores", "accuracy") == fit.number("train_accuracy"), "λ = \(lambda)")
      #expect(try value.number("test", "accuracy") == fit.number("test_accuracy"), "λ = \(lambda)")
      // The oracle has one score a class for two classes too, the one the negative of the other.
      let file = try bench.file(
        "W.npy", SharedData.bytes("oracle/\(name)/expected/ridge_std_\(lambda.shortText)_W.npy"))
      let stored = try Matrix<Double>(bench, file)
      let expected = stored.rows == 2 ? stored.row(1) : stored.elements
      let sum = try fit.number("residual_sum_squares") / (stored.rows == 2 ? 2 : 1)
      #expect((try value.number("residualSum") - sum).magnitude <= 1e-8 * sum, "λ = \(lambda)")
      let weights: [Double] = try bench.arrays(value["probe"]).array("weights").readNumbers()
      let largest = expected.map(\.magnitude).max() ?? 0
      #expect(weights.count == expected.count)
      #expect(zip(weights, expected).allSatisfy { ($0 - $1).magnitude <= 1e-5 * largest }, "λ = \(lambda)")
    }
  }

  @Test(.needsSharedData, arguments: oracleCases) func discriminantsAreTheOracles(name: String) throws {
    let bench = try bench()
    let oracle = try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json"))
    let params = try bench.oracle(name)
    let shrunk = try bench.call("probe.lda", params.with(["shrinkage": 0.1]))
    #expect(try shrunk.number("test", "accuracy") == oracle.number("lda", "shrinkage_0_1", "test_accuracy"))
    #expect(try shrunk.number("trainScores", "accuracy") == oracle.number("lda", "shrinkage_0_1", "train_accuracy"))
    // Of no shrinkage scikit-learn divides by n − K, which moves the threshold of unequal classes a little.
    let whole = try bench.call("probe.lda", params.with(["shrinkage": 0]))
    let difference = try whole.number("test", "accuracy") - oracle.number("lda", "svd", "test_accuracy")
    let n = try whole.number("test", "n")
    #expect(difference.magnitude * n <= 1.5, "\(difference * n) rows of \(n)")
  }

  @Test(.needsSharedData, arguments: oracleCases) func baselinesAreTheOracles(name: String) throws {
    let bench = try bench()
    let oracle = try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json"))
    let value = try bench.call("probe.baselines", bench.oracle(name))
    #expect(try value.number("majority", "value") == oracle.number("majority", "test_accuracy"))
    #expect((try value.number("logLoss") - oracle.number("majority", "test_log_loss_nats")).magnitude < 1e-12)
    #expect(value["majorityClass"]?.string == (oracle["majority"]?["label"]?.int).map(String.init))
    #expect(value["nearestMean"] != nil && value["heldOut"] == true)
  }

  /// The error of leaving a row out, by leaving each row out.
  @Test(arguments: [true, false]) func leaveOneOutErrorsAreThoseOfRefits(wide: Bool) throws {
    let (features, labels) = gaussianClasses(24, wide ? 40 : 5, classes: 3)
    let targets = try RidgeRegression.signs(labels, classes: 3)
    let settings = RidgeRegression(lambdas: [0.3, 4], standardize: false)
    let whole = try settings.fit(features, targets: targets)
    for lambda in settings.lambdas {
      var sum = 0.0
      for i in 0..<24 {
        let others = (0..<24).filter { $0 != i }
        let part = try RidgeRegression(lambdas: [lambda], standardize: false)
          .fit(features.rows(at: others), targets: targets.rows(at: others))
        let found = try part.probe.scores(features, rows: [i])
        for c in 0..<3 { sum += (found[0, c] - targets[i, c]) * (found[0, c] - targets[i, c]) }
      }
      let error = try #require(whole.errors.first { $0.lambda == lambda }?.error)
      #expect((error - sum / 24).magnitude < 1e-10, "λ = \(lambda)")
    }
  }

  /// The gradient of Σ (y − w·x − b)² + λ‖w‖² is 0 at the fit, by central differences of the sum itself.
  @Test(arguments: [true, false]) func ridgeWeightsAreAMinimum(standardize: Bool) throws {
    var (features, labels) = gaussianClasses(60, 6, classes: 2)
    features.scaleColumns(by: [1, 1e-3, 10, 1, 200, 1])
    labels[0] = 1
    let targets = try RidgeRegression.signs(labels, classes: 2)
    let fit = try RidgeRegression(lambdas: [2], standardize: standardize).fit(features, targets: targets)
    let probe = fit.probe
    func objective(_ j: Int, _ step: Double) -> Double {
      var weights = probe.weights.row(0)
      weights[j] += step
      var sum = 2 * weights.reduce(0) { $0 + $1 * $1 }
      for i in 0..<60 {
        let score = (0..<6).reduce(probe.bias[0]) {
          $0 + weights[$1] * (features[i, $1] - probe.mean[$1]) / probe.scale[$1]
        }
        sum += (targets[i, 0] - score) * (targets[i, 0] - score)
      }
      return sum
    }
    for j in 0..<6 {
      let size = max(1e-3, probe.weights[0, j].magnitude) * 1e-3
      let slope = (objective(j, size) - objective(j, -size)) / (2 * size)
      let bend = (objective(j, size) + objective(j, -size) - 2 * objective(j, 0)) / (size * size)
      #expect((slope / bend).magnitude <= 1e-6 * max(1e-3, probe.weights[0, j].magnitude), "column \(j)")
    }
  }

  @Test func scalingAColumnScalesItsWeightWhenColumnsAreStandardised() throws {
    let (features, labels) = gaussianClasses(90, 4, classes: 3)
    var scaled = features
    scaled.scaleColumns(by: [1e6, 1, 1e-6, 3])
    let settings = DiscriminantAnalysis(shrinkage: nil)
    let (a, b) = (
      try settings.fit(features, labels: labels, classes: 3), try settings.fit(scaled, labels: labels, classes: 3)
    )
    #expect((a.shrinkage - b.shrinkage).magnitude < 1e-9)
    #expect(zip(a.probe.weights.elements, b.probe.weights.elements).allSatisfy { ($0 - $1).magnitude < 1e-8 })
    // Without shrinkage no coordinates matter at all.
    let raw = DiscriminantAnalysis(shrinkage: 0, standardize: false)
    let (c, d) = (try raw.fit(features, labels: labels, classes: 3), try raw.fit(scaled, labels: labels, classes: 3))
    let (scores, others) = (try c.probe.scores(features), try d.probe.scores(scaled))
    #expect(zip(scores.elements, others.elements).allSatisfy { ($0 - $1).magnitude < 1e-8 * max(1, $0.magnitude) })
  }

  /// Ledoit and Wolf's b²/d² from its definition, ‖xᵢxᵢᵀ − S‖² row by row.
  @Test func theShrinkageIsLedoitsAndWolfs() throws {
    let (features, labels) = gaussianClasses(40, 7, classes: 2)
    let fit = try DiscriminantAnalysis(shrinkage: nil, standardize: false).fit(features, labels: labels, classes: 2)
    var rows = features
    for label in 0..<2 {
      let members = labels.indices.filter { labels[$0] == label }
      for j in 0..<7 {
        let mean = members.reduce(0) { $0 + features[$1, j] } / Double(members.count)
        for i in members { rows[i, j] -= mean }
      }
    }
    var s = rows.gram()
    s.scale(by: 1.0 / 40)
    let middle = s.diagonal.reduce(0, +) / 7
    let distance = s.adding(Matrix.identity(7), times: -middle).frobeniusNorm
    var spread = 0.0
    for i in 0..<40 {
      var product = s
      product.scale(by: -1)
      product.addOuterProduct(rows.row(i), rows.row(i))
      spread += product.frobeniusNorm * product.frobeniusNorm / 1600
    }
    #expect((fit.shrinkage - min(1, spread / (distance * distance))).magnitude < 1e-10)
  }

  @Test func realTargetsAreReadBack() throws {
    let bench = try bench()
    let (features, _) = gaussianClasses(120, 4, classes: 2)
    let targets = Matrix(rows: 120, columns: 2) { buffer in
      for i in 0..<120 {
        buffer[2 * i] = 3 * features[i, 0] - features[i, 2] + 5
        buffer[2 * i + 1] = features[i, 3]
      }
    }
    let params: JSON = [
      "features": try bench.matrix(features), "targets": try bench.matrix(targets, name: "targets.npz"),
      "train": .list(0..<80), "test": .list(80..<120), "lambda": [1e-9, 1, 100],
    ]
    let value = try bench.call("probe.ridge", params)
    #expect(try value.number("r2") > 1 - 1e-9 && value.number("lambda") == 1e-9)
    #expect(value["targets"] == 2 && value["heldOut"] == true)
    let applied = try bench.call(
      "probe.apply", ["probe": value["probe"] ?? nil, "features": try bench.matrix(features)])
    #expect(applied["predicted"] == nil && applied["probabilities"] == nil)
    let scores = try bench.matrix(applied["scores"])
    #expect(zip(scores.elements, targets.elements).allSatisfy { ($0 - $1).magnitude < 1e-6 })
    #expect(try #require(bench.fault("probe.ridge", params.with(["labels": .list(0..<120)]))).path == "/targets")
  }

  // MARK: - The path

  @Test func thePenaltyIsChosenByTheRowsLeftOut() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(160, 12, classes: 3)
    let params: JSON = [
      "features": try bench.matrix(features), "labels": .list(labels), "train": .list(0..<120),
      "test": .list(120..<160),
    ]
    let value = try bench.call("probe.path", params.with(["Cs": [10, 0.01, 0.1, 1], "folds": 4, "seed": 5]))
    let path = try #require(value["path"]?.array)
    #expect(path.compactMap { $0["C"]?.double } == [0.01, 0.1, 1, 10])
    // By hand: each fold fitted alone, its rows scored, all losses averaged.
    let folds = try Split.folds(4, rows: 120, labels: Array(labels[..<120]), seed: 5)
    for point in path {
      let C = try point.number("C")
      var (loss, right) = (0.0, 0)
      for fold in folds {
        let fit = try LogisticRegression(C: C).fit(features, labels: labels, classes: 3, rows: fold.train)
        let scores = try fit.probe.evaluate(features, labels: labels, rows: fold.test)
        loss += scores.logLoss * Double(scores.n) / 120
        right += Int((scores.accuracy * Double(scores.n)).rounded())
      }
      #expect((try point.number("logLoss") - loss).magnitude < 1e-6)
      #expect(try point.number("accuracy") == Double(right) / 120)
    }
    let best = try #require(try path.min { try $0.number("logLoss") < $1.number("logLoss") })
    #expect(value["chosenC"] == best["C"])
    let plain = try bench.call("probe.logistic", params.with(["C": value["chosenC"] ?? nil]))
    #expect(plain["accuracy"] == value["accuracy"] && plain["objective"] == value["objective"])
  }

  /// All folds and penalties as columns of one walk give what fits one by one give, to their tolerance.
  @Test(arguments: [2, 4]) func fitsThatShareTheirWalksAreThoseOfEach(classes: Int) throws {
    var (features, labels) = gaussianClasses(300, 60, classes: classes)
    features.scaleColumns(by: (0..<60).map { $0 % 3 == 0 ? 100 : 0.1 })
    for i in 0..<300 {
      features[i, 7] = 5
      features[i, 8] += 1e3
    }
    let folds = try Split.folds(4, rows: 300, labels: labels, seed: 2)
    for standardize in [true, false] {
      let settings = LogisticRegression(standardize: standardize)
      let Cs = standardize ? [0.001, 0.1, 1, 10, 100, 1000] : [0.0001, 0.01, 0.1, 1, 10, 100]
      #expect(60 * Cs.count * 4 < 1 << 12)
      let each = try PenaltyPath(Cs: Cs, settings: settings)
        .fit(features, labels: labels, classes: classes, folds: folds)
      let fits = try FoldFits(
        features, labels: labels, classes: classes, folds: folds, settings: settings, workers: Workers(jobs: 3))
      let scores = try fits.scores(Cs, progress: { _, _, _ in })
      for (point, row) in zip(each.points, scores) {
        let loss = row.reduce(0) { $0 + $1.loss } / 300
        #expect((loss - point.logLoss).magnitude < 2e-4 * max(1, point.logLoss), "C = \(point.C)")
        let right = row.reduce(0) { $0 + $1.right }
        #expect((Double(right) / 300 - point.accuracy).magnitude < 0.011)
        #expect(row.allSatisfy { $0.converged }, "C = \(point.C)")
      }
      let serial = try FoldFits(
        features, labels: labels, classes: classes, folds: folds, settings: settings, workers: .serial)
      #expect(try serial.scores(Cs, progress: { _, _, _ in }).map { $0.map(\.loss) } == scores.map { $0.map(\.loss) })
    }
    _ = labels.popLast()
  }

  @Test func aPathThatEndsBeforeTheMinimumSaysSo() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(80, 30, classes: 2, distance: 0.5)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels), "Cs": [1, 10, 100]]
    #expect(try bench.call("probe.path", params).warningCodes.contains("edge"))
    let rare = try #require(bench.fault("probe.path", params.with(["labels": .list((0..<80).map { $0 == 0 ? 1 : 0 })])))
    #expect(rare.kind == "math.tooFewSamples" && rare.message == "1 train row of class '1', and folds need two")
  }
}

extension Matrix where S == Double {
  /// What a file of the bench holds, by the method that loads it.
  fileprivate init(_ bench: MethodBench, _ file: JSON) throws {
    self = try bench.matrix(bench.call("data.load", ["source": file])["matrix"])
  }
}
