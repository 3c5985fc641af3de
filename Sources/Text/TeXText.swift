// The standard library composes no letters.
import Foundation

/// Abstracts as their authors typed them hold TeX. What is left here is the prose: formulas become a full stop, so that
/// no phrase runs across them, commands go and their text stays (`\emph{sparse} codes`), accents become letters.
enum TeXText {
  /// The text without TeX; nil where there is none in it.
  static func prose(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard text.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "$") }) else { return nil }
    var reader = TeXReader(bytes: text, hasCommands: text.contains(UInt8(ascii: "\\")))
    reader.read()
    return reader.output
  }
}

private struct TeXReader {
  let bytes: UnsafeBufferPointer<UInt8>
  /// Braces are groups only where there are commands.
  let hasCommands: Bool
  var output: [UInt8] = []
  private var i = 0
  /// The first end of a formula in dollars at or behind a place, found once.
  private var dollarEnd = 0

  /// How far the end of a formula may lie: text and displayed.
  private static let (longestFormula, longestDisplay) = (500, 4000)

  private static let backslash = UInt8(ascii: "\\")
  private static let dollar = UInt8(ascii: "$")
  private static let stop = UInt8(ascii: ".")
  private static let blank = UInt8(ascii: " ")

  /// Commands whose arguments are no text.
  private static let silent: Set<String> = [
    "cite", "citep", "citet", "citealp", "citeauthor", "citeyear", "ref", "eqref", "cref", "autoref", "pageref",
    "label", "url", "includegraphics", "input", "usepackage", "bibliography", "vspace", "hspace", "begin", "end",
  ]
  private static let formulas: Set<String> = [
    "equation", "equation*", "align", "align*", "eqnarray", "eqnarray*", "gather", "gather*", "multline", "multline*",
    "math", "displaymath", "array", "split", "aligned", "cases",
  ]
  private static let letters: [String: String] = [
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "i", "j": "j",
  ]
  /// Combining marks behind the letter that they stand on.
  private static let accents: [String: Unicode.Scalar] = [
    "`": "\u{300}", "'": "\u{301}", "^": "\u{302}", "~": "\u{303}", "=": "\u{304}", "u": "\u{306}", ".": "\u{307}",
    "\"": "\u{308}", "r": "\u{30A}", "H": "\u{30B}", "v": "\u{30C}", "c": "\u{327}", "k": "\u{328}",
  ]

  init(bytes: UnsafeBufferPointer<UInt8>, hasCommands: Bool) {
    self.bytes = bytes
    self.hasCommands = hasCommands
    output.reserveCapacity(bytes.count)
  }

  mutating func read() {
    while i < bytes.count {
      switch bytes[i] {
      case Self.dollar: readDollar()
      case Self.backslash: readCommand()
      case UInt8(ascii: "{") where hasCommands, UInt8(ascii: "}") where hasCommands: i += 1
      default:
        output.append(bytes[i])
        i += 1
      }
    }
  }

  // MARK: - Formulas

  private mutating func readDollar() {
    if byte(i + 1) == Self.dollar {
      leaveOut(to: find([Self.dollar, Self.dollar], from: i + 2, within: Self.longestDisplay), else: 2)
      return
    }
    // A sum of money is no formula: `$5 and $6`.
    let opens = byte(i + 1).map { $0 > Self.blank } ?? false
    guard opens, let end = nextDollarEnd(i + 2), end - i <= Self.longestFormula else {
      output.append(Self.dollar)
      i += 1
      return
    }
    output.append(Self.stop)
    i = end + 1
  }

  /// A dollar that no blank stands before and no digit behind.
  private mutating func nextDollarEnd(_ start: Int) -> Int? {
    if dollarEnd < start {
      dollarEnd = start
      while dollarEnd < bytes.count {
        if bytes[dollarEnd] == Self.dollar, let before = byte(dollarEnd - 1), before > Self.blank,
          before != Self.backslash, !(byte(dollarEnd + 1).map { (0x30...0x39).contains($0) } ?? false)
        {
          break
        }
        dollarEnd += 1
      }
    }
    return dollarEnd < bytes.count ? dollarEnd : nil
  }

  /// Skips a formula; what has no end is only a mark of `length` bytes.
  private mutating func leaveOut(to end: Int?, else length: Int) {
    output.append(Self.stop)
    i = end ?? i + length
  }

  /// The place behind the next `pattern`.
  private func find(_ pattern: [UInt8], from start: Int, within limit: Int) -> Int? {
    var place = start
    let last = min(bytes.count, start + limit) - pattern.count
    while place <= last {
      if bytes[place] == pattern[0], bytes[place..<place + pattern.count].elementsEqual(pattern) {
        return place + pattern.count
      }
      place += 1
    }
    return nil
  }

  // MARK: - Commands

  private mutating func readCommand() {
    guard let next = byte(i + 1) else {
      i += 1
      return
    }
    if isLetter(next) {
      var end = i + 1
      while let letter = byte(end), isLetter(letter) { end += 1 }
      let name = String(decoding: bytes[(i + 1)..<end], as: UTF8.self)
      i = byte(end) == UInt8(ascii: "*") ? end + 1 : end
      readWord(name)
      return
    }
    switch next {
    case UInt8(ascii: "["):
      leaveOut(to: find(Array(#"\]"#.utf8), from: i + 2, within: Self.longestDisplay), else: 2)
    case UInt8(ascii: "("):
      leaveOut(to: find(Array(#"\)"#.utf8), from: i + 2, within: Self.longestFormula), else: 2)
    case UInt8(ascii: "-"): i += 2
    case _ where Self.accents[String(Unicode.Scalar(next))] != nil:
      i += 2
      readAccent(String(Unicode.Scalar(next)))
    case UInt8(ascii: "_"), UInt8(ascii: "&"), UInt8(ascii: "%"), UInt8(ascii: "#"), Self.dollar, UInt8(ascii: "{"),
      UInt8(ascii: "}"):
      output.append(next)
      i += 2
    default:
      output.append(Self.blank)
      i += next < 0x80 ? 2 : 1
    }
  }

  private mutating func readWord(_ name: String) {
    if let letter = Self.letters[name] {
      output.append(contentsOf: letter.utf8)
      if byte(i) == Self.blank { i += 1 }
    } else if Self.accents[name] != nil {
      while byte(i) == Self.blank { i += 1 }
      readAccent(name)
    } else if name == "begin", let formula = argument(at: i), Self.formulas.contains(formula.text) {
      leaveOut(
        to: find(Array("\\end{\(formula.text)}".utf8), from: formula.end, within: Self.longestDisplay),
        else: formula.end - i)
    } else {
      output.append(Self.blank)
      if byte(i) == UInt8(ascii: "["), let end = find([UInt8(ascii: "]")], from: i, within: 200) { i = end }
      // \href{address}{text} keeps its second argument.
      if Self.silent.contains(name) || name == "href", let argument = argument(at: i) { i = argument.end }
    }
  }

  /// What stands in braces, without braces in it.
  private func argument(at start: Int) -> (text: String, end: Int)? {
    guard byte(start) == UInt8(ascii: "{"),
      let end = find([UInt8(ascii: "}")], from: start, within: Self.longestFormula)
    else { return nil }
    return (String(decoding: bytes[(start + 1)..<(end - 1)], as: UTF8.self), end)
  }

  /// The letter behind an accent, in braces or not, with it.
  private mutating func readAccent(_ name: String) {
    let isGroup = byte(i) == UInt8(ascii: "{")
    var place = isGroup ? i + 1 : i
    // A dotless letter takes an accent: \'{\i}.
    if byte(place) == Self.backslash, byte(place + 1) == UInt8(ascii: "i") || byte(place + 1) == UInt8(ascii: "j") {
      place += 1
    }
    guard let letter = byte(place), isLetter(letter), let mark = Self.accents[name] else { return }
    var scalars = String.UnicodeScalarView()
    scalars.append(Unicode.Scalar(letter))
    scalars.append(mark)
    output.append(contentsOf: String(scalars).precomposedStringWithCanonicalMapping.utf8)
    i = isGroup && byte(place + 1) == UInt8(ascii: "}") ? place + 2 : place + 1
  }

  private func byte(_ place: Int) -> UInt8? { place >= 0 && place < bytes.count ? bytes[place] : nil }

  private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
}
