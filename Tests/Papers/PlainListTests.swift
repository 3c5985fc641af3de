import Testing

@testable import Papers

struct PlainListTests {
  private func read(_ text: String) throws -> PaperDocument { try PaperFormat.read(Array(text.utf8)) }

  private let first = ListedPaper(
    title: "Sparse Kernel Estimation for Glacier Sensors",
    abstract:
      "Glacier sensors drift. We propose an estimator that corrects the drift from neighbouring sensors alone. "
      + "It halves the error on three campaigns and needs no reference station at all.")
  private let second = ListedPaper(
    title: "How grammars explain protein folding",
    abstract:
      "Folding follows rules, and rules follow a grammar. In this paper we learn that grammar from structures. "
      + "The learnt grammar predicts contacts better than statistics of pairs do.")

  @Test(arguments: [UInt64(1), 2, 3])
  func syntheticListsSurviveEveryVariant(seed: UInt64) throws {
    let papers = SyntheticList.papers(40, seed: seed)
    let checks = ListVariantChecks(papers, papers)
    try checks.checkAll(widths: [48, 60, 72, 80, 100, 160], lostWhenWrapped: 2)
    try checks.checkLines(ListText(papers), every: 7)
  }

  @Test func papersWrappedEachAtAWidthOfItsOwnAreJoined() throws {
    let papers = SyntheticList.papers(40, seed: 5)
    var random = TestRandom(9)
    var text = ListText([])
    for paper in papers {
      text.lines += ListText([paper], wrappedAt: 60 + Int(random.next() >> 33) % 50, .blanks).lines
    }
    let comparison = try Comparison(text.bytes(), papers)
    #expect(comparison.lost.count <= 2)
  }

  @Test func missingTitlesAndAbstractsAreToldAndTheRestIsKept() throws {
    let papers = SyntheticList.papers(30, seed: 8)
    var lines: [String] = []
    var expected: [ListedPaper] = []
    for (index, paper) in papers.enumerated() {
      switch index % 6 {
      case 1:
        lines.append(paper.title)
        expected.append(ListedPaper(title: paper.title, abstract: ""))
      case 5:
        lines.append(paper.abstract)
        expected.append(ListedPaper(title: "", abstract: paper.abstract))
      default:
        lines += [paper.title, paper.abstract]
        expected.append(paper)
      }
    }
    let bytes = Array(lines.joined(separator: "\n").utf8)
    #expect(try Comparison(bytes, expected).lost == [])
    let warnings = try PaperFormat.read(bytes).records.flatMap(\.warnings)
    #expect(warnings.count { $0.code == .missingAbstract } == 5)
    #expect(warnings.count { $0.code == .missingTitle } == 5)
  }

  @Test func listsOfTitlesAloneAndOfAbstractsAloneAreRead() throws {
    let papers = SyntheticList.papers(40, seed: 6)
    let titles = Array(papers.map(\.title).joined(separator: "\n").utf8)
    #expect(try Comparison(titles, papers.map { ListedPaper(title: $0.title, abstract: "") }).lost == [])
    let abstracts = Array(papers.map(\.abstract).joined(separator: "\n").utf8)
    #expect(try Comparison(abstracts, papers.map { ListedPaper(title: "", abstract: $0.abstract) }).lost == [])
  }

  @Test func abstractsOfOneSentenceAreAbstracts() throws {
    let papers = [
      ListedPaper(title: "A Title of Some Paper", abstract: "We show a thing that was not shown before."),
      ListedPaper(title: "Another Title", abstract: "This paper speaks of another thing, at some length, and ends."),
    ]
    #expect(try Comparison(ListText(papers).bytes(), papers).lost == [])
    #expect(try Comparison(ListText(Array(papers.prefix(1))).bytes(), Array(papers.prefix(1))).lost == [])
  }

  @Test func aGluedBannerIsTakenOffTheTitle() throws {
    let document = try read("Subscribe\(first.title)\n\(first.abstract)\n")
    let record = try #require(document.records.first)
    #expect(record.title?.plain == first.title)
    #expect(record.span.start == 9)
    #expect(record.warnings.map(\.code) == [.gluedBanner])
    #expect(document.regions.map(\.kind) == [.banner, .record(1)])
    // A word that only begins so is no banner.
    let kept = try read("Subscriber Churn in Telephone Networks\n\(first.abstract)\n")
    #expect(kept.records.first?.title?.plain == "Subscriber Churn in Telephone Networks")
  }

  @Test func aRepeatedLineIsLeftOutWithAWarning() throws {
    let document = try read(
      "\(first.title)\n\(first.abstract)\n\(first.abstract)\n\(second.title)\n\(second.abstract)\n")
    #expect(document.records.count == 2)
    #expect(document.records.first?.warnings.map(\.code) == [.duplicate])
    #expect(document.skipped.count == 1)
  }

  @Test func aPaperThatStandsTwiceIsToldWithItsFirstPlace() throws {
    let lines = [first, second, first].flatMap { [$0.title, $0.abstract] }
    let document = try read(lines.joined(separator: "\n"))
    #expect(document.records.count == 3)
    #expect(document.records.last?.warnings.map(\.code) == [.duplicate])
    #expect(document.records.last?.warnings.first?.message == "the same paper as record 1")
  }

  @Test func wrappedFieldsKeepTheirExactBytes() throws {
    let text = ListText([first, second, first, second], wrappedAt: 60, .hyphens)
    let bytes = text.bytes(end: "\r\n")
    let record = try #require(try PaperFormat.read(bytes).records.first)
    let abstract = try #require(record.abstract)
    #expect(abstract.plain == first.abstract)
    #expect(abstract.raw == Array(bytes[abstract.span.range]))
    #expect(record.json["abstractRaw"]?.string == String(decoding: abstract.raw, as: UTF8.self))
    #expect(record.json["titleRaw"] == nil)
    #expect(record.warnings.contains { $0.code == .wrapped })
  }

  @Test func everyRegionListCoversTheSource() throws {
    let sources = [
      "\n\n  \(first.title)  \r\n\r\n\(first.abstract)\r\nSubscribe\r\n\r\n\(second.title)\r\n\(second.title)\r\n\(second.abstract)",
      "x", "Subscribe", "\u{FEFF}\(first.title)", "a\nb\nc\nd\n", "\r\r\(first.title)\r\(first.abstract)\r",
    ]
    for source in sources {
      let bytes = Array(source.utf8)
      let document = try PaperFormat.read(bytes)
      var position = 0
      for region in document.regions {
        #expect(region.span.start == position)
        position = region.span.end
      }
      #expect(position == bytes.count)
    }
  }

  @Test func anyByteMayChange() throws {
    let papers = SyntheticList.papers(6, seed: 4)
    let bytes = ListText(papers).bytes()
    var random = TestRandom(21)
    for _ in 0..<120 {
      var changed = bytes
      changed[Int(random.next() >> 33) % changed.count] = UInt8(truncatingIfNeeded: random.next() >> 40)
      #expect(try Comparison(changed, papers).lost.count <= 3)
    }
  }

  @Test func randomBytesNeverTrap() {
    var random = TestRandom(31)
    for length in [1, 2, 7, 40, 300, 3000] {
      for alphabet in [Array(0...255), Array(" \n\r.-a~\\{}$^_`'/:B7".utf8), Array("http://x.y/ 10.1234/ab\n".utf8)] {
        let bytes = (0..<length).map { _ in alphabet[Int(random.next() >> 33) % alphabet.count] }
        _ = try? PaperFormat.read(bytes, as: .list)
      }
    }
  }
}
