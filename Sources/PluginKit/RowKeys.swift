import Linear

/// The ids of rows as 64-bit numbers, small enough to keep in a model, so that who applies it can count the rows that it
/// was fitted on.
///
/// A key is FNV-1a-64 of the id's UTF-8; of a million ids a wrong match has a chance of about 1 in 30 million.
public struct RowKeys: Sendable, Equatable {
  /// Ascending.
  public let values: [Int]

  public init(_ ids: [String]) { values = ids.map(Self.key).sorted() }

  /// From a model's array.
  public init(stored values: [Int]) { self.values = values }

  /// Which of these rows are among them, by number.
  public func known(among ids: [String]) -> [Int] {
    let all = Set(values)
    return ids.indices.filter { all.contains(Self.key(ids[$0])) }
  }

  private static func key(_ id: String) -> Int { Int(bitPattern: UInt(fnv1a64(id.utf8))) }
}
