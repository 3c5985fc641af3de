extension Parser {
  /// `\…` outside a class.
  mutating func escapedAtom() throws(Pattern.SyntaxError) -> Node {
    let column = position + 1
    switch escapedScalar {
    case "b":
      position += 2
      return .assertion(.wordBorder(ignoringCase: flags.ignoresCase))
    case "B":
      position += 2
      return .assertion(.noWordBorder(ignoringCase: flags.ignoresCase))
    case let digit? where ("1"..."9").contains(digit):
      throw unsupported("back-references are", "write out what the group may hold", at: column)
    case "k":
      throw unsupported("back-references are", "write out what the group may hold", at: column)
    default: break
    }
    if let set = try classEscape() { return .set(folded(set)) }
    return .set(folded(ScalarSet(try characterEscape(inClass: false))))
  }

  /// `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\p{…}`, `\P{…}`; `nil` when another escape stands here.
  mutating func classEscape() throws(Pattern.SyntaxError) -> ScalarSet? {
    let set: ScalarSet
    switch escapedScalar {
    case "d": set = .digits
    case "D": set = ScalarSet.digits.inverted
    case "w": set = folded(.wordCharacters)
    case "W": set = folded(.wordCharacters).inverted
    case "s": set = .whiteSpace
    case "S": set = ScalarSet.whiteSpace.inverted
    case "p": return try property()
    case "P": return try property().inverted
    default: return nil
    }
    position += 2
    return set
  }

  private mutating func property() throws(Pattern.SyntaxError) -> ScalarSet {
    let column = position + 1
    position += 2
    guard accept("{"), let name = name(upTo: "}") else {
      throw malformed("a property is written \\p{Letter} or \\p{Lu}", at: column)
    }
    if let set = UnicodeProperty.set(named: name) { return set }
    for prefix in ["Script=", "sc=", "Script_Extensions=", "scx="] where name.hasPrefix(prefix) {
      throw Pattern.SyntaxError(
        kind: .unsupported, column: column, message: "scripts are not supported; write ranges such as [\\u0370-\\u03FF]"
      )
    }
    throw malformed(
      "unknown property \(String(name.prefix(40))); known are the general categories (L, Lu, Letter, …), Any, ASCII, "
        + "Assigned, Alphabetic, Lowercase, Uppercase and White_Space", at: column)
  }

  /// An escape that stands for one code point.
  mutating func characterEscape(inClass: Bool) throws(Pattern.SyntaxError) -> UInt32 {
    let column = position + 1
    guard let next = escapedScalar else { throw malformed("\\ ends the pattern; write \\\\ for the character") }
    position += 2
    switch next {
    case "n": return 0x0A
    case "t": return 0x09
    case "r": return 0x0D
    case "v": return 0x0B
    case "f": return 0x0C
    case "b" where inClass: return 0x08
    case "-" where inClass: return 0x2D
    case "c":
      guard let letter = peek, letter.properties.isAlphabetic, letter.isASCII else {
        throw malformed("\\c must be followed by a letter", at: column)
      }
      position += 1
      return letter.value & 0x1F
    case "0":
      if let digit = peek, ("0"..."9").contains(digit) {
        throw malformed("octal escapes do not exist; write \\x00 and the like", at: column)
      }
      return 0
    case "x":
      guard let value = hexadecimal(digits: 2) else { throw malformed("\\x takes two hexadecimal digits", at: column) }
      return value
    case "u": return try unicodeEscape(column: column)
    case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/": return next.value
    default:
      throw malformed("unknown escape \\\(next); a character that means nothing is written without \\", at: column)
    }
  }

  /// `\u{…}`, `\uXXXX`, or two of the latter that are a surrogate pair.
  private mutating func unicodeEscape(column: Int) throws(Pattern.SyntaxError) -> UInt32 {
    if accept("{") {
      guard let digits = name(upTo: "}"),
        digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
        let value = UInt32(digits, radix: 16), value <= ScalarSet.last
      else { throw malformed("\\u{…} takes a code point in hexadecimal, at most 10FFFF", at: column) }
      return value
    }
    guard let high = hexadecimal(digits: 4) else {
      throw malformed("\\u takes four hexadecimal digits, or \\u{…}", at: column)
    }
    let afterHigh = position
    if (0xD800...0xDBFF).contains(high), accept("\\"), accept("u"), let low = hexadecimal(digits: 4),
      (0xDC00...0xDFFF).contains(low)
    {
      return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }
    position = afterHigh
    return high
  }

  private mutating func hexadecimal(digits count: Int) -> UInt32? {
    guard position + count <= scalars.count else { return nil }
    var value: UInt32 = 0
    for scalar in scalars[position..<position + count] {
      guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += count
    return value
  }

  /// What follows the backslash at hand.
  private var escapedScalar: Unicode.Scalar? { position + 1 < scalars.count ? scalars[position + 1] : nil }

  // MARK: Classes

  /// `[…]` or `[^…]`.
  mutating func characterClass() throws(Pattern.SyntaxError) -> ScalarSet {
    let start = position
    position += 1
    let isNegated = accept("^")
    var ranges: [ClosedRange<UInt32>] = []
    while !accept("]") {
      guard peek != nil else { throw malformed("this class is not closed; write \\[ for the character", at: start + 1) }
      let column = position + 1
      let (first, firstSet) = try classMember()
      guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
        ranges += firstSet?.ranges ?? [first...first]
        continue
      }
      position += 1
      let (last, lastSet) = try classMember()
      guard firstSet == nil, lastSet == nil else {
        throw malformed("a range needs a character on both sides; write - at the end of the class", at: column)
      }
      guard first <= last else { throw malformed("the ends of this range are the wrong way round", at: column) }
      ranges.append(first...last)
    }
    let set = folded(ScalarSet(ranges))
    return isNegated ? set.inverted : set
  }

  /// One character of a class, or a set such as `\d`.
  private mutating func classMember() throws(Pattern.SyntaxError) -> (UInt32, ScalarSet?) {
    guard let next = peek else { throw malformed("this class is not closed") }
    if next == "\\" {
      if let set = try classEscape() { return (0, set) }
      return (try characterEscape(inClass: true), nil)
    }
    position += 1
    return (next.value, nil)
  }
}
