import Linear
import Testing

@Suite struct MatrixTests {
  @Test func aCopyDoesNotSeeLaterChanges() {
    var a = Matrix<Double>([[1, 2], [3, 4]])
    let b = a
    a[0, 1] = 9
    a.withMutableRow(1) { $0[0] = 7 }
    #expect(b == Matrix([[1, 2], [3, 4]]))
    #expect(a == Matrix([[1, 9], [7, 4]]))
  }

  @Test(arguments: [1, 3, 7, 64, 1000])
  func rowsStartOnACacheLine(columns: Int) {
    let a = Matrix<Float>.zeros(3, columns)
    a.withUnsafeBuffer { #expect(Int(bitPattern: $0.baseAddress) % 64 == 0) }
  }

  @Test func transposingTwiceGivesTheMatrixBack() {
    let a = randomMatrix(70, 45)
    let turned = a.transposed()
    #expect(turned[44, 69] == a[69, 44])
    #expect(turned.transposed() == a)
  }

  @Test func partsAreCopiesInTheOrderAsked() {
    let a = Matrix<Double>([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    #expect(a.rows(at: [2, 0, 2]) == Matrix([[7, 8, 9], [1, 2, 3], [7, 8, 9]]))
    #expect(a.rows(1..<3) == Matrix([[4, 5, 6], [7, 8, 9]]))
    #expect(a.columns(at: [2, 1]) == Matrix([[3, 2], [6, 5], [9, 8]]))
    #expect(a.columns(1..<2) == Matrix([[2], [5], [8]]))
    #expect(a.column(1) == [2, 5, 8])
    #expect(a.row(1) == [4, 5, 6])
    #expect(a.diagonal == [1, 5, 9])
    #expect(Matrix.stack([a.rows(0..<1), a.rows(1..<3)]) == a)
    var b = a
    b.replaceRows(from: 1, with: Matrix([[0, 0, 0]]))
    #expect(b == Matrix([[1, 2, 3], [0, 0, 0], [7, 8, 9]]))
  }

  @Test func emptyMatricesMultiply() {
    let tall = Matrix<Double>.zeros(3, 0)
    let wide = Matrix<Double>.zeros(0, 2)
    #expect(tall.times(wide) == Matrix.zeros(3, 2))
    #expect(wide.transposedTimes(wide) == Matrix.zeros(2, 2))
    #expect(tall.times([]) == [0, 0, 0])
    #expect(tall.gram() == Matrix.zeros(0, 0))
    #expect(tall.outerGram() == Matrix.zeros(3, 3))
  }

  @Test func theFirstNonFiniteElementIsNamed() throws {
    var a = randomMatrix(300, 7)
    #expect(a.firstNonFinite() == nil)
    a[299, 6] = .infinity
    a[211, 3] = .nan
    let found = try #require(a.firstNonFinite())
    #expect(found == (211, 3))
    // Opposite infinities must not cancel.
    var b = Matrix<Double>.zeros(1, 4)
    b[0, 1] = .infinity
    b[0, 2] = -.infinity
    #expect(try #require(b.firstNonFinite()) == (0, 1))
  }

  @Test func conversionRoundsToTheNearestFloat() {
    let a = Matrix<Double>([[0.1, 1e300, -1e-300]])
    #expect(a.converted(to: Float.self) == Matrix<Float>([[0.1, .infinity, -0]]))
    #expect(Matrix<Float>([[0.5]]).converted(to: Double.self) == Matrix([[0.5]]))
  }
}

@Suite struct ProductTests {
  /// Sums of 23 products of standard normal numbers, each rounded once: a few units in the last place of ~20.
  private func check<S: Scalar>(_: S.Type, tolerance: S) {
    let a = randomMatrix(17, 23, seed: 1, as: S.self)
    let b = randomMatrix(23, 11, seed: 2, as: S.self)
    let expected = plainProduct(a, b)
    #expect(largestDifference(a.times(b), expected) < tolerance)
    #expect(largestDifference(a.transposed().transposedTimes(b), expected) < tolerance)
    #expect(largestDifference(a.timesTransposed(b.transposed()), expected) < tolerance)
    var c = Matrix<S>(rows: 11, columns: 17, repeating: 1)
    c.setToProduct(of: b, .yes, a, .yes, alpha: 2, beta: 3)
    let combined = expected.transposed().adding(expected.transposed()).adding(
      .init(rows: 11, columns: 17, repeating: 3))
    #expect(largestDifference(c, combined) < 3 * tolerance)

    #expect(largestDifference(a.gram(), plainProduct(a.transposed(), a)) < tolerance)
    #expect(largestDifference(a.outerGram(), plainProduct(a, a.transposed())) < tolerance)
    #expect(a.gram() == a.gram().transposed())

    let x = b.column(0)
    #expect(largestDifference(Matrix([a.times(x)]), Matrix([expected.column(0)])) < tolerance)
    let y = a.column(0)
    #expect(
      largestDifference(Matrix([a.transposedTimes(y)]), plainProduct(Matrix([y]), a)) < tolerance)
  }

  @Test func productsOfDoublesFollowTheDefinition() { check(Double.self, tolerance: 1e-13) }
  @Test func productsOfFloatsFollowTheDefinition() { check(Float.self, tolerance: 4e-5) }

  @Test func normsDoNotOverflow() {
    #expect(abs([3e200, 4e200].norm / 5e200 - 1) < 1e-15)
    #expect(abs(Matrix<Double>([[3e200], [4e200]]).frobeniusNorm / 5e200 - 1) < 1e-15)
    #expect([Double]().norm == 0)
  }

  @Test func vectorsAddAndScale() {
    var x = [1.0, 2, 3]
    x.add([1, 1, 1], times: 2)
    x.scale(by: 3)
    #expect(x == [9, 12, 15])
    #expect(x.dot([1, 0, 2]) == 39)
    var a = Matrix<Double>([[1, 2]])
    a.add(Matrix([[3, 4]]), times: -1)
    a.scale(by: 2)
    #expect(a == Matrix([[-4, -4]]))
  }

  /// Sequential builds of the library give silent wrong results here (57 of 12,000 were seen).
  @Test func concurrentProductsAreNeverWrong() async {
    let a = randomMatrix(160, 160, seed: 5)
    let product = a.times(a)
    let gram = a.gram()
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<750).reduce(0) { wrong, _ in wrong + (a.times(a) == product ? 0 : 1) + (a.gram() == gram ? 0 : 1) }
        }
      }
      for await wrong in group { #expect(wrong == 0) }
    }
  }
}

@Suite struct NumericLibraryTests {
  @Test func oneThreadComputes() {
    let library = NumericLibrary.prepare()
    #expect(library.name == "OpenBLAS")
    #expect(library.threads == 1)
    #expect(library.version.split(separator: ".").count >= 2)
    #expect(!library.core.isEmpty && library.core != "Zen")
    #expect(library.threading != .sequential)
  }
}
