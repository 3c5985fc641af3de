import Linear

/// Term frequency times inverse document frequency: a fitted model, which gives new texts the columns of the fitted ones.
///
///     let fit = try TFIDF.fit(documents, options: .init(counting: .init(stopWords: .english)))
///     fit.matrix                        // texts × terms
///     fit.model.apply(newDocuments)     // the same columns, the same idf
///
/// A value is tf · idf, with tf = c or 1 + ln c, and idf = 1 + ln((1 + n) / (1 + df)) (smooth) or 1 + ln(n / df) (plain);
/// then each row is divided by its norm. With `Options.scikitLearn` this is `TfidfVectorizer` with its defaults.
public struct TFIDF: Sendable, Equatable, Codable {
  public enum InverseFrequency: String, Sendable, Hashable, Codable { case smooth, plain, none }
  public enum Norm: String, Sendable, Hashable, Codable { case l2, l1, none }

  public struct Options: Sendable, Hashable, Codable {
    public var counting: TermCounter.Options
    public var minDf: DocumentBound
    public var maxDf: DocumentBound
    /// Keeps that many terms of the largest total count.
    public var maxFeatures: Int?
    /// Counts only whether a text has a term.
    public var binary: Bool
    public var sublinear: Bool
    public var idf: InverseFrequency
    public var norm: Norm

    public init(
      counting: TermCounter.Options = .init(), minDf: DocumentBound = .count(2), maxDf: DocumentBound = .fraction(1),
      maxFeatures: Int? = nil, binary: Bool = false, sublinear: Bool = true, idf: InverseFrequency = .smooth,
      norm: Norm = .l2
    ) {
      self.counting = counting
      self.minDf = minDf
      self.maxDf = maxDf
      self.maxFeatures = maxFeatures
      self.binary = binary
      self.sublinear = sublinear
      self.idf = idf
      self.norm = norm
    }

    /// The defaults of scikit-learn's `TfidfVectorizer`.
    public static var scikitLearn: Options { Options(minDf: .count(1), sublinear: false) }
  }

  /// A model and the texts that it was fitted on.
  public struct Fit: Sendable {
    public let model: TFIDF
    /// Weights, texts × terms.
    public let matrix: SparseMatrix
    /// How many terms were left out, and why.
    public let dropped: TermCounts.Dropped

    /// The rows of texts that have none of the terms; they are all zero.
    public var emptyRows: [Int] { matrix.emptyRows }
  }

  /// New texts in the columns of a model.
  public struct Application: Sendable {
    public let matrix: SparseMatrix
    /// The share of each text's terms, repetitions counted, that are not in the vocabulary; 1 for a text without terms.
    public let unknown: [Double]

    public var emptyRows: [Int] { matrix.emptyRows }
  }

  public let options: Options
  public let vocabulary: Vocabulary
  /// How many texts the model was fitted on.
  public let documents: Int
  /// How many of them have each term.
  public let documentFrequencies: [Int]
  /// The factor of each column; all 1 when `options.idf` is `none`.
  public let idf: [Double]

  public static func fit(_ documents: [TextDocument], options: Options = .init()) throws(TextFault) -> Fit {
    var counter = try TermCounter(options.counting)
    counter.add(documents)
    return try fit(counter, options: options)
  }

  /// Fits on what was counted already; `options.counting` is the counter's own then. A counter that is not used again is
  /// fitted without a copy of its counts.
  public static func fit(_ counter: consuming TermCounter, options: Options = .init()) throws(TextFault) -> Fit {
    var options = options
    options.counting = counter.options
    let selection = try counter.select(
      minimum: options.minDf, maximum: options.maxDf, limit: options.maxFeatures, binary: options.binary)
    let model = TFIDF(
      fitted: options, selection.vocabulary, counter.documents, selection.documentFrequencies)
    let matrix = counter.takeMatrix(selection, binary: options.binary) { model.weigh($0, $1) }
    return Fit(model: model, matrix: matrix, dropped: selection.dropped)
  }

  /// A model with the columns of counts; `minDf`, `maxDf`, `maxFeatures` and `binary` have no part in it.
  public init(_ counts: TermCounts, options: Options) {
    self.init(fitted: options, counts.vocabulary, counts.documents, counts.documentFrequencies)
  }

  private init(fitted options: Options, _ vocabulary: Vocabulary, _ documents: Int, _ frequencies: [Int]) {
    self.options = options
    self.vocabulary = vocabulary
    self.documents = documents
    documentFrequencies = frequencies
    idf = TFIDF.inverseFrequencies(frequencies, of: documents, options.idf)
  }

  /// A model from its parts as they were stored; `idf` follows from them.
  public init(
    options: Options, vocabulary: Vocabulary, documents: Int, documentFrequencies: [Int]
  ) throws(TextFault) {
    try options.counting.check()
    guard documentFrequencies.count == vocabulary.count else {
      throw TextFault(
        "documentFrequencies", "expected one for each of \(vocabulary.count) terms, found \(documentFrequencies.count)")
    }
    guard documentFrequencies.allSatisfy({ $0 >= 1 && $0 <= documents }) else {
      throw TextFault("documentFrequencies", "expected numbers from 1 to \(documents), the number of texts")
    }
    self.init(fitted: options, vocabulary, documents, documentFrequencies)
  }

  /// Gives new texts the model's columns; terms that it does not know are left out.
  public func apply(_ documents: [TextDocument]) -> Application {
    let (counts, unknown) = vocabulary.counts(of: documents, options: options.counting, binary: options.binary)
    return Application(matrix: weights(of: counts), unknown: unknown)
  }

  /// The weights of counts in the model's columns, with the same pattern.
  public func weights(of counts: SparseMatrix) -> SparseMatrix {
    precondition(counts.columns == vocabulary.count, "counts need one column for each term of the model")
    var values = counts.values
    values.withUnsafeMutableBufferPointer { values in
      for row in 0..<counts.rows {
        let range = counts.rowPointers[row]..<counts.rowPointers[row + 1]
        counts.withRow(row) { columns, _ in weigh(columns, .init(rebasing: values[range])) }
      }
    }
    return counts.withValues(values)
  }

  /// Changes the counts of a row to weights.
  private func weigh(_ columns: UnsafeBufferPointer<Int32>, _ row: UnsafeMutableBufferPointer<Double>) {
    for k in 0..<row.count {
      let frequency = options.sublinear ? 1 + ln(row[k]) : row[k]
      row[k] = frequency * idf[Int(columns[k])]
    }
    normalize(row)
  }

  private func normalize(_ row: UnsafeMutableBufferPointer<Double>) {
    let norm: Double
    switch options.norm {
    case .none: return
    case .l1: norm = row.reduce(0) { $0 + abs($1) }
    case .l2: norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    guard norm > 0 else { return }
    for k in row.indices { row[k] /= norm }
  }

  private static func inverseFrequencies(_ frequencies: [Int], of documents: Int, _ kind: InverseFrequency) -> [Double]
  {
    let n = Double(documents)
    return frequencies.map { frequency in
      switch kind {
      case .smooth: 1 + ln((1 + n) / (1 + Double(frequency)))
      case .plain: 1 + ln(n / Double(frequency))
      case .none: 1
      }
    }
  }
}

extension TFIDF {
  private enum Part: String, CodingKey { case options, vocabulary, documents, documentFrequencies }

  public init(from decoder: any Decoder) throws {
    let parts = try decoder.container(keyedBy: Part.self)
    try self.init(
      options: parts.decode(Options.self, forKey: .options),
      vocabulary: parts.decode(Vocabulary.self, forKey: .vocabulary),
      documents: parts.decode(Int.self, forKey: .documents),
      documentFrequencies: parts.decode([Int].self, forKey: .documentFrequencies))
  }

  public func encode(to encoder: any Encoder) throws {
    var parts = encoder.container(keyedBy: Part.self)
    try parts.encode(options, forKey: .options)
    try parts.encode(vocabulary, forKey: .vocabulary)
    try parts.encode(documents, forKey: .documents)
    try parts.encode(documentFrequencies, forKey: .documentFrequencies)
  }
}

extension Vocabulary {
  /// The counts of texts in the columns of the vocabulary, and the share of each text's terms that are in none.
  func counts(
    of documents: [TextDocument], options: TermCounter.Options, binary: Bool
  ) -> (counts: SparseMatrix, unknown: [Double]) {
    let stop = options.stopWords.table(for: options.tokenizer)
    var buffer = TokenBuffer()
    var indices: [Int32] = []
    var values: [Double] = []
    var pointers = [0]
    var unknown: [Double] = []
    var rowCounts = [Double](repeating: 0, count: count)
    var found: [TokenBuffer.Term] = []
    var row: [UInt64] = []
    var sorter = RowSorter(columns: count)
    for document in documents {
      buffer.removeAll()
      if !document.title.isEmpty { options.tokenizer.scan(document.title, into: &buffer, removing: stop) }
      let titleTokens = buffer.tokens.count
      options.tokenizer.scan(document.body, into: &buffer, removing: stop)
      buffer.collectTerms(options.ngram, withinPhrases: options.withinPhrases, into: &found)
      var (all, missing) = (0.0, 0.0)
      row.removeAll(keepingCapacity: true)
      buffer.withBytes { bytes in
        table.touch(found)
        for term in found {
          let weight = Double(term.last < titleTokens ? options.titleWeight : 1)
          all += weight
          if let column = table.find(.init(rebasing: bytes[term.start..<term.end]), term.hash) {
            if rowCounts[Int(column)] == 0 { row.append(UInt64(column) << 32) }
            rowCounts[Int(column)] += weight
          } else {
            missing += weight
          }
        }
      }
      sorter.sort(&row)
      for word in row {
        let column = Int32(truncatingIfNeeded: word >> 32)
        indices.append(column)
        values.append(binary ? 1 : rowCounts[Int(column)])
        rowCounts[Int(column)] = 0
      }
      pointers.append(indices.count)
      unknown.append(all > 0 ? missing / all : 1)
    }
    let counts = SparseMatrix(
      rows: documents.count, columns: count, rowPointers: pointers, columnIndices: indices, values: values)
    return (counts, unknown)
  }
}
