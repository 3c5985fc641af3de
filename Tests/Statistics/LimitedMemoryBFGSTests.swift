import Glibc
import Testing

@testable import Statistics

@Suite struct LimitedMemoryBFGSTests {
  private func minimum(
    of function: @escaping ([Double]) -> (Double, [Double]), from start: [Double], evaluations: Int = 500
  ) throws -> LimitedMemoryBFGS.Result {
    var search = LimitedMemoryBFGS(
      diagonal: [Double](repeating: 1, count: start.count), maximumIterations: 500, maximumEvaluations: evaluations)
    let problem = LimitedMemoryBFGS.Problem { point in
      let (value, gradient) = function(point)
      return .init(value: value, gradient: gradient)
    } curvature: { _, _ in
      0
    } isEnough: { evaluation, _ in
      evaluation.gradient.allSatisfy { $0.magnitude < 1e-9 }
    } isUnbounded: {
      false
    } report: { _, _ in
    }
    return try search.minimise(problem, from: start)
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
    #expect(found.evaluations == count && count <= 7)
  }
}
