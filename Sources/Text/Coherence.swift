import Linear

/// How often the words of a topic stand in the same texts.
public struct Coherence: Sendable, Equatable {
  /// The mean normalised pointwise mutual information of each topic's pairs (Bouma 2009; Röder, Both & Hinneburg 2015
  /// for its use); nil for a topic without a defined pair.
  public let perTopic: [Double?]
  /// Pairs for which it is 0/0: both words stand in every text.
  public let leftOut: Int
  /// Different words over all words.
  public let diversity: Double

  /// The mean over topics that have one.
  public var mean: Double? {
    let known = perTopic.compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// NPMI = ln(p_ij/(p_i·p_j)) / −ln p_ij over pairs of words, by the texts that have both: −1 when they never meet, 1
  /// when each stands exactly where the other does.
  ///
  /// - Parameter words: of each topic, as tokens.
  public init(_ words: [[String]], in documents: [TextDocument], tokenizer: Tokenizer) {
    let all = Set(words.flatMap { $0 })
    var places: [String: Set<Int>] = [:]
    for (place, document) in documents.enumerated() {
      let tokens = Set(tokenizer.tokens(in: document.title) + tokenizer.tokens(in: document.body))
      for word in tokens.intersection(all) { places[word, default: []].insert(place) }
    }
    let n = Double(documents.count)
    var leftOut = 0
    perTopic = words.map { list in
      var values: [Double] = []
      for i in list.indices {
        for j in list.indices where j > i {
          let (a, b) = (places[list[i]] ?? [], places[list[j]] ?? [])
          let both = Double(a.intersection(b).count)
          if both == n {
            leftOut += 1
          } else if both == 0 {
            values.append(-1)
          } else {
            values.append(ln(both * n / (Double(a.count) * Double(b.count))) / -ln(both / n))
          }
        }
      }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    self.leftOut = leftOut
    let count = words.reduce(0) { $0 + $1.count }
    diversity = count > 0 ? Double(all.count) / Double(count) : 0
  }
}
