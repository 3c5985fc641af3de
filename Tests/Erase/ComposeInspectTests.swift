import JSON
import Linear
import MethodTestSupport
import PluginKit
import Probe
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct ComposeInspectTests {
  private func bench() throws -> MethodBench { try MethodBench([ProbePlugin.self, ErasePlugin.self]) }

  /// Two concepts that depend on each other.
  private func concepts() -> (features: Matrix<Double>, first: [Int], second: [Int]) {
    var (features, first) = correlatedRows(400, 9, classes: 3)
    var numbers = RandomNumbers(seed: 12)
    let second = first.map { numbers.unit() < 0.7 ? ($0 == 0 ? 0 : 1) : numbers.below(2) }
    for (i, label) in second.enumerated() { features[i, 4] += Double(label) * 3 }
    return (features, first, second)
  }

  @Test func jointErasureGuardsEachConcept() throws {
    let bench = try bench()
    let (features, first, second) = concepts()
    let input = try bench.matrix(features)
    for by in ["leace", "orth"] {
      let joint = try bench.call(
        "erase.compose", ["features": input, "concepts": [.list(first), .list(second)], "by": .string(by)])
      #expect(joint["rank"] == 3 && joint["joint"] == true && joint.warningCodes == [])
      for concept in joint["concepts"]?.array ?? [] {
        #expect((concept["before"]?.double ?? 0) > 0.3 && (concept["after"]?.double ?? 1) < 1e-9)
      }
    }
  }

  /// LEACE of A and then of B is the joint one, on the rows.
  @Test func aChainOfLEACEIsTheJointMap() throws {
    let bench = try bench()
    let (features, first, second) = concepts()
    let input = try bench.matrix(features)
    let joint = try bench.call("erase.compose", ["features": input, "concepts": [.list(first), .list(second)]])
    let one = try bench.call("erase.leace", ["features": input, "labels": .list(first)])
    let rows = try bench.call("erase.apply", ["features": input, "eraser": one["eraser"] ?? nil])["matrix"] ?? nil
    let two = try bench.call("erase.leace", ["features": rows, "labels": .list(second)])
    let chain = try bench.call(
      "erase.compose",
      [
        "features": input, "concepts": [.list(first), .list(second)],
        "erasers": [one["eraser"] ?? nil, two["eraser"] ?? nil],
      ])
    #expect(chain["joint"] == false)
    let scale = try ColumnScaling(features).scale
    let (a, b) = (try stored(bench, joint).erased(features), try stored(bench, chain).erased(features))
    let applied = try bench.matrix(
      bench.call("erase.apply", ["features": rows, "eraser": two["eraser"] ?? nil])["matrix"])
    for i in 0..<a.rows {
      for j in 0..<a.columns {
        #expect(
          (a[i, j] - b[i, j]).magnitude < 1e-10 * scale[j] && (b[i, j] - applied[i, j]).magnitude < 1e-10 * scale[j])
      }
    }
  }

  /// Orthogonal projections that are chained move what the first has taken out, which is measured and said.
  @Test func chainsThatLeaveSomethingSaySo() throws {
    let bench = try bench()
    let (features, first, second) = concepts()
    let input = try bench.matrix(features)
    let random = try bench.call("erase.random", ["features": input, "labels": .list(first), "repeats": 1])
    let chain = try bench.call(
      "erase.compose",
      ["features": input, "concepts": [.list(first), .list(second)], "erasers": [random["eraser"] ?? nil]])
    #expect(chain.warning("no-guarantee")?.contains("concept 1 of 0.") == true)
    let oracle = try bench.call("erase.oracle", ["features": input, "labels": .list(first)])
    let fault = bench.fault(
      "erase.compose", ["features": input, "concepts": [.list(first)], "erasers": [oracle["eraser"] ?? nil]])
    #expect(fault?.path == "/erasers/0" && fault?.message.contains("erase.oracle") == true)
  }

  @Test func anEraserTellsWhatItTakesOut() throws {
    let bench = try bench()
    let (features, labels) = correlatedRows(300, 7, classes: 2)
    let input = try bench.matrix(features)
    let params: JSON = ["features": input, "labels": .list(labels)]
    let probe = try bench.call("probe.logistic", params)["probe"] ?? nil
    let (oblique, straight) = (try bench.call("erase.leace", params), try bench.call("erase.orth", params))
    let gap = try Moments(features, ConceptCoding.classes(2).columns(of: labels)).scatterXZ.column(0)
    let directions: JSON = .array([gap, [1, 0, 0, 0, 0, 0, 0]].map { .array($0.map { .real($0) }) })
    for (fit, isOblique) in [(oblique, true), (straight, false)] {
      let value = try bench.call(
        "erase.inspect",
        ["eraser": fit["eraser"] ?? nil, "directions": directions, "probe": probe, "features": input])
      #expect(value["rank"] == 1 && value["d"] == 7 && value["fittedRows"] == 300)
      #expect((value["idempotence"]?.double ?? 1) < 1e-10)
      let angles = value["angles"]?.array ?? []
      #expect((angles[0]["degrees"]?.double ?? 90) < 1e-4 && (angles[0]["kept"]?.double ?? 1) < 1e-10)
      #expect((angles[1]["degrees"]?.double ?? 0) > 10)
      #expect(((value["obliquity"]?.doubles.first ?? 0) > 1) == isOblique)
      let null = try bench.matrix(value["nullSpace"])
      #expect(null.rows == 1 && (null.row(0).norm - 1).magnitude < 1e-12)
      let kept = value["probe"]?["keptNorm"]?.doubles.first ?? -1
      #expect(kept > 0 && (isOblique || kept < 1), "an oblique map may make weights longer")
      let lost = value["probe"]?["lostVariance"]?.doubles.first ?? -1
      #expect(lost > 0.1 && lost <= 1)
      #expect(value["canonicalCorrelations"] == fit["canonicalCorrelations"])
    }
    let quadratic = try bench.call("erase.quadratic", params)
    let value = try bench.call("erase.inspect", ["eraser": quadratic["eraser"] ?? nil])
    #expect(value["nullSpace"] == nil && value.warningCodes == ["reads-labels"])
  }

  /// 2° between a vector and a plane, by hand.
  @Test func anglesAreMeasuredInDegrees() {
    #expect(Degrees.ofCosine(0) == 90 && Degrees.ofCosine(1) == 0)
    #expect((Degrees.ofCosine(0.5) - 60).magnitude < 1e-12)
  }
}
