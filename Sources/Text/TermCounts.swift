import Linear

/// A bound on the number of texts that have a term.
public enum DocumentBound: Sendable, Hashable, Codable, CustomStringConvertible {
  case count(Int)
  /// A share of all texts, from 0 to 1.
  case fraction(Double)

  /// A lower bound as one writes it: a fraction below 1, else a number of texts.
  public static func minimum(_ value: Double) -> DocumentBound { value < 1 ? .fraction(value) : bound(value) }

  /// An upper bound as one writes it: a fraction up to 1, else a number of texts. So 1 and 1.0 both mean every text.
  public static func maximum(_ value: Double) -> DocumentBound { value <= 1 ? .fraction(value) : bound(value) }

  private static func bound(_ value: Double) -> DocumentBound { .count(Int(exactly: value.rounded()) ?? .max) }

  public var description: String {
    switch self {
    case .count(let number): "\(number)"
    case .fraction(let share): "\(share) of all"
    }
  }

  func number(of documents: Int) -> Double {
    switch self {
    case .count(let number): Double(number)
    case .fraction(let share): share * Double(documents)
    }
  }

  /// Whether no number of texts can keep this lower and that upper bound. (A number against a share may be met by more
  /// texts; with too few of them every term is dropped, which is no fault of the request.)
  func contradicts(_ upper: DocumentBound) -> Bool {
    switch (self, upper) {
    case (.count(let least), .count(let most)): least > most
    case (.fraction(let least), .fraction(let most)): least > most
    default: false
    }
  }

  func check(_ name: String) throws(TextFault) {
    switch self {
    case .count(let number) where number < 0:
      throw TextFault(name, "expected a number of texts from 0, found \(number)")
    case .fraction(let share) where !(share >= 0 && share <= 1):
      throw TextFault(name, "expected a fraction from 0 to 1, found \(share)")
    default: break
    }
  }
}

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
    try minimum.check("minDf")
    try maximum.check("maxDf")
    let (least, most) = (minimum.number(of: documents), maximum.number(of: documents))
    guard !minimum.contradicts(maximum) else {
      throw TextFault(
        "maxDf", "no term has \(minimum) texts or more and \(maximum) or fewer: lower minDf or raise maxDf")
    }
    if let limit, limit < 1 { throw TextFault("maxFeatures", "expected a whole number from 1, found \(limit)") }

    var dropped = TermCounts.Dropped()
    dropped.stop = distinctStopWords
    var kept: [Int] = []
    for term in 0..<terms.count {
      let documents = Double(terms[term].documents)
      if documents < least {
        dropped.minDf += 1
      } else if documents > most {
        dropped.maxDf += 1
      } else {
        kept.append(term)
      }
    }
    kept = table.sorted(kept)
    if let limit, limit < kept.count {
      dropped.maxFeatures = kept.count - limit
      kept = mostFrequent(limit, of: kept, binary: binary)
    }

    var columns = [Int32](repeating: -1, count: terms.count)
    var vocabulary = TermTable()
    for (column, term) in kept.enumerated() {
      columns[term] = Int32(column)
      _ = table.withBytes(of: term) { vocabulary.intern($0, TermHash.of($0)) }
    }
    return TermCounts(
      vocabulary: Vocabulary(vocabulary), matrix: matrix(columns, width: kept.count, binary: binary),
      documentFrequencies: kept.map { Int(terms[$0].documents) }, dropped: dropped)
  }

  private func mostFrequent(_ limit: Int, of kept: [Int], binary: Bool) -> [Int] {
    var totals = [Int](repeating: 0, count: terms.count)
    if binary {
      for term in kept { totals[term] = Int(terms[term].documents) }
    } else {
      for entry in 0..<entryTerms.count { totals[Int(entryTerms[entry])] += Int(entryCounts[entry]) }
    }
    let ranked = kept.indices.sorted { (totals[kept[$1]], $0) < (totals[kept[$0]], $1) }
    return ranked.prefix(limit).sorted().map { kept[$0] }
  }

  /// The rows with each term's column in place of its number, without the terms of column −1.
  private func matrix(_ columns: [Int32], width: Int, binary: Bool) -> SparseMatrix {
    let entries = entryTerms.count { columns[Int($0)] >= 0 }
    var indices: [Int32] = []
    var values: [Double] = []
    var pointers = [0]
    indices.reserveCapacity(entries)
    values.reserveCapacity(entries)
    pointers.reserveCapacity(documents + 1)
    var row: [UInt64] = []
    for document in 0..<documents {
      row.removeAll(keepingCapacity: true)
      for entry in rowEnds[document]..<rowEnds[document + 1] {
        let column = columns[Int(entryTerms[entry])]
        if column >= 0 { row.append(UInt64(column) << 32 | UInt64(entryCounts[entry])) }
      }
      row.sort()
      for word in row {
        indices.append(Int32(truncatingIfNeeded: word >> 32))
        values.append(binary ? 1 : Double(word & 0xFFFF_FFFF))
      }
      pointers.append(indices.count)
    }
    return SparseMatrix(
      rows: documents, columns: width, rowPointers: pointers, columnIndices: indices, values: values)
  }
}

extension TermTable {
  /// Terms in the order of their Unicode scalars, which is that of their bytes.
  func sorted(_ terms: [Int]) -> [Int] {
    // The first eight bytes as a number decide nearly always; no term has a zero byte that padding could be taken for.
    var keyed = terms.map { term in
      let head = withBytes(of: term) { bytes in
        (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
      }
      return (head: head, term: term)
    }
    keyed.sort { a, b in
      if a.head != b.head { return a.head < b.head }
      return withBytes(of: a.term) { left in
        withBytes(of: b.term) { right in left.lexicographicallyPrecedes(right) }
      }
    }
    return keyed.map(\.term)
  }
}
