import JSON

/// What a plain (unquoted) scalar stands for, by rules on which YAML 1.1, YAML 1.2 and JSON agree.
///
/// The forms are those of the type repository of YAML 1.1 and of YAML 1.2.2's core schema (section 10.3.2).
enum PlainScalar {
  case null
  case bool(Bool)
  /// A JSON number.
  case number
  case string
  /// Some version of YAML reads it as something else than a string.
  case ambiguous

  init(_ text: some BidirectionalCollection<UInt8>) {
    guard let first = text.first else {
      self = .ambiguous
      return
    }
    // Most scalars are words that begin with none of these.
    switch first {
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), Byte.dot: self = PlainScalar.number(Array(text))
    case Byte.tilde, Byte.equals: self = text.count == 1 ? .ambiguous : .string
    case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"),
      UInt8(ascii: "F"),
      UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "o"), UInt8(ascii: "O"):
      self = text.count > 5 ? .string : PlainScalar.word(Array(text))
    default: self = .string
    }
  }

  private static func word(_ text: [UInt8]) -> PlainScalar {
    if text.equals("null") { return .null }
    if text.equals("true") { return .bool(true) }
    if text.equals("false") { return .bool(false) }
    let isAmbiguous = ambiguousWords.contains { text.isEqualIgnoringCase(to: $0) }
    return isAmbiguous ? .ambiguous : .string
  }

  private static let ambiguousWords: [StaticString] = ["y", "n", "yes", "no", "on", "off", "null", "true", "false"]

  private static func number(_ text: [UInt8]) -> PlainScalar {
    if isJSONNumber(text[...]) { return .number }
    let unsigned = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") ? text[1...] : text[...]
    guard let first = unsigned.first, first.isDigit || first == Byte.dot else { return .string }
    let isAmbiguous =
      isDecimal(unsigned) || isOtherBase(unsigned) || isSexagesimal(unsigned) || isTimestamp(unsigned)
      || unsigned.isEqualIgnoringCase(to: ".inf") || unsigned.isEqualIgnoringCase(to: ".nan")
    return isAmbiguous ? .ambiguous : .string
  }

  /// RFC 8259, section 6.
  static func isJSONNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    if rest.first == Byte.dash { rest = rest.dropFirst() }
    guard let first = rest.first, first.isDigit else { return false }
    rest = first == UInt8(ascii: "0") ? rest.dropFirst() : rest.drop(while: \.isDigit)
    if rest.first == Byte.dot {
      let digits = rest.dropFirst().prefix(while: \.isDigit)
      guard !digits.isEmpty else { return false }
      rest = rest[digits.endIndex...]
    }
    return rest.isEmpty || isExponent(rest)
  }

  private static func isExponent(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, first.lowercased == UInt8(ascii: "e") else { return false }
    let sign = text.dropFirst().first
    let digits = text.dropFirst(sign == Byte.dash || sign == UInt8(ascii: "+") ? 2 : 1)
    return !digits.isEmpty && digits.allSatisfy(\.isDigit)
  }

  /// Digits with `_`, leading zeros, a dot at either end.
  private static func isDecimal(_ text: ArraySlice<UInt8>) -> Bool {
    let whole = text.prefix { $0.isDigit || $0 == Byte.underscore }
    var rest = text[whole.endIndex...]
    var digits = whole.count(where: \.isDigit)
    if rest.first == Byte.dot {
      let fraction = rest.dropFirst().prefix { $0.isDigit || $0 == Byte.underscore }
      digits += fraction.count(where: \.isDigit)
      rest = rest[fraction.endIndex...]
    }
    return digits > 0 && (rest.isEmpty || isExponent(rest))
  }

  private static func isOtherBase(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count > 2, text.first == UInt8(ascii: "0") else { return false }
    let digits = text.dropFirst(2)
    switch text[text.startIndex + 1].lowercased {
    case UInt8(ascii: "x"):
      return digits.allSatisfy { $0.isDigit || $0 == Byte.underscore || (0x61...0x66).contains($0.lowercased) }
    case UInt8(ascii: "o"): return digits.allSatisfy { (0x30...0x37).contains($0) || $0 == Byte.underscore }
    case UInt8(ascii: "b"): return digits.allSatisfy { (0x30...0x31).contains($0) || $0 == Byte.underscore }
    default: return false
    }
  }

  /// `12:30:00`, `190:20:30.15`.
  private static func isSexagesimal(_ text: ArraySlice<UInt8>) -> Bool {
    let parts = text.split(separator: Byte.colon, omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return false }
    guard first.first?.isDigit == true, first.allSatisfy({ $0.isDigit || $0 == Byte.underscore }) else { return false }
    let seconds = last.prefix { $0 != Byte.dot }
    guard last[seconds.endIndex...].dropFirst().allSatisfy({ $0.isDigit || $0 == Byte.underscore }) else {
      return false
    }
    return (parts.dropFirst().dropLast() + [seconds]).allSatisfy {
      (1...2).contains($0.count) && $0.allSatisfy(\.isDigit)
    }
  }

  /// `2001-01-01`, with or without a time of day and a zone.
  private static func isTimestamp(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func digits(_ count: ClosedRange<Int>) -> Bool {
      let run = rest.prefix(while: \.isDigit)
      rest = rest[run.endIndex...]
      return count.contains(run.count)
    }
    func take(_ set: StaticString) -> Bool {
      guard let first = rest.first, set.withUTF8Buffer({ $0.contains(first) }) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard digits(4...4), take("-"), digits(1...2), take("-"), digits(1...2) else { return false }
    if rest.isEmpty { return true }
    guard take("Tt \t") else { return false }
    rest = rest.drop(while: \.isBlank)
    guard digits(1...2), take(":"), digits(2...2), take(":"), digits(2...2) else { return false }
    if take(".") { _ = digits(0...Int.max) }
    rest = rest.drop(while: \.isBlank)
    if rest.isEmpty || rest.equals("Z") { return true }
    guard take("+-"), digits(1...4) else { return false }
    return rest.isEmpty || (take(":") && digits(2...2) && rest.isEmpty)
  }
}

extension JSON {
  /// A number as JSON writes it; `nil` when it is too large or no binary64 stands for the integer.
  static func number(_ text: ArraySlice<UInt8>) -> JSON? {
    let isInteger = text.allSatisfy { $0.isDigit || $0 == Byte.dash }
    if isInteger, text.count <= 15 {
      let magnitude = text.reduce(Int64(0)) { $1 == Byte.dash ? $0 : $0 * 10 + Int64($1 & 15) }
      return .integer(text.first == Byte.dash ? -magnitude : magnitude)
    }
    guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
    guard isInteger else { return .real(value) }
    guard let exact = try? JSON.parseCanonicalizable(Array(text)) else { return nil }
    // Canonical text such as 1234567890123456800 stands for a double that is another integer.
    if case .integer(let integer) = exact, Int64(exactly: Double(integer)) != integer { return .real(value) }
    return exact
  }
}
