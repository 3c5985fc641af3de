import Linear

/// The counts and weights from which `TopicLabels` names topics.
struct Naming {
  let options: TopicLabels
  let documents: TermCounts
  let members: [[Int]]
  let counts: SparseMatrix
  let weights: SparseMatrix
  let isWord: [Bool]
  let wordTotals: [Double]
  let termTotals: [Double]
  let nearest: [Int?]

  init(
    _ options: TopicLabels, counts documents: TermCounts, topics: [Int], members: [[Int]]
  ) throws(TextFault) {
    self.options = options
    self.documents = documents
    self.members = members
    isWord = documents.vocabulary.map { !$0.utf8.contains(UInt8(ascii: " ")) }
    counts = try ClassTerms.counts(of: documents.matrix, topics: topics, count: members.count)
    weights = ClassTerms.weights(of: counts, isWord: isWord)
    (wordTotals, termTotals) = ClassTerms.totals(of: counts, isWord: isWord)
    nearest = ClassTerms.nearest(weights)
  }

  func label(
    _ topic: Int, representatives: [Int], text: (_ terms: [TopicLabel.Term], _ phrases: [TopicLabel.Term]) -> String
  ) -> TopicLabel {
    let ranked = rankedColumns(topic)
    var pool = candidates(ranked, atMost: 20 + 5 * max(options.words, options.phrases)) { words in
      words >= options.ngram.lowerBound
    }
    addDocuments(to: &pool, of: topic)
    // What one text alone repeats names that text, not the topic; only a small topic's words may be one text's.
    let size = members[topic].count
    pool.removeAll { $0.documents.count < ($0.words.count > 1 ? min(2, size) : size < 5 ? 1 : 2) }
    let chosen = TermRanking.withoutPlurals(TermRanking.folded(pool, share: TopicLabels.foldingShare))
    let terms = TermRanking.diverse(chosen, count: options.words, diversity: options.diversity).map(term)
    let phrases = chosen.filter { $0.words.count > 1 }.map(term)
    return TopicLabel(
      topic: topic, size: size, label: text(terms, phrases), terms: terms,
      words: candidates(ranked, atMost: options.words) { $0 == 1 }.map(term),
      phrases: Array(phrases.prefix(options.phrases)),
      representatives: representatives, contrast: contrast(topic))
  }

  private func term(_ candidate: TermRanking.Candidate) -> TopicLabel.Term {
    TopicLabel.Term(
      term: documents.vocabulary[candidate.column], weight: candidate.weight, count: Int(candidate.count))
  }

  private typealias Ranked = (column: Int, weight: Double, count: Double)

  /// The topic's terms by weight, the first by scalars among equals; phrases that come once are left out.
  private func rankedColumns(_ topic: Int) -> [Ranked] {
    let start = counts.rowPointers[topic]
    let all = weights.withRow(topic) { columns, weights in
      (0..<columns.count).map { k -> Ranked in (Int(columns[k]), weights[k], counts.values[start + k]) }
    }
    return all.filter { isWord[$0.column] || $0.count >= 2 }
      .sorted { ($1.weight, $0.column) < ($0.weight, $1.column) }
  }

  /// The first terms of an admitted number of words, each with a letter.
  private func candidates(
    _ ranked: [Ranked], atMost limit: Int, admits: (Int) -> Bool
  ) -> [TermRanking.Candidate] {
    var result: [TermRanking.Candidate] = []
    for item in ranked {
      if result.count >= limit { break }
      let words = documents.vocabulary[item.column].split(separator: " ")
      if admits(words.count), words.allSatisfy(Naming.hasLetter) {
        result.append(.init(column: item.column, words: words, weight: item.weight, count: item.count))
      }
    }
    return result
  }

  private static func hasLetter(_ word: some StringProtocol) -> Bool {
    word.unicodeScalars.contains { $0.properties.isAlphabetic }
  }

  private func addDocuments(to pool: inout [TermRanking.Candidate], of topic: Int) {
    var places: [Int32: Int] = [:]
    for (place, candidate) in pool.enumerated() { places[Int32(candidate.column)] = place }
    for row in members[topic] {
      documents.matrix.withRow(row) { columns, _ in
        for column in columns {
          if let place = places[column] { pool[place].documents.append(Int32(row)) }
        }
      }
    }
  }

  private func contrast(_ topic: Int) -> Contrast? {
    guard let other = nearest[topic] else { return nil }
    let terms = ClassTerms.contrast(
      topic, other, counts: counts, wordTotals: wordTotals, termTotals: termTotals
    )
    .lazy.filter { isWord[$0.column] }
    .map { Contrast.Term(term: documents.vocabulary[$0.column], score: $0.score) }
    .filter { Naming.hasLetter($0.term) }
    return Contrast(topic: other, terms: Array(terms.prefix(options.contrastTerms)))
  }
}
