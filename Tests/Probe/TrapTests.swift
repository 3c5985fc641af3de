import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Data
@testable import Probe
@testable import Topics

/// Traps on noise, each built as a user would fall into it, with the code that the result says.
@Suite struct TrapTests {
  private let bench: MethodBench

  init() throws { bench = try MethodBench([DataPlugin.self, ProbePlugin.self, TopicsPlugin.self]) }

  private func noise(_ n: Int, _ d: Int, seed: UInt64) throws -> (matrix: Matrix<Double>, param: JSON) {
    var numbers = RandomNumbers(seed: seed)
    let matrix: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
    return (matrix, try bench.matrix(matrix, name: "noise\(seed).npz"))
  }

  /// Clusters of noise are read nearly without error: k-means (k = 5), then a probe for the clusters.
  @Test func clustersOfTheFeaturesAreNoConcept() throws {
    let (_, features) = try noise(600, 5, seed: 1)
    let topics = try bench.call("topics.kmeans", ["matrix": features, "k": 5])
    let params: JSON = ["features": features, "labels": topics["labels"] ?? nil]
    let split = try bench.call("data.split", params)
    let value = try bench.call("probe.logistic", params.with(["split": split["split"] ?? nil]))
    #expect(try value.number("accuracy", "value") > 0.9)
    #expect(value.warning("circular")?.contains("not that a concept exists") == true)
    for method in ["probe.lda", "probe.codelength", "probe.mlp", "probe.curve"] {
      var own = params.with(["split": split["split"] ?? nil])
      if method == "probe.mlp" { own = own.with(["seeds": 1, "maxEpochs": 2, "hidden": 2]) }
      if method == "probe.curve" { own = own.with(["draws": 1, "Cs": [1]]) }
      #expect(try bench.call(method, own).warningCodes.contains("circular"), "\(method)")
    }
    // Clusters of other features are a question like any other.
    let (_, other) = try noise(600, 5, seed: 2)
    let fair = try bench.call(
      "probe.logistic", ["features": other, "labels": topics["labels"] ?? nil, "split": split["split"] ?? nil])
    #expect(!fair.warningCodes.contains("circular"))
  }

  @Test func aModelsOwnAnswersAreNoConcept() throws {
    let (_, features) = try noise(200, 4, seed: 3)
    let labels: JSON = .list((0..<200).map { $0 % 2 })
    let fit = try bench.call("probe.logistic", ["features": features, "labels": labels])
    let applied = try bench.call("probe.apply", ["probe": fit["probe"] ?? nil, "features": features])
    let value = try bench.call(
      "probe.logistic",
      ["features": features, "labels": applied["predicted"] ?? nil, "train": .list(0..<120), "test": .list(120..<200)])
    #expect(try value.number("accuracy", "value") > 0.9 && value.warningCodes.contains("circular"))
  }

  /// Four noisy copies of each item: a random split reads noise, a grouped one does not, and the split says so.
  @Test func copiesOfAnItemOnBothSidesAreFound() throws {
    let made = try bench.call(
      "data.synthetic", ["family": "copies", "n": 480, "d": 60, "copies": 4, "seed": 6])
    let params: JSON = ["features": made["matrix"] ?? nil, "labels": made["labels"] ?? nil]
    let random = try bench.call("data.split", params)
    #expect(random.warningCodes.contains("groups"))
    #expect(try random.number("leaks", "nearRows") > 60)
    let grouped = try bench.call("data.split", params.with(["groups": made["groups"] ?? nil]))
    #expect(!grouped.warningCodes.contains("groups") && grouped["leaks"]?["sharedGroups"] == 0)
    let scores = try [random, grouped].map { split in
      try bench.call("probe.logistic", params.with(["split": split["split"] ?? nil])).number("accuracy", "value")
    }
    #expect(scores[0] > 0.65 && scores[1] < 0.6)
  }

  /// What depends on a seed and is run once says so, whatever the method.
  @Test func oneSeedIsCalledOneSeed() throws {
    let (_, features) = try noise(120, 4, seed: 8)
    let params: JSON = [
      "features": features, "labels": .list((0..<120).map { $0 % 2 }), "train": .list(0..<80), "test": .list(80..<120),
    ]
    let mlp = try bench.call("probe.mlp", params.with(["seeds": 1, "maxEpochs": 3, "hidden": 2]))
    #expect(mlp.warning("seed") == "1 seed only: take five or more")
    let curve = try bench.call("probe.curve", params.with(["draws": 1, "Cs": [1]]))
    #expect(curve.warningCodes.contains("seed"))
    let control = try bench.call(
      "probe.control", params.with(["types": .list((0..<120).map { $0 / 8 }), "repeats": 1]))
    #expect(control.warningCodes.contains("seed"))
    let five = try bench.call("probe.mlp", params.with(["seeds": 5, "maxEpochs": 3, "hidden": 2]))
    #expect(!five.warningCodes.contains("seed"))
  }
}
