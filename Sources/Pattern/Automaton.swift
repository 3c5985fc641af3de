import Synchronization

/// The deterministic automaton of a program. Its states are made as texts ask for them and kept for the next text;
/// when they take too much room all are dropped and made anew, so time stays linear whatever the pattern.
final class Automaton: Sendable {
  let program: Program
  let alphabet: Alphabet
  /// Tables that no search is using. A search takes one and puts it back, so nothing is locked while it reads.
  private let idle = Mutex<[StateTable]>([])

  private static let maximumIdle = 4

  init(_ program: Program, _ alphabet: Alphabet) {
    self.program = program
    self.alphabet = alphabet
  }

  /// Reads from `start` to `end` (which lies before `start` for a backward program) and returns the last place, or
  /// with `stopAtFirst` the first, at which the program has matched.
  func run(over bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, stopAtFirst: Bool) -> Int? {
    var table = idle.withLock { $0.popLast() } ?? StateTable(program, alphabet)
    let place = search(&table, bytes, from: start, to: end, stopAtFirst: stopAtFirst)
    let used = table
    idle.withLock { if $0.count < Automaton.maximumIdle { $0.append(used) } }
    return place
  }

  /// The steps of one search of a whole text with an empty table.
  func work(over bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var table = StateTable(program, alphabet)
    _ = search(&table, bytes, from: 0, to: bytes.count, stopAtFirst: false)
    return table.steps + bytes.count
  }

  private func search(
    _ table: inout StateTable, _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, stopAtFirst: Bool
  ) -> Int? {
    let isForward = program.direction == .forward
    let behind = isForward ? column(before: start, in: bytes) : column(at: start, in: bytes)
    var reader = Reader(place: start, state: table.start(after: alphabet.neighbours[behind]))
    while let column = reader.read(bytes, until: end, isForward, stopAtFirst, table.cells, alphabet) {
      table.makeStep(from: reader.state, reading: column, program, alphabet, keeping: &reader.state)
    }
    guard reader.place == end, reader.state != StateTable.dead else { return reader.lastMatch }
    if stopAtFirst, reader.lastMatch != nil { return reader.lastMatch }
    // A match that ends here has not been seen yet: it needs to know what stands beside it.
    let border = isForward ? column(at: end, in: bytes) : column(before: end, in: bytes)
    return table.matches(at: reader.state, before: border, program, alphabet) ? end : reader.lastMatch
  }

  private func column(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    place == bytes.count ? alphabet.count : alphabet.column(of: UTF8Decoding.scalar(in: bytes, at: place).scalar)
  }

  private func column(before place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    place == 0 ? alphabet.count : alphabet.column(of: UTF8Decoding.scalar(in: bytes, before: place).scalar)
  }
}

/// Where a search stands.
private struct Reader {
  var place: Int
  /// The first cell of the state's row.
  var state: Int
  var lastMatch: Int?

  /// Follows known steps. Returns the class of the next character when the step is not known yet, and `nil` when the
  /// search is over: at `end`, in the dead state, or at a match with `stopAtFirst`.
  mutating func read(
    _ bytes: UnsafeBufferPointer<UInt8>, until end: Int, _ isForward: Bool, _ stopAtFirst: Bool,
    _ cells: [StateTable.Step], _ alphabet: Alphabet
  ) -> Int? {
    cells.withUnsafeBufferPointer { cells in
      alphabet.ascii.withUnsafeBufferPointer { ascii in
        while true {
          if isForward { skip(bytes, until: end, cells, ascii) }
          guard place != end, state != StateTable.dead else { return nil }
          let (scalar, next) =
            isForward ? UTF8Decoding.scalar(in: bytes, at: place) : UTF8Decoding.scalar(in: bytes, before: place)
          let column = alphabet.column(of: scalar)
          let step = cells[state + column]
          if step.isUnknown { return column }
          if step.matched {
            lastMatch = place
            if stopAtFirst { return nil }
          }
          state = step.state
          place = next
        }
      }
    }
  }

  /// Runs over ASCII as long as nothing happens.
  @inline(__always)
  private mutating func skip(
    _ bytes: UnsafeBufferPointer<UInt8>, until end: Int, _ cells: UnsafeBufferPointer<StateTable.Step>,
    _ ascii: UnsafeBufferPointer<Int32>
  ) {
    var (place, state) = (place, state)
    while place < end, bytes[place] < 0x80 {
      let step = cells[state &+ Int(ascii[Int(bytes[place])])]
      guard step.isQuiet else { break }
      state = Int(step.number)
      place &+= 1
    }
    (self.place, self.state) = (place, state)
  }
}
