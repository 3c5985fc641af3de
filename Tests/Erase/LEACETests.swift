import Linear
import Statistics
import Testing

@testable import Erase

@Suite struct LEACETests {
  private func fit(
    _ features: Matrix<Double>, _ labels: [Int], classes: Int, settings: LEACE = LEACE()
  ) throws -> LEACEFit {
    var fitter = LEACEFitter(columns: features.columns, coding: .classes(classes))
    try fitter.add(features, labels: labels)
    return try fitter.fit(settings)
  }

  private func largest(_ matrix: Matrix<Double>) -> Double { matrix.elements.reduce(0) { max($0, $1.magnitude) } }

  @Test(arguments: [2, 3, 7]) func erasingTwiceIsErasingOnce(classes: Int) throws {
    let (features, labels) = correlatedRows(400, 15, classes: classes)
    let eraser = try fit(features, labels, classes: classes).eraser
    #expect(eraser.rank == classes - 1)
    let once = try eraser.erased(features)
    let twice = try eraser.erased(once)
    #expect(largest(twice.adding(once, times: -1)) < 1e-11)
    let p = eraser.projection
    #expect(largest(p.times(p).adding(p, times: -1)) < 1e-12)
  }

  @Test func meansStayAndClassMeansBecomeEqual() throws {
    let (features, labels) = correlatedRows(500, 10, classes: 4)
    let erased = try fit(features, labels, classes: 4).eraser.erased(features)
    let before = try ColumnScaling(features)
    let after = try ColumnScaling(erased)
    #expect(zip(before.mean, after.mean).allSatisfy { ($0 - $1).magnitude < 1e-12 })
    for label in 0..<4 {
      let own = try ColumnScaling(erased, rows: labels.indices.filter { labels[$0] == label }).mean
      for (j, mean) in own.enumerated() { #expect((mean - after.mean[j]).magnitude < 1e-12 * before.deviation[j]) }
    }
    let crossed = try Moments(erased, ConceptCoding.classes(4).columns(of: labels)).crossCovariance()
    #expect(largest(crossed) < 1e-13)
  }

  /// No map that guards is nearer to the rows: the same kernel with any other range changes them more.
  @Test func noOtherMapChangesLess() throws {
    let (features, labels) = correlatedRows(600, 8, classes: 3)
    let fitted = try fit(features, labels, classes: 3)
    let erased = try fitted.eraser.erased(features)
    let change = features.adding(erased, times: -1)
    let least = change.frobeniusNorm * change.frobeniusNorm / 600
    #expect((least - fitted.meanSquaredChange).magnitude < 1e-12 * least)
    // Any guarding projection is I − L·(N·L)⁻¹·N with L = the span of Σxz and free N.
    let cross = try Moments(features, ConceptCoding.classes(3).columns(of: labels)).crossCovariance()
    let span = try SVD(cross).u.columns(0..<2)
    let moments = try Moments(features)
    var numbers = RandomNumbers(seed: 3)
    for _ in 0..<20 {
      let noise: Matrix<Double> = numbers.gaussians(rows: 2, columns: 8)
      let rows = fitted.eraser.right.adding(noise, times: 0.05 * fitted.eraser.right.frobeniusNorm)
      let right = try LU(rows.times(span)).solve(rows)
      let other = try Eraser(left: span, right: right, mean: moments.meanX)
      let moved = features.adding(try other.erased(features), times: -1).frobeniusNorm
      #expect(moved * moved / 600 > least)
      let guarded = try Moments(other.erased(features), ConceptCoding.classes(3).columns(of: labels))
      #expect(largest(guarded.crossCovariance()) < 1e-12)
    }
  }

  @Test func piecesGiveTheMapOfTheWhole() throws {
    let (features, labels) = correlatedRows(9000, 6, classes: 3)
    let whole = try LEACE().fit(Moments(features, ConceptCoding.classes(3).columns(of: labels)))
    var blocks = LEACEFitter(columns: 6, coding: .classes(3))
    for start in stride(from: 0, to: 9000, by: 4096) {
      let range = start..<min(start + 4096, 9000)
      try blocks.add(features.rows(range), labels: Array(labels[range]))
    }
    #expect(try blocks.fit() == whole, "blocks of 4096 rows give the same bits")
    var odd = LEACEFitter(columns: 6, coding: .classes(3))
    var other = LEACEFitter(columns: 6, coding: .classes(3))
    for start in stride(from: 0, to: 9000, by: 777) {
      let range = start..<min(start + 777, 9000)
      if start < 4000 {
        try odd.add(features.rows(range), labels: Array(labels[range]))
      } else {
        try other.add(features.rows(range), labels: Array(labels[range]))
      }
    }
    try odd.merge(other)
    #expect(odd.count == 9000)
    let pieces = try odd.fit()
    #expect(largest(pieces.eraser.projection.adding(whole.eraser.projection, times: -1)) < 1e-12)
    #expect(throws: StatisticsError.self) { try odd.merge(LEACEFitter(columns: 6, coding: .classes(2))) }
    #expect(throws: StatisticsError.self) { try odd.merge(LEACEFitter(columns: 5, coding: .classes(3))) }
    #expect(throws: StatisticsError.self) {
      try odd.merge(LEACEFitter(columns: 6, coding: .classes(3), precision: .mixed))
    }
  }

  @Test func rowOrderDoesNotMatter() throws {
    let (features, labels) = correlatedRows(700, 9, classes: 2)
    var numbers = RandomNumbers(seed: 2)
    let order = numbers.permutation(700)
    let plain = try fit(features, labels, classes: 2).eraser
    let shuffled = try fit(features.rows(at: order), order.map { labels[$0] }, classes: 2).eraser
    #expect(largest(plain.projection.adding(shuffled.projection, times: -1)) < 1e-12)
  }

  @Test func oneConceptAfterTheOtherIsBothAtOnce() throws {
    let (features, labels) = correlatedRows(800, 20, classes: 6)
    let a = try ConceptCoding.classes(3).columns(of: labels.map { $0 % 3 })
    let b = try ConceptCoding.classes(2).columns(of: labels.map { $0 / 3 })
    let both = Matrix(rows: 800, columns: 4) { target in
      for i in 0..<800 {
        for j in 0..<3 { target[i * 4 + j] = a[i, j] }
        target[i * 4 + 3] = b[i, 0]
      }
    }
    let first = try LEACE().fit(Moments(features, a)).eraser.erased(features)
    let second = try LEACE().fit(Moments(first, b))
    #expect(second.byEigenvectors, "the first map has made the covariance singular")
    let inTurn = try second.eraser.erased(first)
    let jointly = try LEACE().fit(Moments(features, both)).eraser.erased(features)
    #expect(largest(inTurn.adding(jointly, times: -1)) < 1e-11)
    #expect(largest(try Moments(inTurn, both).crossCovariance()) < 1e-12)
  }

  @Test func unitsAreFollowed() throws {
    let (features, labels) = correlatedRows(500, 5, classes: 2)
    let scale: [Double] = [1e6, 1e-6, 1, 1e-3, 30]
    let scaled = features.times(.diagonal(scale))
    let plain = try fit(features, labels, classes: 2)
    let other = try fit(scaled, labels, classes: 2)
    let back = try other.eraser.erased(scaled).times(.diagonal(scale.map { 1 / $0 }))
    #expect(largest(back.adding(try plain.eraser.erased(features), times: -1)) < 1e-11)
    #expect((plain.singularValues[0] - other.singularValues[0]).magnitude < 1e-13)
  }

  @Test func anyCodingOfTheSameClassesGivesTheSameMap() throws {
    let (features, labels) = correlatedRows(500, 7, classes: 3)
    let oneHot = try fit(features, labels, classes: 3)
    let some = Matrix<Double>(labels.map { [$0 == 0 ? 5.0 : -1, $0 == 2 ? 1e-4 : 0] })
    var fitter = LEACEFitter(columns: 7, coding: .numeric(2))
    try fitter.add(features, concept: some)
    let numeric = try fitter.fit()
    #expect(largest(oneHot.eraser.projection.adding(numeric.eraser.projection, times: -1)) < 1e-12)
    #expect(zip(oneHot.canonicalCorrelations, numeric.canonicalCorrelations).allSatisfy { ($0 - $1).magnitude < 1e-12 })
  }

  /// One column of class numbers is another concept: it leaves what is not linear in the number.
  @Test func classNumbersAreNotAConcept() throws {
    let (features, labels) = correlatedRows(2000, 12, classes: 4)
    let number = Matrix<Double>(labels.map { [Double($0)] })
    let erased = try LEACE().fit(Moments(features, number)).eraser.erased(features)
    let left = try largestCanonicalCorrelation(
      erased, ConceptCoding.classes(4).columns(of: labels), scale: ColumnScaling(features).scale)
    #expect(left > 0.3)
    #expect(ConceptCoding.classes(4).columns == 4 && ConceptCoding.classes(2).columns == 1)
    #expect(throws: StatisticsError.self) { try ConceptCoding.numeric(1).columns(of: labels) }
  }

  @Test func shrinkageKeepsTheGuaranteeAndCostsChange() throws {
    let (features, labels) = correlatedRows(60, 40, classes: 2)
    let plain = try fit(features, labels, classes: 2)
    let shrunk = try fit(features, labels, classes: 2, settings: LEACE(shrinkage: 0.3))
    let concept = try ConceptCoding.classes(2).columns(of: labels)
    #expect(largest(try Moments(shrunk.eraser.erased(features), concept).crossCovariance()) < 1e-12)
    #expect(shrunk.meanSquaredChange > plain.meanSquaredChange)
    let change = features.adding(try shrunk.eraser.erased(features), times: -1).frobeniusNorm
    #expect((change * change / 60 - shrunk.meanSquaredChange).magnitude < 1e-12 * shrunk.meanSquaredChange)
  }

  @Test func aMapWithoutOffsetMovesTheMean() throws {
    let (features, labels) = correlatedRows(300, 4, classes: 2)
    let fitted = try fit(features, labels, classes: 2, settings: LEACE(affine: false))
    let erased = try fitted.eraser.erased(features)
    #expect(largest(erased.adding(features.timesTransposed(fitted.eraser.projection), times: -1)) < 1e-12)
    let change = features.adding(erased, times: -1).frobeniusNorm
    #expect((change * change / 300 - fitted.meanSquaredChange).magnitude < 1e-12 * fitted.meanSquaredChange)
  }

  @Test func moreColumnsThanRowsAreLeftAloneOffTheirSpan() throws {
    let (features, labels) = correlatedRows(30, 80, classes: 2)
    let fitted = try fit(features, labels, classes: 2)
    #expect(fitted.byEigenvectors && fitted.covarianceRank == 29)
    let rows = try centred(features, scale: [Double](repeating: 1, count: 80))
    let basis = try SVD(rows).vt.rows(0..<29)
    var numbers = RandomNumbers(seed: 1)
    let any: Matrix<Double> = numbers.gaussians(rows: 5, columns: 80)
    let off = any.adding(any.timesTransposed(basis).times(basis), times: -1)
    #expect(largest(off.timesTransposed(fitted.eraser.right)) < 1e-12)
  }

  @Test func nothingToEraseIsTheIdentity() throws {
    let (features, labels) = correlatedRows(50, 3, classes: 2)
    let oneClass = try fit(features, labels.map { _ in 1 }, classes: 2)
    #expect(oneClass.rank == 0 && oneClass.constantConcepts == [0])
    #expect(try oneClass.eraser.erased(features) == features)
    let flat = Matrix<Double>(rows: 50, columns: 2, repeating: 1e5)
    let constant = try fit(flat, labels, classes: 2)
    #expect(constant.rank == 0 && constant.constantColumns == [0, 1])
    #expect(try fit(features, labels, classes: 5).constantConcepts == [2, 3, 4])
  }

  @Test(arguments: [10.0, 1e3, 1e5]) func aMeanFarAwayIsSubtractedFirst(offset: Double) throws {
    var (features, labels) = correlatedRows(600, 8, classes: 2)
    for i in 0..<600 { for j in 0..<8 { features[i, j] += offset } }
    let floats: Matrix<Float> = features.converted()
    // Compared as the stored numbers are.
    let stored: Matrix<Double> = floats.converted()
    let exact = try fit(stored, labels, classes: 2).eraser.erased(stored)
    var fitter = LEACEFitter(columns: 8, coding: .classes(2), precision: .mixed)
    try fitter.add(floats, labels: labels)
    let erased: Matrix<Double> = try fitter.fit(.single).eraser.erased(floats).converted()
    // The result is rounded to a float of the offset's size, twice at the most; 1e-5 is the sums' share.
    #expect(largest(erased.adding(exact, times: -1)) < offset * 0x1p-23 + 1e-4)
    let doubles = try fit(stored, labels, classes: 2).eraser
    var far = stored
    for i in 0..<600 { for j in 0..<8 { far[i, j] += 0x1p40 } }
    let moved = try fit(far, labels, classes: 2).eraser.erased(far)
    let expected = try doubles.erased(stored)
    for (a, b) in zip(moved.elements, expected.elements) { #expect((a - 0x1p40 - b).magnitude < 1e-2) }
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let (features, labels) = correlatedRows(9000, 10, classes: 3)
    let concept = try ConceptCoding.classes(3).columns(of: labels)
    let workers = Workers(jobs: 3)
    let one = try LEACE().fit(Moments(features, concept))
    let three = try LEACE().fit(Moments(features, concept, workers: workers))
    #expect(one == three)
    #expect(try one.eraser.erased(features) == three.eraser.erased(features, workers: workers))
  }

  @Test func wrongInputIsRefusedByName() throws {
    let (features, labels) = correlatedRows(20, 3, classes: 2)
    let eraser = try fit(features, labels, classes: 2).eraser
    #expect(throws: StatisticsError.lengthMismatch(what: "columns", expected: 3, found: 2)) {
      try eraser.erased(features.columns(0..<2))
    }
    var bad = features
    bad[4, 1] = .nan
    #expect(throws: StatisticsError.notFinite(row: 4, column: 1)) { try eraser.erased(bad) }
    var fitter = LEACEFitter(columns: 3, coding: .classes(2))
    #expect(throws: StatisticsError.notFinite(row: 4, column: 1)) { try fitter.add(bad, labels: labels) }
    #expect(throws: StatisticsError.self) { try fitter.add(features, labels: labels.map { $0 + 1 }) }
    #expect(throws: StatisticsError.self) { try fitter.add(features, labels: Array(labels.dropLast())) }
    #expect(throws: StatisticsError.self) { try fitter.add(features.columns(0..<1), labels: labels) }
    #expect(throws: StatisticsError.empty("two rows to fit")) { try fitter.fit() }
    try fitter.add(features, labels: labels)
    #expect(throws: StatisticsError.self) { try fitter.fit(LEACE(shrinkage: 1)) }
    #expect(throws: StatisticsError.self) { try fitter.fit(LEACE(tolerance: -1)) }
    #expect(throws: StatisticsError.self) {
      try Eraser(left: .zeros(3, 1), right: .zeros(2, 3), mean: [0, 0, 0])
    }
  }
}
