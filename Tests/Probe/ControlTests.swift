import Glibc
import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Probe

/// What a probe reads against what it memorises: control labels, code lengths, usable information.
@Suite struct ControlTests {
  private let bench: MethodBench

  init() throws { bench = try openBench() }

  private func params(
    _ features: Matrix<Double>, _ labels: [Int], train: Range<Int>, _ members: KeyValuePairs<String, JSON> = [:]
  ) throws -> JSON {
    let params: JSON = [
      "features": try bench.matrix(features), "labels": .list(labels), "train": .list(train),
      "test": .list(train.upperBound..<labels.count),
    ]
    return params.with(members)
  }

  private func oracle(_ name: String) throws -> JSON { try JSON.parse(SharedData.bytes("oracle/\(name)/probe.json")) }

  // MARK: - Known answers

  @Test(.needsSharedData, arguments: oracleCases) func codeLengthsAreTheOracles(name: String) throws {
    let expected = try #require(oracle(name)["mdl_online"])
    let tolerance = try oracle(name).number("tolerances", "mdl_rel")
    var params = try bench.oracle(name)
    params["test"] = nil
    let value = try bench.call("probe.codelength", params.with(["tol": 1e-10]))
    let bits = try expected.number("codelength_bits")
    #expect((try value.number("codelengthBits") - bits).magnitude <= tolerance * bits)
    #expect((try value.number("uniformBits") - expected.number("uniform_bits")).magnitude < 1e-6)
    let entropy = try expected.number("label_entropy_bits") * value.number("n")
    #expect((try value.number("labelEntropyBits") - entropy).magnitude < 1e-6)
    #expect((try value.number("compression") - expected.number("compression")).magnitude < 1e-4)
    let ends = try #require(expected["block_ends"]?.ints)
    #expect(OnlineCode.blockEnds(try #require(ends.last)) == ends)
    let blocks = try #require(expected["bits_per_block"]?.doubles)
    for (block, bits) in zip(try #require(value["blocks"]?.array), blocks) {
      #expect((try block.number("bits") - bits).magnitude <= 1e-5 * max(1, bits))
    }
  }

  @Test(.needsSharedData, arguments: ["synth_binary", "imbalanced", "multi5", "const_dup"])
  func codeLengthsOfControlLabelsAreTheOracles(name: String) throws {
    var params = try bench.oracle(name)
    params["test"] = nil
    params["labels"] = try bench.file("control.npy", SharedData.bytes("oracle/\(name)/y_control.npy"))
    let value = try bench.call("probe.codelength", params.with(["tol": 1e-10]))
    let bits = try oracle(name).number("mdl_online_control_labels_bits")
    #expect((try value.number("codelengthBits") - bits).magnitude <= 1e-6 * bits)
  }

  /// The control labels of the shared data, scored as the control task is: with the accuracy of the true labels the
  /// selectivity.
  @Test(.needsSharedData, arguments: ["synth_binary", "imbalanced", "multi5", "bad_scale"])
  func controlAccuraciesAreTheOracles(name: String) throws {
    let params = try bench.oracle(name)
    let labels = try bench.file("control.npy", SharedData.bytes("oracle/\(name)/y_control.npy"))
    let control = try bench.call("probe.logistic", params.with(["labels": labels]))
    let real = try bench.call("probe.logistic", params)
    let expected = try #require(oracle(name)["control_task"])
    #expect(try control.number("test", "accuracy") == expected.number("control_test", "accuracy"))
    #expect(try control.number("trainScores", "accuracy") == expected.number("control_train", "accuracy"))
    let selectivity = try real.number("test", "accuracy") - control.number("test", "accuracy")
    #expect((selectivity - (try expected.number("selectivity"))).magnitude < 1e-12)
    let types = try bench.file("types.npy", SharedData.bytes("oracle/\(name)/type_id.npy"))
    let value = try bench.call("probe.control", params.with(["types": types]))
    #expect(try value.number("accuracy", "value") == real.number("test", "accuracy"))
    let sum = try value.number("selectivity") + value.number("controlAccuracy") - value.number("accuracy", "value")
    #expect(sum.magnitude < 1e-12)
    #expect(value["draws"]?.array?.count == 5)
  }

  @Test(.needsSharedData, arguments: oracleCases) func informationIsTheOracles(name: String) throws {
    let expected = try #require(oracle(name)["v_information"])
    let params = try bench.oracle(name)
    let value = try bench.call("probe.information", params.with(["B": 50]))
    #expect((try value.number("entropyBits") - expected.number("h_null_bits")).magnitude < 1e-12)
    #expect((try value.number("informationBits") - expected.number("v_information_bits")).magnitude < 2e-6)
    let pointwise = try bench.vector(value["pointwise"])
    let head = try #require(expected["pointwise_bits_first10"]?.doubles)
    #expect(zip(pointwise, head).allSatisfy { ($0 - $1).magnitude < 1e-4 })
    // The mean of the pointwise values is the information, by definition.
    let mean = pointwise.reduce(0, +) / Double(pointwise.count)
    #expect((mean - (try value.number("informationBits"))).magnitude < 1e-12)
  }

  @Test func aSavedProbeHasTheInformationOfItsFit() throws {
    let (features, labels) = gaussianClasses(150, 4, classes: 3)
    let params = try params(features, labels, train: 0..<100)
    let fit = try bench.call("probe.logistic", params)
    var own = params.with(["probe": fit["probe"] ?? nil, "B": 50])
    own["train"] = nil
    let (saved, fitted) = (
      try bench.call("probe.information", own), try bench.call("probe.information", params.with(["B": 50]))
    )
    for member in ["informationBits", "interval", "pointwise", "heldOut"] { #expect(saved[member] == fitted[member]) }
    // A model that was fitted to noise with a small penalty says less than nothing.
    let (noise, random) = gaussianClasses(200, 60, classes: 2, distance: 0)
    let value = try bench.call(
      "probe.information", self.params(noise, random, train: 0..<100, ["C": 100, "B": 100]))
    #expect(try value.number("informationBits") < 0)
    #expect(value.warningCodes.contains("negative"))
  }

  // MARK: - Control

  @Test func typesThatAreMemorisedTakeTheSelectivityAway() throws {
    // Each of 30 types is a point of its own: any labels of the types can be read.
    var numbers = RandomNumbers(seed: 4)
    let centres: Matrix<Double> = numbers.gaussians(rows: 30, columns: 40)
    let types = (0..<600).map { $0 % 30 }
    var features: Matrix<Double> = numbers.gaussians(rows: 600, columns: 40)
    features.scale(by: 0.05)
    for i in 0..<600 {
      for j in 0..<40 { features[i, j] += centres[types[i], j] }
    }
    let labels = types.map { $0 % 2 }
    let value = try bench.call(
      "probe.control", params(features, labels, train: 0..<400, ["types": .list(types), "C": 100]))
    #expect(try value.number("accuracy", "value") == 1)
    #expect(try value.number("controlAccuracy") > 0.95 && value.number("selectivity") < 0.05)
    // A concept that all types share is not memorised.
    let (plain, concept) = gaussianClasses(600, 5, classes: 2, distance: 4)
    let selective = try bench.call(
      "probe.control", params(plain, concept, train: 0..<400, ["types": .list(types)]))
    #expect(try selective.number("selectivity") > 0.25 && selective.number("selectivityBits") > 0.2)
  }

  @Test func aRowOfItsOwnTypeIsRefused() throws {
    let (features, labels) = gaussianClasses(60, 3, classes: 2)
    let params = try params(features, labels, train: 0..<40)
    let missing = try #require(bench.fault("probe.control", params))
    #expect(missing.path == "/types" && missing.hint?.contains("shuffle") == true)
    let own = try #require(bench.fault("probe.control", params.with(["types": .list(0..<60)])))
    #expect(own.kind == "math.degenerate" && own.path == "/types")
    let memory = try bench.call("probe.control", params.with(["shuffle": "rows", "repeats": 2]))
    #expect(memory["scoredOn"] == "train" && memory["heldOut"] == false && memory["types"] == nil)
    #expect(memory.warningCodes.contains("in-sample") && memory.warningCodes.contains("seed"))
  }

  // MARK: - Properties

  @Test func permutedOrdersAreReportedWithTheirRange() throws {
    let (features, labels) = gaussianClasses(120, 4, classes: 2)
    var params = try params(features, labels, train: 0..<120, ["orders": 5])
    params["test"] = nil
    let value = try bench.call("probe.codelength", params)
    let (low, high) = (try value.number("orders", "low"), try value.number("orders", "high"))
    #expect(try low < high && low <= value.number("codelengthBits") && !value.warningCodes.contains("seed"))
    let one = try bench.call("probe.codelength", params.with(["orders": 1]))
    #expect(one["codelengthBits"] == value["codelengthBits"] && one.warningCodes.contains("seed"))
  }

  @Test func noiseIsNotCodedShorterThanTheClassShares() throws {
    let (features, labels) = gaussianClasses(300, 20, classes: 2, distance: 0)
    var params = try params(features, labels, train: 0..<300)
    params["test"] = nil
    let value = try bench.call("probe.codelength", params)
    #expect(try value.number("entropyCompression") < 1)
    #expect(value.warningCodes.contains("absence"))
  }

  @Test func picturesHaveUnits() throws {
    let (features, labels) = gaussianClasses(80, 4, classes: 2)
    var params = try params(features, labels, train: 0..<80)
    params["test"] = nil
    let texts = try bench.displays("probe.codelength", params).compactMap { $0["data"]?["text/plain"]?.string }
    #expect(texts.count == 2 && texts.allSatisfy { $0.contains("bits") && $0.contains("n = 80") })
  }
}

func openBench() throws -> MethodBench { try bench() }
