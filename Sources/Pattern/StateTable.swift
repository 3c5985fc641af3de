/// The states of an automaton that have been made so far.
///
/// A state is the list of the places in the program that are alive, in order of preference, before the splits and
/// assertions there have been followed: assertions ask for the next character too. So a match is seen one character
/// late, and the step that reads this character carries the news.
struct StateTable: Sendable {
  /// The state in which nothing is alive. States are named by the first cell of their row.
  static let dead = 0

  private static let maximumCells = 1 << 18
  private static let maximumThreads = 1 << 18

  /// One row for each state, one column for each class of characters and the end of the text.
  private(set) var cells: [Step] = []
  /// What comes after a state. Nearly all steps in a text go on quietly, so these are the ones that are told apart by
  /// a single comparison: the number is the next state, or negative when there is more to say.
  struct Step: Sendable {
    let number: Int32

    static let unknown = Step(number: -1)

    init(to state: Int, matched: Bool) {
      number = matched || state == dead ? -2 - (Int32(state) << 1 | (matched ? 1 : 0)) : Int32(state)
    }

    private init(number: Int32) { self.number = number }

    var isQuiet: Bool { number >= 0 }
    var isUnknown: Bool { number == -1 }
    var state: Int { Int(isQuiet ? number : (-2 - number) >> 1) }
    /// Whether the program had matched before the character was read.
    var matched: Bool { number < -1 && (-2 - number) & 1 == 1 }
  }

  /// Places of the program that were visited to make steps.
  private(set) var steps = 0

  private let columns: Int
  private let start: Int32
  private let seesNeighbours: Bool

  /// Of each state what stands behind it (`Neighbour`), then its places.
  private var states: [[Int32]] = []
  private var known: [[Int32]: Int] = [:]
  private var threadCount = 0

  private var pending: [Int] = []
  private var visited: Marks
  private var reached: Marks

  init(_ program: Program, _ alphabet: Alphabet) {
    columns = alphabet.count + 1
    start = Int32(program.start)
    seesNeighbours = program.hasAssertions
    visited = Marks(count: program.instructions.count)
    reached = Marks(count: program.instructions.count)
    clear()
  }

  /// The state in which a search begins.
  mutating func start(after neighbour: Neighbour) -> Int {
    state(of: [behind(neighbour), start])
  }

  /// Finds the step from a state on a class of characters and notes it; `current` is a state that stays valid.
  mutating func makeStep(
    from state: Int, reading column: Int, _ program: Program, _ alphabet: Alphabet, keeping current: inout Int
  ) {
    var (threads, matched) = follow(states[state / columns], to: column, program, alphabet)
    threads.insert(behind(alphabet.neighbours[column]), at: 0)
    let origin = states[state / columns]
    let generation = states.count
    let next = threads.count == 1 ? StateTable.dead : self.state(of: threads)
    if states.count < generation {
      // All states were dropped to make room. The one at hand is made again, so that the caller can go on from it.
      current = self.state(of: origin)
    }
    cells[current + column] = Step(to: next, matched: matched)
  }

  /// Whether the program has matched where a character of the given class (or the end) follows.
  mutating func matches(at state: Int, before column: Int, _ program: Program, _ alphabet: Alphabet) -> Bool {
    var current = state
    if cells[state + column].isUnknown {
      makeStep(from: state, reading: column, program, alphabet, keeping: &current)
    }
    return cells[current + column].matched
  }

  // MARK: Following threads

  /// The places after the character, in order of preference, and whether the program matched before it.
  private mutating func follow(
    _ state: [Int32], to column: Int, _ program: Program, _ alphabet: Alphabet
  ) -> (threads: [Int32], matched: Bool) {
    let near = alphabet.neighbours[column]
    let far = Neighbour(rawValue: state[0]) ?? .other
    let isForward = program.direction == .forward
    var threads: [Int32] = []
    var matched = false
    visited.clear()
    reached.clear()
    pending.removeAll(keepingCapacity: true)
    for thread in state.dropFirst() {
      pending.append(Int(thread))
      while let place = pending.popLast() {
        guard visited.insert(place) else { continue }
        steps += 1
        switch program.instructions[place] {
        case .read(let set, let next):
          if column < alphabet.count, alphabet.contains(column, inSet: set), reached.insert(next) {
            threads.append(Int32(next))
          }
        case .split(let first, let second):
          pending.append(second)
          pending.append(first)
        case .assertion(let assertion, let next):
          if assertion.holds(between: isForward ? far : near, and: isForward ? near : far) { pending.append(next) }
        case .fail: break
        case .match:
          matched = true
          // What is less preferred than this match dies; a backward program wants the longest and goes on.
          if isForward { return (threads, true) }
        }
      }
    }
    return (threads, matched)
  }

  private func behind(_ neighbour: Neighbour) -> Int32 {
    (seesNeighbours ? neighbour : .other).rawValue
  }

  // MARK: Keeping states

  private mutating func state(of threads: [Int32]) -> Int {
    if let state = known[threads] { return state }
    if cells.count + columns > StateTable.maximumCells || threadCount + threads.count > StateTable.maximumThreads,
      states.count > 2
    {
      clear()
    }
    let state = cells.count
    cells.append(contentsOf: repeatElement(.unknown, count: columns))
    states.append(threads)
    known[threads] = state
    threadCount += threads.count
    return state
  }

  private mutating func clear() {
    cells = [Step](repeating: Step(to: StateTable.dead, matched: false), count: columns)
    states = [[Neighbour.other.rawValue]]
    known = [:]
    threadCount = 0
  }
}

/// A set of small numbers that is emptied in constant time.
private struct Marks: Sendable {
  private var rounds: [UInt32]
  private var round: UInt32 = 1

  init(count: Int) { rounds = [UInt32](repeating: 0, count: count) }

  /// False when the number was there already.
  mutating func insert(_ number: Int) -> Bool {
    if rounds[number] == round { return false }
    rounds[number] = round
    return true
  }

  mutating func clear() {
    if round == .max {
      for index in rounds.indices { rounds[index] = 0 }
      round = 0
    }
    round += 1
  }
}
