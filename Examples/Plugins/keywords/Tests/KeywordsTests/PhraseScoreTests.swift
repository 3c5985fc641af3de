import Testing

@testable import KeywordsMethods

/// The candidate phrases of the abstract that Rose et al. (2010) take as their example, in its order.
private let example = [
  "compatibility", "systems", "linear constraints", "set", "natural numbers", "criteria", "compatibility", "system",
  "linear diophantine equations", "strict inequations", "nonstrict inequations", "upper bounds", "components",
  "minimal set", "solutions", "algorithms", "minimal generating sets", "solutions", "systems", "criteria",
  "corresponding algorithms", "constructing", "minimal supporting set", "solving", "systems", "systems",
].map { $0.split(separator: " ").map(String.init) }

struct PhraseScoreTests {
  /// Table 1.1 of the paper, to the digit that it prints.
  @Test(arguments: [
    ("minimal generating sets", 8.7), ("linear diophantine equations", 8.5), ("minimal supporting set", 7.7),
    ("minimal set", 4.7), ("linear constraints", 4.5), ("natural numbers", 4), ("strict inequations", 4),
    ("nonstrict inequations", 4), ("upper bounds", 4), ("corresponding algorithms", 3.5), ("set", 2),
    ("algorithms", 1.5), ("compatibility", 1), ("systems", 1), ("criteria", 1), ("system", 1), ("components", 1),
    ("constructing", 1), ("solutions", 1),
  ])
  func scoresAreThoseOfThePaper(_ phrase: String, _ score: Double) throws {
    let found = try #require(PhraseScores(example).ranked.first { $0.phrase == phrase })
    #expect(abs(found.score - score) < 0.051)
  }

  @Test func thePaperKeepsItsNineBest() {
    let best = Set(PhraseScores(example).ranked.prefix(9).map(\.phrase))
    #expect(
      best == [
        "minimal generating sets", "linear diophantine equations", "minimal supporting set", "minimal set",
        "linear constraints", "natural numbers", "strict inequations", "nonstrict inequations", "upper bounds",
      ])
    #expect(PhraseScores.usual(for: example) == 9)
  }

  @Test func phrasesEndAtStopWordsMarksAndNumbers() {
    let cutter = Phrases()
    #expect(
      cutter.phrases(of: "The spectra of large graphs, and 3 proofs") == [
        ["spectra"], ["large", "graphs"], ["proofs"],
      ])
    #expect(
      cutter.phrases(of: "State-of-the-art models' errors (a survey)") == [
        ["state-of-the-art", "models", "errors"], ["survey"],
      ])
    #expect(cutter.phrases(of: "") == [])
    #expect(cutter.phrases(of: "of the and") == [])
    #expect(Phrases(longest: 2).phrases(of: "one two deep linear network probes") == [])
  }

  @Test func equalScoresComeInAlphabeticalOrder() {
    #expect(PhraseScores([["b"], ["a"], ["c", "d"]]).ranked.map(\.phrase) == ["c d", "a", "b"])
  }
}
