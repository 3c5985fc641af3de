/// Puts the headings of a page in order below its one `h1`: no level is skipped, whatever levels the prose uses.
struct HeadingLevels {
  /// The levels as the prose has them, of the headings that are open.
  private var open: [Int] = []

  /// The level of a heading that the prose writes at `level`.
  mutating func place(_ level: Int) -> Int {
    while let last = open.last, last >= level { open.removeLast() }
    open.append(level)
    return min(open.count + 1, 6)
  }

  /// The level of a heading inside the section that is open.
  var below: Int { min(open.count + 2, 6) }
}
