import Linear

/// What a topic is called, and why.
public struct TopicLabel: Sendable, Hashable, Codable {
  public struct Term: Sendable, Hashable, Codable {
    public let term: String
    /// (count_tc / total_c) · ln(1 + A / f_t).
    public let weight: Double
    /// How often the topic's texts have it, titles at their weight.
    public let count: Int
  }

  public let topic: Int
  /// How many texts the topic has.
  public let size: Int
  /// Never empty: up to three terms that share no word, written as in the texts; else words of the first representative's title or text.
  public let label: String
  /// Words and phrases in the order of their choice: folded into longer phrases, apart from one another.
  public let terms: [Term]
  /// Single words by weight alone, for scores of coherence.
  public let words: [Term]
  /// Phrases by weight.
  public let phrases: [Term]
  /// The texts of the highest confidence, the first among equals.
  public let representatives: [Int]
  /// Against the nearest topic; nil where there is none.
  public let contrast: Contrast?
}

/// Names topics by their words: class-based weights, phrases in place of their parts, and no two terms for one thing.
///
///     let labels = try TopicLabels().labels(for: documents, topics: [0, 0, 1], count: 2, confidence: [0.9, 0.4, 1])
///     labels[1].label  // "graph neural networks, molecules, message passing"
///
/// Word lists and options here change labels only, never clusters. All ties go to the first: the term by Unicode
/// scalars, the text by its place.
public struct TopicLabels: Sendable, Hashable, Codable {
  /// How many terms and words a topic gets.
  public var words: Int
  public var phrases: Int
  public var ngram: ClosedRange<Int>
  /// From 0, weights alone, to 1, distance alone.
  public var diversity: Double
  public var stopWords: StopWords
  public var tokenizer: Tokenizer
  public var titleWeight: Int
  public var representatives: Int
  public var contrastTerms: Int

  /// The share of a term's count from which on a longer phrase stands for it.
  static let foldingShare = 0.6
  /// How many texts of a topic show how its terms are written.
  private static let textsForForms = 30

  public init(
    words: Int = 10, phrases: Int = 3, ngram: ClosedRange<Int> = 1...3, diversity: Double = 0.3,
    stopWords: StopWords = .all([.english, .scholarly]),
    tokenizer: Tokenizer = Tokenizer(skipsAddresses: true, readsTeX: true),
    titleWeight: Int = 1,
    representatives: Int = 3, contrastTerms: Int = 5
  ) {
    self.words = words
    self.phrases = phrases
    self.ngram = ngram
    self.diversity = diversity
    self.stopWords = stopWords
    self.tokenizer = tokenizer
    self.titleWeight = titleWeight
    self.representatives = representatives
    self.contrastTerms = contrastTerms
  }

  /// The label of each topic.
  ///
  /// - Parameters:
  ///   - topics: the topic of each text, 0 ..< `count`; a text of a negative topic is left out.
  ///   - confidence: one for each text, for the choice of representatives; without it the first ones are taken.
  public func labels(
    for documents: [TextDocument], topics: [Int], count: Int, confidence: [Double]? = nil
  ) throws(TextFault) -> [TopicLabel] {
    try check(documents, confidence)
    let members = try ClassTerms.members(topics, count: count, rows: documents.count)
    var counter = try TermCounter(
      .init(
        tokenizer: tokenizer, ngram: min(1, ngram.lowerBound)...ngram.upperBound, stopWords: stopWords,
        titleWeight: titleWeight, withinPhrases: true))
    counter.add(documents)
    // In a large collection most n-grams come in one text, and none of them names a topic.
    let least = documents.count > 5000 ? 2 : 1
    let naming = try Naming(
      self, counts: counter.counts(minimum: .count(least)), topics: topics, members: members)
    let stop = stopWords.table(for: tokenizer)
    return members.indices.map { topic in
      let ranked = members[topic].sorted { a, b in
        guard let confidence, confidence[a] != confidence[b] else { return a < b }
        return confidence[a] > confidence[b]
      }
      return naming.label(topic, representatives: Array(ranked.prefix(representatives))) { terms, phrases in
        label(from: terms, phrases, or: ranked.lazy.map { documents[$0] }, without: stop)
      }
    }
  }

  private func check(_ documents: [TextDocument], _ confidence: [Double]?) throws(TextFault) {
    for (name, number) in [
      ("words", words), ("phrases", phrases), ("representatives", representatives), ("contrastTerms", contrastTerms),
    ] where !(0...10_000).contains(number) {
      throw TextFault(name, "expected a whole number from 0 to 10,000, found \(number)")
    }
    guard diversity >= 0, diversity <= 1 else {
      throw TextFault("diversity", "expected a number from 0 to 1, found \(diversity)")
    }
    if let confidence {
      guard confidence.count == documents.count else {
        throw TextFault("confidence", "expected one for each of \(documents.count) texts, found \(confidence.count)")
      }
      if let row = confidence.firstIndex(where: \.isNaN) {
        throw TextFault("confidence", "text \(row) has none (NaN)")
      }
    }
  }

  /// Up to three terms of which no two share a word, as the texts write them; without terms, words of the first text
  /// that has any.
  private func label(
    from terms: [TopicLabel.Term], _ phrases: [TopicLabel.Term], or documents: some Sequence<TextDocument>,
    without stop: TermTable?
  ) -> String {
    var used: Set<Substring> = []
    var parts: [String] = []
    for term in terms where parts.count < 3 {
      // A word that often stands in a phrase says little without it.
      let best = term.term.contains(" ") ? nil : phrases.first { Self.speaks($0, for: term) && isNew($0, used) }
      let chosen = best ?? term
      if isNew(chosen, used) {
        used.formUnion(chosen.term.split(separator: " ").map(TermRanking.singular))
        parts.append(chosen.term)
      }
    }
    if !parts.isEmpty {
      let forms = TermForms(documents.prefix(Self.textsForForms))
      return parts.map(forms.form).joined(separator: ", ")
    }
    for document in documents {
      for text in [document.title, document.body] {
        if let words = TopicLabels.firstWords(of: text, tokenizer, without: stop) {
          return words
        }
      }
    }
    return "untitled"
  }

  private func isNew(_ term: TopicLabel.Term, _ used: Set<Substring>) -> Bool {
    used.isDisjoint(with: term.term.split(separator: " ").map(TermRanking.singular))
  }

  /// Whether a phrase has the word, and at least a quarter of its count.
  private static func speaks(_ phrase: TopicLabel.Term, for word: TopicLabel.Term) -> Bool {
    4 * phrase.count >= word.count && phrase.term.split(separator: " ").contains { $0 == word.term }
  }

  /// The first words of a text without stop words; with them when there are no others, and the bare text when it has no
  /// words at all.
  private static func firstWords(of text: String, _ tokenizer: Tokenizer, without stop: TermTable?) -> String? {
    for stop in [stop, nil] {
      var buffer = TokenBuffer()
      tokenizer.scan(text, into: &buffer, removing: stop)
      if !buffer.tokens.isEmpty { return buffer.strings.prefix(5).joined(separator: " ") }
    }
    let bare = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return bare.isEmpty ? nil : String(bare.prefix(40))
  }
}
