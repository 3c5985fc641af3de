import JSON
import TestSupport
import Testing

@testable import Papers

/// A fault costs what it stands in, never the rest.
struct FormatFaultTests {
  static let formats: [(PaperFormat, compact: Bool)] = [
    (.ris, false), (.arxivAtom, false), (.jats, false), (.cslJSON, false), (.cslJSON, true),
  ]

  @Test(arguments: formats) func anyByteMayChange(format: PaperFormat, compact: Bool) throws {
    let source = FormatSamples.source(format, count: 8, compact: compact)
    let good = try FormatSamples.read(source, format)
    #expect(good.records.count == 8)
    var random = TestRandom(11)
    // The declarations at the front are what the format is told by.
    let front = format == .arxivAtom || format == .jats ? 75 : 0
    for index in front..<source.count
    where index % 7 == 0 || source[index].isAny(of: "<>{}[]\"&") && Bool.random(using: &random) {
      var changed = source
      let choices: [UInt8] = Array("<>{}[]\"&\\,:/- \nx".utf8) + [0x00, 0x80, 0xFF]
      changed[index] = choices[Int.random(in: 0..<choices.count, using: &random)]
      let found = try FormatSamples.read(changed, format, pieces: 1000)
      let count = FormatSamples.differing(good, found)
      #expect(count <= 3, "byte \(index), \(source[index]) as \(changed[index]): \(count) differ")
      FormatSamples.checkRegions(found, changed.count, "byte \(index)")
    }
  }

  @Test(arguments: formats) func aLineRemovedOrDoubledStaysLocal(format: PaperFormat, compact: Bool) throws {
    let source = FormatSamples.source(format, count: 10, compact: compact)
    let good = try FormatSamples.read(source, format)
    let lines = source.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
    guard lines.count > 4 else { return }
    for index in lines.indices.dropFirst(2) {
      for times in [0, 2] {
        var changed = lines
        changed.replaceSubrange(index...index, with: Array(repeating: lines[index], count: times))
        let bytes = Array(changed.joined())
        let found = try FormatSamples.read(bytes, format)
        let count = FormatSamples.differing(good, found)
        #expect(count <= 3, "line \(index) × \(times): \(count) differ")
        FormatSamples.checkRegions(found, bytes.count, "line \(index)")
      }
    }
  }

  @Test(arguments: [
    PaperFormat.ris, .arxivAtom, .jats, .tei, .cslJSON, .openAlex, .semanticScholar, .crossref, .records,
  ])
  func randomBytesAndCutSourcesNeverTrap(format: PaperFormat) throws {
    var random = TestRandom(5)
    let signs = Array("<>{}[]\"\\&;:,-/ \n\r\tTYERAU019aentry".utf8)
    for _ in 0..<150 {
      let bytes = (0..<Int.random(in: 1..<400, using: &random)).map { _ in
        Bool.random(using: &random)
          ? signs[Int.random(in: 0..<signs.count, using: &random)] : UInt8.random(in: 0x20...0xFF, using: &random)
      }
      guard let document = try? FormatSamples.read(bytes, format, pieces: 13) else { continue }
      FormatSamples.checkRegions(document, bytes.count, "random")
    }
    let source = FormatSamples.source(format == .tei ? .jats : format, count: 3)
    for end in stride(from: 1, to: source.count, by: 7) {
      let cut = Array(source[..<end])
      guard let document = try? FormatSamples.read(cut, format, pieces: 64) else { continue }
      FormatSamples.checkRegions(document, cut.count, "cut at \(end)")
    }
  }

  @Test func hostileNestingCostsLinearTimeAndBoundedMemory() throws {
    let sources: [(PaperFormat, String)] = [
      (.cslJSON, String(repeating: "[", count: 300_000)), (.cslJSON, String(repeating: "{\"a\":", count: 100_000)),
      (.cslJSON, "[" + String(repeating: "{\"id\":1},{\"id\":", count: 30_000)),
      (.cslJSON, "[{\"id\":\"" + String(repeating: "x", count: 400_000)),
      (.cslJSON, String(repeating: "{}", count: 50_000)), (.cslJSON, String(repeating: "]", count: 300_000)),
      (.arxivAtom, String(repeating: "<entry>", count: 60_000)), (.arxivAtom, String(repeating: "<", count: 300_000)),
      (.arxivAtom, "<feed " + String(repeating: "a=\"b\" ", count: 50_000)),
      (.arxivAtom, "<entry><!--" + String(repeating: "- ", count: 100_000)),
      (.arxivAtom, "<entry><title>" + String(repeating: "&x;", count: 100_000)),
      (.ris, String(repeating: "TY  - JOUR\n", count: 30_000)),
      (.ris, "TY  - JOUR\nAB  - " + String(repeating: "a\n", count: 150_000)),
      (.ris, String(repeating: "\r", count: 300_000) + "x"),
    ]
    for (format, text) in sources {
      let bytes = Array(text.utf8)
      let document = try FormatSamples.read(bytes, format)
      FormatSamples.checkRegions(document, bytes.count, "\(format) \(text.prefix(12))")
    }
  }

  @Test func anElementThatIsNoJSONCostsItselfAlone() throws {
    let text =
      "[{\"id\":\"a\",\"title\":\"A\"},{\"id\":\"b\",\"title\":},{\"id\":\"c\",\"title\":\"C\"},null,{\"id\":\"d\",\"title\":\"D\"}]"
    let document = try PaperFormat.read(Array(text.utf8), as: .cslJSON)
    #expect(document.records.map(\.key) == ["a", "c", "d"])
    #expect(document.warnings.map(\.code) == [.malformedJSON, .nullItem])
  }

  @Test func whatIsNoPaperIsNamed() throws {
    let codes: [(PaperFormat, String, ParseWarning.Code)] = [
      (.semanticScholar, "{\"error\":\"Paper not found\"}", .unknownEnvelope),
      (.crossref, "{\"status\":\"failed\",\"message\":[{\"type\":\"x\"}]}", .unknownEnvelope),
      (.semanticScholar, "{\"data\":[{\"citedPaper\":null}]}", .nullItem),
      (.tei, "<TEI><teiHeader/></TEI>", .missingHeader), (.jats, "<article><body/></article>", .missingHeader),
      (.ris, "no tags at all\n", .risJunk), (.arxivAtom, "<feed/>", .emptyFeed),
      (.arxivAtom, "<feed><entry><title>x</entry>", .malformedXML),
    ]
    for (format, text, code) in codes {
      let document = try PaperFormat.read(Array(text.utf8), as: format)
      let all = document.warnings + document.records.flatMap(\.warnings)
      #expect(all.contains { $0.code == code }, "\(format) \(text): \(all)")
    }
  }
}
