import Glibc
import Testing

@testable import Statistics

@Suite struct LimitedMemoryBFGSTests {
  private func minimum(
    of function: @escaping ([Double]) -> (Double, [Double]), from start: [Double], evaluations: Int = 500
  ) throws -> LimitedMemoryBFGS {
    var search = LimitedMemoryBFGS(
      diagonal: [Double](repeating: 1, count: start.count), maximumIterations: 500, maximumEvaluations: evaluations)
    let rules = LimitedMemoryBFGS.Rules(isEnough: { evaluation, _ in
      evaluation.gradient.allSatisfy { $0.magnitude < 1e-9 }
    })
    func evaluation(_ point: [Double]) -> LimitedMemoryBFGS.Evaluation {
      let (value, gradient) = function(point)
      return .init(value: value, gradient: gradient)
    }
    try search.minimise(rules, from: start, evaluation(start), evaluate: evaluation)
    return search
  }

  /// Rosenbrock 1960: a bent valley with its floor at (1, 1).
  @Test func theValleyIsFollowedToItsEnd() throws {
    let found = try minimum(
      of: { x in
        let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
        return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
      }, from: [-1.2, 1])
    #expect(found.end == .enough)
    #expect(found.point.allSatisfy { ($0 - 1).magnitude < 1e-9 })
    #expect(found.evaluations < 70)
  }

  /// −ln x + x has no value at or below 0, where the first steps from 50 lead.
  @Test func stepsOutOfTheDomainAreTakenBack() throws {
    let found = try minimum(of: { x in (x[0] - log(x[0]), [1 - 1 / x[0]]) }, from: [50])
    #expect(found.end == .enough && (found.point[0] - 1).magnitude < 1e-8)
  }

  @Test func aSlopeThatLiesStalls() throws {
    let found = try minimum(of: { x in (x[0] * x[0], [-2 * x[0]]) }, from: [1])
    #expect(found.end == .stalled && found.point == [1])
  }

  @Test func evaluationsAreCountedAndLimited() throws {
    var count = 0
    let found = try minimum(
      of: { x in
        count += 1
        return (x[0] * x[0] * x[0] * x[0], [4 * x[0] * x[0] * x[0]])
      }, from: [10], evaluations: 7)
    #expect(found.end == .limit || found.end == .stalled)
    #expect(found.evaluations == count - 1 && count <= 8)
  }

  /// What a first walk learnt of the curvature spares the second one most of its steps.
  @Test func aSecondWalkGoesOnWithWhatTheFirstLearnt() throws {
    let scales = (0..<8).map { Double($0 * $0 + 1) }
    func evaluation(_ x: [Double]) -> LimitedMemoryBFGS.Evaluation {
      .init(
        value: zip(x, scales).reduce(1) { $0 + $1.1 * ($1.0 - 1) * ($1.0 - 1) / 2 },
        gradient: zip(x, scales).map { $1 * ($0 - 1) })
    }
    func walk(_ search: inout LimitedMemoryBFGS, to limit: Double, from start: [Double]) throws -> Int {
      let before = search.iterations
      let rules = LimitedMemoryBFGS.Rules(isEnough: { found, _ in found.gradient.allSatisfy { $0.magnitude < limit } })
      try search.minimise(rules, from: start, evaluation(start), evaluate: evaluation)
      return search.iterations - before
    }
    let start = [Double](repeating: 0, count: 8)
    let fresh = LimitedMemoryBFGS(
      diagonal: [Double](repeating: 1, count: 8), maximumIterations: 100, maximumEvaluations: 200)
    var continued = fresh
    _ = try walk(&continued, to: 1e-3, from: start)
    let more = try walk(&continued, to: 1e-6, from: continued.point)
    var anew = fresh
    let again = try walk(&anew, to: 1e-6, from: continued.point.map { $0 + 1e-4 })
    #expect(continued.end == .enough && more < again)
  }
}
