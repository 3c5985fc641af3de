import JSON
import TestSupport
import Testing

@testable import Text

@Suite struct TokenizerTests {
  let tokenizer = Tokenizer()

  @Test func aTokenIsARunOfTwoOrMoreWordCharacters() {
    #expect(tokenizer.tokens(in: "C++ and F#: a x_y is_ 10 5") == ["and", "x_y", "is_", "10"])
    #expect(tokenizer.tokens(in: "state-of-the-art") == ["state", "of", "the", "art"])
    #expect(tokenizer.tokens(in: "") == [])
    #expect(tokenizer.tokens(in: " .,;! a b c") == [])
  }

  @Test func superscriptsAndFractionsAreWordCharacters() {
    #expect(tokenizer.tokens(in: "x² and ½ Ⅷ⅔") == ["x²", "and", "ⅷ⅔"])
  }

  @Test func lowerCaseIsTheFullMapping() {
    #expect(
      tokenizer.tokens(in: "STRASSE Straße ÅNGSTRÖM ŁÓDŹ ＡＢＣ") == ["strasse", "straße", "ångström", "łódź", "ａｂｃ"])
    #expect(tokenizer.tokens(in: "İstanbul Aİb") == ["stanbul", "ai"], "the mapping of İ ends in a combining mark")
  }

  @Test func aCapitalSigmaAtTheEndOfAWordIsFinal() {
    // scikit-learn 1.9.1, CountVectorizer().build_analyzer().
    #expect(tokenizer.tokens(in: "ΟΔΟΣ ΣΟΦΟΣ. ΑΣ'Α ΑΣ' ΣΣ") == ["οδος", "σοφος", "ασ", "ας", "σς"])
    #expect(tokenizer.tokens(in: "ΑΣ\u{301}Β") == ["ασ"], "a mark is passed over when the letter behind is looked for")
    #expect(tokenizer.tokens(in: "1Σ aΣ") == ["1σ", "aς"], "a digit is not cased")
  }

  @Test func combiningMarksAndZeroWidthSpacesSplitWords() {
    #expect(tokenizer.tokens(in: "caf\u{E9}s cafe\u{301}s") == ["cafés", "cafe"])
    #expect(
      tokenizer.tokens(in: "zero\u{200B}width soft\u{AD}hyphen no\u{A0}break") == [
        "zero", "width", "soft", "hyphen", "no", "break",
      ])
  }

  @Test func foldedAccentsAreThoseOfScikitLearn() {
    // scikit-learn 1.9.1, CountVectorizer(strip_accents="unicode").build_analyzer().
    let folding = Tokenizer(fold: .accents)
    #expect(folding.tokens(in: "Naïve CAFÉ cafe\u{301}s İstanbul") == ["naive", "cafe", "cafes", "istanbul"])
    #expect(folding.tokens(in: "ﬁne x² Ⅷ ½ Łódź Straße") == ["fine", "x2", "viii", "łodz", "straße"])
    #expect(folding.tokens(in: "Widget™ ΟΔΌΣ") == ["widgetTM", "οδος"])
    #expect(folding.tokens(in: "Plain ASCII") == ["plain", "ascii"])
  }

  @Test func aTokenOfAnyLengthStaysWhole() {
    let long = String(repeating: "Ab", count: 100_000)
    #expect(tokenizer.tokens(in: "x \(long) y") == [long.lowercased()])
  }

  @Test func noLowerCaseIsLongerThanTheRoomLeftForIt() {
    for value in UInt32(0x80)...0x1FFFF {
      guard let scalar = Unicode.Scalar(value), WordCharacters.category(of: scalar) == .upper else { continue }
      let lower = scalar.properties.lowercaseMapping
      #expect(2 * lower.utf8.count <= 3 * String(scalar).utf8.count, "U+\(String(value, radix: 16))")
    }
    // The longest growth, in the shortest words.
    let text = (0..<1000).map { _ in "\u{23A}\u{23A}" }
    #expect(tokenizer.tokens(in: text.joined(separator: " ")) == text.map { $0.lowercased() })
  }

  @Test func neighboursOfOnePhraseAreOnlyApartByBlanksAndHyphens() {
    var buffer = TokenBuffer()
    tokenizer.scan("Self-supervised speech\nmodels, and: k-means of images", into: &buffer, removing: TermTable(["of"]))
    let phrases = buffer.tokens.map(\.phrase)
    #expect(buffer.strings == ["self", "supervised", "speech", "models", "and", "means", "images"])
    #expect(Set(phrases[0...3]).count == 1)
    #expect(Set(phrases[3...]).count == 4, "a comma, a colon, a lone letter and a stop word part phrases")
    #expect(buffer.removed.count == 1)
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
  func theOraclesVocabularyIsTheSetOfTokens() throws {
    let texts = try Oracle.texts()
    let vocabulary = Set(try Oracle.strings(try Oracle.file("count_default"), "vocabulary"))
    #expect(Set(texts.flatMap(tokenizer.tokens(in:))) == vocabulary)
  }
}
