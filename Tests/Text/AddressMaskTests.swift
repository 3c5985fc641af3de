import Testing

@testable import Text

@Suite struct AddressMaskTests {
  private let skipping = Tokenizer(skipsAddresses: true)

  @Test(arguments: [
    ("Code is at https://github.com/a-b/c_d.git today", ["code", "is", "at", "today"]),
    ("See github.com/user/repo, or www.example.org.", ["see", "or"]),
    ("doi:10.1234/abc.def and 10.18653/v1/N19-1423", ["and"]),
    ("(http://a.org/x_(y)) mail me@uni.example.edu now", ["mail", "now"]),
    (#"\url{http://a.org/b} and <ftp://c.d/e>"#, ["url", "and"]),
    ("HTTPS://A.B/C见文字", ["见文字"]),
  ]) func addressesAreNoWords(text: String, words: [String]) {
    #expect(skipping.tokens(in: text) == words)
  }

  @Test(arguments: [
    "and/or TCP/IP input/output", "recall@k of 3.5/4.0", "e.g./i.e.", "http", "a sentence. Another one", "v1.0/v2.0",
    "10 / 12 and 10/12", "中文/日文",
  ]) func whatOnlyLooksLikeOneStays(text: String) {
    #expect(skipping.tokens(in: text) == Tokenizer().tokens(in: text))
  }

  @Test func phrasesEndAtAnAddress() throws {
    var counter = try TermCounter(.init(tokenizer: skipping, ngram: 2...2, withinPhrases: true))
    counter.add(TextDocument(body: "code at https://a.org/b for all"))
    #expect(Set(try counter.counts().vocabulary) == ["code at", "for all"])
  }

  @Test func aLongRunOfSlashesIsReadInLinearTime() {
    let text = String(repeating: "/)@.www", count: 20_000)
    #expect(!skipping.tokens(in: text).isEmpty)
  }
}
