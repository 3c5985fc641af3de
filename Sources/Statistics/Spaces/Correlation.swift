import Linear

/// How columns or lists of numbers go together.
public enum Correlation {
  /// Pearson's r of each column of `a` with each of `b`, d₁ × d₂, on the same rows; 0 where a column is constant.
  /// - Throws: `StatisticsError` for other numbers of rows.
  public static func columns(_ a: Matrix<Double>, _ b: Matrix<Double>) throws(StatisticsError) -> Matrix<Double> {
    guard a.rows == b.rows else {
      throw .lengthMismatch(what: "rows in the second matrix", expected: a.rows, found: b.rows)
    }
    var result = standard(a).transposedTimes(standard(b))
    result.withUnsafeMutableBuffer { buffer in
      for i in 0..<buffer.count { buffer[i] = max(-1, min(1, buffer[i])) }
    }
    return result
  }

  /// The columns that vary by more than rounding.
  public static func varyingColumns(_ matrix: Matrix<Double>) -> [Bool] {
    (0..<matrix.columns).map { j in
      let column = matrix.column(j)
      let first = column.first ?? 0
      return column.contains { $0 != first }
    }
  }

  /// Columns less their mean, of length 1; constant ones 0.
  private static func standard(_ matrix: Matrix<Double>) -> Matrix<Double> {
    var result = matrix
    result.addToRows(columnMeans(matrix).map { -$0 })
    let varies = varyingColumns(matrix)
    let scales = (0..<matrix.columns).map { j -> Double in
      let length = result.column(j).norm
      return varies[j] && length > 0 ? 1 / length : 0
    }
    result.scaleColumns(by: scales)
    return result
  }

  /// Pearson's r of two lists; nil where one is constant.
  public static func pearson(_ a: [Double], _ b: [Double]) throws(StatisticsError) -> Double? {
    guard a.count == b.count else { throw .lengthMismatch(what: "numbers", expected: a.count, found: b.count) }
    let n = Double(max(1, a.count))
    let (meanA, meanB) = (fixedSum(a) / n, fixedSum(b) / n)
    guard a.contains(where: { $0 != a[0] }), b.contains(where: { $0 != b[0] }) else { return nil }
    let (x, y) = (a.map { $0 - meanA }, b.map { $0 - meanB })
    let size = x.norm * y.norm
    return size > 0 ? max(-1, min(1, x.dot(y) / size)) : nil
  }

  /// Spearman's ρ: Pearson's r of the ranks, equal numbers sharing the mean of theirs; nil where one list is constant.
  public static func spearman(_ a: [Double], _ b: [Double]) throws(StatisticsError) -> Double? {
    try pearson(ranks(a), ranks(b))
  }

  /// Ranks from 1, equal numbers sharing the mean of theirs.
  public static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var result = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { result[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return result
  }

  /// Kendall's τ-b, which takes ties off both sides, in n·log n (Knight 1966); nil where one list is constant.
  public static func kendall(_ a: [Double], _ b: [Double]) throws(StatisticsError) -> Double? {
    guard a.count == b.count else { throw .lengthMismatch(what: "numbers", expected: a.count, found: b.count) }
    let order = a.indices.sorted { (a[$0], b[$0]) < (a[$1], b[$1]) }
    func pairs(_ equal: (Int, Int) -> Bool) -> Double {
      var (sum, run) = (0.0, 1.0)
      for place in order.indices.dropFirst() {
        if equal(order[place - 1], order[place]) {
          sum += run
          run += 1
        } else {
          run = 1
        }
      }
      return sum
    }
    let tiedA = pairs { a[$0] == a[$1] }
    let tiedBoth = pairs { a[$0] == a[$1] && b[$0] == b[$1] }
    var sorted = order.map { b[$0] }
    let swaps = sortCountingSwaps(&sorted)
    var (tiedB, run) = (0.0, 1.0)
    for place in sorted.indices.dropFirst() {
      if sorted[place] == sorted[place - 1] {
        tiedB += run
        run += 1
      } else {
        run = 1
      }
    }
    let all = Double(a.count) * Double(max(0, a.count - 1)) / 2
    let size = ((all - tiedA) * (all - tiedB)).squareRoot()
    return size > 0 ? (all - tiedA - tiedB + tiedBoth - 2 * swaps) / size : nil
  }

  /// Merge sort that counts the pairs out of order.
  private static func sortCountingSwaps(_ values: inout [Double]) -> Double {
    var swaps = 0.0
    var width = 1
    var other = values
    while width < values.count {
      for start in stride(from: 0, to: values.count, by: 2 * width) {
        let (middle, end) = (min(start + width, values.count), min(start + 2 * width, values.count))
        var (i, j) = (start, middle)
        for place in start..<end {
          if i < middle, j >= end || values[i] <= values[j] {
            other[place] = values[i]
            i += 1
          } else {
            other[place] = values[j]
            swaps += Double(middle - i)
            j += 1
          }
        }
      }
      swap(&values, &other)
      width *= 2
    }
    return swaps
  }
}
