import JSON
import Testing

@testable import Papers

/// BibTeX as it comes from keyboards, mails and careless programs.
struct BibTeXVariantTests {
  private func items(_ text: String) throws -> [JSON.Object] {
    try PaperFormat.read(Array(text.utf8), as: .bibtex).records.map(\.item)
  }

  private func titles(_ text: String) throws -> [String] { try items(text).map { $0["title"]?.string ?? "" } }

  private static let two: [String] = [
    "@article{a\n title={One}, year=2001}\n@misc{b,title={Two}}",
    "@article{a, title={One}\n year=2001}\n@misc{b,title={Two}}",
    "@article{a,\n title={One,\n year=2001}\n@misc{b,\n title={Two}\n}\n",
    "@article{a,\n title=\"One,\n year=2001\n}\n@misc{b,\n title={Two}\n}\n",
    "@article{a,\n title={One},\n year=2001\n\n@misc{b,\n title={Two}\n}\n",
    "@article{a,\n title={One}},\n year=2001\n}\n@misc{b,\n title={Two}\n}\n",
    "@article(a, title = \"One\", year = 2001)\n@misc(b,title={Two})",
    "@article{,\n title={One}}\n@misc{\n title={Two}}",
    "@article{a,\r title={One}\r}\r@misc{b,\r title={Two}\r}\r",
    "@article{a,title={One}}, and then\n@misc{b,title={Two}} thanks user@host.org\n",
    "```bibtex\n@article{a,title={One}}\n@misc{b,title={Two}}\n```\n",
    "@comment{@article{c,title={Hidden}}}\n@article{a,title={One}}\n% @misc{d,title={x}}\n@misc{b,title={Two}}",
    "@article{a, % a note\n title={One}, % another\n %year=1999,\n year=2001 % last\n}@misc{b,title={Two}}",
    "@string{o=\"O\"}@STRING(n = o # \"n\")@article{a,title=n # {e}}@misc{b,title={Two}}",
    "@article{a,title=One,year=2001}\n@misc{b,title={Two}}",
  ]

  @Test(arguments: two)
  func bothEntriesAreRead(text: String) throws { #expect(try titles(text) == ["One", "Two"]) }

  @Test func aPercentSignBetweenFieldsHidesTheRestOfItsLine() throws {
    let text = "@article{a, % a note\n title={100% sure}, %year=1999,\n year=2001}"
    let document = try PaperFormat.read(Array(text.utf8), as: .bibtex)
    #expect(document.records.map { $0.item["title"]?.string } == ["100% sure"])
    #expect(document.records.first?.item["issued"]?["date-parts"]?[0]?[0] == 2001)
    #expect(document.records.first?.warnings.isEmpty == true)
  }

  @Test(arguments: [
    "Smith, J. and Lee, K. et al.", "Smith, J. and Lee, K. et al", "Smith, J. and Lee, K., et. al.",
    "J. Smith and K. Lee and others",
  ])
  func andOthersInWordsIsNoName(text: String) throws {
    let item = try #require(try items("@misc{a,title={T},author={\(text)}}").first)
    #expect(item["author"] == [["family": "Smith", "given": "J."], ["family": "Lee", "given": "K."]])
    #expect(item["custom"]?["et_al"] == ["author"])
  }

  @Test func aNameThatEndsInSuchLettersStaysWhole() throws {
    for name in ["Duet Al", "Pascal", "Set al-Din"] {
      let item = try #require(try items("@misc{a,title={T},author={\(name)}}").first)
      #expect(item["custom"]?["et_al"] == nil, "\(name)")
    }
  }

  @Test func commasBetweenNamedPartsAreNoFault() throws {
    let text = "@misc{a,title={T},author={family=Humboldt, given=Alexander, prefix=von, useprefix=true}}"
    let document = try PaperFormat.read(Array(text.utf8), as: .bibtex)
    #expect(document.records.first?.warnings.isEmpty == true)
  }

  @Test func aTildeInADateIsDoubtAndNoBlank() throws {
    let item = try #require(try items("@misc{a,title={T},date={2001~}}").first)
    #expect(item["issued"] == ["date-parts": [[2001]], "circa": true])
    #expect(item["custom"]?["edtf"] == "2001~")
  }

  @Test func whatStopsTheTakingStopsTheReading() throws {
    struct Stop: Error {}
    let text = (0..<500).map { "@misc{k\($0),title={T}}" }.joined(separator: "\n")
    var taken = 0
    #expect(throws: Stop.self) {
      try PaperFormat.read(Array(text.utf8), as: .bibtex) { _ in
        taken += 1
        if taken == 100 { throw Stop() }
      }
    }
    #expect(taken == 100)
  }
}
