/// The one name of which the given one is a beginning of three letters or more; else the name nearest to a misspelt one,
/// within an edit distance of 2 and less than the name's own length; of two equally near the first.
func nearest(to name: String, among names: [String]) -> String? {
  let longer = name.utf8.count >= 3 ? names.filter { $0.hasPrefix(name) } : []
  if longer.count == 1 { return longer[0] }
  let name = Array(name.unicodeScalars)
  guard name.count <= 64 else { return nil }
  var best: (name: String, distance: Int)?
  for candidate in names {
    let other = Array(candidate.unicodeScalars)
    guard abs(other.count - name.count) <= 2 else { continue }
    let distance = editDistance(name, other)
    guard distance <= 2, distance < max(name.count, other.count) else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// Insertions, deletions, replacements, and exchanges of neighbours (optimal string alignment).
private func editDistance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var previous = Array(0...second.count)
  for (row, left) in first.enumerated() {
    var current = [row + 1]
    for (column, right) in second.enumerated() {
      var distance = min(
        previous[column + 1] + 1, current[column] + 1, previous[column] + (left == right ? 0 : 1))
      if row > 0, column > 0, left == second[column - 1], first[row - 1] == right {
        distance = min(distance, before[column - 1] + 1)
      }
      current.append(distance)
    }
    (before, previous) = (previous, current)
  }
  return previous[second.count]
}
