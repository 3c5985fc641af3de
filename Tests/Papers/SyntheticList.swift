/// Titles and abstracts made from a small grammar: as long, as capitalised and as punctuated as real ones.
enum SyntheticList {
  private static let adjectives = [
    "robust", "sparse", "efficient", "probabilistic", "self-supervised", "hierarchical", "interpretable", "scalable",
    "low-rank", "nonlinear", "modular", "adaptive", "geometric", "causal", "multi-scale", "continuous",
  ]
  private static let nouns = [
    "kernel", "protein", "glacier", "sensor", "grammar", "catalyst", "neuron", "contract", "galaxy", "membrane",
    "translation", "forecast", "polymer", "habitat", "ledger", "turbine",
  ]
  private static let fields = [
    "estimation", "segmentation", "retrieval", "synthesis", "inference", "tracking", "reconstruction", "planning",
    "detection", "alignment", "compression", "imaging", "scheduling", "recognition",
  ]
  private static let verbs = ["improves", "limits", "explains", "replaces", "extends", "reduces", "complicates"]
  private static let openings = [
    "Recent work on", "In this paper we study", "Despite much progress in", "We present a new method for",
    "The problem of", "Understanding", "Many applications depend on", "This article revisits",
  ]
  private static let closings = [
    "Experiments on five benchmarks show gains of 3.2% over strong baselines",
    "Our code is available at https://github.com/example-lab/toolbox-%d",
    "We release all data and models at https://example-%d.github.io/project/",
    "These findings hold for small and for large collections alike",
    "A simple ablation confirms that each component contributes",
  ]

  static func papers(_ count: Int, seed: UInt64) -> [ListedPaper] {
    var random = TestRandom(seed)
    return (0..<count).map { ListedPaper(title: title($0, &random), abstract: abstract($0, &random)) }
  }

  private static func title(_ number: Int, _ random: inout TestRandom) -> String {
    func pick(_ words: [String]) -> String { words[Int(random.next() >> 33) % words.count] }
    var words = [pick(adjectives), pick(nouns), pick(fields)]
    switch random.next() >> 33 & 7 {
    case 0, 1: words += ["via", pick(adjectives), pick(nouns), "models"]
    case 2: words = ["how", "a", pick(nouns), pick(verbs), pick(adjectives), pick(nouns), pick(fields)]
    case 3, 4: words += ["for", pick(nouns), pick(fields), "with", pick(adjectives), pick(nouns), "priors"]
    default: break
    }
    // Two of three titles are in title case; every title is its own.
    let isSentence = random.next() >> 33 % 3 == 0
    let small: Set = ["via", "for", "with", "a", "of"]
    words = words.enumerated().map { isSentence && $0 > 0 || $0 > 0 && small.contains($1) ? $1 : capitalised($1) }
    let name = "\(capitalised(pick(nouns)).prefix(4))Net\(number)"
    return random.next() >> 33 % 2 == 0
      ? "\(name): \(words.joined(separator: " "))" : "\(words.joined(separator: " ")) \(number + 2)"
  }

  private static func abstract(_ number: Int, _ random: inout TestRandom) -> String {
    func pick(_ words: [String]) -> String { words[Int(random.next() >> 33) % words.count] }
    var sentences = [
      "\(pick(openings)) \(pick(adjectives)) \(pick(nouns)) \(pick(fields)), where each \(pick(nouns)) \(pick(verbs)) the next"
    ]
    for _ in 0..<(4 + Int(random.next() >> 33) % 6) {
      let clause = "the \(pick(adjectives)) \(pick(nouns)) \(pick(verbs)) the \(pick(fields)) of a \(pick(nouns))"
      switch random.next() >> 33 & 3 {
      case 0: sentences.append("However, \(clause) when \(pick(nouns)) \(pick(fields)) is \(pick(adjectives))")
      case 1: sentences.append("We show that \(clause), and that our \(pick(fields)) \(pick(verbs)) it (e.g., by half)")
      case 2: sentences.append("\(capitalised(clause)) in \(2 + number % 7) of \(9 + number % 5) cases")
      default:
        sentences.append(
          "\(capitalised(pick(fields))) with state-of-the-art \(pick(nouns)) priors \(pick(verbs)) \(pick(adjectives)) \(pick(nouns)) \(pick(fields))"
        )
      }
    }
    sentences.append(pick(closings).replacingPlaceholder(number))
    // One of eight abstracts ends without a full stop.
    return sentences.joined(separator: ". ") + (number % 8 == 3 ? "" : ".")
  }

  private static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}

extension String {
  fileprivate func replacingPlaceholder(_ number: Int) -> String {
    split(separator: "%d", omittingEmptySubsequences: false).joined(separator: "\(number)")
  }
}
