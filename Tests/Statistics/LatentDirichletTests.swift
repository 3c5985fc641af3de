import Linear
import Testing

@testable import Statistics

@Suite struct LatentDirichletTests {
  /// Texts of one topic each; topic t has the words 10·t to 10·t + 9.
  private func texts(_ n: Int, topics: Int, seed: UInt64 = 1) -> SparseMatrix {
    var numbers = RandomNumbers(seed: seed)
    var dense = Matrix<Double>.zeros(n, 10 * topics)
    for i in 0..<n { for _ in 0..<40 { dense[i, 10 * (i % topics) + numbers.below(10)] += 1 } }
    return SparseMatrix(dense)
  }

  @Test func digammaHasItsKnownValues() {
    // −γ, −γ − 2 ln 2, and the recurrence.
    #expect(abs(digamma(1) + 0.5772156649015329) < 1e-12)
    #expect(abs(digamma(0.5) + 1.9635100260214235) < 1e-12)
    for x in [0.1, 0.9, 2.5, 7, 100] { #expect(abs(digamma(x + 1) - digamma(x) - 1 / x) < 1e-11) }
  }

  @Test func gammaNumbersHaveTheirMeanAndVariance() {
    var numbers = RandomNumbers(seed: 3)
    let draws = (0..<20_000).map { _ in numbers.gamma(shape: 100) }
    let mean = draws.reduce(0, +) / 20_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    // Five standard errors.
    #expect(abs(mean - 100) < 0.36 && abs(variance - 100) < 5.2)
  }

  @Test func plantedTopicsAreFound() throws {
    let counts = texts(60, topics: 3)
    let model = LatentDirichlet(k: 3, passes: 40, seed: 2)
    let fit = try model.fit(counts)
    let labels = (0..<60).map { row -> Int in
      fit.shares.row(row).indices.max { fit.shares[row, $0] < fit.shares[row, $1] } ?? 0
    }
    #expect(try PartitionAgreement(labels, (0..<60).map { $0 % 3 }).adjustedRand == 1)
    for row in 0..<3 { #expect(abs(fit.terms.row(row).reduce(0, +) - 1) < 1e-12) }
    // A word of a known topic has the chance 1/10; none of it gives 1/30.
    let (score, words) = try model.score(texts(20, topics: 3, seed: 9), with: fit)
    #expect(score > -2.45 && score < -2.25 && words == 400)
    let one = LatentDirichlet(k: 1, passes: 5)
    #expect(try one.score(texts(20, topics: 3, seed: 9), with: one.fit(counts)).perWord < -3.3)
  }

  @Test func threadsChangeNoBitAlsoInBatches() throws {
    let counts = texts(150, topics: 3)
    let model = LatentDirichlet(k: 4, passes: 3, seed: 5)
    let fit = try model.fit(counts)
    let threaded = try model.fit(counts, workers: Workers(jobs: 4))
    #expect(threaded.shares == fit.shares && threaded.terms == fit.terms)
  }
}
