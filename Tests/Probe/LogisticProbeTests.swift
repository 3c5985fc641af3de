import Glibc
import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Probe

@Suite struct LogisticProbeTests {
  // MARK: - Known answers

  @Test(.needsSharedData, arguments: oracleCases) func fitsAndScoresAreTheOracles(name: String) throws {
    let bench = try bench()
    let oracle = try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json"))
    let params = try bench.oracle(name)
    let fits = (oracle["logistic"]?.array ?? []).filter {
      ["std_C1", "raw_C1", "std_C0.01"].contains($0["tag"]?.string)
    }
    #expect(fits.count == 3)
    for fit in fits {
      let tag = try #require(fit["tag"]?.string)
      let value = try bench.call(
        "probe.logistic", params.with(["C": fit["C"] ?? nil, "standardize": fit["standardize"] ?? nil]))
      let objective = try fit.number("objective")
      #expect((try value.number("objective") - objective).magnitude <= 1e-8 * objective, "\(tag)")
      #expect(value["converged"] == true)
      for (side, member) in [("train", "trainScores"), ("test", "test")] {
        for score in ["accuracy", "balancedAccuracy", "macroF1"] {
          let stored = score == "balancedAccuracy" ? "balanced_accuracy" : score == "macroF1" ? "macro_f1" : score
          let difference = try value.number(member, score) - fit.number(side, stored)
          #expect(difference.magnitude < 1e-12, "\(tag) \(side) \(score)")
        }
        let loss = try value.number(member, "logLoss") - fit.number(side, "log_loss_nats")
        #expect(loss.magnitude <= (try oracle.number("tolerances", "log_loss_abs")), "\(tag) \(side)")
      }
      #expect(try value.number("majority") == oracle.number("majority", "test_accuracy"))
      #expect(value["majorityClass"]?.string == (oracle["majority"]?["label"]?.int).map(String.init))
      #expect(value["heldOut"] == true)
      guard tag == oracle["ci"]?["tag"]?.string else { continue }
      let interval = try #require(oracle["ci"]?["wilson"]?.doubles)
      #expect((try value.number("accuracy", "low") - interval[0]).magnitude < 1e-12)
      #expect((try value.number("accuracy", "high") - interval[1]).magnitude < 1e-12)
      #expect(try value.number("accuracy", "value") == value.number("test", "accuracy"))
    }
  }

  @Test(.needsSharedData, arguments: ["synth_binary", "multi5", "imbalanced"])
  func savedWeightsAreTheOracles(name: String) throws {
    let bench = try bench()
    let value = try bench.call("probe.logistic", bench.oracle(name).with(["tol": 1e-12]))
    let saved = try bench.arrays(value["probe"])
    let expected = try NumPyArray(shared: "oracle/\(name)/expected/logreg_std_C1_W.npy")
    let weights: [Double] = try saved.array("weights").readNumbers()
    let largest = expected.numbers.map(\.magnitude).max() ?? 0
    #expect(zip(weights, expected.numbers).allSatisfy { ($0 - $1).magnitude <= 1e-5 * largest })
    #expect(try saved.array("weights").info.shape == expected.shape)
    #expect(saved.metadata["kind"] == "probe")
  }

  /// Who reads the file by its description gets the score of the result.
  @Test func theSavedProbeScoresAsTheResultSays() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(300, 6, classes: 2)
    let value = try bench.call(
      "probe.logistic",
      [
        "features": try bench.matrix(features), "labels": .list(labels), "train": .list(0..<200),
        "test": .list(200..<300),
      ])
    let saved = try bench.arrays(value["probe"])
    let weights: [Double] = try saved.array("weights").readNumbers()
    let bias: [Double] = try saved.array("bias").readNumbers()
    let mean: [Double] = try saved.array("mean").readNumbers()
    let scale: [Double] = try saved.array("scale").readNumbers()
    var right = 0
    var loss = 0.0
    for i in 200..<300 {
      let score = (0..<6).reduce(bias[0]) { $0 + weights[$1] * (features[i, $1] - mean[$1]) / scale[$1] }
      right += (score > 0 ? 1 : 0) == labels[i] ? 1 : 0
      loss += log1p(exp(labels[i] == 1 ? -score : score)) / 100
    }
    #expect(try value.number("accuracy", "value") == Double(right) / 100)
    #expect((try value.number("test", "logLoss") - loss).magnitude < 1e-12)
    let confusion = try #require(value["confusion"]?.array).map(\.ints)
    #expect(confusion[0][0] + confusion[1][1] == right && confusion.joined().reduce(0, +) == 100)
    let shares = (0..<2).map { c -> Double in
      let (truth, predicted) = (confusion[c][0] + confusion[c][1], confusion[0][c] + confusion[1][c])
      return Double(truth * predicted) / 10_000
    }
    let expected = shares[0] + shares[1]
    #expect((try value.number("shuffled") - expected).magnitude < 1e-15)
  }

  // MARK: - The number of workers

  @Test(arguments: ["newton", "lbfgs", "mixed", "float32"]) func workersChangeNoBit(kind: String) throws {
    let (features, labels) = gaussianClasses(13_000, kind == "newton" ? 9 : 40, classes: kind == "newton" ? 2 : 4)
    let values = try [1, 4, 3].map { jobs in
      let bench = try bench(jobs: jobs)
      var params: JSON = [
        "labels": try bench.array(.integers(labels), name: "y.npy"),
        "train": try bench.array(.integers(Array(0..<9_500)), name: "train.npy"),
        "test": try bench.array(.integers(Array(9_500..<13_000)), name: "test.npy"),
        "solver": .string(kind == "newton" ? "newton" : "auto"),
        "precision": .string(kind == "mixed" ? "mixed" : "float64"),
      ]
      let floats: Matrix<Float> = features.converted()
      params["features"] = try bench.array(kind == "float32" ? .matrix(floats) : .matrix(features), name: "x.npy")
      return try bench.call("probe.logistic", params)
    }
    #expect(values[0]["converged"] == true)
    #expect(values[1] == values[0] && values[2] == values[0])
  }

  @Test func rowsIn32BitsAreFittedAsTheyAre() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(400, 12, classes: 3)
    let floats: Matrix<Float> = features.converted()
    let rounded: Matrix<Double> = floats.converted()
    let params: JSON = ["labels": .list(labels)]
    let narrow = try bench.call(
      "probe.logistic", params.with(["features": bench.array(.matrix(floats), name: "f4.npy")]))
    let wide = try bench.call(
      "probe.logistic", params.with(["features": bench.array(.matrix(rounded), name: "f8.npy")]))
    let difference = try narrow.number("objective") - wide.number("objective")
    #expect(difference.magnitude < 1e-10 * (try wide.number("objective")), "sums are in doubles")
  }

  // MARK: - What is scored

  @Test func withoutTestRowsTheScoreIsOfTheFittedRows() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(80, 3, classes: 2)
    let value = try bench.call("probe.logistic", ["features": try bench.matrix(features), "labels": .list(labels)])
    #expect(value["heldOut"] == false && value.warningCodes.contains("in-sample"))
    #expect(value["test"] == value["trainScores"])
    #expect(value["classCounts"]?["test"] == nil)
    #expect(value["intervalOf"] == "none: the rows were fitted")
  }

  @Test func aSplitNamesBothSides() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(120, 4, classes: 2)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels)]
    let split = try bench.call("data.split", params.with(["seed": 7]))
    let value = try bench.call("probe.logistic", params.with(["split": split["split"] ?? nil]))
    let listed = try bench.call(
      "probe.logistic", params.with(["train": split["train"] ?? nil, "test": split["test"] ?? nil]))
    #expect(value == listed)
    #expect(value["classCounts"] == split["classCounts"] && value["classes"] == split["classes"])
    #expect(value["heldOut"] == true)
  }

  @Test func namesOfClassesAreKept() throws {
    let bench = try bench()
    let value = try bench.call(
      "probe.logistic",
      [
        "features": [[0, 0], [0, 1], [5, 5], [5, 6]], "labels": ["no", "no", "yes", "yes"], "train": [0, 1, 2, 3],
      ])
    #expect(value["classes"] == ["no", "yes"] && value["n"] == 4 && value["d"] == 2)
    // The score is of the second class against the first.
    let weights: [Double] = try bench.arrays(value["probe"]).array("weights").readNumbers()
    #expect(weights.allSatisfy { $0 > 0 })
    let fields = try #require(bench.arrays(value["probe"]).metadata["fields"])
    #expect(try JSON.parse(fields)["classes"] == ["no", "yes"])
  }

  @Test func fittedRowsAreRemembered() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(20, 2, classes: 2)
    let ids = (0..<20).map { "paper:\($0)" }
    let value = try bench.call(
      "probe.logistic",
      ["features": try bench.matrix(features, rowIDs: ids), "labels": .list(labels), "train": .list(0..<12)])
    let keys = RowKeys(stored: try bench.integers(value["probe"], "fittedRows"))
    #expect(keys.known(among: ids) == Array(0..<12))
    #expect(try bench.json(value["fittedOn"]?["ids"]).array?.count == 12)
    #expect(value["fittedOn"]?["rows"] == 12 && value["fittedOn"]?["of"] == 20)
    let fields = try JSON.parse(#require(bench.arrays(value["probe"]).metadata["fields"]))
    #expect(fields["fittedOn"]?["digest"] == value["fittedOn"]?["digest"])
  }

  @Test func theNumbersComeFirst() throws {
    let bench = try bench()
    let value = try bench.call("probe.logistic", ["features": [[0], [1], [2], [4]], "labels": [0, 0, 1, 1]])
    #expect(value.object?.keys.prefix(6) == ["probe", "accuracy", "majority", "shuffled", "heldOut", "n"])
  }

  @Test func picturesShowTheIntervalAndTheConfusions() throws {
    let bench = try bench()
    let (features, labels) = gaussianClasses(90, 3, classes: 3)
    let displays = try bench.displays(
      "probe.logistic",
      [
        "features": try bench.matrix(features), "labels": .list(labels), "train": .list(0..<50),
        "test": .list(50..<90),
      ])
    let texts = displays.compactMap { $0["data"]?["text/plain"]?.string }
    #expect(texts.count == 2)
    #expect(
      texts[0].contains("test rows: ") && texts[0].contains("majority: ") && texts[0].contains("shuffled labels: "))
    #expect(texts[0].contains("n = 40") && texts[0].contains("whiskers: 95 % interval, Wilson"))
    #expect(texts[1].contains("true class → predicted class") && texts[1].contains("n = 40"))
    #expect(
      displays.allSatisfy {
        $0["data"]?["image/svg+xml"] != nil && $0["data"]?["application/vnd.vegalite.v5+json"] != nil
      })
  }
}
