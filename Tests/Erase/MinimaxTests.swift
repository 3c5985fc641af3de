import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct MinimaxTests {
  @Test(.needsSharedData) func fantopeEigenvaluesAreTheOracles() throws {
    let cases = try KnownAnswer.all("60-119", method: "erase.rlace")
    #expect(!cases.isEmpty)
    for known in cases {
      let found = Fantope.projected(known.input["eigenvalues"]?.doubles ?? [], rank: known.input["rank"]?.int ?? 0)
      #expect(known.matches(found, "projected"), "\(known.name)")
    }
  }

  @Test func projectionsOnTheFantopeAreInItAndNearest() throws {
    var numbers = RandomNumbers(seed: 9)
    for rank in 0...6 {
      let matrix: Matrix<Double> = numbers.gaussians(rows: 6, columns: 6).symmetrised
      let nearest = try Fantope.projected(matrix, rank: rank)
      let values = try SymmetricEigen.values(of: nearest)
      #expect(values.allSatisfy { $0 > -1e-12 && $0 < 1 + 1e-12 })
      #expect((values.reduce(0, +) - Double(rank)).magnitude < 1e-12)
      #expect(try Fantope.projected(nearest, rank: rank).adding(nearest, times: -1).frobeniusNorm < 1e-12)
      // ⟨A − ΠA, M − ΠA⟩ ≤ 0 for members M.
      let other = try Fantope.projected(numbers.gaussians(rows: 6, columns: 6).symmetrised, rank: rank)
      let (out, along) = (matrix.adding(nearest, times: -1), other.adding(nearest, times: -1))
      #expect(zip(out.elements, along.elements).reduce(0) { $0 + $1.0 * $1.1 } < 1e-12)
    }
  }

  private func fit(
    _ oracle: OracleCase, rank: Int, steps: Int = 10, restarts: Int = 2, standardize: Bool = false
  ) throws -> MinimaxProjection.Fit {
    let rows = oracle.features.rows(at: oracle.train)
    let labels = oracle.train.map { oracle.labels[$0] }
    return try MinimaxProjection(rank: rank, steps: steps, restarts: restarts, seed: 1, standardize: standardize).fit(
      rows, labels: labels, classes: (oracle.labels.max() ?? 0) + 1,
      moments: Moments(rows, oracle.coding.columns(of: labels)))
  }

  /// Rank 1 of a binary concept: the only optimum is the mean difference, and its loss the entropy.
  @Test(.needsSharedData, arguments: ["synth_binary", "leak_mix", "digits_parity"])
  func twoClassesHaveAClosedForm(name: String) throws {
    let oracle = try OracleCase(name)
    let found = try fit(oracle, rank: 1)
    #expect(found.closedForm && found.trace.isEmpty)
    #expect((found.logLoss - found.labelEntropy).magnitude < 1e-7)
    let theirs = try oracle.expected("orth_sal_P")
    #expect(found.eraser.projection.adding(theirs, times: -1).frobeniusNorm < 1e-7 * theirs.frobeniusNorm)
    let erased = try found.eraser.erased(oracle.features)
    let scale = try ColumnScaling(oracle.features, rows: oracle.train).scale
    let left = try largestCanonicalCorrelation(
      erased.rows(at: oracle.train), oracle.concept.rows(at: oracle.train), scale: scale)
    #expect(left < 1e-7, "the authors' program leaves .03, .11 and .85")
  }

  /// Figures of the page for spectral removal: 0, .355, .578, 1.141, 1.538 nats at rank 0 to 4.
  @Test(.needsSharedData) func lossesOfSpectralRemovalAreThoseOfThePage() throws {
    let oracle = try OracleCase("multi5")
    for (rank, loss) in [(1, 0.355), (2, 0.578), (3, 1.141), (4, 1.538)] {
      let found = try fit(oracle, rank: rank, steps: 0, restarts: 1, standardize: true)
      #expect((found.spectralLogLoss - loss).magnitude < 1e-3, "rank \(rank): \(found.spectralLogLoss)")
    }
  }

  @Test(.needsSharedData, arguments: [1, 2]) func theGameIsNeverWorseThanSpectralRemoval(rank: Int) throws {
    let found = try fit(OracleCase("multi5"), rank: rank)
    #expect(!found.closedForm && found.logLoss >= found.spectralLogLoss)
    #expect(found.logLoss <= found.labelEntropy + 1e-9)
    #expect(found.logLoss > found.spectralLogLoss + 0.05, "there is something to search: \(found.logLoss)")
    #expect(found.basis.outerGram().adding(.identity(rank), times: -1).frobeniusNorm < 1e-12)
    for restart in 0..<2 {
      for phase in ["relaxed", "projection"] {
        let losses = found.trace.filter { $0.restart == restart && $0.phase == phase }.map(\.loss)
        #expect(zip(losses, losses.dropFirst()).allSatisfy { $0 <= $1 }, "every move makes the loss larger")
      }
    }
  }

  /// A constant column holds no part of the direction, so that nothing survives, shrunk, in its rounding.
  @Test(.needsSharedData) func constantColumnsAreLeftOut() throws {
    let oracle = try OracleCase("digits_parity")
    let constant = try ColumnScaling(oracle.features, rows: oracle.train).isConstant
    let basis = try fit(oracle, rank: 1).basis
    #expect(constant.contains(true))
    for j in constant.indices where constant[j] { #expect(basis[0, j] == 0) }
  }

  @Test func squaresAndQuotientsAreClosedForms() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = correlatedRows(200, 6, classes: 4)
    let input = try bench.matrix(features)
    var params: JSON = ["features": input, "labels": .list(labels), "rank": 2]
    let spectral = try bench.call("erase.orth", params)
    for objective in ["regression", "pls"] {
      params["objective"] = .string(objective)
      let found = try bench.call("erase.rlace", params)
      #expect(found["closedForm"] == true && found["logLoss"] == nil)
      let (a, b) = (try stored(bench, found).projection, try stored(bench, spectral).projection)
      #expect(a.adding(b, times: -1).frobeniusNorm < 1e-10)
    }
    params["objective"] = "pca"
    let axes = try SymmetricEigen(Moments(features).covariance(), largest: 2).vectors
    let widest = try stored(bench, bench.call("erase.rlace", params)).projection
    #expect(widest.adding(axes.gram(), times: 1).adding(.identity(6), times: -1).frobeniusNorm < 1e-10)
    // Real numbers: one direction leaves no correlation.
    let numbers = labels.map { Double($0) * 1.5 + 0.25 }
    let numeric = try bench.call(
      "erase.rlace",
      ["features": input, "labels": .array(numbers.map { .real($0) }), "zKind": "numeric", "objective": "regression"])
    let erased = try stored(bench, numeric).erased(features)
    let left = try CrossMoments(erased, Matrix(rows: 200, columns: 1, elements: numbers)).scatterXZ
    #expect(left.elements.allSatisfy { $0.magnitude < 1e-9 })
    let refused = bench.fault(
      "erase.rlace", ["features": input, "labels": .array(numbers.map { .real($0) }), "zKind": "numeric"])
    #expect(refused?.kind == "params.value" && refused?.path == "/labels")
  }
}
