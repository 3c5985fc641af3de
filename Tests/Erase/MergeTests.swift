import Linear
import Statistics
import Testing

@testable import Erase

/// Every eraser that is made of sums is the same from pieces as from the whole.
@Suite struct MergeTests {
  private static let rows = 5000

  /// Where the rows are cut.
  static let chunkings: [[Int]] = [[1], [4999], [2, 3, 5, 8, 13, 21, 34], [500, 1000, 4000], Array(1..<50)]

  private func pieces<P>(
    _ cuts: [Int], _ piece: (Range<Int>) throws -> P, merge: (inout P, P) -> Void
  ) rethrows -> P? {
    var whole: P?
    for (start, end) in zip([0] + cuts, cuts + [Self.rows]) {
      let part = try piece(start..<end)
      guard var own = whole else {
        whole = part
        continue
      }
      merge(&own, part)
      whole = own
    }
    return whole
  }

  private func distance(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
    a.adding(b, times: -1).frobeniusNorm / max(1, b.frobeniusNorm)
  }

  @Test(arguments: chunkings) func anyChunkingGivesTheMapOfTheWhole(cuts: [Int]) throws {
    let (features, labels) = correlatedRows(Self.rows, 6, classes: 3)
    let coding = ConceptCoding.classes(3)
    let concept = try coding.columns(of: labels)
    let whole = try Moments(features, concept)
    let full = try #require(
      try pieces(cuts) {
        try Moments(features, concept, rows: Array($0))
      } merge: {
        $0.merge($1)
      })
    let cross = try #require(
      try pieces(cuts) {
        try CrossMoments(features, concept, rows: Array($0))
      } merge: {
        $0.merge($1)
      })
    #expect(distance(try LEACE().fit(full).eraser.projection, try LEACE().fit(whole).eraser.projection) < 1e-12)
    let crossWhole = try CrossMoments(features, concept)
    for directions in OrthogonalErasure.Directions.allCases {
      let fit = OrthogonalErasure(directions: directions)
      #expect(
        try distance(
          fit.fit(cross, coding: coding).eraser.projection, fit.fit(crossWhole, coding: coding).eraser.projection)
          < 1e-12)
    }
    #expect(try distance(OracleEraser(cross).coefficients, OracleEraser(crossWhole).coefficients) < 1e-12)
    #expect(try distance(SubspaceProjection(full).matrix, SubspaceProjection(whole).matrix) < 1e-12)
    let classes = try (0..<3).map { c in labels.indices.filter { labels[$0] == c } }
    let merged = try classes.map { own in
      try #require(
        try pieces(cuts) { range in
          try Moments(features, rows: own.filter { range.contains($0) })
        } merge: {
          $0.merge($1)
        })
    }
    let (a, b) = try (QuadraticFit().fit(merged), QuadraticFit().fit(classes.map { try Moments(features, rows: $0) }))
    for (mine, theirs) in zip(a.eraser.maps, b.eraser.maps) { #expect(distance(mine, theirs) < 1e-12) }
  }

  /// Blocks that are multiplied in 32 bits agree to what those hold.
  @Test(arguments: chunkings) func floatsAgreeToTheirPrecision(cuts: [Int]) throws {
    let (features, labels) = correlatedRows(Self.rows, 6, classes: 3)
    let floats: Matrix<Float> = features.converted()
    let whole = try LEACE.single.fit(Moments(floats, ConceptCoding.classes(3).columns(of: labels), precision: .mixed))
    var fitter = LEACEFitter(columns: 6, coding: .classes(3), precision: .mixed)
    for (start, end) in zip([0] + cuts, cuts + [Self.rows]) {
      try fitter.add(floats.rows(start..<end), labels: Array(labels[start..<end]))
    }
    let difference = distance(try fitter.fit(.single).eraser.projection, whole.eraser.projection)
    #expect(difference < 1e-6, "\(difference)")
  }

  /// Chunks that arrive out of order are merged by their number, and give the same bits.
  @Test func chunksByIndexGiveTheSameBits() throws {
    let (features, labels) = correlatedRows(Self.rows, 6, classes: 3)
    let concept = try ConceptCoding.classes(3).columns(of: labels)
    let parts = try (0..<10).map { try Moments(features, concept, rows: Array($0 * 500..<($0 + 1) * 500)) }
    func sum(_ order: [Int]) throws -> Moments {
      var tree = BlockTree<Moments> { $0.merge($1) }
      for index in order { tree.add(parts[index], at: index) }
      return try #require(tree.total)
    }
    var numbers = RandomNumbers(seed: 6)
    let inOrder = try sum(Array(0..<10))
    for _ in 0..<5 { #expect(try sum(numbers.permutation(10)) == inOrder) }
    #expect(try LEACE().fit(inOrder).eraser == LEACE().fit(sum(numbers.permutation(10))).eraser)
  }
}
