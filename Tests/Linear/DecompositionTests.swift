import Glibc
import JSON
import Linear
import TestSupport
import Testing

/// Orthonormal columns: ‖QᵀQ − I‖ largest element.
private func departure(_ q: Matrix<Double>) -> Double {
  largestDifference(q.gram(), .identity(q.columns))
}

/// A·Aᵀ + I: symmetric, positive definite, condition about 4·n.
private func positiveDefinite(_ n: Int, seed: UInt64 = 1) -> Matrix<Double> {
  randomMatrix(n, n, seed: seed).outerGram().adding(.identity(n))
}

/// Sizes on both sides of LAPACK's block sizes (32 and 64).
private let sizes = [1, 2, 5, 33, 65, 130]

@Suite struct CholeskyTests {
  @Test(arguments: sizes) func theFactorMultipliesBack(n: Int) throws {
    let a = positiveDefinite(n)
    let factor = try Cholesky(a)
    #expect(largestDifference(factor.lower.outerGram(), a) < 1e-14 * Double(n) * Double(n))
    #expect(factor.lower[0, n - 1] == 0 || n == 1)
    let x = randomMatrix(n, 3, seed: 2)
    #expect(largestDifference(factor.solve(a.times(x)), x) < 1e-11)
    #expect(largestDifference(factor.solveLower(factor.lower.times(x)), x) < 1e-11)
    #expect(largestDifference(factor.solveUpper(factor.lower.transposedTimes(x)), x) < 1e-11)
    let inverse = factor.inverse()
    #expect(inverse == inverse.transposed())
    #expect(largestDifference(inverse.times(a), .identity(n)) < 1e-11)
  }

  @Test func theDeterminantIsTheProductOfTheEigenvalues() throws {
    let factor = try Cholesky(Matrix([[4, 2], [2, 3]]))
    #expect(abs(factor.logDeterminant - 2.0794415416798357) < 1e-15)
  }

  @Test func theFirstDependentColumnIsNamed() throws {
    var rows = randomMatrix(50, 6)
    for i in 0..<50 { rows[i, 4] = 0 }
    #expect(throws: NumericError.notPositiveDefinite(index: 4)) { try Cholesky(rows.gram()) }
    #expect(throws: NumericError.notPositiveDefinite(index: 0)) { try Cholesky(Matrix([[-1]])) }
    #expect(try Cholesky(Matrix<Double>.zeros(0, 0)).lower.isEmpty)
  }

  @Test func onlyTheLowerTriangleIsRead() throws {
    let a = try Cholesky(Matrix([[4, .nan], [2, 3]]))
    #expect(a.lower == Matrix([[2, 0], [1, 2.0.squareRoot()]]))
    #expect(throws: NumericError.notFinite(row: 1, column: 0)) { try Cholesky(Matrix([[4, 2], [.nan, 3]])) }
  }
}

@Suite struct LUTests {
  @Test(arguments: sizes) func systemsAreSolved(n: Int) throws {
    let a = randomMatrix(n, n, seed: 4)
    let x = randomMatrix(n, 2, seed: 5)
    let factors = try LU(a)
    #expect(largestDifference(factors.solve(a.times(x)), x) < 1e-10)
    #expect(largestDifference(Matrix([factors.solve(a.times(x.column(1)))]), Matrix([x.column(1)])) < 1e-10)
  }

  @Test func theDeterminantHasItsSign() throws {
    let swapped = try LU(Matrix([[0, 1], [1, 0]])).logDeterminant
    #expect(swapped == (-1, 0))
    let value = try LU(Matrix([[2, 1], [7, 4]])).logDeterminant
    #expect(value.sign == 1 && abs(value.logarithm) < 1e-14)
  }

  @Test func aZeroPivotIsNamed() {
    #expect(throws: NumericError.singular(index: 1)) { try LU(Matrix([[1, 2], [2, 4]])) }
  }
}

@Suite struct SymmetricEigenTests {
  @Test(arguments: sizes) func vectorsDiagonaliseTheMatrix(n: Int) throws {
    let b = randomMatrix(n, n, seed: 6)
    let a = b.adding(b.transposed())
    let parts = try SymmetricEigen(a)
    #expect(departure(parts.vectors.transposed()) < 1e-13)
    let rebuilt = parts.vectors.transposedTimes(Matrix.diagonal(parts.values).times(parts.vectors))
    #expect(largestDifference(rebuilt, a) < 1e-13 * Double(n))
    #expect(zip(parts.values, parts.values.dropFirst()).allSatisfy { $0 >= $1 })
    let alone = try SymmetricEigen.values(of: a)
    #expect(largestDifference(Matrix([alone]), Matrix([parts.values])) < 1e-13 * Double(n))
  }

  /// Two algorithms of LAPACK (divide and conquer, relatively robust representations) must agree.
  @Test(arguments: [1, 2, 7, 40]) func theLargestAreTheFirstOfAll(count: Int) throws {
    let a = positiveDefinite(80, seed: 8)
    let all = try SymmetricEigen(a)
    let some = try SymmetricEigen(a, largest: count)
    #expect(some.values.count == count && some.vectors.rows == count)
    for j in 0..<count { #expect(abs(some.values[j] - all.values[j]) < 1e-12 * all.values[0]) }
    #expect(largestDifference(some.vectors, all.vectors.rows(0..<count)) < 1e-10)
  }

  /// The second-difference matrix has the eigenvalues 2 − 2·cos(jπ/(n + 1)).
  @Test func eigenvaluesHaveTheirClosedForm() throws {
    let n = 40
    var a = Matrix<Double>.zeros(n, n)
    for i in 0..<n {
      a[i, i] = 2
      if i > 0 { a[i, i - 1] = -1 }  // the lower triangle alone is read
    }
    let values = try SymmetricEigen.values(of: a)
    for j in 0..<n { #expect(abs(values[j] - (2 + 2 * cos(Double(j + 1) * .pi / 41))) < 1e-14) }
  }

  @Test func signsAreThoseOfTheLargestEntry() throws {
    // Vectors (1, 1)/√2 and (1, −1)/√2: a tie, so the first entry is positive.
    let parts = try SymmetricEigen(Matrix([[2, 1], [1, 2]]))
    #expect(parts.values.count == 2 && abs(parts.values[0] - 3) < 1e-15 && abs(parts.values[1] - 1) < 1e-15)
    let half = 0.5.squareRoot()
    #expect(largestDifference(parts.vectors, Matrix([[half, half], [half, -half]])) < 1e-15)
  }

  @Test func nonFiniteElementsAreRefused() {
    #expect(throws: NumericError.notFinite(row: 1, column: 0)) {
      try SymmetricEigen(Matrix([[1, 0], [.infinity, 1]]))
    }
  }
}

@Suite struct SVDTests {
  @Test(arguments: [(1, 1), (7, 3), (3, 7), (65, 65), (200, 40), (40, 200), (500, 2), (1, 9), (9, 1)])
  func thePartsMultiplyBack(m: Int, n: Int) throws {
    let a = randomMatrix(m, n, seed: 7)
    let parts = try SVD(a)
    let k = min(m, n)
    #expect(parts.u.rows == m && parts.u.columns == k && parts.vt.rows == k && parts.vt.columns == n)
    #expect(departure(parts.u) < 1e-13 && departure(parts.vt.transposed()) < 1e-13)
    let rebuilt = parts.u.times(Matrix.diagonal(parts.singularValues).times(parts.vt))
    #expect(largestDifference(rebuilt, a) < 1e-12)
    for j in 0..<k { #expect((parts.vt.row(j).max { $0.magnitude < $1.magnitude } ?? 0) > 0) }
  }

  @Test(.needsSharedData, arguments: ["iris", "blobs60"]) func singularValuesAreThoseOfTheOracle(name: String) throws {
    let a = try Oracle.dataset(name)
    let answers = try #require(try Oracle.json("oracle/features/svd.json")["values"]?[name])
    let raw = try #require(answers["singular_values"]?.doubles)
    let found = try SVD(a).singularValues
    for (x, y) in zip(raw, found) { #expect(abs(x - y) < 1e-9 * y) }

    var centred = a
    for j in 0..<a.columns {
      let mean = a.column(j).reduce(0, +) / Double(a.rows)
      for i in 0..<a.rows { centred[i, j] -= mean }
    }
    let values = try SVD(centred).singularValues
    let expected = try #require(answers["singular_values_centred"]?.doubles)
    for (x, y) in zip(expected, values) { #expect(abs(x - y) < 1e-9 * y) }
  }

  @Test func thePseudoInverseObeysPenrosesFourLaws() throws {
    // Rank 3 of 8 × 5.
    let a = randomMatrix(8, 3, seed: 1).times(randomMatrix(3, 5, seed: 2))
    let parts = try SVD(a)
    #expect(parts.rank() == 3)
    let plus = parts.pseudoInverse()
    #expect(plus.rows == 5 && plus.columns == 8)
    #expect(largestDifference(a.times(plus).times(a), a) < 1e-12)
    #expect(largestDifference(plus.times(a).times(plus), plus) < 1e-12)
    #expect(largestDifference(a.times(plus), a.times(plus).transposed()) < 1e-12)
    #expect(largestDifference(plus.times(a), plus.times(a).transposed()) < 1e-12)
    let zero = try SVD(Matrix<Double>.zeros(3, 2))
    #expect(zero.rank() == 0 && zero.pseudoInverse() == Matrix.zeros(2, 3))
  }

  @Test func nonFiniteElementsAreRefused() {
    #expect(throws: NumericError.notFinite(row: 0, column: 1)) { try SVD(Matrix([[1, .nan]])) }
  }

  @Test(arguments: [(7, 3), (3, 7), (4097, 5), (20_000, 3), (9000, 1)])
  func valuesAloneAreThoseOfTheWhole(m: Int, n: Int) throws {
    // The last column is the sum of the others, or doubled when it is alone.
    var a = randomMatrix(m, n, seed: 4)
    a.scaleColumns(by: (0..<n).map { 1 / Double(1 + $0 * $0 * 100) })
    if n > 2 { for i in 0..<m { a[i, n - 1] = (0..<n - 1).reduce(0) { $0 + a[i, $1] } } }
    let whole = try SVD(a)
    let alone = try SVD.values(of: a, workers: Workers(jobs: 3))
    #expect(alone == (try SVD.values(of: a)), "threads change the bits")
    #expect(alone.count == whole.singularValues.count)
    let limit = 1e-13 * (alone.first ?? 0)
    #expect(zip(alone, whole.singularValues).allSatisfy { abs($0 - $1) <= limit })
    #expect(SVD.rank(alone, rows: m, columns: n) == whole.rank())
  }

  @Test func singularValuesOfManyRowsCanBeCancelled() {
    struct Stop: Error {}
    let workers = Workers(jobs: 1, pool: ThreadPool(threads: 1)) { throw Stop() }
    #expect(throws: Stop.self) { try SVD.values(of: randomMatrix(9000, 2, seed: 1), workers: workers) }
  }

  @Test func anEmptyMatrixHasNoSingularValues() throws {
    let parts = try SVD(Matrix<Double>.zeros(4, 0))
    #expect(parts.singularValues.isEmpty && parts.u.rows == 4)
  }
}

@Suite struct QRTests {
  @Test(arguments: [(1, 1), (7, 3), (3, 7), (65, 65), (200, 40), (40, 200), (1, 5), (5, 1)])
  func thePartsMultiplyBack(m: Int, n: Int) throws {
    let a = randomMatrix(m, n, seed: 9)
    let parts = try QR(a)
    #expect(departure(parts.q) < 1e-13)
    #expect(largestDifference(parts.q.times(parts.r), a) < 1e-12)
    for i in 0..<parts.r.rows {
      #expect(parts.r[i, i] >= 0)
      for j in 0..<min(i, n) { #expect(parts.r[i, j] == 0) }
    }
  }
}

@Suite struct LeastSquaresTests {
  /// Longley (1967), the National Institute of Standards' hard linear regression: known to 15 digits.
  @Test func longleysDataGiveTheCertifiedCoefficients() throws {
    let data: [[Double]] = [
      [60323, 83.0, 234289, 2356, 1590, 107608, 1947], [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
      [60171, 88.2, 258054, 3682, 1616, 109773, 1949], [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
      [63221, 96.2, 328975, 2099, 3099, 112075, 1951], [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
      [64989, 99.0, 365385, 1870, 3547, 115094, 1953], [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
      [66019, 101.2, 397469, 2904, 3048, 117388, 1955], [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
      [68169, 108.4, 442769, 2936, 2798, 120445, 1957], [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
      [68655, 112.6, 482704, 3813, 2552, 123366, 1959], [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
      [69331, 115.7, 518173, 4806, 2572, 127852, 1961], [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ]
    let y = Matrix(data.map { [$0[0]] })
    let x = Matrix(data.map { [1] + $0.dropFirst() })
    let certified = [
      -3482258.63459582, 15.0618722713733, -0.358191792925910e-1, -2.02022980381683, -1.03322686717359,
      -0.511041056535807e-1, 1829.15146461355,
    ]
    let fit = try LeastSquares(x, y)
    #expect(fit.rank == 7)
    // A backward stable method may lose as much as the condition number, 4.9e9, times 2⁻⁵².
    for (j, value) in certified.enumerated() { #expect(abs(fit.solution[j, 0] / value - 1) < 4.9e9 * 0x1p-52) }
  }

  @Test func amongManySolutionsTheSmallestIsTaken() throws {
    // x₁ + x₂ = 2 twice over: (1, 1) is the shortest answer.
    let fit = try LeastSquares(Matrix([[1, 1], [1, 1]]), Matrix([[2], [2]]))
    #expect(fit.rank == 1)
    #expect(largestDifference(fit.solution, Matrix([[1], [1]])) < 1e-15)
  }
}
