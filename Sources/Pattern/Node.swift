/// A parsed expression.
indirect enum Node: Sendable {
  case empty
  case set(ScalarSet)
  case assertion(Assertion)
  case sequence([Node])
  case choice([Node])
  case repetition(Node, Repetition)
}

struct Repetition: Sendable {
  var minimum: Int
  /// `nil` for no bound.
  var maximum: Int?
  /// Prefers fewer rounds.
  var isLazy: Bool
  /// Where the quantifier stands, for errors.
  var column: Int
}

/// A claim about a place between two characters.
enum Assertion: Sendable {
  case textStart, textEnd, lineStart, lineEnd
  case wordBorder(ignoringCase: Bool)
  case noWordBorder(ignoringCase: Bool)

  func holds(between left: Neighbour, and right: Neighbour) -> Bool {
    switch self {
    case .textStart: left == .edge
    case .textEnd: right == .edge
    case .lineStart: left == .edge || left == .lineEnd
    case .lineEnd: right == .edge || right == .lineEnd
    case .wordBorder(let ignoringCase): left.isWord(ignoringCase) != right.isWord(ignoringCase)
    case .noWordBorder(let ignoringCase): left.isWord(ignoringCase) == right.isWord(ignoringCase)
    }
  }
}

/// What an assertion asks of the characters beside its place.
enum Neighbour: Int32, Sendable {
  case edge, lineEnd, other
  /// An ASCII letter, digit or underscore.
  case word
  /// A word character only where case does not count: the long s and the Kelvin sign.
  case foldedWord

  func isWord(_ ignoringCase: Bool) -> Bool {
    self == .word || (ignoringCase && self == .foldedWord)
  }
}

extension Node {
  /// The parser leaves out what has no effect, so each other part adds steps to a program and the limit on these also
  /// bounds the time to compile.
  var isEmpty: Bool { if case .empty = self { true } else { false } }

  /// Whether it can match the empty text.
  var isNullable: Bool {
    switch self {
    case .empty, .assertion: true
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .choice(let branches): branches.contains { $0.isNullable }
    case .repetition(let body, let bounds): bounds.minimum == 0 || body.isNullable
    }
  }

  /// Whether each match begins at the start of the text.
  var isAnchored: Bool {
    switch self {
    case .assertion(.textStart): true
    case .empty, .set, .assertion: false
    case .sequence(let parts): parts.first?.isAnchored ?? false
    case .choice(let branches): !branches.isEmpty && branches.allSatisfy(\.isAnchored)
    case .repetition(let body, let bounds): bounds.minimum > 0 && body.isAnchored
    }
  }
}
