import Linear
import Testing

/// Means and scatter by the definition, two passes in doubles.
private func plainMoments(_ x: Matrix<Double>, _ z: Matrix<Double>) -> Moments {
  func centred(_ a: Matrix<Double>) -> (mean: [Double], rows: Matrix<Double>) {
    // A mean of the rests takes off what rounding put on the first one.
    let means = (0..<a.columns).map { j in
      let rough = a.column(j).reduce(0, +) / Double(a.rows)
      return rough + a.column(j).reduce(0) { $0 + ($1 - rough) } / Double(a.rows)
    }
    var rows = a
    for i in 0..<a.rows {
      for j in 0..<a.columns { rows[i, j] -= means[j] }
    }
    return (means, rows)
  }
  let (meanX, rowsX) = centred(x)
  let (meanZ, rowsZ) = centred(z)
  return Moments(
    count: x.rows, meanX: meanX, meanZ: meanZ, scatterXX: rowsX.gram(), scatterXZ: rowsX.transposedTimes(rowsZ),
    scatterZZ: rowsZ.gram())
}

/// The largest difference, each scatter relative to its largest element.
private func distance(_ a: Moments, _ b: Moments) -> Double {
  guard a.count == b.count else { return .infinity }
  func relative(_ x: Matrix<Double>, _ y: Matrix<Double>) -> Double {
    largestDifference(x, y) / max(y.elements.map(\.magnitude).max() ?? 0, .leastNormalMagnitude)
  }
  return [
    relative(a.scatterXX, b.scatterXX), relative(a.scatterXZ, b.scatterXZ), relative(a.scatterZZ, b.scatterZZ),
    relative(Matrix([a.meanX]), Matrix([b.meanX])), relative(Matrix([a.meanZ]), Matrix([b.meanZ])),
  ].max() ?? 0
}

@Suite struct MomentsTests {
  /// 10,000 × 12 rows with correlated columns, means from 0 to 11, and a concept of two columns.
  private let x: Matrix<Double>
  private let z: Matrix<Double>

  init() {
    var x = randomMatrix(10_000, 12, seed: 1).times(randomMatrix(12, 12, seed: 2))
    var z = Matrix<Double>.zeros(10_000, 2)
    for i in 0..<10_000 {
      z[i, 0] = x[i, 0] > 0 ? 1 : 0
      z[i, 1] = x[i, 1] > 2 ? 1 : 0
      for j in 0..<12 { x[i, j] += Double(j) }
    }
    (self.x, self.z) = (x, z)
  }

  @Test func blocksGiveTheMomentsOfTheDefinition() throws {
    let moments = try Moments(x, z)
    #expect(distance(moments, plainMoments(x, z)) < 1e-13)
    #expect(moments.scatterXX == moments.scatterXX.transposed())
  }

  @Test func threadsDoNotChangeABit() throws {
    let alone = try Moments(x, z)
    for jobs in [2, 4] { #expect(try Moments(x, z, workers: Workers(jobs: jobs)) == alone) }
    let mixed = try Moments(x, z, precision: .mixed)
    #expect(try Moments(x, z, precision: .mixed, workers: Workers(jobs: 4)) == mixed)
    #expect(mixed != alone)
  }

  @Test func mergedPartsAreTheWhole() throws {
    let whole = try Moments(x, z)
    var numbers = RandomNumbers(seed: 4)
    for _ in 0..<10 {
      var merged = Moments(d: 12, k: 2)
      var start = 0
      while start < x.rows {
        let end = min(x.rows, start + 1 + numbers.below(3000))
        merged.merge(Moments(block: x.rows(start..<end), z.rows(start..<end)))
        start = end
      }
      #expect(distance(merged, whole) < 1e-13)
    }
  }

  @Test func shardsOfWholeBlocksGiveTheSameBits() throws {
    let whole = try Moments(x, z)
    // 10,000 rows are blocks 0, 1 and the rest: 0 and 1 are one node.
    var tree = BlockTree<Moments> { $0.merge($1) }
    tree.add(Moments(block: x.rows(8192..<10_000), z.rows(8192..<10_000)), at: 2)
    tree.add(try Moments(x.rows(0..<8192), z.rows(0..<8192)), level: 1, at: 0)
    #expect(tree.total == whole)
  }

  @Test func namedRowsAreTakenInTheirOrder() throws {
    var numbers = RandomNumbers(seed: 5)
    let rows = Array(numbers.permutation(x.rows).prefix(6000))
    #expect(try Moments(x, z, rows: rows) == Moments(x.rows(at: rows), z.rows(at: rows)))
  }

  /// σ = 1 about a mean of 1e6 in single precision: Σxxᵀ − n·m·mᵀ would keep no digit.
  @Test(arguments: [Moments.Precision.double, .mixed]) func aFarMeanCostsNoDigits(precision: Moments.Precision) throws {
    var stored = Matrix<Float>.zeros(10_000, 12)
    for i in 0..<10_000 {
      for j in 0..<12 { stored[i, j] = Float(1e6 + x[i, j]) }
    }
    let expected = plainMoments(stored.converted(), z)
    // A mean of 1e6 is itself rounded by 1e-10, which a merge weighs by the distance of two blocks' means (0.02 σ).
    let tolerance = precision == .double ? 2e-12 : 2e-6
    #expect(distance(try Moments(stored, z, precision: precision), expected) < tolerance)
  }

  /// Rows that begin with zeros: a pivot at the first rows must not cost what follows.
  @Test func aBlockThatBeginsElsewhereKeepsItsDigits() throws {
    var shifted = x
    for i in 480..<10_000 {
      for j in 0..<12 { shifted[i, j] += 1e5 }
    }
    #expect(distance(try Moments(shifted, z), plainMoments(shifted, z)) < 1e-12)
  }

  @Test func mixedPrecisionIsOffByItsStatedAmount() throws {
    let stored = x.converted(to: Float.self)
    let expected = plainMoments(stored.converted(), z)
    let found = distance(try Moments(stored, z, precision: .mixed), expected)
    #expect(found < 2e-6 && found > 0)
  }

  @Test func oneHotConceptsGiveTheMeansOfTheClasses() throws {
    let codes = (0..<x.rows).map { $0 % 7 % 3 }
    var oneHot = Matrix<Double>.zeros(x.rows, 3)
    for (i, c) in codes.enumerated() { oneHot[i, c] = 1 }
    let moments = try Moments(x, oneHot)
    for c in 0..<3 {
      let members = codes.indices.filter { codes[$0] == c }
      let n = moments.meanZ[c] * Double(moments.count)
      #expect(abs(n - Double(members.count)) < 1e-9)
      for j in 0..<12 {
        let mean = members.reduce(0) { $0 + x[$1, j] } / Double(members.count)
        #expect(abs(moments.meanX[j] + moments.scatterXZ[j, c] / n - mean) < 1e-12)
      }
    }
  }

  @Test func fewRowsHaveMoments() throws {
    let none = try Moments(Matrix<Double>.zeros(0, 3))
    #expect(none == Moments(d: 3))
    let one = try Moments(Matrix<Double>([[1, 2]]), Matrix([[5]]))
    #expect(one.meanX == [1, 2] && one.meanZ == [5] && one.scatterXX == .zeros(2, 2) && one.count == 1)
    #expect(one.covariance() == .zeros(2, 2))
    let two = try Moments(Matrix<Double>([[0, 2], [2, 2]]))
    #expect(two.covariance() == Matrix([[2, 0], [0, 0]]))
    #expect(two.deviations() == [1, 0])
  }

  @Test func noColumnsAreMoments() throws {
    let moments = try Moments(Matrix<Double>.zeros(5, 0))
    #expect(moments.count == 5 && moments.scatterXX.isEmpty)
  }
}
