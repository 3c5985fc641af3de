import JSON
import Testing

@testable import Text

@Suite struct StopWordsTests {
  @Test func theEnglishListIsScikitLearns() {
    let words = StopWords.english.words
    #expect(words.count == 318)
    #expect(Set(["the", "amoungst", "couldnt", "hasnt", "noone", "system", "fifty", "cry"]).isSubset(of: words))
    #expect(Set(["couldn", "just", "don", "computer", "using", "did"]).isDisjoint(with: words))
  }

  @Test func allEnglishWordsOfTwoLettersOrMoreAreLeftOut() {
    let tokenizer = Tokenizer()
    let tokens = StopWords.english.words.flatMap(tokenizer.tokens(in:))
    #expect(StopWords.english.table(for: tokenizer) == TermTable(tokens))
    #expect(Set(StopWords.english.words).subtracting(tokens) == ["a", "i"])
  }

  @Test func theScholarlyListHoldsTokensOnly() {
    let words = StopWords.scholarly.words
    let tokenizer = Tokenizer()
    #expect(words.allSatisfy { tokenizer.tokens(in: $0) == [$0] })
    #expect(Set(["propose", "method", "model", "results", "show", "paper", "https", "github"]).isSubset(of: words))
    #expect(Set(["graph", "attention", "language", "image", "causal", "speech"]).isDisjoint(with: words))
  }

  @Test func ownWordsAreFoldedAsTheTextIs() {
    let list = StopWords.list(["The", "CAFÉ", "café"])
    #expect(list.table(for: Tokenizer()) == TermTable(["café", "café", "the"]))
    #expect(list.table(for: Tokenizer(fold: .accents)) == TermTable(["cafe", "cafe", "the"]))
  }

  @Test func entriesThatMatchNoTokenAreNamed() {
    let list = StopWords.all([.english, .list(["state-of-the-art", "a", "don't", "the"])])
    #expect(list.unmatchable(by: Tokenizer()) == ["a", "don't", "state-of-the-art"])
    let table = list.table(for: Tokenizer())
    #expect(table?.find("state") == nil && table?.find("art") == nil && table?.find("don") == nil)
    #expect(StopWords.none.table(for: Tokenizer()) == nil)
  }

  @Test func listsAreWrittenAsOneWouldWriteThem() throws {
    let written: [(StopWords, JSON)] = [
      (.none, "none"), (.english, "english"), (.list(["via", "et"]), ["via", "et"]),
      (.all([.scholarly, .list([])]), ["all": ["scholarly", []]]),
    ]
    for (words, json) in written {
      #expect(try JSON.Encoder().encode(words) == json)
      #expect(try JSON.Decoder().decode(StopWords.self, from: json) == words)
    }
    for wrong: JSON in ["german", 3, ["via", 3], ["every": []], nil] {
      #expect(throws: (any Error).self) { try JSON.Decoder().decode(StopWords.self, from: wrong) }
    }
  }

  @Test func wordsAreSortedByScalarsWithoutRepetition() {
    // Canonically equal strings are two entries, and U+FF5E stands before U+1F600, which UTF-16 would turn round.
    let words = ["\u{1F600}", "\u{FF5E}", "e\u{301}", "\u{E9}", "b", "B", "b"].sortedByScalars()
    #expect(
      words.map { Array($0.unicodeScalars) }
        == ["B", "b", "e\u{301}", "\u{E9}", "\u{FF5E}", "\u{1F600}"].map {
          Array($0.unicodeScalars)
        })
  }
}
