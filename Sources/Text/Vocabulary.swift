/// The terms of a model; the place of a term is its column.
///
///     counts.vocabulary[0]                  // "ablation"
///     counts.vocabulary.column(of: "zoo")   // 812
///
/// Fitted vocabularies stand in the order of their Unicode scalars.
public struct Vocabulary: Sendable, Equatable, RandomAccessCollection {
  let table: TermTable

  init(_ table: TermTable) { self.table = table }

  /// Takes terms in the order given; a term that comes twice is a `TextFault`.
  public init(_ terms: [String]) throws(TextFault) {
    var table = TermTable()
    for (place, term) in terms.enumerated() where table.intern(term) != place {
      throw TextFault("vocabulary", "term \(place), “\(term)”, was there before: each may come once")
    }
    self.table = table
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { table.count }

  public subscript(column: Int) -> String {
    precondition(column >= 0 && column < table.count, "column of a vocabulary out of range")
    return table[column]
  }

  /// Where a term stands, or nil where it is not in the vocabulary. The term is taken as it is, not folded.
  public func column(of term: String) -> Int? { table.find(term) }
}

extension Vocabulary: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init([String](from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for term in self { try container.encode(term) }
  }
}
