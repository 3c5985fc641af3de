import JSON
import Linear
import TestSupport
import Testing

@testable import Statistics

@Suite struct NMFTests {
  private struct Case {
    let a: FactorOperand
    let dense: Matrix<Double>
    let w: Matrix<Double>
    let h: Matrix<Double>
    let trace: [(Int, Double)]
    let converged: Double

    init(_ name: String) throws {
      func matrix(_ value: JSON?) throws -> Matrix<Double> {
        Matrix(try #require(value?.array).map { ($0.array ?? []).compactMap(\.double) })
      }
      let oracle = try JSON.parse(SharedData.bytes("oracle/features/nmf.json"))["values"]?[name]
      var rows = try matrix(try JSON.parse(SharedData.bytes("oracle/features/datasets.json"))[name]?["rows"])
      for j in 0..<rows.columns {
        let column = rows.column(j)
        let (least, most) = (column.min() ?? 0, column.max() ?? 1)
        for i in 0..<rows.rows { rows[i, j] = (rows[i, j] - least) / (most - least) }
      }
      dense = rows
      a = FactorOperand(rows)
      w = try matrix(oracle?["W0"])
      h = try matrix(oracle?["H0"])
      trace = try #require(oracle?["frobenius_residual_after"]?.array).map { ($0[0]?.int ?? 0, $0[1]?.double ?? 0) }
      converged = try #require(oracle?["converged_cd_nndsvd_residual"]?.double)
    }
  }

  @Test(
    .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)), arguments: ["iris", "blobs60"])
  func multiplicativeUpdatesLeaveTheOraclesResiduals(name: String) throws {
    let data = try Case(name)
    for (sweeps, residual) in data.trace {
      let fit = try NMF(k: 3, solver: .multiplicative, maximumSweeps: sweeps, tolerance: -1)
        .fit(data.a, w: data.w, h: data.h)
      #expect(abs(fit.residual - residual) <= 1e-8 * residual, "after \(sweeps)")
    }
  }

  @Test(
    .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)), arguments: ["iris", "blobs60"])
  func ourOptimumIsNotAboveTheOracles(name: String) throws {
    let data = try Case(name)
    let fit = try NMF(k: 3, maximumSweeps: 5000, tolerance: 1e-12).fit(data.a)
    #expect(fit.residual <= data.converged * 1.001)
    let sparse = try NMF(k: 3, maximumSweeps: 5000, tolerance: 1e-12).fit(FactorOperand(SparseMatrix(data.dense)))
    #expect(abs(sparse.residual - fit.residual) < 1e-6 * fit.residual && sparse.labels == fit.labels)
    #expect(zip(fit.trace, fit.trace.dropFirst()).allSatisfy { $0 >= $1 - 1e-9 })
  }

  @Test func exactFactorsAreFound() throws {
    var numbers = RandomNumbers(seed: 1)
    let w: Matrix<Double> = Matrix((0..<40).map { i in (0..<3).map { $0 == i % 3 ? 1 + numbers.unit() : 0 } })
    let h: Matrix<Double> = Matrix((0..<3).map { j in (0..<9).map { $0 / 3 == j ? 1 + numbers.unit() : 0 } })
    let fit = try NMF(k: 3).fit(FactorOperand(w.times(h)))
    #expect(fit.residual < 1e-8)
    #expect(try PartitionAgreement(fit.labels, (0..<40).map { $0 % 3 }).adjustedRand == 1)
  }

  @Test func newRowsGetTheWeightsOfNonNegativeLeastSquares() throws {
    let h = Matrix<Double>([[1, 0, 1], [0, 2, 0]])
    let w = try NMF.weights(of: FactorOperand(Matrix([[3, 4, 3], [-1, 2, -1], [0, 0, 0]])), h: h)
    #expect(abs(w[0, 0] - 3) < 1e-9 && abs(w[0, 1] - 2) < 1e-9)
    #expect(w[1, 0] == 0 && abs(w[1, 1] - 1) < 1e-9 && w.row(2) == [0, 0])
  }

  @Test func theOrderOfTheRowsAndTheThreadsChangeNoGroup() throws {
    var numbers = RandomNumbers(seed: 2)
    let x = Matrix((0..<90).map { i in (0..<20).map { $0 % 5 == i % 5 ? 1 + numbers.unit() : numbers.unit() } })
    let fit = try NMF(k: 5).fit(FactorOperand(x))
    #expect(try NMF(k: 5).fit(FactorOperand(x), workers: Workers(jobs: 4)).w == fit.w)
    for _ in 0..<10 {
      let order = numbers.permutation(90)
      let moved = try NMF(k: 5).fit(FactorOperand(x.rows(at: order)))
      #expect(try PartitionAgreement(moved.labels, order.map { fit.labels[$0] }).adjustedRand == 1)
    }
  }

  @Test func negativeNumbersAreRefused() {
    #expect(throws: StatisticsError.self) { try NMF(k: 1).fit(FactorOperand(Matrix([[1, -1], [1, 1]]))) }
  }
}
