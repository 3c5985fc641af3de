/// RAKE's scores of candidate phrases: the sum over a phrase's words of degree / frequency, where a word's degree is the
/// number of words in all phrases that hold it, itself included (Rose, Engel, Cramer & Cowley 2010, section 1.2.2).
struct PhraseScores {
  struct Scored: Equatable {
    let phrase: String
    let score: Double
    /// How often the phrase stands in the text.
    let count: Int
  }

  /// Each phrase once, best first; of equal scores the one that comes first in the alphabet.
  let ranked: [Scored]

  init(_ phrases: [[String]]) {
    var frequency: [String: Int] = [:]
    var degree: [String: Int] = [:]
    for phrase in phrases {
      for word in phrase {
        frequency[word, default: 0] += 1
        degree[word, default: 0] += phrase.count
      }
    }
    var counts: [[String]: Int] = [:]
    for phrase in phrases { counts[phrase, default: 0] += 1 }
    ranked = counts.map { words, count in
      let score = words.reduce(0.0) { $0 + Double(degree[$1] ?? 0) / Double(frequency[$1] ?? 1) }
      return Scored(phrase: words.joined(separator: " "), score: score, count: count)
    }
    .sorted { ($1.score, $0.phrase) < ($0.score, $1.phrase) }
  }

  /// How many phrases a text is given by default: a third of its content words (section 1.2.4).
  static func usual(for phrases: [[String]]) -> Int {
    let words = Set(phrases.joined())
    return (words.count + 2) / 3
  }
}
