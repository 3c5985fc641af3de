import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Alignment

@Suite struct TextToConceptTests {
  /// The official code's factor for the bias costs 0.29 of R² where the features' scale is not 1; ours needs none.
  @Test func anAffineTargetIsMappedExactlyAtAnyScale() throws {
    let bench = try alignmentBench()
    var a = gaussians(120, 4, seed: 1)
    a.scale(by: 30)
    a.addToRows([5, 0, -20, 100])
    var b = a.times(gaussians(4, 3, seed: 2))
    b.addToRows([1, 2, 3])
    let result = try bench.call(
      "alignment.text_to_concept",
      [
        "features": try bench.given(a, "a"), "target": try bench.given(b, "b"), "train": .list(0..<80),
        "test": .list(80..<120),
      ])
    #expect(near(result["trainExplained"], 1, 1e-12) && near(result["heldOutExplained"], 1, 1e-12))
    #expect((result["heldOutMeanSquare"]?.double ?? 1) < 1e-18)
  }

  /// With one variance over all entries far means of columns would look like an explanation.
  @Test func explainedSharesAreOfEachColumnAboutItsOwnMean() throws {
    let bench = try alignmentBench()
    var b = gaussians(400, 2, seed: 3)
    b.addToRows([100, -100])
    let result = try bench.call(
      "alignment.text_to_concept",
      ["features": try bench.given(gaussians(400, 3, seed: 4), "a"), "target": try bench.given(b, "b")])
    #expect((result["trainExplained"]?.double ?? 1) < 0.05)
  }

  @Test func permutedTargetsExplainNothingOfRowsApart() throws {
    let bench = try alignmentBench()
    let a = gaussians(200, 5, seed: 5)
    var numbers = RandomNumbers(seed: 6)
    let b = a.times(gaussians(5, 3, seed: 7)).rows(at: numbers.permutation(200))
    let result = try bench.call(
      "alignment.text_to_concept",
      [
        "features": try bench.given(a, "a"), "target": try bench.given(b, "b"), "train": .list(0..<100),
        "test": .list(100..<200),
      ])
    #expect((result["heldOutExplained"]?.double ?? 1) < 0.02)
  }

  /// Mapped to itself a space names rows as its own nearest texts do.
  @Test func theIdentityNamesRowsAsTheTargetDoes() throws {
    let bench = try alignmentBench()
    var rows = gaussians(60, 3, seed: 8)
    for i in 0..<60 { rows[i, i % 3] += 6 }
    let names = JSON.array((0..<60).map { .string(["x", "y", "z"][$0 % 3]) })
    let result = try bench.call(
      "alignment.text_to_concept",
      [
        "features": try bench.given(rows, "a"), "target": try bench.given(rows, "b"),
        "texts": [[2, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0.1, 0]], "concepts": ["x", "y", "z", "x"], "labels": names,
        "rules": [["name": "x alone", "has": ["x"], "lacks": ["y", "z"]]], "quantile": 0.7,
      ])
    #expect((result["accuracy"]?.double ?? 0) > 0.95 && near(result["retainedAccuracy"], 1))
    #expect(result["concepts"]?[0]?["prompts"] == 2)
    let top = try #require(result["concepts"]?[1]?["top"]?.ints)
    #expect(top.count == 5 && top.allSatisfy { $0 % 3 == 1 })
    let met = try #require(result["rules"]?[0]?["rows"]?.ints)
    #expect(met.count > 10 && met.allSatisfy { $0 % 3 == 0 })
    let logits = try bench.matrix(result["logits"])
    let prompt = [1.0, 0.1, 0].map { $0 / 1.01.squareRoot() }
    let mean = [1 + prompt[0], prompt[1], 0]
    #expect(abs(logits[0, 0] - rows.row(0).dot(mean) / rows.row(0).norm / mean.norm) < 1e-9)
  }

  @Test func aShiftOfOneConceptIsFoundAndTheOthersAreNot() throws {
    let bench = try alignmentBench()
    let rows = gaussians(150, 3, seed: 9)
    var moved = gaussians(150, 3, seed: 10)
    moved.addToRows([1.5, 0, 0])
    let result = try bench.call(
      "alignment.text_to_concept",
      [
        "features": try bench.given(rows, "a"), "target": try bench.given(rows, "b"),
        "texts": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "drifted": try bench.given(moved, "c"),
      ])
    let p = (result["concepts"]?.array ?? []).map { $0["driftHolmP"]?.double ?? -1 }
    #expect(p[0] < 1e-6 && p[1] > 0.01 && p[2] > 0.01)
    #expect((result["concepts"]?[0]?["drift"]?.double ?? 0) > 0.2)
  }

  @Test func namesThatAreNoConceptsAreRefused() throws {
    let bench = try alignmentBench()
    let rows: JSON = [[1, 0], [0, 1], [1, 2], [3, 1]]
    var params: JSON = ["features": rows, "target": rows, "texts": [[1, 0]], "concepts": ["x"]]
    params["labels"] = ["x", "y", "x", "y"]
    #expect(bench.fault("alignment.text_to_concept", params)?.path == "/labels")
    params["labels"] = nil
    params["rules"] = [["name": "r", "has": ["q"]]]
    #expect(bench.fault("alignment.text_to_concept", params)?.path == "/rules/0")
    #expect(
      bench.fault("alignment.text_to_concept", ["features": rows, "target": rows, "labels": ["x", "x", "x", "x"]])
        != nil)
  }
}
