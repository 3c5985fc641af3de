import Linear
import Statistics
import Testing

private func gaussians(_ rows: Int, _ columns: Int, _ seed: UInt64) -> Matrix<Double> {
  var numbers = RandomNumbers(seed: seed)
  return numbers.gaussians(rows: rows, columns: columns)
}

/// A random orthogonal matrix.
private func rotation(_ d: Int, _ seed: UInt64) throws -> Matrix<Double> { try QR(gaussians(d, d, seed)).q }

@Suite struct CanonicalCorrelationTests {
  @Test func columnsThatAreMapsOfEachOtherCorrelateFully() throws {
    let x = gaussians(50, 3, 1)
    let fit = try CanonicalCorrelation(x, x.times(gaussians(3, 4, 2)))
    #expect(fit.leftRank == 3 && fit.rightRank == 3)
    #expect(fit.correlations.count == 3 && fit.correlations.allSatisfy { abs($0 - 1) < 1e-10 })
  }

  @Test func scoresHaveTheCorrelationsAndNoOthers() throws {
    let (x, y) = (gaussians(200, 3, 3), gaussians(200, 2, 4))
    let mixed = y.adding(x.columns(0..<2), times: 0.7)
    let fit = try CanonicalCorrelation(x, mixed)
    let (a, b) = (fit.leftScores(x, count: 2), fit.rightScores(mixed, count: 2))
    let cross = try Moments(a, b)
    for i in 0..<2 {
      for j in 0..<2 {
        #expect(abs(cross.crossCovariance()[i, j] - (i == j ? fit.correlations[i] : 0)) < 1e-10)
        #expect(abs(cross.covariance()[i, j] - (i == j ? 1 : 0)) < 1e-10)
      }
    }
    // In one column the canonical correlation is Pearson's.
    let single = try CanonicalCorrelation(x.columns(0..<1), mixed.columns(0..<1)).correlations[0]
    let pearson = try #require(try Correlation.pearson(x.column(0), mixed.column(0)))
    #expect(abs(single - abs(pearson)) < 1e-12)
  }

  @Test func aConstantSideHasNoCorrelations() throws {
    let constant = Matrix<Double>(rows: 10, columns: 2, repeating: 0.1)
    let fit = try CanonicalCorrelation(constant, gaussians(10, 2, 5))
    #expect(fit.correlations == [] && fit.leftRank == 0)
  }

  @Test func aRidgeShrinksAndAShareOfVarianceLeavesDirectionsOut() throws {
    var x = gaussians(100, 3, 6)
    x.scaleColumns(by: [10, 1, 0.01])
    let y = gaussians(100, 3, 7)
    let plain = try CanonicalCorrelation(x, y)
    let shrunk = try CanonicalCorrelation(x, y, ridge: 1)
    #expect(zip(plain.correlations, shrunk.correlations).allSatisfy { $0 > $1 })
    #expect(try CanonicalCorrelation(x, y, variance: 0.9).leftRank == 1)
    #expect(throws: StatisticsError.self) { try CanonicalCorrelation(x, y, variance: 0) }
    #expect(throws: StatisticsError.self) { try CanonicalCorrelation(x, gaussians(99, 3, 7)) }
  }
}

@Suite struct ProcrustesTests {
  @Test func aRotatedCloudIsBroughtBack() throws {
    let (x, turn) = (gaussians(40, 4, 1), try rotation(4, 2))
    var y = x.times(turn)
    y.scale(by: 3)
    y.addToRows([1, 2, 3, 4])
    let fit = try Procrustes(x, onto: y, scaled: true)
    #expect(abs(fit.scale - 3) < 1e-12 && abs((fit.similarity ?? 0) - 1) < 1e-12)
    #expect(fit.rotation.adding(turn, times: -1).frobeniusNorm < 1e-12)
    #expect(fit.applied(to: x).adding(y, times: -1).frobeniusNorm < 1e-10)
  }

  @Test func aMirroredCloudNeedsAReflection() throws {
    let x = gaussians(40, 3, 3)
    var y = x
    y.scaleColumns(by: [1, 1, -1])
    #expect(abs((try Procrustes(x, onto: y).similarity ?? 0) - 1) < 1e-12)
    let turned = try Procrustes(x, onto: y, reflection: false)
    #expect((turned.similarity ?? 1) < 0.99)
    #expect(try LU(turned.rotation).logDeterminant.sign == 1)
  }
}

@Suite struct KernelAlignmentTests {
  @Test func alignmentIgnoresRotationAndScale() throws {
    let x = gaussians(30, 4, 1)
    var y = x.times(try rotation(4, 2))
    y.scale(by: 0.1)
    #expect(abs((try KernelAlignment(x, y).value ?? 0) - 1) < 1e-12)
    let constant = Matrix<Double>(rows: 30, columns: 2, repeating: 1)
    #expect(try KernelAlignment(x, constant).value == nil)
  }

  @Test func theClosedFormOfOneMorePairIsTheAlignmentOfTheLongerTables() throws {
    let (x, y) = (gaussians(12, 3, 3), gaussians(12, 5, 4))
    let (a, b) = (gaussians(4, 3, 5), gaussians(3, 5, 6))
    let found = try KernelAlignment(x, y).extended(byRowsOf: a, b)
    for i in 0..<4 {
      for j in 0..<3 {
        let longer = try KernelAlignment(Matrix.stack([x, a.rows(i..<i + 1)]), Matrix.stack([y, b.rows(j..<j + 1)]))
        #expect(abs(found[i, j] - (longer.value ?? -1)) < 1e-12)
      }
    }
  }
}

@Suite struct CorrelationTests {
  @Test func tiesShareTheirRank() throws {
    #expect(Correlation.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(abs((try Correlation.spearman([1, 2, 3, 4], [10, 100, 1000, 10000]) ?? 0) - 1) < 1e-15)
    #expect(try Correlation.spearman([1, 1, 1], [1, 2, 3]) == nil)
  }

  /// By all pairs, as τ-b is defined.
  private func slowKendall(_ a: [Double], _ b: [Double]) -> Double {
    var (sum, pairsA, pairsB) = (0.0, 0.0, 0.0)
    for i in a.indices {
      for j in 0..<i {
        let (x, y) = ((a[i] - a[j]).sign(), (b[i] - b[j]).sign())
        (sum, pairsA, pairsB) = (sum + x * y, pairsA + x * x, pairsB + y * y)
      }
    }
    return sum / (pairsA * pairsB).squareRoot()
  }

  @Test func kendallIsThatOfAllPairs() throws {
    var numbers = RandomNumbers(seed: 8)
    for count in [2, 3, 7, 40, 65] {
      let a = (0..<count).map { Double($0 == 0 ? 9 : numbers.below(6)) }
      let b = (0..<count).map { Double($0 == 0 ? 9 : numbers.below(6)) }
      let found = try #require(try Correlation.kendall(a, b))
      #expect(abs(found - slowKendall(a, b)) < 1e-12)
    }
    #expect(try Correlation.kendall([1, 1], [1, 2]) == nil)
  }

  @Test func columnsCorrelateAsLists() throws {
    var a = gaussians(20, 3, 1)
    for i in 0..<20 { a[i, 1] = 0.1 }
    let b = gaussians(20, 2, 2)
    let found = try Correlation.columns(a, b)
    #expect(abs(found[2, 1] - (try Correlation.pearson(a.column(2), b.column(1)) ?? 9)) < 1e-12)
    #expect(found.row(1) == [0, 0])
    #expect(Correlation.varyingColumns(a) == [true, false, true])
  }
}

extension Double {
  fileprivate func sign() -> Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}

@Suite struct NearestNeighboursTests {
  @Test(arguments: NearestNeighbours.Metric.allCases)
  func neighboursAreThoseOfAllDistances(_ metric: NearestNeighbours.Metric) throws {
    let (gallery, queries) = (gaussians(400, 5, 1), gaussians(300, 5, 2))
    let near = try NearestNeighbours(of: queries, among: gallery, k: 3, metric: metric)
    for query in stride(from: 0, to: 300, by: 37) {
      let distances = (0..<400).map { row -> Double in
        let (a, b) = (queries.row(query), gallery.row(row))
        if metric == .cosine { return 1 - a.dot(b) / (a.norm * b.norm) }
        return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }
      let order = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(3)
      #expect(near.rows[query] == Array(order))
      #expect(zip(near.distances[query], order).allSatisfy { abs($0 - distances[$1]) < 1e-12 })
    }
  }

  @Test func aRowIsNotItsOwnNeighbourButItsCopyIs() throws {
    let rows = Matrix<Double>([[1e6, 1], [1e6, 1], [1e6, 1.001], [0, 0]])
    let near = try NearestNeighbours(among: rows, k: 2)
    #expect(near.rows[0] == [1, 2] && near.distances[0][0] == 0)
    #expect(near.rows[2] == [0, 1])
    #expect(abs(near.distances[2][0] - 0.001) < 1e-12)
    #expect(try NearestNeighbours(among: rows, k: 9).rows[0].count == 3)
    #expect(try NearestNeighbours(among: rows, k: 3, metric: .cosine).distances[3] == [1, 1, 1])
  }
}

@Suite struct OtherSpacesTests {
  @Test func ranksOfRetrievalCountTiesByNumber() throws {
    let scores = try RetrievalScores(similarities: Matrix([[0.9, 0.5, 0.5], [0.1, 0.2, 0.3], [0.5, 0.5, 0.5]]))
    #expect(scores.ranks == [1, 2, 3])
    #expect(scores.recall(at: 1) == 1.0 / 3 && scores.recall(at: 2) == 2.0 / 3 && scores.medianRank == 2)
    #expect(abs(scores.meanReciprocalRank - (1 + 0.5 + 1.0 / 3) / 3) < 1e-15)
    #expect(throws: StatisticsError.self) { try RetrievalScores(similarities: .identity(2), targets: [0, 2]) }
  }

  @Test func discriminantsFindTheDirectionThatPartsTheClasses() throws {
    var rows = gaussians(200, 3, 1)
    rows.scaleColumns(by: [10, 1, 1])
    let labels = (0..<200).map { $0 % 2 }
    for i in 0..<200 where labels[i] == 1 { rows[i, 2] += 6 }
    let fit = try LinearDiscriminants(rows, labels: labels, classes: 2)
    #expect(fit.directions.rows == 1)
    let direction = fit.directions.row(0)
    #expect(abs(direction[2]) > 5 * abs(direction[1]) && abs(direction[2]) > 50 * abs(direction[0]))
    // Of two classes of one size both weightings give one direction.
    let other = try LinearDiscriminants(rows, labels: labels, classes: 2, weighting: .classes)
    #expect(other.directions.adding(fit.directions, times: -1).frobeniusNorm < 1e-9)
    #expect(throws: StatisticsError.self) { try LinearDiscriminants(rows, labels: labels, classes: 3) }
  }

  @Test func aLongPairingCanBeGivenUp() throws {
    struct Enough: Error {}
    var rows = 0
    let gains = [[Double]](repeating: [3, 1, 2], count: 3)
    #expect(throws: Enough.self) {
      _ = try BestMatching.columns(gains) {
        rows += 1
        if rows == 2 { throw Enough() }
      }
    }
    #expect(rows == 2 && BestMatching.columns(gains).sorted() == [0, 1, 2])
  }

  @Test func spectralGroupsAreTheBlocksOfTheAffinity() throws {
    var affinity = Matrix<Double>(rows: 30, columns: 30, repeating: 0.01)
    for i in 0..<30 {
      for j in 0..<30 where (i < 18) == (j < 18) { affinity[i, j] = 1 }
    }
    let labels = try SpectralClustering.labels(affinity: affinity, k: 2, seed: 1)
    #expect(labels == (0..<30).map { $0 < 18 ? 0 : 1 })
    #expect(throws: StatisticsError.self) { try SpectralClustering.labels(affinity: affinity, k: 31, seed: 1) }
  }

  /// scipy.stats.ttest_ind(b, a, equal_var=False).
  @Test func welchsTestIsSciPys() throws {
    let test = try #require(WelchTest([1, 2, 3, 4, 5], [2, 4, 6, 8, 10, 12]))
    #expect(abs(test.t - 2.3763541031440183) < 1e-12 && abs(test.freedom - 6.972255729794934) < 1e-12)
    #expect(abs(test.p - 0.04928433820673053) < 1e-12)
    #expect(test.difference == 4)
    #expect(WelchTest([1], [1, 2]) == nil && WelchTest([1, 1], [2, 2]) == nil)
    #expect(WelchTest.holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06])
  }
}
