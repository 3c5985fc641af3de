import Evaluate
import JSON
import Linear
import MethodTestSupport
import Testing

@Suite struct CompatibilityTests {
  private func bench() throws -> MethodBench { try MethodBench([EvaluatePlugin.self]) }

  @Test func tiesCountAsTheOfficialCodeAndAsThePaperHasThem() throws {
    let result = try bench().call("evaluate.compatibility", ["accuracies": [[0.5], [0.5, 0.5], [0.5, 0.5, 0.5]]])
    #expect(result["averageCompatibility"] == 1 && result["strictAverageCompatibility"] == 0)
    #expect(result["firstViolation"] == nil && result.warningCodes == ["ties"])
  }

  /// The official mean leaves out entries of 0.
  @Test func aFailureOfZeroCountsInTheMean() throws {
    let result = try bench().call("evaluate.compatibility", ["accuracies": [[0.6], [0, 0.6]]])
    #expect(abs((result["averageMultimodelAccuracy"]?.double ?? 0) - 0.4) < 1e-15)
    #expect(result["firstViolation"]?.ints == [1, 0])
  }

  @Test func aFullSquareIsReadByItsLowerTriangle() throws {
    let result = try bench().call("evaluate.compatibility", ["accuracies": [[0.5, 0.9], [0.55, 0.6]]])
    #expect(result["accuracies"] == [[0.5], [0.55, 0.6]] && result["averageCompatibility"] == 1)
    let one = try bench().call("evaluate.compatibility", ["accuracies": [[0.5]]])
    #expect(one["averageCompatibility"] == nil && one.warningCodes == ["one-model"])
    let short: JSON = ["accuracies": [[0.5], [0.5]]]
    #expect(try bench().fault("evaluate.compatibility", short)?.path == "/accuracies/1")
  }

  @Test func moreItemsThanCanBeComparedAreRefused() throws {
    let bench = try bench()
    let many = try bench.matrix(Matrix<Double>.zeros(50_001, 1))
    let params: JSON = ["queries": [many], "queryLabels": .list([Int](repeating: 0, count: 50_001))]
    #expect(bench.fault("evaluate.compatibility", params)?.kind == "math.memory")
  }

  private func classes(_ seed: UInt64) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed)
    var rows: Matrix<Double> = numbers.gaussians(rows: 60, columns: 8)
    for i in 0..<60 { rows[i, i % 6] += 7 }
    return rows
  }

  @Test func rotatedFeaturesKeepTheirOwnAccuracyAndLoseItAcross() throws {
    let bench = try bench()
    let rows = classes(1)
    var numbers = RandomNumbers(seed: 2)
    let turned = rows.times(try QR(numbers.gaussians(rows: 8, columns: 8)).q)
    let labels = JSON.list((0..<60).map { $0 % 6 })
    func measured(_ second: Matrix<Double>) throws -> JSON {
      try bench.call(
        "evaluate.compatibility",
        [
          "queries": .array([try bench.matrix(rows, name: "a.npz"), try bench.matrix(second, name: "b.npz")]),
          "queryLabels": labels,
        ])
    }
    let rotated = try measured(turned)
    #expect((rotated["accuracies"]?[1]?[1]?.double ?? 0) > 0.9)
    #expect((rotated["accuracies"]?[1]?[0]?.double ?? 1) < 0.5)
    #expect(rotated["averageCompatibility"] == 0 && abs((rotated["chance"]?.double ?? 0) - 1.0 / 6) < 1e-12)
    let same = try measured(rows)
    #expect(same["averageCompatibility"] == 1 && same["strictAverageCompatibility"] == 0)
  }
}
