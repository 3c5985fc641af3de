/// Pairs of papers that share something, out of all papers at once.
struct CandidatePairs {
  /// Pairs of places, the smaller one in the upper half; each once.
  private(set) var pairs: Set<UInt64> = []
  /// Members of a group that are compared with each other; of a larger one each is compared with the first and with
  /// the one before it, since all pairs would be too many.
  private static let largestGroup = 32

  var isFull: Bool { pairs.count >= Self.limit }
  private static let limit = 2_000_000

  /// Adds the pairs of all places whose keys are equal.
  mutating func add<Key: Comparable>(_ keyed: [(key: Key, place: Int)]) {
    let sorted = keyed.sorted { ($0.key, $0.place) < ($1.key, $1.place) }
    var start = 0
    while start < sorted.count, !isFull {
      var end = start + 1
      while end < sorted.count, sorted[end].key == sorted[start].key { end += 1 }
      add(group: sorted[start..<end].map(\.place))
      start = end
    }
  }

  private mutating func add(group: [Int]) {
    guard group.count > 1 else { return }
    for (index, place) in group.enumerated().dropFirst() {
      if group.count <= Self.largestGroup {
        for other in group[..<index] { insert(other, place) }
      } else {
        insert(group[0], place)
        insert(group[index - 1], place)
      }
    }
  }

  private mutating func insert(_ first: Int, _ second: Int) {
    guard first != second else { return }
    pairs.insert(UInt64(min(first, second)) << 32 | UInt64(max(first, second)))
  }

  /// The pairs in order of place.
  var sorted: [(Int, Int)] { pairs.sorted().map { (Int($0 >> 32), Int($0 & 0xFFFF_FFFF)) } }
}
