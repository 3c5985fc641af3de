/// Checks that labels are whole numbers 0 ..< classes, one a row, and counts them.
/// - Returns: the number of rows of each class.
/// - Throws: `StatisticsError.labelOutOfRange`.
public func classCounts(_ labels: [Int], classes: Int) throws(StatisticsError) -> [Int] {
  guard classes > 0 else {
    throw .parameter(name: "the number of classes", expected: "at least 1", found: "\(classes)")
  }
  var counts = [Int](repeating: 0, count: classes)
  for (row, label) in labels.enumerated() {
    guard label >= 0, label < classes else { throw .labelOutOfRange(row: row, label: label, classes: classes) }
    counts[label] += 1
  }
  return counts
}

/// The class with the most rows, the lowest on ties.
func commonest(_ counts: [Int]) -> Int {
  var best = 0
  for (c, count) in counts.enumerated() where count > counts[best] { best = c }
  return best
}
