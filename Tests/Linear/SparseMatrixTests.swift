import Linear
import Testing

@Suite struct SparseMatrixTests {
  /// 40 × 30 with a third of the elements set, an empty row and an empty column.
  private let dense: Matrix<Double> = {
    var numbers = RandomNumbers(seed: 11)
    var result = Matrix<Double>.zeros(40, 30)
    for i in 0..<40 where i != 7 {
      for j in 0..<30 where j != 4 && numbers.unit() < 0.3 { result[i, j] = numbers.gaussian() }
    }
    return result
  }()

  @Test func denseAndSparseFormsHoldTheSame() {
    let sparse = SparseMatrix(dense)
    #expect(sparse.dense() == dense)
    #expect(sparse[3, 4] == 0)
    for i in 0..<40 {
      for j in 0..<30 { #expect(sparse[i, j] == dense[i, j]) }
    }
    #expect(sparse.transposed().dense() == dense.transposed())
    #expect(sparse.transposed().transposed() == sparse)
    #expect(sparse.rows(at: [7, 3, 3]).dense() == dense.rows(at: [7, 3, 3]))
  }

  @Test func productsEqualTheDenseOnes() {
    let sparse = SparseMatrix(dense)
    let b = randomMatrix(30, 5, seed: 2)
    let c = randomMatrix(40, 5, seed: 3)
    #expect(largestDifference(sparse.times(b), plainProduct(dense, b)) < 1e-13)
    #expect(largestDifference(sparse.transposedTimes(c), plainProduct(dense.transposed(), c)) < 1e-13)
    #expect(largestDifference(Matrix([sparse.times(b.column(0))]), Matrix([dense.times(b.column(0))])) < 1e-13)
    #expect(
      largestDifference(Matrix([sparse.transposedTimes(c.column(0))]), Matrix([dense.transposedTimes(c.column(0))]))
        < 1e-13)
    #expect(abs(sparse.frobeniusNorm - dense.frobeniusNorm) < 1e-13)
  }

  @Test(
    arguments: [
      (2, 2, [0, 1], [0], [1.0]),
      (2, 2, [0, 2, 1], [0], [1.0]),
      (1, 2, [0, 1], [2], [1.0]),
      (1, 2, [0, 1], [-1], [1.0]),
      (1, 2, [0, 2], [1, 0], [1.0, 2.0]),
      (1, 2, [0, 2], [1, 1], [1.0, 2.0]),
      (1, 2, [0, 9], [1], [1.0]),
      (1, 2, [1, 1], [1], [1.0]),
      (1, 2, [0, 1], [1], []),
      (-1, 2, [], [], []),
      (0, 2, [], [], []),
      (3, 2, [0, Int.max, Int.min, 1], [0], [1.0]),
    ] as [(Int, Int, [Int], [Int32], [Double])])
  func arraysThatAreNoMatrixAreRefused(rows: Int, columns: Int, pointers: [Int], indices: [Int32], values: [Double]) {
    #expect(throws: SparseFault.self) {
      try SparseMatrix(
        checking: rows, columns: columns, rowPointers: pointers, columnIndices: indices, values: values)
    }
  }
}
