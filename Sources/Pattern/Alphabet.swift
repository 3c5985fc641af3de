/// The code points in classes that a program cannot tell apart, so that an automaton has one column for each class and
/// not for each code point.
struct Alphabet: Sendable {
  /// The number of classes of characters; the class of that number is the end of the text.
  let count: Int
  /// What an assertion sees in a character of each class, the end of the text included.
  let neighbours: [Neighbour]
  /// The class of each ASCII character.
  let ascii: [Int32]

  private let starts: [UInt32]
  private let classes: [Int32]
  /// Bit `class` of row `set`: the set holds the class.
  private let members: [UInt64]
  private let words: Int

  private static let neighbourSets: [(set: ScalarSet, neighbour: Neighbour)] = [
    (.wordCharacters, .word), (.foldedWordCharacters, .foldedWord), (.lineEnds, .lineEnd),
  ]

  /// Ranges of all sets of one program.
  static let maximumRanges = 50_000

  init(for program: Program) throws(Pattern.SyntaxError) {
    var sets = program.sets.sets
    // Assertions tell these apart even where no set does.
    if program.hasAssertions { sets += Alphabet.neighbourSets.map(\.set) }
    guard sets.reduce(0, { $0 + $1.ranges.count }) <= Alphabet.maximumRanges else {
      throw Pattern.SyntaxError(
        kind: .tooLarge, column: 1, message: "the classes have more than \(Alphabet.maximumRanges) ranges together")
    }
    let starts = Alphabet.borders(of: sets)
    let (classes, count) = Alphabet.partition(starts, by: sets)
    self.starts = starts
    self.classes = classes
    self.count = count

    words = (count + 63) / 64
    var members = [UInt64](repeating: 0, count: words * program.sets.sets.count)
    for (row, set) in program.sets.sets.enumerated() {
      for interval in Alphabet.intervals(of: set, in: starts) {
        let column = Int(classes[interval])
        members[row * words + column / 64] |= 1 << UInt64(column % 64)
      }
    }
    self.members = members

    var neighbours = [Neighbour](repeating: .other, count: count + 1)
    if program.hasAssertions {
      for (set, neighbour) in Alphabet.neighbourSets {
        for interval in Alphabet.intervals(of: set, in: starts) { neighbours[Int(classes[interval])] = neighbour }
      }
    }
    neighbours[count] = .edge
    self.neighbours = neighbours
    ascii = (0..<128).map { classes[Alphabet.interval(of: $0, in: starts)] }
  }

  func contains(_ column: Int, inSet row: Int) -> Bool {
    members[row * words + column / 64] >> UInt64(column % 64) & 1 == 1
  }

  func column(of scalar: UInt32) -> Int {
    Int(scalar < 128 ? ascii[Int(scalar)] : classes[Alphabet.interval(of: scalar, in: starts)])
  }

  // MARK: Making the classes

  /// The first code points of the smallest intervals that no set cuts.
  private static func borders(of sets: [ScalarSet]) -> [UInt32] {
    var borders: Set<UInt32> = [0]
    for range in sets.lazy.flatMap(\.ranges) {
      borders.insert(range.lowerBound)
      if range.upperBound < ScalarSet.last { borders.insert(range.upperBound + 1) }
    }
    return borders.sorted()
  }

  /// Gives each interval a class: two are of one class when each set holds both or neither.
  private static func partition(_ starts: [UInt32], by sets: [ScalarSet]) -> (classes: [Int32], count: Int) {
    struct Part {
      var size: Int
      // The set at hand, how many intervals of this class it holds, and the class that it splits off.
      var set = -1
      var hits = 0
      var split: Int32 = 0
    }
    var classes = [Int32](repeating: 0, count: starts.count)
    var parts = [Part(size: starts.count)]
    for (number, set) in sets.enumerated() {
      for interval in intervals(of: set, in: starts) {
        let old = Int(classes[interval])
        if parts[old].set != number { (parts[old].set, parts[old].hits, parts[old].split) = (number, 0, 0) }
        parts[old].hits += 1
      }
      for interval in intervals(of: set, in: starts) {
        let old = Int(classes[interval])
        // A class that lies in the set as a whole stays one.
        if parts[old].split == 0 {
          if parts[old].hits == parts[old].size { continue }
          parts[old].split = Int32(parts.count)
          parts.append(Part(size: parts[old].hits))
          parts[old].size -= parts[old].hits
        }
        classes[interval] = parts[old].split
      }
    }
    return (classes, parts.count)
  }

  private static func intervals(of set: ScalarSet, in starts: [UInt32]) -> some Sequence<Int> {
    set.ranges.lazy.flatMap { interval(of: $0.lowerBound, in: starts)...interval(of: $0.upperBound, in: starts) }
  }

  /// The interval that holds a code point.
  private static func interval(of scalar: UInt32, in starts: [UInt32]) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= scalar { low = middle } else { high = middle }
    }
    return low
  }
}
