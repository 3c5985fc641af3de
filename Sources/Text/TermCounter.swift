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

  // Room that one text after the other uses.
  private var buffer = TokenBuffer()
  private var found: [TokenBuffer.Term] = []
  private var numbers: [Int32] = []
  private var rowTerms: [Int32] = []
  private var rowCounts: [UInt32] = []

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

    buffer.collectTerms(options.ngram, withinPhrases: options.withinPhrases, into: &found)
    buffer.withBytes { bytes in
      table.touch(found)
      numbers.removeAll(keepingCapacity: true)
      for term in found {
        numbers.append(table.intern(.init(rebasing: bytes[term.start..<term.end]), term.hash))
      }
    }
    if terms.count < table.count {
      terms.append(contentsOf: repeatElement(Term(), count: table.count - terms.count))
    }
    addRow(titleTokens: titleTokens)
  }

  /// Counts the numbered terms as the next row.
  private mutating func addRow(titleTokens: Int) {
    let row = Int32(documents)
    let titleWeight = UInt32(options.titleWeight)
    rowTerms.removeAll(keepingCapacity: true)
    rowCounts.removeAll(keepingCapacity: true)
    terms.withUnsafeMutableBufferPointer { terms in
      for i in 0..<numbers.count {
        let term = Int(numbers[i])
        let weight = found[i].last < titleTokens ? titleWeight : 1
        if terms[term].lastDocument == row {
          rowCounts[Int(terms[term].entry)] &+= weight
        } else {
          terms[term].lastDocument = row
          terms[term].entry = Int32(truncatingIfNeeded: rowTerms.count)
          terms[term].documents &+= 1
          rowTerms.append(Int32(truncatingIfNeeded: term))
          rowCounts.append(weight)
        }
      }
    }
    entryTerms.append(contentsOf: rowTerms)
    entryCounts.append(contentsOf: rowCounts)
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

  /// The rows as a matrix over the selected columns, taken out of the counter, which has no texts then: the terms' array
  /// becomes that of the columns, so that both never stand in memory.
  ///
  /// - Parameter weigh: changes the counts of a row, whose columns it gets, to weights.
  mutating func takeMatrix(
    _ selection: TermSelection, binary: Bool,
    weigh: ((UnsafeBufferPointer<Int32>, UnsafeMutableBufferPointer<Double>) -> Void)? = nil
  ) -> SparseMatrix {
    var indices: [Int32] = []
    swap(&indices, &entryTerms)
    let columns = selection.columns
    let rows = documents
    var pointers = [0]
    pointers.reserveCapacity(rows + 1)
    let kept = indices.count { columns[Int($0)] >= 0 }
    let values = [Double](unsafeUninitializedCapacity: kept) { values, filled in
      indices.withUnsafeMutableBufferPointer { indices in
        var sorter = RowSorter(columns: selection.vocabulary.count)
        var row: [UInt64] = []
        for document in 0..<rows {
          row.removeAll(keepingCapacity: true)
          for entry in rowEnds[document]..<rowEnds[document + 1] {
            let column = columns[Int(indices[entry])]
            if column >= 0 { row.append(UInt64(column) << 32 | UInt64(entryCounts[entry])) }
          }
          sorter.sort(&row)
          let start = filled
          for word in row {
            indices[filled] = Int32(truncatingIfNeeded: word >> 32)
            values[filled] = binary ? 1 : Double(word & 0xFFFF_FFFF)
            filled += 1
          }
          weigh?(.init(rebasing: indices[start..<filled]), .init(rebasing: values[start..<filled]))
          pointers.append(filled)
        }
      }
    }
    indices.removeLast(indices.count - kept)
    rowEnds = [0]
    entryCounts = []
    return SparseMatrix(
      rows: rows, columns: selection.vocabulary.count, rowPointers: pointers, columnIndices: indices, values: values)
  }

  public static func == (a: TermCounter, b: TermCounter) -> Bool {
    a.options == b.options && a.table == b.table && a.terms == b.terms && a.rowEnds == b.rowEnds
      && a.entryTerms == b.entryTerms && a.entryCounts == b.entryCounts && a.metStopWords == b.metStopWords
  }
}
