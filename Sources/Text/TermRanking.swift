/// The choice of a topic's label terms among the terms with the largest weights.
enum TermRanking {
  struct Candidate {
    var column: Int
    var words: [Substring]
    var weight: Double
    /// How often the topic has the term.
    var count: Double
    /// Which of the topic's texts have it, ascending.
    var documents: [Int32] = []
  }

  /// The candidates without those that a longer phrase among them stands for: it contains them and has at least `share`
  /// of their count. Long ones are settled first.
  static func folded(_ candidates: [Candidate], share: Double) -> [Candidate] {
    var keeps = [Bool](repeating: false, count: candidates.count)
    let byLength = candidates.indices.sorted {
      (candidates[$1].words.count, $0) < (candidates[$0].words.count, $1)
    }
    for i in byLength {
      keeps[i] = !candidates.indices.contains { j in
        keeps[j] && candidates[j].words.count > candidates[i].words.count
          && candidates[j].count >= share * candidates[i].count
          && contains(candidates[j].words, candidates[i].words)
      }
    }
    return candidates.indices.filter { keeps[$0] }.map { candidates[$0] }
  }

  private static func contains(_ phrase: [Substring], _ part: [Substring]) -> Bool {
    (0...(phrase.count - part.count)).contains { phrase[$0..<$0 + part.count].elementsEqual(part) }
  }

  /// The candidates without those that differ from an earlier one only by the plural of English nouns.
  static func withoutPlurals(_ candidates: [Candidate]) -> [Candidate] {
    var seen: Set<[Substring]> = []
    return candidates.filter { seen.insert($0.words.map(singular)).inserted }
  }

  /// A word without the ending of a plural. Only for comparing: `bayes` becomes no word.
  static func singular(_ word: Substring) -> Substring {
    guard word.utf8.count > 3, word.hasSuffix("s") else { return word }
    if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
    if word.hasSuffix("ss") || word.hasSuffix("us") || word.hasSuffix("is") { return word }
    return word.dropLast()
  }

  /// Up to `count` candidates by maximal marginal relevance (Carbonell & Goldstein 1998): each time the one with the
  /// largest (1 − d) · weight − d · similarity to the nearest one chosen. Weights are divided by the largest one; two
  /// terms are similar by the cosine of the texts that have them. The first wins among equals.
  static func diverse(_ candidates: [Candidate], count: Int, diversity: Double) -> [Candidate] {
    let largest = candidates.map(\.weight).max() ?? 0
    guard largest > 0 else { return [] }
    var nearest = [Double](repeating: 0, count: candidates.count)
    var open = Array(candidates.indices)
    var chosen: [Candidate] = []
    while chosen.count < count, !open.isEmpty {
      var best = (place: 0, score: -Double.infinity)
      for (place, i) in open.enumerated() {
        let score = (1 - diversity) * candidates[i].weight / largest - diversity * nearest[i]
        if score > best.score { best = (place, score) }
      }
      let pick = candidates[open.remove(at: best.place)]
      chosen.append(pick)
      for i in open { nearest[i] = max(nearest[i], similarity(candidates[i], pick)) }
    }
    return chosen
  }

  static func similarity(_ a: Candidate, _ b: Candidate) -> Double {
    var (i, j, common) = (0, 0, 0)
    while i < a.documents.count, j < b.documents.count {
      if a.documents[i] == b.documents[j] { common += 1 }
      (i, j) = (i + (a.documents[i] <= b.documents[j] ? 1 : 0), j + (b.documents[j] <= a.documents[i] ? 1 : 0))
    }
    return common == 0 ? 0 : Double(common) / Double(a.documents.count * b.documents.count).squareRoot()
  }
}
