import Glibc
import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Probe

/// What is chosen is chosen without the test rows; what was not, says so.
@Suite struct SelectionTests {
  private let bench: MethodBench

  init() throws { bench = try openBench() }

  private func sides(_ labels: [Int], train: Range<Int>) -> JSON {
    ["labels": .list(labels), "train": .list(train), "test": .list(train.upperBound..<labels.count)]
  }

  // MARK: - Layers

  @Test func theLayerIsChosenOnFolds() throws {
    var layers: [JSON] = []
    var labels: [Int] = []
    for (k, distance) in [0.0, 3, 1].enumerated() {
      let (features, own) = gaussianClasses(240, 6, classes: 2, distance: distance, seed: 5)
      labels = own
      layers.append(try bench.matrix(features, name: "layer\(k).npz"))
    }
    let value = try bench.call(
      "probe.layers",
      sides(labels, train: 0..<160).with(["matrices": .array(layers), "names": ["a", "b", "c"], "permutations": 199]))
    #expect(value["chosenLayer"] == "b" && value["bestOnTest"] == "b")
    #expect(value["nested"] == value["layers"]?[1]?["accuracy"])
    #expect(try value.number("maximum", "p") == 1.0 / 200)
    #expect(value["selection"]?["m"] == 9)
    let found = try #require(value["layers"]?.array)
    for layer in found {
      let (plain, wide) = (try layer.number("accuracy", "low"), try layer.number("simultaneous", "low"))
      #expect(wide < plain)
      #expect(try layer.number("adjustedP") >= layer.number("p"))
      // The saved probe is that of its layer.
      let place = try #require(found.firstIndex { $0["name"] == layer["name"] })
      let own = try bench.call(
        "probe.logistic",
        sides(labels, train: 0..<160).with(["features": layers[place], "C": layer["chosenC"] ?? nil, "tol": 1e-6]))
      #expect(own["accuracy"] == layer["accuracy"])
    }
    #expect(value.warningCodes.contains("selected-on-test") && value.warningCodes.contains("multiple"))
  }

  /// Best of 24 layers and 3 penalties on noise: .57 and more, and the p-value of the maximum says that it is chance.
  @Test func theBestOfManyOnNoiseIsNoDiscovery() throws {
    let (n, train) = (300, 100)
    var below = 0
    var sum = 0.0
    for seed in 0..<100 {
      var numbers = RandomNumbers(seed: UInt64(seed), step: "noise")
      let labels = (0..<n).map { _ in numbers.below(2) }
      // Ridge directions of 24 noise layers at 3 penalties, the cheapest probes there are.
      var predicted: [[Int]] = []
      for _ in 0..<24 {
        let layer: Matrix<Double> = numbers.gaussians(rows: n, columns: 10)
        let rows = layer.rows(0..<train)
        let targets = try RidgeRegression.signs(Array(labels[..<train]), classes: 2)
        for lambda in [1.0, 30, 1000] {
          let fit = try RidgeRegression(lambdas: [lambda]).fit(rows, targets: targets)
          predicted.append(try fit.probe.predictions(layer, rows: Array(train..<n)))
        }
      }
      let test = try MaximumTest(
        predicted: predicted, truth: Array(labels[train...]), replicates: 99, seed: UInt64(seed))
      below += test.p < 0.05 ? 1 : 0
      sum += test.maximum / 100
      #expect(test.adjustedP.allSatisfy { $0 >= test.p })
    }
    #expect(sum > 0.56 && sum < 0.62)
    #expect(below <= 10, "\(below) of 100")
  }

  @Test func noiseLayersAreCalledNoise() throws {
    var numbers = RandomNumbers(seed: 12)
    let labels = (0..<160).map { _ in numbers.below(2) }
    let layers = try (0..<8).map { k in
      try bench.matrix(numbers.gaussians(rows: 160, columns: 8), name: "noise\(k).npz")
    }
    let value = try bench.call(
      "probe.layers",
      sides(labels, train: 0..<80).with(["matrices": .array(layers), "permutations": 199, "folds": 3]))
    let best = try #require(value["layers"]?.array?.compactMap { $0["accuracy"]?["value"]?.double }.max())
    #expect(best > 0.55)
    #expect(try value.number("maximum", "p") > 0.05 && value.number("maximum", "chanceMean") > 0.54)
    #expect(value.warning("selected-on-test")?.contains("24 fits") == true)
    #expect(value["differing"] == 0)
  }

  // MARK: - Columns

  /// Twenty of many columns of noise, ranked on all rows, read well in folds; ranked inside the folds they read nothing.
  @Test func columnsRankedInsideTheFoldsReadNoNoise() throws {
    var numbers = RandomNumbers(seed: 21)
    let features: Matrix<Double> = numbers.gaussians(rows: 100, columns: 1000)
    let labels = (0..<100).map { $0 % 2 }
    let ranked = try FeatureRanking.rank(features, labels: labels, classes: 2).order.prefix(20).sorted()
    let leaky = try bench.call(
      "probe.sparse",
      ["features": try bench.matrix(features.columns(at: ranked)), "labels": .list(labels), "ks": [20], "seed": 1])
    let honest = try bench.call(
      "probe.sparse", ["features": try bench.matrix(features), "labels": .list(labels), "ks": [20], "seed": 1])
    let (high, low) = (
      try #require(leaky["curve"]?[0]?["foldAccuracy"]?.double),
      try #require(honest["curve"]?[0]?["foldAccuracy"]?.double)
    )
    #expect(high > 0.8 && low < 0.65)
    #expect(honest.warningCodes.contains("in-sample") && honest.warningCodes.contains("weights"))
  }

  /// The same by way of a matrix: the columns that a ranking of all rows chose carry its rows with them.
  @Test func aRankingThatSawTheTestRowsIsTold() throws {
    let (features, labels) = gaussianClasses(90, 12, classes: 2)
    let matrix = try bench.matrix(features)
    let all = try bench.call("probe.sparse", ["features": matrix, "labels": .list(labels), "ks": [3]])
    let chosen = try bench.call(
      "data.project", ["features": matrix, "ranking": all["ranking"] ?? nil, "count": 3])
    let params = sides(labels, train: 0..<60).with(["features": chosen["matrix"] ?? nil])
    for method in [
      "probe.logistic", "probe.path", "probe.ridge", "probe.lda", "probe.information", "probe.curve", "probe.mlp",
      "probe.sparse", "probe.codelength",
    ] {
      var own = params
      if method == "probe.codelength" { own["test"] = nil }
      let fault = try #require(bench.fault(method, own), "\(method)")
      #expect(fault.kind == "params.value" && fault.path == (method == "probe.codelength" ? "/train" : "/test"))
      #expect(fault.message.contains("fit-saw-test") && fault.hint?.contains("allowSeen: true") == true, "\(method)")
    }
    let layers = try #require(
      bench.fault("probe.layers", sides(labels, train: 0..<60).with(["matrices": [chosen["matrix"] ?? nil]])))
    #expect(layers.message.contains("fit-saw-test"))
    let value = try bench.call("probe.logistic", params.with(["allowSeen": true]))
    #expect(value.warning("fit-saw-test")?.contains("30 of the 30 scored rows") == true)
    let clean = try bench.call("probe.sparse", sides(labels, train: 0..<60).with(["features": matrix, "ks": [3]]))
    let part = try bench.call(
      "data.project", ["features": matrix, "ranking": clean["ranking"] ?? nil, "count": 3])
    let fair = try bench.call(
      "probe.logistic", sides(labels, train: 0..<60).with(["features": part["matrix"] ?? nil]))
    #expect(!fair.warningCodes.contains("fit-saw-test"))
    #expect(fair["accuracy"] == clean["curve"]?[0]?["accuracy"])
  }

  @Test func theSparseCurveEndsAtTheWholeProbe() throws {
    let (features, labels) = gaussianClasses(150, 7, classes: 3)
    let params = sides(labels, train: 0..<100).with(["features": try bench.matrix(features)])
    let value = try bench.call("probe.sparse", params)
    let curve = try #require(value["curve"]?.array)
    #expect(curve.compactMap { $0["k"]?.int } == [1, 2, 4, 7])
    let whole = try bench.call("probe.logistic", params.with(["tol": 1e-6]))
    #expect(curve.last?["accuracy"] == whole["accuracy"] && curve.last?["overlap"] == 1)
    #expect(value["columns"]?.array?.count == 7)
    #expect(value.warningCodes.contains("selected-on-test"))
  }

  // MARK: - Learning curve

  @Test func theLearningCurveRisesToTheWholeFit() throws {
    let (features, labels) = gaussianClasses(400, 20, classes: 2, distance: 2)
    let params = sides(labels, train: 0..<256).with(["features": try bench.matrix(features)])
    let value = try bench.call("probe.curve", params.with(["draws": 3, "Cs": [1]]))
    let curve = try #require(value["curve"]?.array)
    #expect(curve.compactMap { $0["size"]?.int } == [4, 8, 16, 32, 64, 128, 256])
    let values = curve.compactMap { $0["accuracy"]?.double }
    #expect(values[0] < values[6] - 0.05)
    // All rows are all rows, whatever their order.
    let whole = try bench.call("probe.logistic", params.with(["tol": 1e-6]))
    #expect(try value.number("accuracy", "value") == whole.number("test", "accuracy"))
    #expect(curve[6]["deviation"] == 0)
    #expect(value.warningCodes.contains("seed"))
    let bad = try #require(bench.fault("probe.curve", params.with(["sizes": [8, 300]])))
    #expect(bad.path == "/sizes/1")
  }

  @Test func samplesAreNestedAndKeepTheShares() {
    var numbers = RandomNumbers(seed: 3)
    let labels = (0..<90).map { $0 % 9 < 2 ? 1 : 0 }
    let order = NestedSamples.order(labels: labels, numbers: &numbers)
    #expect(order.sorted() == Array(0..<90))
    for size in [9, 18, 45] {
      let ones = order.prefix(size).count { labels[$0] == 1 }
      #expect((Double(ones) - Double(size) * 2 / 9).magnitude <= 1)
    }
    let groups = (0..<90).map { $0 / 3 }
    let grouped = NestedSamples.order(labels: labels, groups: groups, numbers: &numbers)
    #expect((0..<30).allSatisfy { k in Set(grouped[3 * k..<3 * k + 3].map { groups[$0] }).count == 1 })
  }
}
