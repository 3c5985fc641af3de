import JSON
import Testing

@testable import Papers

struct PDFReaderTests {
  private static let page = """
    arXiv:2403.19967v2 [cs.LG] 28 Mar 2024

    Published as a conference paper at ICLR 2024

    Linear Probes Reveal What Deep
    Networks Know of Mat-
    ter

    Ada Ba1∗, Ben van der Cee2 and Dora E. Fay1
    1 University of Somewhere  2 Institute of Things
    {ada,ben}@example.org

    Abstract

    We study matter by probes. Earlier work (https://doi.org/10.1234/other.1) did not. Results
    are repro-
    ducible.

    1 Introduction
    Probes are old.
    \u{0C}
    References
    [1] A. Other. On things. doi:10.5555/thing.7
    [2] B. Another. arXiv:2101.00001, 2021.
    """

  @Test func theFirstPageIsGuessedAndMarkedSo() throws {
    let document = PDFReader.read(text: Array(Self.page.utf8), count: 1000)
    let record = try #require(document.records.first)
    #expect(record.item["title"] == "Linear Probes Reveal What Deep Networks Know of Matter")
    #expect(record.item["abstract"]?.string?.hasPrefix("We study matter by probes.") == true)
    #expect(record.item["abstract"]?.string?.hasSuffix("Results are reproducible.") == true)
    let names = record.item["author"]?.array?.compactMap { $0["literal"]?.string }
    #expect(names == ["Ada Ba", "Ben van der Cee", "Dora E. Fay"])
    #expect(record.warnings.contains { $0.code == .guessed && $0.severity == .info })
    #expect(record.span == ByteSpan(0, 1000))
    #expect(record.warnings.allSatisfy { $0.span == ByteSpan(0, 1000) })
  }

  @Test func lettersBehindNamesReferToAffiliations() throws {
    let page = """
      Journal of Examples 12 (2021) 100–110
      https://doi.org/10.1016/j.example.2021.01.005
      Spectral methods for small graphs
      Olga Petrova a, Kwame N. Mensah b,*
      a Department of Mathematics, University of X
      A B S T R A C T
      Small graphs have few eigenvalues.
      Keywords: graphs
      """
    let record = try #require(PDFReader.read(text: Array(page.utf8), count: 100).records.first)
    #expect(record.item["title"] == "Spectral methods for small graphs")
    #expect(record.item["author"]?.array?.map { $0["literal"]?.string } == ["Olga Petrova", "Kwame N. Mensah"])
    #expect(record.item["abstract"] == "Small graphs have few eigenvalues.")
    #expect(record.identifiers.map(\.value) == ["10.1016/j.example.2021.01.005"])
  }

  @Test func identifiersOfTheReferencesAreOtherWorks() throws {
    let record = try #require(PDFReader.read(text: Array(Self.page.utf8), count: 1000).records.first)
    #expect(record.identifiers == [PaperRecord.Identifier(scheme: .arxiv, value: "2403.19967")])
    let mentions = Set(record.mentions.map(\.identifier.value))
    #expect(mentions == ["10.1234/other.1", "10.5555/thing.7", "2101.00001"])
  }

  @Test func aScanIsToldAndMakesNoPaper() {
    let document = PDFReader.read(text: Array("\u{0C}\u{0C} 3 \u{0C}".utf8), count: 77)
    #expect(document.records.isEmpty && document.warnings.map(\.code) == [.noTextInPDF])
    #expect(document.regions.map(\.span) == [ByteSpan(0, 77)])
  }

  @Test func anyTextMakesARecordWithoutTrapping() {
    var random = TestRandom(9)
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0..<600, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = PDFReader.read(text: bytes, count: bytes.count)
    }
  }
}
