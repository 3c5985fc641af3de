import Linear
import Statistics
import Testing

@Suite struct SpectrumTests {
  @Test func equalEigenvaluesUseAllDirections() throws {
    let flat = try Spectrum(eigenvalues: [2, 2, 2, 2])
    #expect(flat.participationRatio == 4)
    #expect(abs((flat.effectiveRank ?? 0) - 4) < 1e-12)
    #expect(abs(flat.earlyEnrichment ?? 1) < 1e-15)
    #expect(flat.topShare == 0.25)
    #expect(flat.directions(holding: 0.5) == 2 && flat.directions(holding: 0.51) == 3)
  }

  @Test func oneEigenvalueIsOneDirection() throws {
    let one = try Spectrum(eigenvalues: [0, 0, 3, 0, 0])
    #expect(one.values == [3, 0, 0, 0, 0])
    #expect(one.participationRatio == 1 && one.effectiveRank == 1)
    #expect(abs((one.earlyEnrichment ?? 0) - 0.8) < 1e-15)
    #expect(one.logDeterminant == nil && one.directions(holding: 1) == 1)
  }

  @Test func aShareThatIsHeldExactlyIsHeld() throws {
    let values = [7.0, 2, 1].map { $0 * 0.1 }
    #expect(try Spectrum(eigenvalues: values).directions(holding: 0.9) == 2)
    #expect(try Spectrum(singularValues: values.map { $0.squareRoot() }).directions(holding: 0.9) == 2)
  }

  @Test func withoutVarianceNothingIsAShareOfIt() throws {
    let none = try Spectrum(eigenvalues: [0, 0])
    #expect(none.shares == nil && none.effectiveRank == nil && none.directions(holding: 0.9) == nil)
    #expect(none.powerLaw() == nil && none.earlyEnrichment == nil)
  }

  @Test func aPowerLawIsFoundExactly() throws {
    let values = (1...40).map { 3 / (Double($0) * Double($0).squareRoot()) }
    let law = try #require(try Spectrum(eigenvalues: values).powerLaw())
    #expect(abs(law.slope - 1.5) < 1e-12 && law.ranks == 40)
    #expect(abs((law.low ?? 0) - 1.5) < 1e-9 && abs((law.high ?? 0) - 1.5) < 1e-9)
    #expect(try Spectrum(eigenvalues: values + [0]).powerLaw()?.ranks == 40)
    #expect(try Spectrum(eigenvalues: [4, 1]).powerLaw()?.low == nil)
  }

  @Test func whatIsNoSpectrumIsRefused() {
    #expect(throws: StatisticsError.self) { try Spectrum(eigenvalues: [1, -0.5]) }
    #expect(throws: StatisticsError.self) { try Spectrum(eigenvalues: [1, .nan]) }
    #expect((try? Spectrum(eigenvalues: [1, -1e-15]))?.values == [1, 0])
  }
}
