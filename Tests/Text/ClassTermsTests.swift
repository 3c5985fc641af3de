import Linear
import Testing

@testable import Text

@Suite struct ClassTermsTests {
  /// Three topics of the words a, b, c.
  private let counts = SparseMatrix(Matrix(rows: 4, columns: 3, elements: [2, 0, 1, 1, 0, 0, 0, 5, 1, 0, 0, 4]))
  private let topics = [0, 0, 1, 2]

  @Test func countsOfTextsAreAddedByTopic() throws {
    let sums = try ClassTerms.counts(of: counts, topics: topics, count: 3)
    #expect(sums.dense().elements == [3, 0, 1, 0, 5, 1, 0, 0, 4])
    let some = try ClassTerms.counts(of: counts, topics: [1, -1, 1, -1], count: 2)
    #expect(some.dense().elements == [0, 0, 0, 2, 5, 2])
  }

  @Test func weightsFollowTheFormula() throws {
    let sums = try ClassTerms.counts(of: counts, topics: topics, count: 3)
    let weights = ClassTerms.weights(of: sums)
    let mean = (4.0 + 6 + 4) / 3
    #expect(abs(weights[0, 0] - 3 / 4 * ln(1 + mean / 3)) < 1e-15)
    #expect(abs(weights[1, 2] - 1 / 6 * ln(1 + mean / 6)) < 1e-15)
    #expect(abs(weights[2, 2] - ln(1 + mean / 6)) < 1e-15)
  }

  @Test func phrasesCountNoWordsTwice() throws {
    let sums = try ClassTerms.counts(of: counts, topics: topics, count: 3)
    let weights = ClassTerms.weights(of: sums, isWord: [true, true, false])
    let mean = (3.0 + 5) / 2
    #expect(abs(weights[0, 2] - 1 / 3 * ln(1 + mean / 6)) < 1e-15, "a topic without words has no part in the mean")
  }

  @Test func labelsThatDoNotFitAreRefused() {
    #expect(throws: TextFault.self) { try ClassTerms.counts(of: counts, topics: [0, 1], count: 2) }
    #expect(throws: TextFault.self) { try ClassTerms.counts(of: counts, topics: [0, 1, 2, 3], count: 3) }
    #expect(throws: TextFault.self) { try ClassTerms.counts(of: counts, topics: topics, count: -1) }
  }

  @Test func theNearestTopicHasTheLargestCosine() {
    let weights = SparseMatrix(Matrix(rows: 4, columns: 3, elements: [1, 0, 0, 3, 1, 0, 1, 2, 0, 0, 0, 9]))
    #expect(ClassTerms.nearest(weights) == [1, 0, 1, nil])
  }

  @Test func contrastIsTheLogOddsOfMonroeAndOthers() throws {
    let sums = SparseMatrix(Matrix(rows: 2, columns: 3, elements: [8, 1, 1, 2, 1, 7]))
    let (words, terms) = ClassTerms.totals(of: sums, isWord: nil)
    let contrast = ClassTerms.contrast(0, 1, counts: sums, wordTotals: words, termTotals: terms)
    // With 10 words in each topic, the prior has 10 words: 5, 1 and 4 of the three.
    func score(_ y: Double, _ z: Double, _ prior: Double) -> Double {
      let odds = ln((y + prior) / (20 - y - prior)) - ln((z + prior) / (20 - z - prior))
      return odds / (1 / (y + prior) + 1 / (z + prior)).squareRoot()
    }
    #expect(contrast.map(\.column) == [0], "only what is more frequent here")
    #expect(abs(contrast[0].score - score(8, 2, 5)) < 1e-14)
    let back = ClassTerms.contrast(1, 0, counts: sums, wordTotals: words, termTotals: terms)
    #expect(back.map(\.column) == [2] && abs(back[0].score - score(7, 1, 4)) < 1e-14)
  }
}

@Suite struct TermRankingTests {
  private func candidate(
    _ term: String, _ count: Double, weight: Double? = nil, in documents: [Int32] = []
  ) -> TermRanking.Candidate {
    .init(column: 0, words: term.split(separator: " "), weight: weight ?? count, count: count, documents: documents)
  }

  private func names(_ candidates: [TermRanking.Candidate]) -> [String] {
    candidates.map { $0.words.joined(separator: " ") }
  }

  @Test func aPhraseStandsForItsPartsFromSixtyPercentOn() {
    let candidates = [
      candidate("graph", 10), candidate("message", 6), candidate("graph message", 6), candidate("passing", 9),
      candidate("message passing", 5), candidate("graph message passing", 4), candidate("age pass", 1),
    ]
    // The phrase of three has 4 of 6, 4 of 6 and 4 of 5 of its parts' counts, but 4 of 10 and 4 of 9 of two of them.
    #expect(
      names(TermRanking.folded(candidates, share: 0.6)) == ["graph", "passing", "graph message passing", "age pass"])
    // A phrase that was folded away itself stands for nothing.
    let chain = [candidate("aa", 10), candidate("aa bb", 8), candidate("aa bb cc", 5)]
    #expect(names(TermRanking.folded(chain, share: 0.6)) == ["aa", "aa bb cc"])
    #expect(names(TermRanking.folded(chain, share: 0.7)) == ["aa bb", "aa bb cc"])
  }

  @Test func pluralsAreOneTerm() {
    let candidates = [
      "networks", "network", "neural network", "neural networks", "bias", "class", "classes", "theories",
      "theory", "gas",
    ].map { candidate($0, 1) }
    #expect(
      names(TermRanking.withoutPlurals(candidates))
        == ["networks", "neural network", "bias", "class", "classes", "theories", "gas"])
  }

  @Test func diversityZeroIsTheOrderOfWeights() {
    let candidates = [candidate("aa", 3, in: [1]), candidate("bb", 2, in: [1]), candidate("cc", 1, in: [2])]
    #expect(names(TermRanking.diverse(candidates, count: 5, diversity: 0)) == ["aa", "bb", "cc"])
    #expect(names(TermRanking.diverse(candidates, count: 2, diversity: 0)) == ["aa", "bb"])
  }

  @Test func aTermOfTheSameTextsComesLater() {
    let candidates = [
      candidate("aa", 10, in: [1, 2, 3]), candidate("bb", 9, in: [1, 2, 3]), candidate("cc", 8, in: [4, 5]),
    ]
    #expect(names(TermRanking.diverse(candidates, count: 3, diversity: 0.3)) == ["aa", "cc", "bb"])
  }

  @Test func similarityIsTheCosineOfTheTexts() {
    let a = candidate("aa", 1, in: [1, 3, 5, 9])
    #expect(TermRanking.similarity(a, candidate("bb", 1, in: [3, 4, 9])) == 2 / 12.0.squareRoot())
    #expect(TermRanking.similarity(a, a) == 1)
    #expect(TermRanking.similarity(a, candidate("cc", 1, in: [2])) == 0)
    #expect(TermRanking.similarity(a, candidate("dd", 1)) == 0)
  }
}
