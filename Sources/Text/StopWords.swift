/// The words that are left out before n-grams are made.
public enum StopWords: Sendable, Hashable {
  case none
  /// scikit-learn's English list, 318 function words.
  case english
  /// Our list of the words by which papers speak about themselves (propose, method, results, …); for labels.
  case scholarly
  /// One's own words. Case and accents are folded as in the text; an entry that is no single token matches nothing.
  case list([String])
  /// All words of several lists.
  case all([StopWords])

  /// The words themselves, sorted, without repetitions.
  public var words: [String] {
    switch self {
    case .none: []
    case .english: StopWords.englishWords
    case .scholarly: StopWords.scholarlyWords
    case .list(let words): words.sortedByScalars()
    case .all(let lists): lists.flatMap(\.words).sortedByScalars()
    }
  }

  /// The entries of one's own lists that no token can equal (`state-of-the-art`, `C++`, `a`), for a warning.
  public func unmatchable(by tokenizer: Tokenizer) -> [String] {
    switch self {
    case .none, .english, .scholarly: []
    case .list: words.filter { StopWords.token($0, tokenizer) == nil }
    case .all(let lists): lists.flatMap { $0.unmatchable(by: tokenizer) }.sortedByScalars()
    }
  }

  /// The tokens to leave out.
  func table(for tokenizer: Tokenizer) -> TermTable? {
    let tokens = tokens(for: tokenizer)
    return tokens.isEmpty ? nil : TermTable(tokens)
  }

  private func tokens(for tokenizer: Tokenizer) -> [String] {
    switch self {
    case .none: []
    // These are lower case and ASCII, so that all but the single letters are tokens as they stand.
    case .english, .scholarly: words.filter { $0.utf8.count >= 2 }
    case .list: words.compactMap { StopWords.token($0, tokenizer) }
    case .all(let lists): lists.flatMap { $0.tokens(for: tokenizer) }
    }
  }

  /// The word as a token, or nil where it is none or is only the part of it that is left.
  private static func token(_ word: String, _ tokenizer: Tokenizer) -> String? {
    let folded =
      tokenizer.fold == .accents
      ? AccentFolding.folded(word) ?? AccentFolding.lowercased(word)
      : AccentFolding.lowercased(word)
    return tokenizer.tokens(in: word) == [folded] ? folded : nil
  }

  static func words(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init).sortedByScalars()
  }
}

/// Written as `"none"`, `"english"`, `"scholarly"`, a list of words, or `{"all": […]}` of these.
extension StopWords: Codable {
  private enum Name: String, Codable { case none, english, scholarly }
  private enum Member: String, CodingKey { case all }

  public init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Member.self) {
      self = .all(try members.decode([StopWords].self, forKey: .all))
    } else if let words = try? [String](from: decoder) {
      self = .list(words)
    } else {
      switch try Name(from: decoder) {
      case .none: self = .none
      case .english: self = .english
      case .scholarly: self = .scholarly
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .none: try Name.none.encode(to: encoder)
    case .english: try Name.english.encode(to: encoder)
    case .scholarly: try Name.scholarly.encode(to: encoder)
    case .list(let words): try words.encode(to: encoder)
    case .all(let lists):
      var members = encoder.container(keyedBy: Member.self)
      try members.encode(lists, forKey: .all)
    }
  }
}

extension [String] {
  /// The strings in the order of their Unicode scalars, which is that of their UTF-8 bytes, without repetitions.
  /// (`<` of `String` compares by canonical equivalence, which is another order.)
  func sortedByScalars() -> [String] {
    var result: [String] = []
    for word in sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where result.last.map({ !$0.utf8.elementsEqual(word.utf8) }) ?? true {
      result.append(word)
    }
    return result
  }
}
