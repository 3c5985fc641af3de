/// A regular expression that is matched in time linear in the text.
///
///     let pattern = try Pattern(#"\b(?i:bert)\p{L}*"#)
///     pattern.matches(in: "mBERT and RoBERTa, BERTology")      // true
///     pattern.firstMatch(in: "about BERTology")                 // 6..<15, bytes of UTF-8
///
/// The syntax is that of ECMA-262 with the flag `u`, as JSON Schema uses it: one code point is one character, and a
/// character that means something must be escaped to stand for itself. Look-around and back-references cannot be
/// matched in linear time and are refused. Beside the standard, flags may stand at the very beginning (`(?i)`), and
/// `\p{…}` knows the general categories and a few binary properties. `^` and `$` mean the whole text unless the flag
/// `m` is set; `.` matches no line end unless `s` is set; `\d`, `\w` and `\b` know ASCII alone.
///
/// Matching walks a deterministic automaton whose states are made when they are first needed (Thompson 1968;
/// Cox 2007, "Regular Expression Matching Can Be Simple And Fast").
public struct Pattern: Sendable {
  /// The expression as it was written.
  public let source: String

  private let forward: Automaton
  private let backward: Automaton

  /// Compiles an expression; `caseInsensitive` is the flag `i` for the whole of it.
  public init(_ source: String, caseInsensitive: Bool = false) throws(SyntaxError) {
    var parser = Parser(source, caseInsensitive: caseInsensitive)
    try self.init(tree: try parser.parse(), source: source)
  }

  init(tree: Node, source: String = "") throws(SyntaxError) {
    self.source = source
    let search = try Program(tree, direction: .forward)
    let alphabet = try Alphabet(for: search)
    forward = Automaton(search, alphabet)
    backward = Automaton(try Program(tree, direction: .backward, sets: search.sets), alphabet)
  }

  /// Whether some part of the text matches.
  public func matches(in text: String) -> Bool {
    var text = text
    return text.withUTF8 { matches(in: $0) }
  }

  /// Whether some part of the text matches. A byte that is no part of well-formed UTF-8 counts as U+FFFD.
  public func matches(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    forward.run(over: bytes, from: 0, to: bytes.count, stopAtFirst: true) != nil
  }

  /// The leftmost match as a range of UTF-8 bytes; of those that begin there, the one that a backtracking engine
  /// would find (alternatives from left to right, greedy quantifiers first long).
  public func firstMatch(in text: String, from start: Int = 0) -> Range<Int>? {
    var text = text
    return text.withUTF8 { firstMatch(in: $0, from: start) }
  }

  /// The leftmost match that begins at `start` or later; what stands before `start` is still seen by `^` and `\b`.
  public func firstMatch(in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Range<Int>? {
    guard start >= 0, start <= bytes.count,
      let end = forward.run(over: bytes, from: start, to: bytes.count, stopAtFirst: false),
      let first = backward.run(over: bytes, from: end, to: start, stopAtFirst: false)
    else { return nil }
    return first..<end
  }

  /// The threads that were followed and the characters that were read for one search from a cold start.
  func work(in text: String) -> Int {
    var text = text
    return text.withUTF8 { Automaton(forward.program, forward.alphabet).work(over: $0) }
  }
}
