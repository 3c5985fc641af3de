import Testing

@testable import XML

struct XMLCutterTests {
  private static let shape = XMLCutter.Shape(
    records: ["entry"], namespace: "urn:a", feed: "feed", hidden: ["body"])

  /// What a source gave: records, and what was said of the rest.
  private struct Outcome {
    var records: [XMLFragment] = []
    var skipped: [Range<Int>] = []
    var faults = 0

    init(_ text: String, pieces: Int = 7, shape: XMLCutter.Shape = XMLCutterTests.shape) {
      self.init(Array(text.utf8), pieces: pieces, shape: shape)
    }

    init(_ bytes: [UInt8], pieces: Int = 7, shape: XMLCutter.Shape = XMLCutterTests.shape) {
      var cutter = XMLCutter(shape: shape, offset: 0)
      var cuts: [XMLCutter.Cut] = []
      for start in stride(from: 0, to: bytes.count, by: pieces) {
        cuts += cutter.read(Array(bytes[start..<min(bytes.count, start + pieces)]))
      }
      cuts += cutter.finish()
      for cut in cuts {
        switch cut {
        case .record(let fragment): records.append(fragment)
        case .skipped(let range, _): skipped.append(range)
        case .fault: faults += 1
        }
      }
    }

    var titles: [String] {
      records.map { String(decoding: $0.root.first("title")?.text ?? [], as: UTF8.self) }
    }
  }

  private static func feed(_ entries: [String]) -> String {
    "<?xml version='1.0'?>\n<a:feed xmlns:a='urn:a'>\n"
      + entries.map { "<a:entry><a:title>\($0)</a:title></a:entry>\n" }.joined() + "</a:feed>\n"
  }

  @Test(arguments: [1, 2, 3, 17, 4096])
  func recordsAndSpansDoNotDependOnThePieces(pieces: Int) {
    let text = Self.feed(["One &amp; <i>two</i>", "Grüße — 你好", "<![CDATA[a < b]]>", "x&#233;y"])
    let outcome = Outcome(text, pieces: pieces)
    #expect(outcome.titles == ["One & two", "Grüße — 你好", "a < b", "xéy"])
    #expect(outcome.faults == 0 && outcome.skipped.isEmpty)
    let bytes = Array(text.utf8)
    for record in outcome.records {
      let whole = String(decoding: bytes[record.span], as: UTF8.self)
      #expect(whole.hasPrefix("<a:entry>") && whole.hasSuffix("</a:entry>"))
      let title = record.root.first("title")
      #expect(title?.source.bytes == bytes[title?.source.range ?? 0..<0])
      #expect(whole.contains("<a:title>" + String(decoding: title?.source.bytes ?? [], as: UTF8.self) + "</a:title>"))
    }
  }

  @Test func textKnowsItsPlaceInTheSource() {
    let text = Self.feed(["Grüße &amp; mehr &#x41; Ende"])
    let bytes = Array(text.utf8)
    for record in Outcome(text, pieces: 5).records {
      guard let title = record.root.first("title") else { continue }
      var seen: [UInt8] = []
      var places: [Int] = []
      title.stretches(title.textRange) { stretch, place in
        seen += stretch
        places += place..<place + stretch.count
      }
      for word in ["Grüße", "mehr", "Ende"].map({ Array($0.utf8) }) {
        let first = seen.indices.first { seen[$0...].starts(with: word) } ?? 0
        #expect(bytes[places[first]...].starts(with: word))
      }
      #expect(bytes[places[8]] == UInt8(ascii: "&"))
      #expect(String(decoding: seen, as: UTF8.self) == "Grüße & mehr A Ende")
    }
  }

  @Test func namespacesCountAndPrefixesDoNot() {
    let mixed =
      "<r xmlns='urn:x' xmlns:a='urn:a'><entry><title>no</title></entry><a:entry><title>yes</title></a:entry></r>"
    #expect(Outcome(mixed).titles == ["yes"])
  }

  @Test func hiddenElementsArePassedOver() {
    let outcome = Outcome("<entry><body><title>no</title></body><title>yes</title></entry>")
    #expect(outcome.titles == ["yes"])
    #expect(outcome.records.first?.root.children.count == 1)
  }

  @Test func nothingIsOpenedAndNothingIsExpanded() {
    var laughs = "<!DOCTYPE feed [<!ENTITY a0 'ha'>\n"
    for level in 1...30 { laughs += "<!ENTITY a\(level) '&a\(level - 1);&a\(level - 1);'>\n" }
    laughs += "]><feed xmlns='urn:a'><entry><title>x&a30;y</title></entry></feed>"
    let outcome = Outcome(laughs, pieces: 64)
    #expect(outcome.records.count == 1)
    #expect(outcome.titles.allSatisfy { $0.utf8.count < 300 })
    let file =
      "<!DOCTYPE feed [<!ENTITY f SYSTEM 'file:///etc/passwd'><!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;"
      + "<!ENTITY c '©'>]><feed xmlns='urn:a'><entry><title>a&f;b&c;d&nbsp;e</title></entry></feed>"
    #expect(Outcome(file, pieces: 64).titles == ["ab©d\u{A0}e"])
  }

  @Test func depthAndTextAreBounded() {
    let deep =
      "<feed xmlns='urn:a'><entry><title>a</title>" + String(repeating: "<x>", count: 5000)
      + "</entry><entry><title>b</title></entry></feed>"
    #expect(Outcome(deep, pieces: 1000).titles == ["a", "b"])
    let long = "<feed xmlns='urn:a'><entry><title>" + String(repeating: "word ", count: 2_600_000)
    let outcome = Outcome(long + "</title></entry></feed>", pieces: 1 << 16)
    #expect(outcome.records.count == 1)
    #expect((outcome.records.first?.root.first("title")?.text.count ?? 0) <= XMLBuilder.mostText)
  }

  @Test func oneFaultCostsOneRecordAtMost() {
    let titles = (0..<40).map { "Title number \($0)" }
    let text = Self.feed(titles)
    let bytes = Array(text.utf8)
    for index in stride(from: 40, to: bytes.count - 12, by: 3) {
      for change: UInt8 in [UInt8(ascii: "<"), UInt8(ascii: "&"), 0x00, 0xFF, UInt8(ascii: ">"), UInt8(ascii: "/")] {
        var changed = bytes
        changed[index] = change
        let found = Set(Outcome(changed, pieces: 512).titles)
        let lost = titles.filter { !found.contains($0) }.count
        #expect(lost <= 2, "byte \(index) as \(change): \(lost) lost")
      }
    }
  }

  @Test func removedAndDoubledLinesCostTheirRecordsAlone() {
    let titles = (0..<20).map { "Title number \($0)" }
    let text =
      "<feed xmlns='urn:a'>\n"
      + titles.map { "<entry>\n<title>\($0)</title>\n<author>\n<name>n</name>\n</author>\n</entry>\n" }.joined()
      + "</feed>\n"
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0 + "\n" }
    for index in lines.indices.dropFirst() {
      for count in [0, 2] {
        let changed = (lines[..<index] + Array(repeating: lines[index], count: count) + lines[(index + 1)...]).joined()
        let outcome = Outcome(changed, pieces: 100)
        let found = outcome.titles
        let lost = titles.filter { !found.contains($0) }.count
        #expect(lost <= 1 && outcome.records.count <= 21, "line \(index) × \(count): \(lost) lost")
      }
    }
  }

  @Test func bytesThatAreNoUTF8AreReadAsWindows1252() {
    let bytes = Array("<entry><title>caf".utf8) + [0xE9] + Array(" ".utf8) + [0x93] + Array("q</title></entry>".utf8)
    #expect(Outcome(bytes, pieces: 3).titles == ["café “q"])
    let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><entry><title>caf".utf8) + [0xC3, 0xA9]
    #expect(Outcome(latin + Array("</title></entry>".utf8), pieces: 300).titles == ["cafÃ©"])
  }

  @Test func whatIsNoXMLGivesNothingAndEnds() {
    for text in [
      "", "<", "<<<<<<", "<entry", "plain words", "<?xml", "<!--", "<![CDATA[", "<!DOCTYPE a [", "\u{0}\u{0}",
    ] {
      let titles = Outcome(text, pieces: 1).titles
      #expect(titles.joined().isEmpty)
    }
    var storm = ""
    for _ in 0..<20_000 { storm += "<entry </entry" }
    _ = Outcome(storm, pieces: 1 << 16)
  }
}
