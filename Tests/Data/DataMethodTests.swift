import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Data

@Suite struct DataMethodTests {
  private let bench: MethodBench

  init() throws { bench = try MethodBench([DataPlugin.self]) }

  private func noise(_ n: Int, _ d: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed)
    return numbers.gaussians(rows: n, columns: d)
  }

  // MARK: - Describe

  @Test func whatIsWrongWithAMatrixIsFound() throws {
    var matrix = noise(60, 6)
    for i in 0..<60 {
      matrix[i, 1] = 7
      matrix[i, 4] = matrix[i, 0]
      matrix[i, 5] = 1e6 * matrix[i, 2] + 3
    }
    matrix.replaceRows(from: 9, with: matrix.rows(3..<4))
    let params: JSON = [
      "features": try bench.matrix(matrix), "labels": .array((0..<60).map { $0 % 10 == 0 ? "rare" : "common" }),
    ]
    let value = try bench.call("data.describe", params)
    #expect(value["constant"] == [1] && value["duplicates"] == [[0, 4]] && value["duplicateRows"] == 1)
    #expect(value["rank"] == 3 && value["dtype"] == "float64" && value["nonFinite"]?["count"] == 0)
    #expect(value["classes"]?["majority"] == 0.9)
    #expect(
      Set(value.warningCodes) == ["constant-columns", "duplicate-columns", "groups", "rank", "scale", "imbalance"])
    #expect(try bench.displays("data.describe", params).count == 2)
    matrix[5, 3] = .nan
    matrix[5, 0] = .infinity
    let bad = try bench.call("data.describe", ["features": try bench.array(.matrix(matrix), name: "bad.npy")])
    #expect(bad["nonFinite"] == ["count": 2, "rows": 1, "columns": 2, "first": ["row": 5, "column": 0]])
    #expect(bad.warningCodes.contains("non-finite") && bad["rank"] == 3)
  }

  @Test func storedKindsOfNumbersAreNamed() throws {
    let floats: Matrix<Float> = noise(5, 2).converted()
    let value = try bench.call("data.describe", ["features": try bench.array(.matrix(floats), name: "f4.npy")])
    #expect(value["dtype"] == "float32")
    let whole = try bench.call("data.describe", ["features": try bench.array(.integers([1, 2, 3]), name: "i8.npy")])
    #expect(whole["dtype"] == "int64" && whole["columns"] == 1)
  }

  // MARK: - Standardise, project

  @Test func trainRowsGetMeanZeroAndDeviationOne() throws {
    var matrix = noise(50, 3)
    for i in 0..<50 {
      matrix[i, 1] = 1e5 + 3 * matrix[i, 1]
      matrix[i, 2] = i < 30 ? 4 : 5
    }
    let value = try bench.call("data.standardize", ["features": try bench.matrix(matrix), "train": .list(0..<30)])
    let found = try bench.matrix(value["matrix"])
    for j in 0..<2 {
      let column = found.column(j).prefix(30)
      #expect((column.reduce(0, +) / 30).magnitude < 1e-10)
      #expect((column.reduce(0) { $0 + $1 * $1 } / 30 - 1).magnitude < 1e-10)
    }
    #expect(value["constant"] == [2] && found.column(2).allSatisfy { $0 == 0 })
    #expect(value["transductive"] == false && value["fittedOn"]?["rows"] == 30)
    let (mean, scale) = (try bench.vector(value["mean"]), try bench.vector(value["scale"]))
    #expect((found[40, 1] * scale[1] + mean[1] - matrix[40, 1]).magnitude < 1e-9)
    let all = try bench.call("data.standardize", ["features": try bench.matrix(matrix)])
    #expect(all.warningCodes == ["transductive"])
  }

  @Test func projectionsAreProducts() throws {
    let matrix = noise(20, 4)
    let basis = noise(2, 4, seed: 2)
    let center = [1.0, -1, 0, 2]
    let value = try bench.call(
      "data.project",
      [
        "features": try bench.matrix(matrix), "basis": try bench.matrix(basis, name: "basis.npz"),
        "center": .array(center.map { .real($0) }),
      ])
    let found = try bench.matrix(value["matrix"])
    for i in 0..<20 {
      for k in 0..<2 {
        let expected = (0..<4).reduce(0.0) { $0 + (matrix[i, $1] - center[$1]) * basis[k, $1] }
        #expect((found[i, k] - expected).magnitude < 1e-12)
      }
    }
    #expect(value["orthonormal"] == false)
    let chosen = try bench.call("data.project", ["features": try bench.matrix(matrix), "columns": [3, 0]])
    #expect(try bench.matrix(chosen["matrix"]).column(0) == matrix.column(3))
    let both = try #require(
      bench.fault("data.project", ["features": [[1, 2]], "basis": [[1, 0]], "columns": [0]]))
    #expect(both.path == "/basis")
    #expect(
      try #require(bench.fault("data.project", ["features": [[1, 2]], "columns": [0, 2]])).path == "/columns/1")
    #expect(
      try #require(bench.fault("data.project", ["features": [[1, 2]], "basis": [[1, 0, 0]]])).kind == "math.shape")
  }

  // MARK: - Sample, join, split by time

  @Test func samplesAreNestedAndKeepIDs() throws {
    let ids = (0..<40).map { "r\($0)" }
    let params: JSON = [
      "features": try bench.matrix(noise(40, 2), rowIDs: ids), "labels": .list((0..<40).map { $0 % 4 == 0 ? 1 : 0 }),
      "seed": 3,
    ]
    let (small, large) = (
      try bench.call("data.sample", params.with("count", 8)), try bench.call("data.sample", params.with("count", 20))
    )
    let (few, many) = (try bench.integers(small["rows"]), try bench.integers(large["rows"]))
    #expect(Set(few).isSubset(of: many) && few == few.sorted())
    #expect(small["classCounts"] == [6, 2] && large["classCounts"] == [15, 5])
    #expect(try bench.rowIDs(small["matrix"]) == few.map { ids[$0] })
    #expect(try bench.labels(small["labels"]).rowIDs == few.map { ids[$0] })
    #expect(try #require(bench.fault("data.sample", params.with("count", 41))).path == "/count")
  }

  @Test func labelsAreJoinedByID() throws {
    let features = try bench.matrix(Matrix([[1.0], [2], [3], [4]]), rowIDs: ["a", "b", "c", "d"])
    let table = try bench.file("t.csv", Array("id,class\nd,yes\nq,no\na,no\nc,yes\n".utf8))
    let value = try bench.call(
      "data.join", ["features": features, "labels": table.column("class"), "on": table.column("id")])
    #expect(try bench.matrix(value["matrix"]).elements == [1, 3, 4])
    let labels = try bench.labels(value["labels"])
    #expect(labels.codes.map { labels.classes[$0] } == ["no", "yes", "yes"] && labels.rowIDs == ["a", "c", "d"])
    #expect(value["matched"] == 3 && value["unmatchedRows"] == 1 && value["unusedLabels"] == 1)
    #expect(value.warningCodes == ["unlabelled", "unused-labels"])
    let twice = try #require(
      bench.fault("data.join", ["features": features, "labels": ["x", "y"], "on": ["a", "a"]]))
    #expect(twice.kind == "file.format" || twice.kind == "math.shape" || twice.message.contains("two labels"))
    let none = try #require(bench.fault("data.join", ["features": features, "labels": ["x"], "on": ["z"]]))
    #expect(none.kind == "math.tooFewSamples")
    #expect(try #require(bench.fault("data.join", ["features": [[1]], "labels": ["x"]])).path == "/rowIds")
  }

  @Test func theLatestRowsAreTested() throws {
    let time: JSON = [[2020], [2018], [2021], [2019], [2021], [2021], [2017], [2016]]
    let params: JSON = ["labels": [0, 1, 0, 1, 0, 1, 0, 1], "time": time, "test": 0.25]
    let value = try bench.call("data.split", params)
    #expect(try bench.integers(value["test"]) == [2, 4, 5])
    // Rows of 2019 and before alone would be too few, those of 2020 stay with them.
    let half = try bench.call("data.split", params.with("test", 0.5))
    #expect(try bench.integers(half["test"]) == [0, 2, 4, 5])
    let same = try #require(bench.fault("data.split", params.with("time", .array((0..<8).map { _ in [1] }))))
    #expect(same.kind == "math.tooFewSamples")
    #expect(try #require(bench.fault("data.split", params.with("groups", .list(0..<8)))).path == "/groups")
  }

  // MARK: - Synthetic

  @Test(arguments: ["gaussian", "imbalanced", "scaled", "lowRank", "mix", "xor", "variance", "noise", "copies"])
  func familiesAreAsTheySay(family: String) throws {
    let value = try bench.call(
      "data.synthetic", ["family": .string(family), "n": 2000, "d": 8, "distance": 2, "seed": 4])
    let matrix = try bench.matrix(value["matrix"])
    let labels = try bench.labels(value["labels"]).codes
    let counts = try #require(value["classCounts"]?.array).compactMap(\.int)
    #expect(matrix.rows == 2000 && matrix.columns == 8 && counts.reduce(0, +) == 2000)
    let isRare = family == "imbalanced"
    #expect((Double(counts[1]) / 2000 - (isRare ? 0.04 : 0.5)).magnitude < (family == "copies" ? 0.08 : 0.04))
    // The distance of the class means, in deviations of each column: nothing where nothing is linear.
    let sides = [0, 1].map { c in labels.indices.filter { labels[$0] == c } }
    let largest =
      (0..<8).map { j -> Double in
        let means = sides.map { rows in rows.reduce(0) { $0 + matrix[$1, j] } / Double(rows.count) }
        let middle = matrix.column(j).reduce(0, +) / 2000
        let deviation = (matrix.column(j).reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / 2000).squareRoot()
        return (means[1] - means[0]).magnitude / deviation
      }.max() ?? 0
    #expect(value["linear"] == .bool(largest > 0.35), "\(largest)")
    #expect((value["groups"] != nil) == (family == "copies"))
    #expect(
      try bench.call("data.synthetic", ["family": .string(family), "n": 2000, "d": 8, "distance": 2, "seed": 4])
        == value)
  }
}

extension JSON {
  fileprivate func with(_ name: String, _ value: JSON) -> JSON {
    var copy = self
    copy[name] = value
    return copy
  }

  /// A column of a table.
  fileprivate func column(_ name: String) -> JSON { ["$file": .string((self["$file"]?.string ?? "") + "#" + name)] }
}
