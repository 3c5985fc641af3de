import Linear
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct CertificateTests {
  /// Rows in 32 bits 10,000 deviations from 0: what is left in a wiped direction is rounding of storage, which reads as
  /// a correlation of .02 unless it is cut.
  @Test func roundingOfStorageFarFromZeroIsCut() throws {
    let (near, labels) = gaussianRows(2000, 12, seed: 5, gap: 2)
    var far = near
    far.subtractFromRows([Double](repeating: -10_000, count: 12))
    let rows: Matrix<Float> = far.converted()
    let concept = try ConceptCoding.classes(2).columns(of: labels)
    let erased = try LEACE.single.fit(rows, concept).eraser.erased(rows)
    let found = try Certificate(
      before: rows.converted(), after: erased.converted(), concept: concept, single: true)
    #expect(found.before > 0.6 && found.after < 1e-4, "\(found.after)")
    #expect(found.cut == 1 && found.threshold > 0.01 && found.threshold < 0.013, "10 · 2⁻²³ · 10,000")
    let exact = try Certificate(
      before: far, after: LEACE().fit(far, concept).eraser.erased(far), concept: concept, single: false)
    #expect(exact.after < 1e-9 && exact.cut == 1)
  }

  @Test(.needsSharedData, arguments: OracleCase.names) func certificatesAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let erased = try oracle.fit().eraser.erased(oracle.features)
    let found = try Certificate(
      before: oracle.features.rows(at: oracle.train), after: erased.rows(at: oracle.train),
      concept: oracle.concept.rows(at: oracle.train), single: false)
    let before = try oracle.number("before", "train_max_canonical_correlation")
    #expect((found.before - before).magnitude < 1e-8)
    #expect(found.after <= (try oracle.number("tolerances", "train_max_canonical_correlation")))
    #expect(found.worst < 1e-7, "class means agree")
  }

  /// Without the concept taken out the worst column is the one that carries it.
  @Test func theWorstColumnIsNamed() throws {
    let (rows, labels) = gaussianRows(1000, 5, seed: 9, gap: 3)
    let concept = try ConceptCoding.classes(2).columns(of: labels)
    let found = try Certificate(before: rows, after: rows, concept: concept, single: false)
    #expect(found.worstColumn == 0 && found.worst > 0.5 && found.cut == 0 && found.before == found.after)
  }
}
