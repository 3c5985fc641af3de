import Linear

/// Counts terms text by text; what two counters counted can be merged.
///
///     var counter = try TermCounter(.init(ngram: 1...2, stopWords: .english))
///     for document in documents { counter.add(document) }
///     let counts = try counter.counts(minimum: .count(2))
///
/// The state is the number of texts, the number of texts per term, and the counts of each text. Merging the counters of
/// the parts, in order, equals one counter over the whole, to the last bit.
public struct TermCounter: Sendable, Equatable {
  public struct Options: Sendable, Hashable, Codable {
    public var tokenizer: Tokenizer
    /// The lengths of the n-grams; they are joined by one blank, after stop words are left out.
    public var ngram: ClosedRange<Int>
    public var stopWords: StopWords
    /// How often a term that lies in the title counts. The body follows the title, as if both were one text with a blank
    /// between them.
    public var titleWeight: Int
    /// Whether n-grams end where the text has anything but blanks and hyphens between two words, or a word left out.
    public var withinPhrases: Bool

    public init(
      tokenizer: Tokenizer = Tokenizer(), ngram: ClosedRange<Int> = 1...1, stopWords: StopWords = .none,
      titleWeight: Int = 1, withinPhrases: Bool = false
    ) {
      self.tokenizer = tokenizer
      self.ngram = ngram
      self.stopWords = stopWords
      self.titleWeight = titleWeight
      self.withinPhrases = withinPhrases
    }

    func check() throws(TextFault) {
      guard ngram.lowerBound >= 1, ngram.upperBound <= 10 else {
        throw TextFault("ngram", "expected lengths from 1 to 10, found \(ngram.lowerBound) to \(ngram.upperBound)")
      }
      guard (1...100).contains(titleWeight) else {
        throw TextFault("titleWeight", "expected a whole number from 1 to 100, found \(titleWeight)")
      }
    }
  }

  /// What is known of a term beside its bytes.
  struct Term: Sendable, Equatable {
    var documents: Int32 = 0
    /// The last text in which the term came, and where it stands among that text's entries: with these a text is counted
    /// without a map of its own.
    var lastDocument: Int32 = -1
    var entry: Int32 = 0

    static func == (a: Term, b: Term) -> Bool { a.documents == b.documents }
  }

  public let options: Options
  private let stop: TermTable?
  private var buffer = TokenBuffer()

  private(set) var table = TermTable()
  private(set) var terms: [Term] = []
  /// Rows in the order of the texts, entries in the order of the terms' first coming.
  private(set) var rowEnds: [Int] = [0]
  private(set) var entryTerms: [Int32] = []
  private(set) var entryCounts: [UInt32] = []
  /// Which stop words were met, by their places in the stop table.
  private var metStopWords: [Bool]

  public init(_ options: Options = Options()) throws(TextFault) {
    try options.check()
    self.options = options
    stop = options.stopWords.table(for: options.tokenizer)
    metStopWords = [Bool](repeating: false, count: stop?.count ?? 0)
  }

  /// How many texts were counted.
  public var documents: Int { rowEnds.count - 1 }

  /// How many different terms they have.
  public var distinctTerms: Int { terms.count }

  /// How many different stop words were left out.
  public var distinctStopWords: Int { metStopWords.count { $0 } }

  /// The median number of different terms of a text: below 15, clusters from texts alone are poor.
  public var medianDistinctTerms: Double {
    let sizes = zip(rowEnds.dropFirst(), rowEnds).map(-).sorted()
    guard !sizes.isEmpty else { return 0 }
    return Double(sizes[sizes.count / 2] + sizes[(sizes.count - 1) / 2]) / 2
  }

  public mutating func add(_ document: TextDocument) {
    buffer.removeAll()
    if !document.title.isEmpty { options.tokenizer.scan(document.title, into: &buffer, removing: stop) }
    let titleTokens = buffer.tokens.count
    options.tokenizer.scan(document.body, into: &buffer, removing: stop)
    for place in buffer.removed { metStopWords[Int(place)] = true }

    let row = Int32(documents)
    let first = entryTerms.count
    buffer.forEachTerm(options.ngram, withinPhrases: options.withinPhrases) { last, bytes, hash in
      let weight = UInt32(last < titleTokens ? options.titleWeight : 1)
      let term = Int(table.intern(bytes, hash))
      if term == terms.count { terms.append(Term()) }
      if terms[term].lastDocument == row {
        entryCounts[first &+ Int(terms[term].entry)] &+= weight
      } else {
        terms[term].lastDocument = row
        terms[term].entry = Int32(truncatingIfNeeded: entryTerms.count &- first)
        terms[term].documents &+= 1
        entryTerms.append(Int32(truncatingIfNeeded: term))
        entryCounts.append(weight)
      }
    }
    rowEnds.append(entryTerms.count)
  }

  public mutating func add(_ documents: some Sequence<TextDocument>) {
    for document in documents { add(document) }
  }

  /// Appends the texts that another counter counted with the same options.
  public mutating func merge(_ other: TermCounter) throws(TextFault) {
    guard other.options == options else {
      throw TextFault("options", "two counters can be merged only when they count by the same options")
    }
    var places = [Int32](repeating: 0, count: other.terms.count)
    for term in 0..<other.terms.count {
      let place = other.table.withBytes(of: term) { table.intern($0, TermHash.of($0)) }
      if Int(place) == terms.count { terms.append(Term()) }
      terms[Int(place)].documents += other.terms[term].documents
      places[term] = place
    }
    let first = entryTerms.count
    entryTerms.append(contentsOf: other.entryTerms.lazy.map { places[Int($0)] })
    entryCounts.append(contentsOf: other.entryCounts)
    rowEnds.append(contentsOf: other.rowEnds.dropFirst().lazy.map { $0 + first })
    for place in 0..<metStopWords.count where other.metStopWords[place] { metStopWords[place] = true }
  }

  public static func == (a: TermCounter, b: TermCounter) -> Bool {
    a.options == b.options && a.table == b.table && a.terms == b.terms && a.rowEnds == b.rowEnds
      && a.entryTerms == b.entryTerms && a.entryCounts == b.entryCounts && a.metStopWords == b.metStopWords
  }
}

extension TokenBuffer {
  /// Calls `body` with the last token's place, the bytes and the hash of each n-gram, short ones first.
  func forEachTerm(
    _ ngram: ClosedRange<Int>, withinPhrases: Bool, _ body: (Int, UnsafeRawBufferPointer, UInt64) -> Void
  ) {
    bytes.withUnsafeBytes { bytes in
      for length in ngram where length <= tokens.count {
        for i in 0...(tokens.count - length) {
          let last = i &+ length &- 1
          let (from, to) = (tokens[i], tokens[last])
          if withinPhrases, from.phrase != to.phrase { continue }
          let slice = UnsafeRawBufferPointer(rebasing: bytes[from.start..<to.end])
          body(last, slice, length == 1 ? from.hash : TermHash.of(slice))
        }
      }
    }
  }
}
