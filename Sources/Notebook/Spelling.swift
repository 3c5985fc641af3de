/// Finds the name that was probably meant.
enum Spelling {
  /// `did you mean 'features'?`, or `nil` when no candidate is near.
  static func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
    nearest(to: name, among: candidates).map { "did you mean '\($0)'?" }
  }

  /// The candidate with the fewest edits (insertion, deletion, substitution, swap of neighbours; Damerau 1964),
  /// case aside, when these are at most a third of the name; the first one on ties.
  static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = name.utf8.map(\.lowercased)
    let limit = max(1, min(4, (wanted.count + 1) / 3))
    var best: (name: String, distance: Int)?
    for candidate in candidates where abs(candidate.utf8.count - wanted.count) <= limit {
      let distance = distance(wanted, candidate.utf8.map(\.lowercased), limit: (best?.distance ?? limit + 1) - 1)
      if let distance, distance < best?.distance ?? .max { best = (candidate, distance) }
      if best?.distance == 0 { break }
    }
    return best?.name
  }

  /// `nil` when there are more edits than `limit`.
  private static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
    guard limit >= 0 else { return nil }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      var least = i + 1
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
        least = min(least, cost)
      }
      if least > limit { return nil }
      beforeLast = last
      last = row
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }
}
