import TestSupport
import Testing

@testable import Papers

private let skip = Comment(rawValue: SharedData.absence)

@Suite(.enabled(if: SharedData.isPresent, skip))
struct SeedPageTests {
  private let bytes: [UInt8]
  private let document: PaperDocument

  init() throws {
    bytes = try SharedData.bytes("seed/page.txt")
    document = try PaperFormat.read(bytes)
  }

  @Test func thePageHoldsTheKnownTotals() {
    #expect(document.format == .list)
    #expect(document.records.count == 119)
    #expect(document.records.allSatisfy { $0.title != nil && $0.abstract != nil })
    let links = document.records.flatMap(\.links)
    #expect(links.count == 26)
    #expect(links.count { $0.kind == .code } == 22)
    #expect(links.count { $0.kind == .project } == 4)
    #expect(document.records.count { !$0.warnings.isEmpty } == 38)
    #expect(document.warnings.map(\.code) == [.banner, .banner])
  }

  /// Which papers hold what, read off the page by hand.
  @Test func eachFaultIsToldOfItsPaper() {
    let expected: [(ParseWarning.Code, [Int])] = [
      (.gluedBanner, [1]), (.gitSuffix, [6]), (.promisedLink, [7, 12, 27, 64]), (.noScheme, [18]),
      (.doubledLink, [26, 64]), (.noAddress, [65]), (.labelMismatch, [96]), (.mention, [42]),
      (.straySpace, [12, 20, 50]), (.missingSpace, [24, 49]),
      (.latexCommand, [4, 10, 51, 53, 54, 64, 78, 83, 85, 88, 100, 101, 115]),
      (.latexBare, [9, 10, 12, 22, 38, 48, 62, 68, 72, 80, 84, 97, 110]),
    ]
    for (code, ordinals) in expected {
      let found = document.records.filter { $0.warnings.contains { $0.code == code } }.map(\.ordinal)
      #expect(found == ordinals, "\(code)")
    }
    #expect(Set(document.records.flatMap(\.warnings).map(\.code)) == Set(expected.map(\.0)))
  }

  @Test func everyByteIsAccountedFor() {
    var position = 0
    for region in document.regions {
      #expect(region.span.start == position)
      position = region.span.end
    }
    #expect(position == bytes.count)
    for record in document.records {
      for field in [record.title, record.abstract].compactMap({ $0 }) {
        #expect(Array(bytes[field.span.range]) == field.raw)
      }
    }
  }

  @Test func aMentionIsNoIdentifierOfThePaper() throws {
    let record = document.records[41]
    #expect(record.identifiers.isEmpty)
    let mention = try #require(record.mentions.first)
    #expect(mention.identifier == .init(scheme: .arxiv, value: "1003.4394"))
    #expect(String(decoding: bytes[mention.span.range], as: UTF8.self) == "arXiv:1003.4394v1")
  }

  @Test func promisesWithoutAnAddressAreKeptApart() {
    let promising = document.records.filter { !$0.promises.isEmpty }
    #expect(promising.map(\.ordinal) == [12, 64])
    #expect(promising.flatMap(\.promises).allSatisfy { $0.url == nil && $0.status == .promised })
    #expect(document.records.flatMap(\.links).filter { $0.status == .promised }.count == 2)
  }

  @Test func aReadingIsCertainOfEveryLine() {
    #expect(!document.records.contains { $0.warnings.contains { $0.code == .uncertain } })
  }

  // MARK: - Variants

  /// The page's papers with the blanks closed that stand inside two hyphenated words: where a line is broken there,
  /// nothing tells such a blank from the line's end.
  private var papers: [ListedPaper] {
    document.records.map { record in
      let texts = [record.title, record.abstract].map { field in
        var text = String(decoding: field?.raw ?? [], as: UTF8.self)
        for warning in record.warnings.reversed() where warning.code == .straySpace && warning.span.count == 2 {
          guard let field, field.span.overlaps(warning.span), bytes[warning.span.start] == UInt8(ascii: "-") else {
            continue
          }
          let index = text.utf8.index(text.startIndex, offsetBy: warning.span.start - field.span.start + 1)
          text.remove(at: index)
        }
        return text
      }
      return ListedPaper(title: texts[0], abstract: texts[1])
    }
  }

  @Test func wrappedBlankedAndBannerFilledPagesGiveTheSamePapers() throws {
    let written = papers
    let expected = try written.map { ListedPaper(title: try plainText($0.title), abstract: try plainText($0.abstract)) }
    try ListVariantChecks(written, expected).checkAll(widths: [48, 60, 72, 80, 100, 200])
  }

  @Test func aLineRemovedOrDoubledStaysLocal() throws {
    let written = papers
    let expected = try written.map { ListedPaper(title: try plainText($0.title), abstract: try plainText($0.abstract)) }
    try ListVariantChecks(written, expected).checkLines(ListText(written), every: 19)
    try ListVariantChecks(written, expected).checkLines(ListText(written, wrappedAt: 80, .blanks), every: 331)
  }
}
