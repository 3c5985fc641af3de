import Testing

@testable import Statistics

@Suite struct ExactTestTests {
  /// Tables [both, first alone, second alone, neither] and what scipy.stats.fisher_exact gives.
  @Test(
    arguments: [
      ([3, 1, 1, 3], 0.48571428571428565), ([8, 2, 1, 5], 0.034965034965034975), ([4, 0, 1, 3], 0.14285714285714285),
      ([10, 90, 30, 70], 0.0006504107076034208), ([0, 0, 3, 4], 1.0),
    ] as [([Int], Double)])
  func pIsSciPys(table: [Int], expected: Double) {
    let p = ExactTest.p(
      both: table[0], first: table[0] + table[1], second: table[0] + table[2], of: table.reduce(0, +))
    #expect(abs(p - expected) < 1e-9)
  }

  @Test func impossibleTablesAreNoEvidence() {
    #expect(ExactTest.p(both: 5, first: 3, second: 3, of: 9) == 1)
    #expect(ExactTest.p(both: 0, first: 10, second: 3, of: 9) == 1)
  }
}
