import JSON
import Testing

@testable import Papers

struct BibTeXSyntaxTests {
  private func read(_ text: String) throws -> PaperDocument { try PaperFormat.read(Array(text.utf8), as: .bibtex) }

  private func codes(_ document: PaperDocument) -> [ParseWarning.Code] {
    (document.warnings + document.records.flatMap(\.warnings)).map(\.code)
  }

  @Test(arguments: [
    "@article{k, title = {A Title}, year = 2001}", "@article(k, title = {A Title}, year = 2001)",
    "@ARTICLE { k ,\n TITLE=\"A Title\" , Year = {2001} , }", "@Article{k,title={A {T}itle},year=\"2001\"}",
    "@article{k,\ntitle = \"A \" # {Title},\nyear = 20 # 01}", "@article\n{k, title={A Title}, year={2001},}",
    "@string{t = {Title}}\n@article{k, title = {A } # T, year = 2001}",
    "@string(t = \"Title\")\n@article(k, title = \"A \" # t, year = {2001})",
    "@article{k, title = {A Title}, year = 2001}@article{l, title = {Another}}",
    "free text, who@example.org (not here)\n% a comment @article{no,\n@article{k, title = {A Title}, year = 2001}",
    "@preamble{\"\\newcommand{\\x}[1]{#1}\"}\n@comment{jabref-meta: {x}}\n@article{k, title = {A Title}, year = 2001}",
    "@comment from here on classics\n@article{k, title = {A Title}, year = 2001}",
  ])
  func everyFormOfAnEntryIsRead(text: String) throws {
    let document = try read(text)
    let record = try #require(document.records.first)
    #expect(record.key == "k")
    #expect(record.item["title"]?.string == "A Title")
    #expect(record.item["issued"]?["date-parts"]?[0]?[0]?.int == 2001)
    #expect(record.item["type"]?.string == "article-journal")
    #expect(!record.warnings.contains { $0.severity == .error })
  }

  @Test(arguments: [
    // A brace too few, in a value and at the end.
    "@article{a, title = {One,\n year = {2001}\n}\n\n@article{b, title = {Two}}\n",
    "@article{a, title = {One},\n year = {2001}\n\n@article{b, title = {Two}}\n",
    // A brace too many.
    "@article{a, title = {One}},\n year = {2001}\n}\n\n@article{b, title = {Two}}\n",
    // A quotation mark too few.
    "@article{a, title = \"One,\n year = \"2001\"\n}\n\n@article{b, title = {Two}}\n",
    // The comma is missing behind a value.
    "@article{a, title = {One}\n year = {2001}\n}\n\n@article{b, title = {Two}}\n",
    // The other delimiter.
    "@article(a, title = {One},\n year = {2001}\n}\n\n@article{b, title = {Two}}\n",
    // An escaped brace that BibTeX counts.
    "@article{a, title = {One},\n note = {the sign \\{ opens},\n year = {2001}\n}\n\n@article{b, title = {Two}}\n",
    // Quotation marks inside quotation marks.
    "@article{a, title = {One},\n note = \"a \"good\" word\",\n year = {2001}\n}\n\n@article{b, title = {Two}}\n",
  ])
  func aBrokenEntryCostsOnlyItself(text: String) throws {
    let document = try read(text)
    #expect(document.records.map(\.key) == ["a", "b"])
    #expect(document.records.first?.item["title"]?.string == "One")
    #expect(document.records.first?.item["issued"]?["date-parts"]?[0]?[0]?.int == 2001)
    #expect(document.records.last?.item["title"]?.string == "Two")
  }

  private static let faults: [(String, ParseWarning.Code)] = [
    ("@article{title = {X}}", ParseWarning.Code.missingKey), ("@article{, title = {X}}", .missingKey),
    ("@article{k, title={X}}\n@article{k, title={Y}}", .duplicateKey),
    ("@article{k, title={X}, Title={Y}}", .duplicateField), ("@article{k, title={X}, journal=AIJ}", .undefinedString),
    ("@article{k, title={X", .unbalanced), ("@article{k title={X}}", .unbalanced),
    ("@article{k, title={X} year=2000}", .missingComma), ("words\n@article{k, title={X}}", .junk),
    ("@comment words\n@article{k, title={X}}", .bareComment), ("@book{k, crossref={none}}", .missingCrossref),
    ("@book{k, author={A, B, C, D}}", .nameCommas), ("@book{k, isbn={978-3-16-148410-1}}", .badChecksum),
    ("@book{k, date={soon}}", .unreadableDate), ("@book{k, title={\\unheard{X}}}", .latexCommand),
    ("@book{k, title={$\\frac{a}{b}$}}", .latexMath), ("\u{FEFF}@book{k, title={X}}", .byteOrderMark),
  ]

  @Test(arguments: faults)
  func faultsDrawTheirWarning(text: String, code: ParseWarning.Code) throws {
    let document = try read(text)
    #expect(codes(document).contains(code), "\(codes(document))")
    #expect(!document.records.isEmpty)
    for warning in document.warnings + document.records.flatMap(\.warnings) {
      #expect(warning.span.start >= 0 && warning.span.end <= text.utf8.count)
    }
  }

  @Test func anUndefinedMacroStandsForItsName() throws {
    let document = try read("@article{k, journal = AIJ, month = oct # \"~18\", year = 1999}")
    #expect(document.records.first?.item["container-title"]?.string == "AIJ")
    #expect(document.records.first?.item["issued"]?["date-parts"] == [[1999, 10, 18]])
  }

  @Test func macrosOfMacrosDoNotGrowWithoutBound() throws {
    var text = "@string{m0 = {xxxxxxxxxx}}\n"
    for level in 1...60 { text += "@string{m\(level) = m\(level - 1) # m\(level - 1) # m\(level - 1)}\n" }
    let document = try read(text + "@article{k, title = m60}\n")
    #expect(document.records.first?.item["title"] != nil)
  }

  @Test func childrenInheritFromTheirParents() throws {
    let document = try read(
      """
      @inproceedings{child, title = {A Talk}, crossref = {Parent}}
      @xdata{press, publisher = {A Press}, location = {Here}}
      @proceedings{parent, title = {Proceedings of It}, year = 2003, xdata = {press}, doi = {10.1000/whole}}
      @book{loop, title={L}, crossref={loop}}
      """)
    let child = try #require(document.records.first).item
    #expect(child["title"]?.string == "A Talk")
    #expect(child["container-title"]?.string == "Proceedings of It")
    #expect(child["issued"]?["date-parts"] == [[2003]])
    #expect(child["DOI"] == nil)
    #expect(document.records[2].item["publisher"]?.string == "A Press")
  }

  @Test func windows1252IsReadAndSaid() throws {
    let document = try PaperFormat.read(
      Array("@article{k, author = {M".utf8) + [0xFC] + Array("ller, J{\\\"o}rg}}".utf8), as: .bibtex)
    #expect(document.records.first?.item["author"]?[0]?["family"]?.string == "Müller")
    #expect(document.records.first?.item["author"]?[0]?["given"]?.string == "Jörg")
    #expect(document.warnings.contains { $0.code == .notUTF8 })
  }

  @Test func theExactBytesOfTitleAndAbstractAreKept() throws {
    let text = "@article{k,\n  title = {A {\\em Long}\n     Title},\n  abstract = {We   do.}}"
    let record = try #require(try read(text).records.first)
    let title = try #require(record.title)
    #expect(title.raw == Array("A {\\em Long}\n     Title".utf8))
    #expect(Array(Array(text.utf8)[title.span.range]) == title.raw)
    #expect(title.plain == "A Long Title")
    #expect(record.item["custom"]?["title_rich"]?.string == "A <i>Long</i> Title")
    #expect(record.abstract?.plain == "We do.")
  }

  private static let identifiers: [(String, String, String)] = [
    ("doi = {10.1000/XyZ}", "doi", "10.1000/xyz"), ("doi = {https://doi.org/10.1000/a_b}", "doi", "10.1000/a_b"),
    ("doi = {10.1000/a\\_b}", "doi", "10.1000/a_b"),
    ("eprint = {1412.4006}, archiveprefix = {arXiv}", "arxiv", "1412.4006"),
    ("eprint = {hep-th/9901001v2}, eprinttype = arxiv", "arxiv", "hep-th/9901001"),
    ("journal = {arXiv preprint arXiv:1606.05250}", "arxiv", "1606.05250"),
    ("url = {http://arxiv.org/abs/1606.05250}", "arxiv", "1606.05250"), ("pmid = {12345678}", "pmid", "12345678"),
    ("isbn = {0-89791-875-4}", "isbn", "9780897918756"),
    ("eprint = {12345678}, eprinttype = {pubmed}", "pmid", "12345678"),
  ]

  @Test(arguments: identifiers)
  func identifiersAreCanonical(fields: String, scheme: String, value: String) throws {
    let record = try #require(try read("@article{k, \(fields)}").records.first)
    #expect(record.identifiers.contains { $0.scheme.rawValue == scheme && $0.value == value }, "\(record.identifiers)")
  }

  private static let dates: [(String, [[Int]])] = [
    ("date = {2011-05-25/2012-06}", [[2011, 5, 25], [2012, 6]]), ("date = {1993-00-00}", [[1993]]),
    ("date = {2004~}", [[2004]]), ("date = {199u}", [[1990]]), ("date = {2017-24}", [[2017]]),
    ("date = {1997/}", [[1997]]),
    ("year = {c. 1990}", [[1990]]), ("year = 2004, month = 5", [[2004, 5]]),
    ("year = 2004, month = {14 May}", [[2004, 5, 14]]),
    ("year = 2004, month = sept # {.}", [[2004, 9]]), ("year = {2001--2003}", [[2001], [2003]]),
    ("year = {2004}, month = dec, day = 24", [[2004, 12, 24]]), ("date = {-0044-03-15}", [[-44, 3, 15]]),
    ("year = 1980, month = {Oktober}", [[1980, 10]]),
  ]

  @Test(arguments: dates)
  func datesAreRead(fields: String, parts: [[Int]]) throws {
    let record = try #require(try read("@article{k, \(fields)}").records.first)
    #expect(
      record.item["issued"]?["date-parts"] == JSON.array(parts.map { .array($0.map { JSON($0) }) }),
      "\(String(describing: record.item["issued"]))")
  }
}
