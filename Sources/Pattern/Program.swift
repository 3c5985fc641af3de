/// The nondeterministic automaton of an expression (Thompson 1968), for reading the text in one direction.
struct Program: Sendable {
  enum Instruction: Sendable {
    /// Reads a character of the set of that number in `sets`.
    case read(set: Int, next: Int)
    /// Goes on at two places; the first is preferred.
    case split(Int, Int)
    case assertion(Assertion, next: Int)
    case match
    case fail
  }

  enum Direction: Sendable { case forward, backward }

  let direction: Direction
  private(set) var instructions: [Instruction] = [.match, .fail]
  private(set) var sets: SetTable
  private(set) var start = 0
  private(set) var hasAssertions = false

  private var column = 1

  static let maximumInstructions = 10_000
  private static let matchPlace = 0
  private static let failPlace = 1

  /// A forward program searches: it may begin to match at any place, the leftmost preferred. A backward program
  /// matches from where it is started. Programs of one tree share the numbers of their sets.
  init(_ tree: Node, direction: Direction, sets: SetTable = SetTable()) throws(Pattern.SyntaxError) {
    self.direction = direction
    self.sets = sets
    start = try add(tree, before: Program.matchPlace)
    if direction == .forward, !tree.isAnchored {
      let skip = try emit(.match)
      let search = try emit(.split(start, skip))
      instructions[skip] = .read(set: self.sets.number(of: .all), next: search)
      start = search
    }
  }

  /// Adds a part and returns where it begins; what follows it begins at `next`.
  private mutating func add(_ node: Node, before next: Int) throws(Pattern.SyntaxError) -> Int {
    switch node {
    case .empty: return next
    case .set(let set): return try emit(.read(set: sets.number(of: set), next: next))
    case .assertion(let assertion):
      hasAssertions = true
      return try emit(.assertion(assertion, next: next))
    case .sequence(let parts):
      var entry = next
      if direction == .forward {
        for part in parts.reversed() { entry = try add(part, before: entry) }
      } else {
        for part in parts { entry = try add(part, before: entry) }
      }
      return entry
    case .choice(let branches):
      return try addChoice(branches) { (program, branch) throws(Pattern.SyntaxError) in
        try program.add(branch, before: next)
      }
    case .repetition(let body, let bounds): return try add(body, bounds, before: next)
    }
  }

  private mutating func addChoice(
    _ branches: [Node], add: (inout Program, Node) throws(Pattern.SyntaxError) -> Int
  ) throws(Pattern.SyntaxError) -> Int {
    var entries: [Int] = []
    for branch in branches { entries.append(try add(&self, branch)) }
    guard var entry = entries.last else { return Program.failPlace }
    for other in entries.dropLast().reversed() { entry = try emit(.split(other, entry)) }
    return entry
  }

  private mutating func add(
    _ body: Node, _ bounds: Repetition, before next: Int
  ) throws(Pattern.SyntaxError) -> Int {
    column = bounds.column
    var copies = bounds.minimum
    var entry = next
    if let maximum = bounds.maximum {
      // x{0,2} is (x(x)?)?: each further round is an offer of its own.
      for _ in bounds.minimum..<maximum {
        let split = try emit(.match)
        let round = try addRound(body, whenRead: entry)
        instructions[split] = choice(round, next, isLazy: bounds.isLazy)
        entry = split
        column = bounds.column
      }
    } else {
      let split = try emit(.match)
      let round = try addRound(body, whenRead: split)
      instructions[split] = choice(round, next, isLazy: bounds.isLazy)
      entry = split
      // The loop itself can be the last of the demanded rounds, unless that one may be empty.
      if copies > 0, !body.isNullable {
        entry = round
        copies -= 1
      }
    }
    for _ in 0..<copies {
      entry = try add(body, before: entry)
      column = bounds.column
    }
    return entry
  }

  // MARK: Rounds that must read something

  /// Adds a round that is not demanded. Such a round counts only when it reads something (ECMA-262, RepeatMatcher);
  /// without this rule the preferences inside a body that may be empty would come out wrong. A backward program looks
  /// for the longest match and needs no preferences.
  private mutating func addRound(_ body: Node, whenRead full: Int) throws(Pattern.SyntaxError) -> Int {
    guard direction == .forward else { return try add(body, before: full) }
    return try add(body, whenEmpty: Program.failPlace, whenRead: full)
  }

  /// Adds a part that goes on at `empty` when it has read nothing and at `full` when it has. What may come after the
  /// first character is added a second time.
  private mutating func add(
    _ node: Node, whenEmpty empty: Int, whenRead full: Int
  ) throws(Pattern.SyntaxError) -> Int {
    guard node.isNullable else { return try add(node, before: full) }
    switch node {
    case .set: return try add(node, before: full)
    case .empty, .assertion: return try add(node, before: empty)
    case .sequence(let parts):
      var (untouched, started) = (empty, full)
      for (index, part) in parts.enumerated().reversed() {
        untouched = try add(part, whenEmpty: untouched, whenRead: started)
        if index > 0 { started = try add(part, before: started) }
      }
      return untouched
    case .choice(let branches):
      return try addChoice(branches) { (program, branch) throws(Pattern.SyntaxError) in
        try program.add(branch, whenEmpty: empty, whenRead: full)
      }
    case .repetition(let body, let bounds):
      // Of the rounds that are left, so many are demanded and so many may follow.
      func rest(after rounds: Int) -> Node {
        .repetition(
          body,
          Repetition(
            minimum: max(0, bounds.minimum - rounds), maximum: bounds.maximum.map { $0 - rounds },
            isLazy: bounds.isLazy, column: bounds.column))
      }
      column = bounds.column
      // Once a round has read something the others are as free as anywhere; an empty one that is not demanded fails.
      var untouched = empty
      if bounds.maximum != bounds.minimum {
        let started = try add(rest(after: bounds.minimum + 1), before: full)
        let round = try add(body, whenEmpty: Program.failPlace, whenRead: started)
        untouched = try emit(choice(round, empty, isLazy: bounds.isLazy))
      }
      for round in (0..<bounds.minimum).reversed() {
        let started = try add(rest(after: round + 1), before: full)
        untouched = try add(body, whenEmpty: untouched, whenRead: started)
      }
      return untouched
    }
  }

  private func choice(_ round: Int, _ exit: Int, isLazy: Bool) -> Instruction {
    isLazy ? .split(exit, round) : .split(round, exit)
  }

  private mutating func emit(_ instruction: Instruction) throws(Pattern.SyntaxError) -> Int {
    guard instructions.count < Program.maximumInstructions else {
      throw Pattern.SyntaxError(
        kind: .tooLarge, column: column,
        message: "the pattern has more than \(Program.maximumInstructions) steps when its repetitions are written out")
    }
    instructions.append(instruction)
    return instructions.count - 1
  }
}

/// The distinct sets of a program, numbered.
struct SetTable: Sendable {
  private(set) var sets: [ScalarSet] = []
  private var numbers: [ScalarSet: Int] = [:]

  mutating func number(of set: ScalarSet) -> Int {
    if let number = numbers[set] { return number }
    sets.append(set)
    numbers[set] = sets.count - 1
    return sets.count - 1
  }
}
