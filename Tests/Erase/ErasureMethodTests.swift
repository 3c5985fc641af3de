import Data
import JSON
import Linear
import MethodTestSupport
import PluginKit
import Probe
import Statistics
import TestSupport
import Testing

@testable import Erase

/// `erase.leace` and `erase.apply`, called as a face calls them.
@Suite struct ErasureMethodTests {
  private func bench(jobs: Int = 1) throws -> MethodBench {
    try MethodBench([ProbePlugin.self, ErasePlugin.self], jobs: jobs)
  }

  private func apply(_ bench: MethodBench, _ features: JSON?, _ fit: JSON, dtype: JSON = nil) throws -> JSON {
    try bench.call(
      "erase.apply", ["features": features ?? nil, "eraser": fit["eraser"] ?? nil, "dtype": dtype])
  }

  /// What `erase.leace` takes of a case.
  private func fitted(_ oracle: JSON) -> JSON {
    var params = oracle
    params["test"] = nil
    return params
  }

  // MARK: - Known answers

  @Test(.needsSharedData, arguments: OracleCase.names) func erasedRowsAreTheOracles(name: String) throws {
    let bench = try bench()
    let (oracle, params) = (try OracleCase(name), try bench.oracle(name))
    let fit = try bench.call("erase.leace", fitted(params))
    let applied = try apply(bench, params["features"], fit, dtype: "float64")
    let erased = try bench.matrix(applied["matrix"])
    #expect(erased.rows == oracle.features.rows && erased.columns == oracle.features.columns)
    let theirs = try oracle.expected("leace_test_head")
    // Rows that are stored in 32 bits are summed in 32.
    let tolerance =
      name == "float32"
      ? try oracle.number("tolerances", "float32_path", "P_rel_fro")
      : try oracle.number("tolerances", "erased_abs_rel_to_col_sd")
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    for (i, row) in oracle.test.prefix(16).enumerated() {
      for j in 0..<erased.columns {
        #expect((erased[row, j] - theirs[i, j]).magnitude <= tolerance * scale[j], "row \(row), column \(j)")
      }
    }
  }

  @Test(.needsSharedData, arguments: OracleCase.names) func factsOfTheFitAreTheOracles(name: String) throws {
    let bench = try bench()
    let oracle = try OracleCase(name)
    let fit = try bench.call("erase.leace", fitted(bench.oracle(name)))
    let answer = try oracle.answer("methods", "leace")
    let digits = name == "float32" ? 1e-4 : 1e-9
    #expect(fit["rank"]?.int == answer["rank"]?.int)
    #expect(fit["covarianceRank"]?.int == answer["rank_of_covariance"]?.int)
    for (member, key) in [
      ("meanSquaredChange", "mean_squared_change"), ("meanSquaredChangeRelative", "relative_to_total_variance"),
    ] {
      let (mine, theirs) = (fit[member]?.double ?? -1, answer["distortion_train"]?[key]?.double ?? 0)
      #expect((mine - theirs).magnitude <= digits * theirs + 1e-300, "\(member)")
    }
    let before = try oracle.number("before", "train_max_canonical_correlation")
    #expect(((fit["canonicalCorrelations"]?.doubles.first ?? 0) - before).magnitude < digits)
    #expect(fit["n"]?.int == oracle.train.count && fit["d"]?.int == oracle.features.columns)
    #expect(fit["classCounts"]?.ints.reduce(0, +) == oracle.train.count)
  }

  /// On rows that the eraser has seen the best linear predictor is the constant one, whatever the truth elsewhere.
  @Test(.needsSharedData, arguments: OracleCase.names) func aProbeOnTheFittedRowsIsTheMajority(name: String) throws {
    let bench = try bench()
    let (oracle, params) = (try OracleCase(name), try bench.oracle(name))
    let before = try bench.call("probe.logistic", params)
    let applied = try apply(bench, params["features"], bench.call("erase.leace", fitted(params)))
    var probe = params
    probe["features"] = applied["matrix"]
    probe["standardize"] = false
    let value = try bench.call("probe.logistic", probe)
    let tolerance = try oracle.number("tolerances", "accuracy_abs_after_erasure")
    for (member, side) in [("trainScores", "train"), ("test", "test")] {
      let accuracy = try oracle.number("methods", "leace", "fresh_linear_probe", side, "accuracy")
      #expect(((value[member]?["accuracy"]?.double ?? 0) - accuracy).magnitude <= tolerance, "\(side)")
    }
    #expect(((value["accuracy"]?["value"]?.double ?? 0) - (value["majority"]?.double ?? 1)).magnitude <= tolerance)
    #expect(value.warningCodes.contains("absence") && value.warningCodes.contains("penalty"))
    if name != "xor" { #expect(!before.warningCodes.contains("absence"), "there was something to erase") }
  }

  // MARK: - Blocks, files and workers

  @Test(arguments: ["float64", "float32"]) func workersAndFilesChangeNoBit(stored: String) throws {
    let (features, labels) = correlatedRows(9000, 12, classes: 3)
    let floats: Matrix<Float> = features.converted()
    func content(_ rows: Range<Int>) -> ArrayContent {
      stored == "float32" ? .matrix(floats.rows(rows)) : .matrix(features.rows(rows))
    }
    func run(jobs: Int, cuts: [Int]) throws -> (fit: JSON, applied: JSON) {
      let bench = try bench(jobs: jobs)
      let parts = try zip([0] + cuts, cuts + [9000]).map { try bench.array(content($0..<$1), name: "x\($0).npy") }
      let input = parts.count == 1 ? parts[0] : JSON.array(parts)
      let fit = try bench.call(
        "erase.leace", ["features": input, "labels": try bench.array(.integers(labels), name: "y.npy")])
      return (fit, try apply(bench, input, fit))
    }
    let one = try run(jobs: 1, cuts: [])
    let several = try [run(jobs: 4, cuts: []), run(jobs: 3, cuts: [100, 4097]), run(jobs: 1, cuts: [8999])]
    #expect(several.allSatisfy { $0.fit == one.fit && $0.applied == one.applied })
    #expect(one.applied["dtype"]?.string == stored)
  }

  @Test func theOrderOfTheTrainRowsDoesNotMatter() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(80, 4, classes: 2)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels)]
    var (up, down) = (params, params)
    up["train"] = .list(0..<60)
    down["train"] = .list((0..<60).reversed())
    #expect(try bench.call("erase.leace", up) == bench.call("erase.leace", down))
  }

  @Test func erasingTwiceIsErasingOnce() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(300, 8, classes: 4)
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.leace", ["features": input, "labels": .list(labels)])
    let once = try apply(bench, input, fit)
    let twice = try apply(bench, once["matrix"], fit)
    let difference = try bench.matrix(once["matrix"]).adding(bench.matrix(twice["matrix"]), times: -1)
    #expect(difference.elements.allSatisfy { $0.magnitude < 1e-11 })
    #expect(fit["rank"] == 3)
  }

  @Test func theFileHoldsTheMap() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(200, 5, classes: 3)
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.leace", ["features": input, "labels": .list(labels)])
    let file = try bench.arrays(fit["eraser"])
    #expect(file.metadata["kind"] == "eraser")
    let left: Matrix<Double> = try file.array("left").readMatrix()
    let right: Matrix<Double> = try file.array("right").readMatrix()
    let mean: [Double] = try file.array("mean").readNumbers()
    let offsets: [Double] = try file.array("offsets").readNumbers()
    #expect(left.rows == 5 && left.columns == 2 && right.rows == 2 && right.columns == 5)
    let erased = try bench.matrix(try apply(bench, input, fit)["matrix"])
    for i in 0..<200 {
      let shares = zip(right.times(features.row(i)), offsets).map { $0 - $1 }
      let change = left.times(shares)
      for j in 0..<5 {
        #expect((features[i, j] - change[j] - erased[i, j]).magnitude < 1e-12 * max(1, mean[j].magnitude))
      }
    }
    let fields = try JSON.parse(#require(file.metadata["fields"]))
    #expect(fields["method"] == "erase.leace" && fields["classes"] == ["0", "1", "2"] && fields["rank"] == 2)
    #expect(fields["fittedOn"]?["digest"] == fit["fittedOn"]?["digest"])
  }

  // MARK: - What a concept is

  @Test func classNumbersAreClassesUnlessSaidOtherwise() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(400, 10, classes: 4)
    let params: JSON = [
      "features": try bench.matrix(features), "labels": try bench.array(.integers(labels), name: "y.npy"),
    ]
    #expect(try bench.call("erase.leace", params)["rank"] == 3)
    var asked = params
    asked["zKind"] = "numeric"
    let numeric = try bench.call("erase.leace", asked)
    #expect(numeric["rank"] == 1 && numeric["classes"] == nil)
    // A list typed by hand and a column of a file are the same concept, of whole numbers or not.
    var typed = asked
    typed["labels"] = .list(labels)
    #expect(try bench.call("erase.leace", typed) == numeric)
    asked["labels"] = .array(labels.map { .real(Double($0) / 7 - 0.5) })
    let scaled = try bench.call("erase.leace", asked)
    let (a, b) = (numeric["canonicalCorrelations"]?.doubles ?? [], scaled["canonicalCorrelations"]?.doubles ?? [1])
    #expect((a[0] - b[0]).magnitude < 1e-13)
    asked["labels"] = .array(labels.map { .list([$0 == 0 ? 1 : 0, $0 == 1 ? 1 : 0]) })
    #expect(try bench.call("erase.leace", asked)["rank"] == 2)
  }

  @Test func twoClassesAreOneColumnHoweverTheyAreCoded() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(150, 6, classes: 2)
    let input = try bench.matrix(features)
    let byName = try bench.call(
      "erase.leace", ["features": input, "labels": .array(labels.map { .string($0 == 1 ? "yes" : "no") })])
    let byNumber = try bench.call(
      "erase.leace", ["features": input, "labels": .array(labels.map { [JSON($0 * 3 + 1)] }), "zKind": "numeric"])
    let (first, second) = (try apply(bench, input, byName), try apply(bench, input, byNumber))
    let difference = try bench.matrix(first["matrix"]).adding(bench.matrix(second["matrix"]), times: -1)
    #expect(difference.elements.allSatisfy { $0.magnitude < 1e-12 })
  }

  @Test func oneClassChangesNothingAndIsSaid() throws {
    let bench = try bench()
    let (features, _) = correlatedRows(30, 3, classes: 2)
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.leace", ["features": input, "labels": .array([JSON](repeating: "all", count: 30))])
    #expect(fit["rank"] == 0 && fit["meanSquaredChange"] == 0 && fit["canonicalCorrelations"] == [])
    #expect(fit.warningCodes == ["one-class"])
    #expect(try bench.matrix(apply(bench, input, fit)["matrix"]) == features)
  }

  // MARK: - Rows that know their papers

  @Test func rowsThatTheEraserHasSeenAreCounted() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(60, 4, classes: 2)
    let ids = (0..<60).map { "paper:\($0)" }
    let input = try bench.matrix(features, rowIDs: ids)
    let fit = try bench.call("erase.leace", ["features": input, "labels": .list(labels), "train": .list(0..<40)])
    let all = try apply(bench, input, fit)
    #expect(all["fittedRows"] == 40)
    #expect(all.warning("eraser-rows")?.hasPrefix("the eraser was fitted on 40 of these 60 rows") == true)
    #expect(try bench.rowIDs(all["matrix"]) == ids)
    let fresh = try bench.matrix(features.rows(40..<60), rowIDs: Array(ids[40...]), name: "fresh.npz")
    let other = try apply(bench, fresh, fit)
    #expect(other["fittedRows"] == 0 && other.warningCodes == [])
    let nameless = try apply(bench, bench.matrix(features, name: "nameless.npz"), fit)
    #expect(nameless["fittedRows"] == nil)
    let rows = try bench.matrix(all["matrix"])
    #expect(try bench.matrix(other["matrix"]) == rows.rows(40..<60))
  }

  /// A probe that is fitted on rows which the eraser has seen certifies nothing, and is told so.
  @Test func aProbeKnowsTheRowsThatTheEraserHasSeen() throws {
    let bench = try MethodBench([DataPlugin.self, ProbePlugin.self, ErasePlugin.self])
    let (features, labels) = correlatedRows(90, 4, classes: 2)
    let input = try bench.matrix(features, rowIDs: (0..<90).map { "paper:\($0)" })
    func erased(_ input: JSON?, _ rows: Range<Int>, _ labels: [Int]) throws -> JSON? {
      let fit = try bench.call(
        "erase.leace", ["features": input ?? nil, "labels": .list(labels), "train": .list(rows)])
      return try apply(bench, input, fit)["matrix"]
    }
    func params(_ features: JSON?, train: Range<Int>, test: Range<Int>, allow: Bool = false) -> JSON {
      [
        "features": features ?? nil, "labels": .list(labels), "train": .list(train), "test": .list(test),
        "allowSeen": .bool(allow),
      ]
    }
    func probe(_ features: JSON?, train: Range<Int>, test: Range<Int>, allow: Bool = false) throws -> JSON {
      try bench.call("probe.logistic", params(features, train: train, test: test, allow: allow))
    }
    let some = try erased(input, 0..<40, labels)
    let seen = try probe(some, train: 10..<60, test: 60..<90)
    #expect(seen.warning("eraser-rows")?.hasPrefix("the eraser was fitted on 30 of the 50 train rows") == true)
    #expect(seen.warning("fit-saw-test") == nil)
    let fresh = try probe(some, train: 40..<70, test: 70..<90)
    #expect(!fresh.warningCodes.contains("eraser-rows") && !fresh.warningCodes.contains("fit-saw-test"))
    let refused = try #require(bench.fault("probe.logistic", params(some, train: 40..<80, test: 25..<40)))
    #expect(refused.path == "/test" && refused.message.contains("15 of the 15 scored rows"))
    #expect(refused.message.contains("fit-saw-test") && refused.hint?.contains("allowSeen: true") == true)
    let scored = try probe(some, train: 40..<80, test: 25..<40, allow: true)
    #expect(scored.warning("fit-saw-test")?.contains("the labels of 15 of the 15 scored rows") == true)
    // Kept by a copy, and joined by what a second eraser has seen.
    let copy = try bench.call("data.load", ["source": some ?? nil])["matrix"]
    let twice = try erased(copy, 70..<90, labels.reversed())
    let both = try probe(twice, train: 35..<65, test: 65..<80, allow: true)
    #expect(both.warning("eraser-rows")?.contains("on 5 of the 30 train rows") == true)
    #expect(both.warning("fit-saw-test")?.contains("10 of the 15") == true)
    #expect(try bench.integers(twice, "eraserRows") == Array(0..<40) + Array(70..<90))
  }

  @Test func forgedMemoriesOfRowsAreRefused() throws {
    let bench = try bench()
    var bytes: [UInt8] = []
    let arrays: [(name: String, content: ArrayContent)] = [
      ("matrix", .matrix(Matrix([[1.0, 2], [2, 1]]))), ("eraserRows", .integers([0, 2])),
    ]
    try ArrayWriter.npz(arrays) { bytes.append(contentsOf: $0) }
    let fault = bench.fault("probe.logistic", ["features": try bench.file("x.npz", bytes), "labels": [0, 1]])
    #expect(fault?.kind == "file.format" && fault?.path == "/features")
  }

  @Test func otherPapersAreRefused() throws {
    let bench = try bench()
    let input = try bench.matrix(Matrix([[1.0, 2], [2, 1], [3, 3]]), rowIDs: ["a", "b", "c"])
    let labels = try bench.labels(LabelFile(codes: [0, 1, 0], classes: ["x", "y"], rowIDs: ["a", "c", "b"]))
    let fault = try #require(bench.fault("erase.leace", ["features": input, "labels": labels]))
    #expect(fault.kind == "math.shape" && fault.message == "row 1 is 'b' in features and 'c' in labels")
    let numbers = try bench.matrix(Matrix([[1.0], [2], [3]]), rowIDs: ["a", "b", "d"], name: "z.npz")
    let numeric = bench.fault("erase.leace", ["features": input, "labels": numbers, "zKind": "numeric"])
    #expect(numeric?.message == "row 2 is 'c' in features and 'd' in labels")
  }

  @Test func erasedRowsAreKeptAsAsked() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(50, 4, classes: 2)
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.leace", ["features": input, "labels": .list(labels)])
    let narrow = try apply(bench, input, fit, dtype: "float32")
    #expect(try bench.arrays(narrow["matrix"]).array("matrix").info.type == .float32)
    let wide = try bench.matrix(apply(bench, input, fit)["matrix"])
    let difference = try bench.matrix(narrow["matrix"]).adding(wide, times: -1)
    #expect(difference.elements.allSatisfy { $0.magnitude < 1e-4 })
  }

  // MARK: - Told and refused

  @Test func fewRowsSayWhatTheCertificateIsWorth() throws {
    let bench = try bench()
    func codes(_ n: Int, _ d: Int) throws -> JSON {
      let (features, labels) = correlatedRows(n, d, classes: 2)
      return try bench.call("erase.leace", ["features": try bench.matrix(features), "labels": .list(labels)])
    }
    #expect(try codes(99, 20).warning("dim")?.contains("about √(d/n) = 0.4495") == true)
    #expect(try !codes(100, 20).warningCodes.contains("dim"))
    let wide = try codes(20, 30)
    #expect(wide.warning("dim")?.contains("means nothing on other rows") == true)
    #expect(wide.warning("singular")?.hasPrefix("the fitted rows vary in 19 of 30 directions") == true)
  }

  @Test func settingsThatCostSomethingAreSaid() throws {
    let bench = try bench()
    var (features, labels) = correlatedRows(200, 5, classes: 2)
    for i in 0..<200 { features[i, 3] = 7 }
    labels[0] = 0
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels), "shrinkage": 0.2]
    let shrunk = try bench.call("erase.leace", params)
    #expect(shrunk.warningCodes == ["shrinkage", "constant-columns"])
    var plain = params
    plain["shrinkage"] = 0
    let least = try bench.call("erase.leace", plain)
    let (a, b) = (shrunk["meanSquaredChange"]?.double ?? 0, least["meanSquaredChange"]?.double ?? 1)
    #expect(a > b && b > 0)
    var blind = params
    blind["rtol"] = 0.9999
    #expect(try bench.call("erase.leace", blind).warningCodes.contains("no-trace"))
    #expect(try bench.warnings("erase.leace", params) == shrunk["warnings"]?.array)
  }

  @Test func whatCannotBeErasedIsRefused() throws {
    let bench = try bench()
    let rows: JSON = [[1, 2], [2, 1], [3, 3]]
    func fault(_ members: KeyValuePairs<String, JSON>) throws -> (kind: String, path: String?) {
      var params: JSON = ["features": rows, "labels": ["a", "b", "a"]]
      for (name, value) in members { params[name] = value }
      let fault = try #require(bench.fault("erase.leace", params))
      #expect(fault.hint != nil, "\(fault.message)")
      return (fault.kind, fault.path)
    }
    #expect(try fault(["labels": ["a", "b"]]) == ("math.shape", "/labels"))
    #expect(try fault(["labels": ["a", nil, "b"]]) == ("params.value", "/labels"))
    #expect(try fault(["labels": [0.5, 1.5, 2.5]]) == ("params.value", "/labels"))
    #expect(try fault(["train": [1]]) == ("math.tooFewSamples", "/train"))
    #expect(try fault(["train": [1, 1]]) == ("params.value", "/train"))
    let infinite = try bench.array(.matrix(Matrix([[1.0, 2], [3, 4], [-.infinity, 0]])), name: "inf.npy")
    #expect(try fault(["features": infinite]) == ("math.nonFinite", "/features"))
    #expect(try fault(["labels": infinite, "zKind": "numeric"]) == ("math.nonFinite", "/labels"))
    #expect(
      bench.fault("erase.leace", ["features": rows, "labels": [1, 2, 1], "shrinkage": 1])?.kind == "params.schema")
  }

  @Test func whatIsNoEraserIsRefused() throws {
    let bench = try bench()
    let fit = try bench.call("erase.leace", ["features": [[1, 2], [2, 1], [3, 5]], "labels": ["a", "b", "a"]])
    let narrow = bench.fault("erase.apply", ["features": [[1], [2]], "eraser": fit["eraser"] ?? nil])
    #expect(narrow?.kind == "math.shape" && narrow?.message == "1 column where the eraser was fitted on 2")
    let probe = try bench.call(
      "probe.logistic", ["features": [[1, 2], [2, 1], [3, 5]], "labels": ["a", "b", "a"]])
    let other = bench.fault("erase.apply", ["features": [[1, 2]], "eraser": probe["probe"] ?? nil])
    #expect(other?.path == "/eraser" && other?.message.contains("kind 'eraser', found 'probe'") == true)
    let erased = try apply(bench, [[1, 2]], fit)
    #expect(bench.fault("erase.apply", ["features": [[1, 2]], "eraser": erased["matrix"] ?? nil])?.path == "/eraser")
  }

  /// A file that says it is an eraser, with arrays that are none.
  @Test func aForgedEraserIsRefused() throws {
    let bench = try bench()
    let real = try bench.call("erase.leace", ["features": [[1, 2], [2, 1], [3, 5]], "labels": ["a", "b", "a"]])
    let metadata = try bench.arrays(real["eraser"]).metadata
    func forged(_ arrays: [(name: String, content: ArrayContent)], _ metadata: [String: String]) throws -> String? {
      var bytes: [UInt8] = []
      try ArrayWriter.safetensors(arrays, metadata: metadata) { bytes.append(contentsOf: $0) }
      let file = try bench.file("forged.safetensors", bytes)
      let fault = bench.fault("erase.apply", ["features": [[1, 2]], "eraser": file])
      #expect(fault?.path == "/eraser", "\(String(describing: fault))")
      return fault?.kind
    }
    let (left, right) = (Matrix([[1.0], [2]]), Matrix([[1.0, 2]]))
    #expect(try forged([("left", .matrix(left)), ("right", .matrix(right))], metadata) == "params.value")
    let mean = ArrayContent.vector([1.0, 2])
    #expect(
      try forged([("left", .matrix(right)), ("mean", mean), ("right", .matrix(right))], metadata) == "file.format")
    let nan = Matrix([[Double.nan, 1]])
    #expect(try forged([("left", .matrix(left)), ("mean", mean), ("right", .matrix(nan))], metadata) == "file.format")
    #expect(try forged([("left", .matrix(left))], ["kind": "eraser", "fields": "{}"]) == "file.format")
  }

  @Test func thePictureShowsWhatThereWas() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(200, 6, classes: 4)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels)]
    let text = try bench.displays("erase.leace", params).first?["data"]?["text/plain"]?.string ?? ""
    #expect(text.hasPrefix("Canonical correlations of features and concept, before\ncorrelation\n1: 0."))
    #expect(text.contains("unrelated labels, about: 0.17") && text.contains("n = 200"))
  }
}
