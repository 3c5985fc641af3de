import Linear
import Testing

@testable import Statistics

@Suite struct DensityClustersTests {
  private func blobs(_ n: Int, noise: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: seed)
    var rows: [[Double]] = []
    for i in 0..<n {
      let (x, y) = (numbers.gaussian(), numbers.gaussian())
      rows.append([10 * Double(i % 3) + 0.5 * x, 0.5 * y])
    }
    for _ in 0..<noise {
      let (x, y) = (numbers.unit(), numbers.unit())
      rows.append([100 * x - 40, 100 + 100 * y])
    }
    return Matrix(rows)
  }

  @Test func denseGroupsAreFoundAndTheRestIsNoise() throws {
    let rows = blobs(90, noise: 6)
    let fit = try DensityClusters(minimumSize: 8).fit(rows)
    #expect(
      try PartitionAgreement(Array(fit.labels.prefix(90)).map { max($0, 0) }, (0..<90).map { $0 % 3 }).adjustedRand
        > 0.9)
    #expect(fit.labels.suffix(6).allSatisfy { $0 == -1 } && fit.strength.suffix(6).allSatisfy { $0 == 0 })
    #expect(fit.nearest.allSatisfy { (0..<3).contains($0) } && fit.strength.allSatisfy { (0...1).contains($0) })
    #expect(fit.stability.count == 3 && fit.stability.allSatisfy { $0 > 0 })
  }

  /// On a line, with minSamples 1, mutual reachability is the distance: the tree is single linkage, and stabilities can
  /// be worked out by hand.
  @Test func stabilityIsTheExcessOfMass() throws {
    // Two groups of three, gaps 1 inside and 10 between: born at λ = 1/10, all leave at λ = 1.
    let rows = Matrix<Double>([[0], [1], [2], [12], [13], [14]])
    let fit = try DensityClusters(minimumSize: 3, minimumSamples: 1).fit(rows)
    #expect(fit.labels == [0, 0, 0, 1, 1, 1] && fit.strength == [1, 1, 1, 1, 1, 1])
    for value in fit.stability { #expect(abs(value - 3 * (1 - 0.1)) < 1e-12) }
  }

  @Test func theOrderOfTheRowsChangesNoGroup() throws {
    let rows = blobs(60, noise: 5, seed: 4)
    let fit = try DensityClusters(minimumSize: 5).fit(rows)
    var numbers = RandomNumbers(seed: 9)
    for _ in 0..<10 {
      let order = numbers.permutation(65)
      let moved = try DensityClusters(minimumSize: 5).fit(rows.rows(at: order), workers: Workers(jobs: 4))
      #expect(try PartitionAgreement(moved.labels, order.map { fit.labels[$0] }).adjustedRand == 1)
    }
  }

  @Test func oneGroupOrOneRowIsAResult() throws {
    #expect(try DensityClusters(minimumSize: 8).fit(Matrix([[1.0, 2]])).labels == [0])
    let equal = try DensityClusters(minimumSize: 3).fit(Matrix<Double>(rows: 9, columns: 2, repeating: 1))
    #expect(Set(equal.labels).count <= 3)
  }
}
