import JSON
import Testing

@testable import Papers

/// What a paper refers to is no identifier of its own.
struct ReferenceTests {
  private func mentions(_ text: String, _ format: PaperFormat) throws -> (own: [String], named: [String]) {
    let bytes = Array(text.utf8)
    let document = try PaperFormat.read(bytes, as: format)
    let record = try #require(document.records.first)
    for mention in record.mentions {
      let range = mention.span.start..<mention.span.end
      #expect(range.upperBound <= bytes.count)
      let source = String(decoding: bytes[range], as: UTF8.self).lowercased()
      #expect(source.contains(mention.identifier.value), "\(source)")
    }
    func names(_ identifiers: [PaperRecord.Identifier]) -> [String] {
      identifiers.map { "\($0.scheme.rawValue) \($0.value)" }
    }
    return (names(record.identifiers), names(record.mentions.map(\.identifier)))
  }

  @Test func referencesOfJATSAreMentions() throws {
    let found = try mentions(
      """
      <article><front><article-meta><article-id pub-id-type="doi">10.1234/own</article-id>
      <title-group><article-title>A Title</article-title></title-group></article-meta></front>
      <body><p>10.1234/body</p></body>
      <back><ack><p>Thanks.</p></ack><ref-list>
      <ref id="1"><element-citation><article-title>One</article-title><pub-id pub-id-type="doi">10.1000/One</pub-id>
      <pub-id pub-id-type="pmid">22345678</pub-id></element-citation></ref>
      <ref id="2"><mixed-citation>See <pub-id pub-id-type="doi">10.1000/one</pub-id> and
      <pub-id pub-id-type="arxiv">2401.01234</pub-id>, <pub-id pub-id-type="other">x</pub-id></mixed-citation></ref>
      <ref id="3"><element-citation><pub-id pub-id-type="doi">10.1234/own</pub-id></element-citation></ref>
      <ref id="4"><element-citation><pub-id pub-id-type="doi">no identifier</pub-id></element-citation></ref>
      </ref-list></back></article>
      """, .jats)
    #expect(found.own == ["doi 10.1234/own"])
    #expect(found.named == ["doi 10.1000/one", "pmid 22345678", "arxiv 2401.01234"])
  }

  @Test func referencesOfTEIAreMentions() throws {
    let found = try mentions(
      """
      <TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>A Title</title></titleStmt>
      <sourceDesc><biblStruct><analytic><idno type="DOI">10.1234/own</idno></analytic></biblStruct></sourceDesc>
      </fileDesc></teiHeader><text><body><p>10.1234/body</p></body><back><div type="references"><listBibl>
      <biblStruct><analytic><title>One</title><idno type="DOI">10.1000/One</idno></analytic></biblStruct>
      <biblStruct><analytic><idno type="arXiv">arXiv:2401.01234</idno></analytic></biblStruct>
      <biblStruct><analytic><idno type="DOI">10.1234/own</idno></analytic></biblStruct>
      </listBibl></div></back></text></TEI>
      """, .tei)
    #expect(found.own == ["doi 10.1234/own"])
    #expect(found.named == ["doi 10.1000/one", "arxiv 2401.01234"])
  }
}
