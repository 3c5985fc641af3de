import Foundation
import JSON
import Linear
import MethodTestSupport
import PluginKit
import Testing

/// Whether `topics.auto` finds groups where there are none, on twenty seeds each; `make soak` runs it.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["QUIRE_SOAK"] != nil, "slow: make soak"))
struct StructureSoakTests {
  private func evidence(_ papers: [JSON], _ seed: Int, _ more: (MethodBench) throws -> JSON = { _ in [:] }) throws
    -> Bool
  {
    let bench = try bench(jobs: 4)
    let params: JSON = ["papers": try bench.papers(papers), "effort": "fast", "seed": JSON(seed)]
    return try bench.call("topics.auto", params.with(more(bench)))["evidence"]?["found"] == true
  }

  /// Each of 20 has a chance of 1 in 20 to look structured; more than three have one of 1 in 60.
  @Test func independentWordsAreNoEvidenceInSeventeenOfTwenty() throws {
    let found = try (0..<20).count { try evidence(drawnPapers(120, topics: 0, seed: UInt64(100 + $0)), $0) }
    #expect(found <= 3)
  }

  @Test func normalVectorsAreNoEvidenceInSeventeenOfTwenty() throws {
    let found = try (0..<20).count { seed in
      let rows: Matrix<Double> = RandomNumbers.gaussians(120, 10, seed: UInt64(200 + seed))
      return try evidence(drawnPapers(120, topics: 0), seed) { bench in
        ["matrices": [try bench.matrix(rows, rowIDs: (0..<120).map { "p\(1000 + $0)" })]]
      }
    }
    #expect(found <= 3)
  }

  @Test func sixPlantedTopicsAreAlwaysFound() throws {
    let found = try (0..<20).count { try evidence(drawnPapers(120, topics: 6, seed: UInt64(300 + $0)), $0) }
    #expect(found == 20)
  }
}

extension RandomNumbers {
  fileprivate static func gaussians(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed)
    return numbers.gaussians(rows: rows, columns: columns)
  }
}
