import Linear

/// Counts of the terms that were kept: texts × terms.
public struct TermCounts: Sendable, Equatable {
  /// How many terms were left out, and why.
  public struct Dropped: Sendable, Hashable, Codable {
    /// Terms of too few texts.
    public var minDf = 0
    /// Terms of too many texts.
    public var maxDf = 0
    /// Terms beyond the most frequent ones that were asked for.
    public var maxFeatures = 0
    /// Different stop words.
    public var stop = 0
  }

  public let vocabulary: Vocabulary
  /// How often a text has a term; rows in the order of the texts, columns in that of the vocabulary.
  public let matrix: SparseMatrix
  /// How many texts have each term.
  public let documentFrequencies: [Int]
  public let dropped: Dropped

  /// How many texts were counted.
  public var documents: Int { matrix.rows }

  /// The rows of texts that have none of the terms.
  public var emptyRows: [Int] { matrix.emptyRows }
}

extension SparseMatrix {
  var emptyRows: [Int] { (0..<rows).filter { rowPointers[$0] == rowPointers[$0 + 1] } }
}

extension TermCounter {
  /// The counts of the terms that `minimum` to `maximum` texts have, the vocabulary sorted by Unicode scalars.
  ///
  /// - Parameters:
  ///   - limit: keeps that many terms of the largest total count, the first by scalars among equals.
  ///   - binary: makes every count 1, also those by which `limit` chooses.
  public func counts(
    minimum: DocumentBound = .count(1), maximum: DocumentBound = .fraction(1), limit: Int? = nil,
    binary: Bool = false
  ) throws(TextFault) -> TermCounts {
    let selection = try select(minimum: minimum, maximum: maximum, limit: limit, binary: binary)
    var copy = self
    return TermCounts(
      vocabulary: selection.vocabulary, matrix: copy.takeMatrix(selection, binary: binary),
      documentFrequencies: selection.documentFrequencies, dropped: selection.dropped)
  }
}
