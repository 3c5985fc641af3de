/// Reads an expression by recursive descent. Class and escape rules are in their own files.
struct Parser {
  let scalars: [Unicode.Scalar]
  var position = 0
  var flags: Flags
  private var depth = 0

  struct Flags {
    var ignoresCase = false
    var isMultiLine = false
    var dotMatchesAll = false
  }

  /// Groups inside groups; a deeper expression is refused, since each level costs stack.
  static let maximumDepth = 200

  init(_ source: String, caseInsensitive: Bool) {
    scalars = Array(source.unicodeScalars)
    flags = Flags(ignoresCase: caseInsensitive)
  }

  mutating func parse() throws(Pattern.SyntaxError) -> Node {
    try readLeadingFlags()
    let tree = try alternatives()
    // Only a closing parenthesis ends the alternatives before the text does.
    guard position == scalars.count else { throw malformed("this ) closes no group; write \\) for the character") }
    return tree
  }

  // MARK: Structure

  private mutating func alternatives() throws(Pattern.SyntaxError) -> Node {
    var branches = [try sequence()]
    while accept("|") { branches.append(try sequence()) }
    if branches.allSatisfy(\.isEmpty) { return .empty }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(Pattern.SyntaxError) -> Node {
    var parts: [Node] = []
    while let next = peek, next != "|", next != ")" {
      let part = try term()
      if !part.isEmpty { parts.append(part) }
    }
    switch parts.count {
    case 0: return .empty
    case 1: return parts[0]
    default: return .sequence(parts)
    }
  }

  private mutating func term() throws(Pattern.SyntaxError) -> Node {
    let opensGroup = peek == "("
    let atom = try self.atom()
    let column = position + 1
    guard let (minimum, maximum) = try quantifierBounds() else { return atom }
    if case .assertion = atom, !opensGroup { throw malformed("an assertion cannot be repeated", at: column) }
    let isLazy = accept("?")
    if accept("+") { throw unsupported("possessive quantifiers are", "write the quantifier without +", at: position) }
    let repetition = Repetition(minimum: minimum, maximum: maximum, isLazy: isLazy, column: column)
    if try quantifierBounds() != nil { throw malformed("a quantifier cannot follow a quantifier", at: column + 1) }
    return atom.isEmpty || maximum == 0 ? .empty : .repetition(atom, repetition)
  }

  private mutating func atom() throws(Pattern.SyntaxError) -> Node {
    guard let next = peek else { return .empty }
    switch next {
    case "(": return try group()
    case "[": return .set(try characterClass())
    case "\\": return try escapedAtom()
    case "^":
      position += 1
      return .assertion(flags.isMultiLine ? .lineStart : .textStart)
    case "$":
      position += 1
      return .assertion(flags.isMultiLine ? .lineEnd : .textEnd)
    case ".":
      position += 1
      return .set(flags.dotMatchesAll ? .all : ScalarSet.lineEnds.inverted)
    case "*", "+", "?": throw malformed("\(next) repeats nothing; write \\\(next) for the character")
    case "{", "}", "]": throw malformed("\(next) must be written \\\(next) here")
    default:
      position += 1
      return .set(folded(ScalarSet(next.value)))
    }
  }

  /// `nil` when no quantifier stands here.
  private mutating func quantifierBounds() throws(Pattern.SyntaxError) -> (Int, Int?)? {
    if accept("*") { return (0, nil) }
    if accept("+") { return (1, nil) }
    if accept("?") { return (0, 1) }
    let start = position
    guard accept("{") else { return nil }
    guard let minimum = number() else {
      throw malformed("{ must be followed by a number, as in {2,5}; write \\{ for the character", at: start + 1)
    }
    var maximum: Int? = minimum
    if accept(",") { maximum = number() }
    guard accept("}") else { throw malformed("{ of a quantifier is not closed by }", at: start + 1) }
    if let maximum, maximum < minimum {
      throw malformed("the bounds of {\(minimum),\(maximum)} are the wrong way round", at: start + 1)
    }
    return (minimum, maximum)
  }

  /// Decimal digits; a number too large for any compiled form stops growing.
  private mutating func number() -> Int? {
    var value: Int?
    while let digit = peek, ("0"..."9").contains(digit) {
      value = min((value ?? 0) * 10 + Int(digit.value - 0x30), 1_000_000_000)
      position += 1
    }
    return value
  }

  // MARK: Groups and flags

  private mutating func group() throws(Pattern.SyntaxError) -> Node {
    let start = position
    let outer = flags
    position += 1
    if accept("?") { try readGroupHead(openedAt: start) }
    depth += 1
    guard depth <= Parser.maximumDepth else {
      throw Pattern.SyntaxError(
        kind: .tooLarge, column: start + 1, message: "groups are nested deeper than \(Parser.maximumDepth) levels")
    }
    let body = try alternatives()
    depth -= 1
    guard accept(")") else { throw malformed("this group is not closed; write \\( for the character", at: start + 1) }
    flags = outer
    return body
  }

  /// What stands between `(?` and the group's body.
  private mutating func readGroupHead(openedAt start: Int) throws(Pattern.SyntaxError) {
    if accept(":") { return }
    if accept("=") || accept("!") {
      throw unsupported("look-ahead is", "match in two steps, or say what may come instead", at: start + 1)
    }
    if accept(">") { throw unsupported("atomic groups are", "write (?:…)", at: start + 1) }
    if accept("<") {
      if peek == "=" || peek == "!" {
        throw unsupported("look-behind is", "match in two steps, or say what may come instead", at: start + 1)
      }
      guard name(upTo: ">") != nil else { throw malformed("a group's name is written (?<name>…)", at: start + 1) }
      return
    }
    guard try readFlags() else { throw malformed("(? must be followed by :, <name> or flags", at: start + 1) }
    guard accept(":") else {
      throw malformed("flags without a group stand at the very beginning only; write (?i:…)", at: start + 1)
    }
  }

  private mutating func readLeadingFlags() throws(Pattern.SyntaxError) {
    let outer = flags
    guard accept("("), accept("?"), try readFlags(), accept(")") else {
      // It is a group, which is read again as such.
      position = 0
      flags = outer
      return
    }
  }

  /// Reads `i`, `m` and `s`, after a `-` those that are put out; false when none stands here.
  private mutating func readFlags() throws(Pattern.SyntaxError) -> Bool {
    let start = position
    var value = true
    var changed = flags
    while let next = peek, next == "-" || ("a"..."z").contains(next) {
      switch next {
      case "i": changed.ignoresCase = value
      case "m": changed.isMultiLine = value
      case "s": changed.dotMatchesAll = value
      case "-" where value: value = false
      default: throw malformed("unknown flag \(next); there are i, m and s")
      }
      position += 1
    }
    flags = changed
    return position > start
  }

  // MARK: Looking at characters

  var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  mutating func accept(_ wanted: Unicode.Scalar) -> Bool {
    guard peek == wanted else { return false }
    position += 1
    return true
  }

  /// The text up to a closing character, which is read too; `nil` when it is empty or the character is missing.
  mutating func name(upTo end: Unicode.Scalar) -> String? {
    var text = String.UnicodeScalarView()
    while let next = peek, next != end {
      text.append(next)
      position += 1
    }
    return accept(end) && !text.isEmpty ? String(text) : nil
  }

  func folded(_ set: ScalarSet) -> ScalarSet {
    flags.ignoresCase ? CaseFolding.closure(of: set) : set
  }

  // MARK: Errors

  /// `column` is that of the character at hand unless another is given.
  func malformed(_ message: String, at column: Int? = nil) -> Pattern.SyntaxError {
    Pattern.SyntaxError(kind: .malformed, column: column ?? position + 1, message: message)
  }

  func unsupported(_ what: String, _ advice: String, at column: Int) -> Pattern.SyntaxError {
    Pattern.SyntaxError(
      kind: .unsupported, column: column,
      message: "\(what) not supported, since patterns are matched in linear time; \(advice)")
  }
}
