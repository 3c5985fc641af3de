import Linear

/// Counts of terms in columns that their hashes choose, so that nothing needs to be remembered from text to text.
///
/// The column is the lower bits of the FNV-1a-64 of a term's UTF-8, the sign its top bit, + when that is 0 (Weinberger
/// et al. 2009). The rows of parts of a collection are those of the whole.
public struct HashedCounts: Sendable {
  /// Texts × 2^bits.
  public let matrix: SparseMatrix
  /// The different terms of all texts.
  public let terms: Int
  /// How many of them share their column with another one.
  public let colliding: Int

  /// 1 − (1 − 2^−bits)^(terms − 1), the share of colliding terms to expect.
  public var expectedShare: Double {
    guard terms > 1 else { return 0 }
    var (result, factor, power) = (1.0, 1 - 1 / Double(matrix.columns), terms - 1)
    while power > 0 {
      if power & 1 == 1 { result *= factor }
      factor *= factor
      power >>= 1
    }
    return 1 - result
  }

  /// - Parameters:
  ///   - bits: 1 to 24.
  ///   - check: called before every 256 documents; what it throws ends the count.
  /// - Throws: `TextFault` for options that do not fit; what `check` throws.
  public init(
    _ documents: [TextDocument], options: TermCounter.Options, bits: Int, check: () throws -> Void = {}
  ) throws {
    try options.check()
    guard (1...24).contains(bits) else { throw TextFault("bits", "expected 1 to 24, found \(bits)") }
    let stop = options.stopWords.table(for: options.tokenizer)
    let mask = UInt64(1 << bits) - 1
    var seen: Set<UInt64> = []
    var pointers = [0]
    var indices: [Int32] = []
    var values: [Double] = []
    var buffer = TokenBuffer()
    var found: [TokenBuffer.Term] = []
    for (number, document) in documents.enumerated() {
      if number % 256 == 0 { try check() }
      buffer.removeAll()
      if !document.title.isEmpty { options.tokenizer.scan(document.title, into: &buffer, removing: stop) }
      let titleTokens = buffer.tokens.count
      options.tokenizer.scan(document.body, into: &buffer, removing: stop)
      buffer.collectTerms(options.ngram, withinPhrases: options.withinPhrases, into: &found)
      var row: [Int32: Double] = [:]
      buffer.withBytes { bytes in
        for term in found {
          let hash = Self.hash(bytes, term.start..<term.end)
          seen.insert(hash)
          let weight = Double(term.last < titleTokens ? options.titleWeight : 1)
          row[Int32(hash & mask), default: 0] += hash >> 63 == 0 ? weight : -weight
        }
      }
      for (column, value) in row.sorted(by: { $0.key < $1.key }) where value != 0 {
        indices.append(column)
        values.append(value)
      }
      pointers.append(indices.count)
    }
    matrix = SparseMatrix(
      rows: documents.count, columns: 1 << bits, rowPointers: pointers, columnIndices: indices, values: values)
    terms = seen.count
    var columns: [UInt64: Int] = [:]
    for hash in seen { columns[hash & mask, default: 0] += 1 }
    colliding = columns.values.reduce(0) { $0 + ($1 > 1 ? $1 : 0) }
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for i in range { hash = (hash ^ UInt64(bytes[i])) &* 0x100_0000_01B3 }
    return hash
  }
}
