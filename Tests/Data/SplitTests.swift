import JSON
import Linear
import MethodTestSupport
import PluginKit
import Testing

@testable import Data

@Suite struct SplitTests {
  private let bench: MethodBench

  init() throws { bench = try MethodBench([DataPlugin.self]) }

  private func labels(_ counts: (String, Int)...) -> JSON {
    .array(counts.flatMap { name, count in [JSON](repeating: .string(name), count: count) })
  }

  private func sides(_ value: JSON) throws -> (train: [Int], test: [Int]) {
    (try bench.integers(value["train"]), try bench.integers(value["test"]))
  }

  @Test func everyRowIsOnOneSideAndBothListsAreInTheSplit() throws {
    let value = try bench.call("data.split", ["labels": labels(("a", 17), ("b", 24)), "seed": 3])
    let (train, test) = try sides(value)
    #expect((train + test).sorted() == Array(0..<41))
    #expect(train == train.sorted() && test == test.sorted())
    #expect(try bench.integers(value["split"], "train") == train)
    #expect(try bench.integers(value["split"], "test") == test)
    #expect(value["rows"] == ["train": JSON(train.count), "test": JSON(test.count)])
    #expect(value["n"] == 41)
  }

  @Test(arguments: [(10, 0.25, 3), (10, 0.24, 2), (7, 0.5, 4), (400, 0.1, 40)])
  func theTestSideHasItsShareRounded(rows: Int, share: Double, wanted: Int) throws {
    let value = try bench.call("data.split", ["labels": labels(("a", rows)), "test": .real(share)])
    #expect(try sides(value).test.count == wanted)
  }

  @Test func classesKeepTheirShares() throws {
    let params: JSON = ["labels": labels(("common", 80), ("rare", 20)), "seed": 5]
    let value = try bench.call("data.split", params)
    #expect(value["classes"] == ["common", "rare"])
    #expect(value["classCounts"] == ["train": [60, 15], "test": [20, 5]])
    let test = try sides(value).test
    #expect(test.count { $0 >= 80 } == 5, "the counts are those of the rows")
    // Drawn from all rows alike, some seed misses the shares.
    let plain = try (0..<5).map { seed in
      try bench.call("data.split", params.with("stratify", false).with("seed", JSON(seed)))["classCounts"]
    }
    #expect(plain.contains { $0 != value["classCounts"] })
  }

  @Test func theSeedDecidesTheRows() throws {
    let params: JSON = ["labels": labels(("a", 50), ("b", 50))]
    let first = try sides(bench.call("data.split", params.with("seed", 1)))
    let again = try sides(MethodBench([DataPlugin.self], jobs: 4).call("data.split", params.with("seed", 1)))
    #expect(first.test == again.test)
    #expect(try sides(bench.call("data.split", params.with("seed", 2))).test != first.test)
  }

  @Test func groupsAreNeverCut() throws {
    let groups = (0..<60).map { "author \($0 / 4)" }
    let value = try bench.call(
      "data.split",
      ["labels": .array((0..<60).map { JSON($0 % 2) }), "groups": .array(groups.map { .string($0) }), "seed": 2])
    let (train, test) = try sides(value)
    #expect(Set(train.map { groups[$0] }).isDisjoint(with: test.map { groups[$0] }))
    #expect(test.count == 16 || test.count == 12, "whole groups of four, nearest to 15")
    #expect(value["groups"] == ["train": JSON(train.count / 4), "test": JSON(test.count / 4)])
    // Large groups miss the share by much, and the result says so.
    let halves = JSON.array((0..<60).map { .string($0 < 30 ? "a" : "b") })
    let coarse = try bench.call("data.split", ["labels": labels(("x", 60)), "groups": halves])
    #expect(coarse.warning("share")?.hasPrefix("0.5 of the rows are tested where 0.25 was asked") == true)
  }

  /// 100 items, each with a noisy copy: a random split leaks, one by item does not.
  @Test func copiesAcrossTheSplitAreFound() throws {
    var numbers = RandomNumbers(seed: 4)
    let items: Matrix<Double> = numbers.gaussians(rows: 100, columns: 20)
    let noise: Matrix<Double> = numbers.gaussians(rows: 100, columns: 20)
    // The first 30 copies are exact.
    let rows = (0..<200).map { row -> [Double] in
      let item = row % 100
      return (0..<20).map { items[item, $0] + (row < 130 ? 0 : 0.01 * noise[item, $0]) }
    }
    let ids = (0..<200).map { "paper:\($0)" }
    let features = try bench.matrix(Matrix(rows), rowIDs: ids)
    let params: JSON = ["features": features, "seed": 1]
    let value = try bench.call("data.split", params)
    let (train, test) = try sides(value)
    let (near, equal) = (
      test.count { train.contains(($0 + 100) % 200) }, test.count { $0 % 100 < 30 && train.contains(($0 + 100) % 200) }
    )
    #expect(value["leaks"]?["nearRows"]?.int == near && value["leaks"]?["equalRows"]?.int == equal)
    let pairs = try #require(value["leaks"]?["pairs"]?.array)
    #expect(pairs.count == min(near, 100))
    for pair in pairs {
      let (a, b) = (try #require(pair["train"]?.int), try #require(pair["test"]?.int))
      #expect(a % 100 == b % 100 && train.contains(a) && test.contains(b))
    }
    let message = try #require(value.warning("groups"))
    let first = try #require(pairs[0]["test"]?.int)
    #expect(message.hasPrefix("\(near) of 50 test rows are equal or nearly equal to a train row (as 'paper:\(first)'"))
    let byItem = try bench.call(
      "data.split", params.with("groups", .array((0..<200).map { .string("item \($0 % 100)") })))
    #expect(byItem["leaks"] == ["equalRows": 0, "nearRows": 0, "sharedGroups": 0, "pairs": []])
    #expect(byItem.warningCodes == [])
    let four = try MethodBench([DataPlugin.self], jobs: 4)
    let again = try four.call("data.split", params.with("features", four.matrix(Matrix(rows), rowIDs: ids)))
    #expect(again == value, "the number of workers changes no bit")
  }

  /// In two columns rows often point the same way; that makes no copies of them.
  @Test func directionsInFewColumnsMakeNoCopies() throws {
    var numbers = RandomNumbers(seed: 1)
    let rows: Matrix<Double> = numbers.gaussians(rows: 80, columns: 2)
    let value = try bench.call("data.split", ["features": try bench.matrix(rows)])
    #expect((value["leaks"]?["nearRows"]?.int ?? 0) > 10)
    #expect(value.warningCodes == [])
    let twice = try bench.call(
      "data.split", ["features": [[1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [3, 4]], "test": 0.5, "seed": 1])
    #expect(twice.warning("groups")?.contains("equal to a train row") == true)
  }

  @Test func rowsWithoutALabelAreOnNeitherSide() throws {
    let value = try bench.call(
      "data.split", ["labels": ["a", "b", nil, "a", "b", "a", "b", nil, "a", "b"], "test": 0.5])
    let (train, test) = try sides(value)
    #expect((train + test).sorted() == [0, 1, 3, 4, 5, 6, 8, 9])
    #expect(value["n"] == 8)
    #expect(value.warning("unlabelled") == "2 rows without a label are on neither side: row 2, row 7")
  }

  @Test func aClassThatOneSideLacksIsNamed() throws {
    let value = try bench.call("data.split", ["labels": labels(("a", 20), ("lonely", 1))])
    #expect(value.warning("missing-class")?.hasPrefix("no test row of 'lonely'") == true)
  }

  @Test func rowsOfDifferentPapersAreRefused() throws {
    let features = try bench.matrix(Matrix([[1.0], [2], [3]]), rowIDs: ["p1", "p2", "p3"])
    let labels = try bench.labels(LabelFile(codes: [0, 1, 0], classes: ["a", "b"], rowIDs: ["p1", "p3", "p2"]))
    let fault = try #require(bench.fault("data.split", ["features": features, "labels": labels]))
    #expect(fault.kind == "math.shape" && fault.path == "/labels" && fault.data["row"] == 1)
    #expect(fault.message == "row 1 is 'p2' in features and 'p3' in labels")
    let short = try #require(bench.fault("data.split", ["features": features, "labels": ["a", "b"]]))
    #expect(short.kind == "math.shape" && short.path == "/labels")
    #expect(short.message == "2 rows in labels and 3 in features")
  }

  @Test func whatCannotBeSplitIsRefused() throws {
    #expect(bench.fault("data.split", [:])?.kind == "params.schema")
    #expect(bench.fault("data.split", ["labels": ["a", "b"], "test": 1])?.path == "/test")
    #expect(bench.fault("data.split", ["labels": ["a"]])?.kind == "math.tooFewSamples")
    #expect(bench.fault("data.split", ["labels": [nil, nil]])?.kind == "math.tooFewSamples")
    let group = bench.fault("data.split", ["labels": ["a", "b"], "groups": ["g", "g"]])
    #expect(group?.kind == "math.degenerate" && group?.path == "/groups")
    let features = try bench.array(.matrix(Matrix([[1.0, 2], [3, .nan], [5, 6]])), name: "nan.npy")
    let fault = try #require(bench.fault("data.split", ["features": features]))
    #expect(fault.kind == "math.nonFinite" && fault.data["row"] == 1 && fault.data["column"] == 1)
  }

  @Test func aPictureCountsTheRows() throws {
    let displays = try bench.displays("data.split", ["labels": labels(("a", 8), ("b", 4))])
    let data = try #require(displays.first?["data"])
    #expect(data["image/svg+xml"]?.string?.hasPrefix("<svg") == true)
    #expect(data["text/plain"]?.string?.contains("a, train: 6") == true)
  }
}

extension JSON {
  /// With one member set.
  fileprivate func with(_ name: String, _ value: JSON) -> JSON {
    var copy = self
    copy[name] = value
    return copy
  }
}
