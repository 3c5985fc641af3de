import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct SubspaceTests {
  @Test(.needsSharedData) func matricesAreTheOracles() throws {
    let cases = try KnownAnswer.all("60-119", method: "erase.subspace_projection")
    #expect(!cases.isEmpty)
    for known in cases {
      let fit = try SubspaceProjection(Moments(Matrix(json: known.input["Z"]), Matrix(json: known.input["Y"])))
      #expect(known.matches(fit.matrix, "M"), "\(known.name)")
      #expect(known.matches([fit.objective], "objective") || known.expected["objective"]?.array == nil)
      #expect(((known.expected["objective"]?.double ?? 0) - fit.objective).magnitude < known.tolerance * fit.objective)
    }
  }

  /// Z = Y·M₀ + R·N₀ with [M₀; N₀] orthonormal and YᵀR = 0: M is M₀.
  private func planted() throws -> (rows: Matrix<Double>, attributes: Matrix<Double>, matrix: Matrix<Double>) {
    var numbers = RandomNumbers(seed: 8)
    let basis = try QR(numbers.gaussians(rows: 7, columns: 7)).q.transposed()
    let attributes = Matrix<Double>(rows: 50, columns: 2) { target in
      for k in 0..<target.count { target[k] = numbers.below(2) == 0 ? -1 : 1 }
    }
    let span = try QR(attributes).q
    var rest: Matrix<Double> = numbers.gaussians(rows: 50, columns: 5)
    rest = rest.adding(span.times(span.transposedTimes(rest)), times: -1)
    return (attributes.times(basis.rows(0..<2)).adding(rest.times(basis.rows(2..<7))), attributes, basis.rows(0..<2))
  }

  @Test func plantedMatricesAreFound() throws {
    let (rows, attributes, matrix) = try planted()
    let fit = try SubspaceProjection(Moments(rows, attributes))
    #expect(fit.matrix.adding(matrix, times: -1).frobeniusNorm < 1e-13)
    #expect(fit.orthogonalityDefect < 1e-12 && fit.rank == 2)
    let complement = try fit.complement()
    #expect(complement.rows == 5 && complement.timesTransposed(fit.matrix).frobeniusNorm < 1e-12)
    for transposed in [false, true] {
      let edited = try fit.edited(rows, wanted: [1, nil], transposed: transposed)
      let read = edited.timesTransposed(fit.matrix)
      for i in 0..<50 {
        #expect((read[i, 0] - 1).magnitude < 1e-12 && (read[i, 1] - attributes[i, 1]).magnitude < 1e-12)
      }
    }
  }

  /// Weighted and noisy: the gradient of the objective is 0.
  @Test func theSolutionIsStationary() throws {
    let (clean, attributes, _) = try planted()
    var numbers = RandomNumbers(seed: 3)
    let rows = clean.adding(numbers.gaussians(rows: 50, columns: 7), times: 0.3)
    let (a, b) = (2.0, 0.5)
    let fit = try SubspaceProjection(Moments(rows, attributes), readWeight: a, writeWeight: b)
    let read = rows.timesTransposed(fit.matrix).adding(attributes, times: -1)
    let write = attributes.times(fit.matrix).adding(rows, times: -1)
    var gradient = read.transposedTimes(rows)
    gradient.scale(by: a)
    gradient.add(attributes.transposedTimes(write), times: b)
    #expect(gradient.frobeniusNorm < 1e-11 * rows.gram().frobeniusNorm)
    let value = a * read.elements.dot(read.elements) + b * write.elements.dot(write.elements)
    #expect((fit.objective - value).magnitude < 1e-10 * value)
    #expect(fit.orthogonalityDefect > 0.01)
    // Exact edits by M⁺, and back.
    let edited = try fit.edited(rows, wanted: [1, -1])
    let back = edited.timesTransposed(fit.matrix)
    #expect(back.elements.enumerated().allSatisfy { ($1 - ($0 % 2 == 0 ? 1 : -1)).magnitude < 1e-11 })
  }

  @Test func attributesThatDependOnEachOtherAreOneDirection() throws {
    let (rows, attributes, _) = try planted()
    let twice = Matrix<Double>(rows: 50, columns: 3) { target in
      for i in 0..<50 {
        target[3 * i] = attributes[i, 0]
        target[3 * i + 1] = attributes[i, 1]
        target[3 * i + 2] = attributes[i, 0]
      }
    }
    #expect(try SubspaceProjection(Moments(rows, twice)).rank == 2)
  }

  @Test func theMethodReadsNothingAfterwards() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (rows, attributes, _) = try planted()
    let input = try bench.matrix(rows)
    let params: JSON = [
      "features": input, "labels": try bench.matrix(attributes, name: "y.npz"), "zKind": "numeric", "set": [nil, 1],
    ]
    let fit = try bench.call("erase.subspace_projection", params)
    let erased = try bench.matrix(
      bench.call("erase.apply", ["features": input, "eraser": fit["eraser"] ?? nil])["matrix"])
    let matrix = try bench.matrix(fit["matrix"])
    let read = erased.timesTransposed(matrix)
    // The attributes of all rows are what they are on average.
    for k in 0..<2 { #expect(Set(read.column(k).map { ($0 * 1e9).rounded() }).count <= 2) }
    #expect(fit["rank"] == 2 && fit["edited"] != nil && fit.warningCodes.contains("no-guarantee"))
    var wrong = params
    wrong["set"] = [1]
    #expect(bench.fault("erase.subspace_projection", wrong)?.path == "/set")
  }
}
