/// Sorts the entries of a sparse row, words of a column in the upper half and a count in the lower, by columns below a
/// given number: by digits where comparing would take longer.
struct RowSorter {
  private let digitBits: Int
  private let passes: Int
  private var spare: [UInt64] = []
  private var starts: [Int]

  init(columns: Int) {
    let bits = max(1, Int.bitWidth - max(columns - 1, 1).leadingZeroBitCount)
    passes = (bits + 7) / 8
    digitBits = (bits + passes - 1) / passes
    starts = [Int](repeating: 0, count: 1 << digitBits)
  }

  mutating func sort(_ row: inout [UInt64]) {
    if row.count < 32 {
      insertionSort(&row)
      return
    }
    if spare.count < row.count { spare = [UInt64](repeating: 0, count: 2 * row.count) }
    for pass in 0..<passes {
      let shift = 32 + pass * digitBits
      row.withUnsafeMutableBufferPointer { row in
        spare.withUnsafeMutableBufferPointer { spare in
          starts.withUnsafeMutableBufferPointer { starts in
            RowSorter.deal(row, to: spare, by: shift, starts)
            for i in 0..<row.count { row[i] = spare[i] }
          }
        }
      }
    }
  }

  /// Deals words into piles by one digit, those of one pile in the order in which they came.
  private static func deal(
    _ row: UnsafeMutableBufferPointer<UInt64>, to piles: UnsafeMutableBufferPointer<UInt64>, by shift: Int,
    _ starts: UnsafeMutableBufferPointer<Int>
  ) {
    let mask = starts.count &- 1
    starts.update(repeating: 0)
    for word in row { starts[Int(truncatingIfNeeded: word &>> UInt64(shift)) & mask] &+= 1 }
    var next = 0
    for digit in 0..<starts.count { (starts[digit], next) = (next, next &+ starts[digit]) }
    for word in row {
      let digit = Int(truncatingIfNeeded: word &>> UInt64(shift)) & mask
      piles[starts[digit]] = word
      starts[digit] &+= 1
    }
  }

  private func insertionSort(_ row: inout [UInt64]) {
    row.withUnsafeMutableBufferPointer { row in
      for i in row.indices.dropFirst() {
        let word = row[i]
        var k = i
        while k > 0, row[k &- 1] > word {
          row[k] = row[k &- 1]
          k &-= 1
        }
        row[k] = word
      }
    }
  }
}
