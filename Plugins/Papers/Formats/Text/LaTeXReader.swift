/// Makes the plain form of a text that may hold LaTeX, and finds what is LaTeX in it.
///
/// What the tables know is decoded; all else stays as written. White space is folded and control characters go.
struct LaTeXReader {
  struct Finding: Sendable, Equatable {
    let code: ParseWarning.Code
    let range: Range<Int>
    let message: String
  }

  private let bytes: [UInt8]
  /// Addresses, in which nothing is LaTeX.
  private let addresses: [Range<Int>]
  private var plain: [UInt8] = []
  private(set) var findings: [Finding] = []
  /// Closing braces that go with the group they end.
  private var droppedBraces: Set<Int> = []

  private init(_ bytes: [UInt8], _ addresses: [Range<Int>]) {
    self.bytes = bytes
    self.addresses = addresses
    plain.reserveCapacity(bytes.count)
  }

  static func read(_ bytes: [UInt8], addresses: [Range<Int>]) -> (plain: String, findings: [Finding]) {
    var reader = LaTeXReader(bytes, addresses)
    reader.run()
    while reader.plain.last == 0x20 { reader.plain.removeLast() }
    return (String(decoding: reader.plain, as: UTF8.self), reader.findings)
  }

  private mutating func run() {
    var index = 0
    var address = 0
    while index < bytes.count {
      while address < addresses.count, addresses[address].upperBound <= index { address += 1 }
      if address < addresses.count, addresses[address].contains(index) {
        append(bytes[index..<addresses[address].upperBound])
        index = addresses[address].upperBound
        continue
      }
      let end = ordinaryEnd(index)
      if end > index {
        plain.append(contentsOf: bytes[index..<end])
        index = end
      } else {
        index = step(index)
      }
    }
  }

  /// Behind the characters from `index` on that stay as they are.
  private func ordinaryEnd(_ index: Int) -> Int {
    var end = index
    let limit = addresses.first { $0.lowerBound > index }?.lowerBound ?? bytes.count
    while end < limit {
      let byte = bytes[end]
      if byte == 0x20 {
        if (end > index ? bytes[end - 1] : plain.last ?? 0x20) == 0x20 { break }
      } else if byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte.isAny(of: "\\${}`~") {
        break
      }
      end += 1
    }
    return end
  }

  /// Reads what stands at `index`; returns where to go on.
  private mutating func step(_ index: Int) -> Int {
    let byte = bytes[index]
    switch byte {
    case UInt8(ascii: "\\"): return command(index)
    case UInt8(ascii: "$"): return math(index)
    case UInt8(ascii: "{"):
      if let end = switchGroup(index) { return end }
    case UInt8(ascii: "}") where droppedBraces.contains(index): return index + 1
    case UInt8(ascii: "`"):
      if let end = quotation(index) { return end }
    case UInt8(ascii: "~"):
      if index > 0, bytes[index - 1].isWord || bytes[index - 1] == UInt8(ascii: "."), index + 1 < bytes.count {
        let next = bytes[index + 1]
        if next.isWord || next == UInt8(ascii: "\\") {
          found(.latexCommand, index..<index + 1, "a LaTeX tie")
          appendBlank()
          return index + 1
        }
        if next.isBlank { found(.latexCommand, index..<index + 1, "a LaTeX tie before a blank") }
      }
    case 0xC2 where index + 1 < bytes.count && bytes[index + 1] == 0xA0:
      appendBlank()
      return index + 2
    default: break
    }
    if byte.isBlank {
      appendBlank()
    } else if !byte.isControl {
      plain.append(byte)
    }
    return index + 1
  }

  // MARK: - Output

  private mutating func append(_ text: some Sequence<UInt8>) {
    for byte in text {
      if byte.isBlank { appendBlank() } else if !byte.isControl { plain.append(byte) }
    }
  }

  private mutating func appendBlank() {
    if let last = plain.last, last != 0x20 { plain.append(0x20) }
  }

  private mutating func found(_ code: ParseWarning.Code, _ range: Range<Int>, _ message: String) {
    findings.append(Finding(code: code, range: range, message: message))
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  // MARK: - Commands

  private mutating func command(_ index: Int) -> Int {
    let next = index + 1
    // A lone backslash, and one in a path of Windows (`C:\data`), is no command.
    guard next < bytes.count, !(index > 1 && bytes[index - 1] == UInt8(ascii: ":") && bytes[index - 2].isASCIIUpper)
    else {
      plain.append(bytes[index])
      return next
    }
    let sign = bytes[next]
    guard sign.isASCIILetter else { return signCommand(index, sign) }
    var end = next
    while end < bytes.count, bytes[end].isASCIILetter { end += 1 }
    let name = text(next..<end)
    found(.latexCommand, index..<end, "the LaTeX command \\\(name)")
    if name.utf8.count == 1, let mark = LaTeXTables.mark(sign), let (letter, after) = argumentLetter(end) {
      append(LaTeXTables.accented(letter, mark).utf8)
      return after
    }
    if let symbol = LaTeXTables.symbols[name] ?? LaTeXTables.mathSymbols[name] {
      append(symbol.utf8)
      return behindCommand(end)
    }
    if name == "href", let first = group(end), let second = group(first.upperBound + 1) {
      droppedBraces.insert(second.upperBound)
      return second.lowerBound
    }
    if LaTeXTables.faces.contains(name), let argument = group(end) {
      droppedBraces.insert(argument.upperBound)
      return argument.lowerBound
    }
    plain.append(contentsOf: bytes[index..<end])
    return end
  }

  /// A backslash and one sign: an accent, an escape, a space.
  private mutating func signCommand(_ index: Int, _ sign: UInt8) -> Int {
    let next = index + 1
    let end = next + 1
    if sign.isAny(of: "'`^\"~=."), let mark = LaTeXTables.mark(sign), let (letter, after) = argumentLetter(end) {
      found(.latexCommand, index..<after, "a LaTeX accent")
      append(LaTeXTables.accented(letter, mark).utf8)
      return after
    }
    switch sign {
    case UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "$"), UInt8(ascii: "#"), UInt8(ascii: "_"),
      UInt8(ascii: "{"), UInt8(ascii: "}"):
      found(.latexCommand, index..<end, "a sign that is escaped as in LaTeX")
      plain.append(sign)
    case UInt8(ascii: "\\"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), 0x20:
      found(.latexCommand, index..<end, "a LaTeX space")
      appendBlank()
    case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "!"):
      found(.latexCommand, index..<end, "a LaTeX break")
    case UInt8(ascii: "("), UInt8(ascii: "["):
      found(.latexMath, index..<end, "a LaTeX formula")
      plain.append(contentsOf: bytes[index..<end])
    default:
      plain.append(contentsOf: bytes[index..<next])
      return next
    }
    return end
  }

  /// The letter that an accent stands on: `e`, `{e}`, `\i`, `{\i}`.
  private func argumentLetter(_ index: Int) -> (Character, Int)? {
    var index = index
    if index < bytes.count, bytes[index] == 0x20, bytes[index - 1].isASCIILetter { index += 1 }
    guard index < bytes.count else { return nil }
    let isGroup = bytes[index] == UInt8(ascii: "{")
    if isGroup { index += 1 }
    guard index < bytes.count else { return nil }
    var letter: Character
    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1].isAny(of: "ij") {
      letter = bytes[index + 1] == UInt8(ascii: "i") ? "ı" : "ȷ"
      index += 2
    } else if bytes[index].isASCIILetter {
      letter = Character(Unicode.Scalar(bytes[index]))
      index += 1
    } else {
      return nil
    }
    guard isGroup else { return (letter, index) }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "}") else { return nil }
    return (letter, index + 1)
  }

  /// Behind a command's name TeX skips blanks, and an empty group ends the name.
  private func behindCommand(_ end: Int) -> Int {
    if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "{"), bytes[end + 1] == UInt8(ascii: "}") { return end + 2 }
    return end < bytes.count && bytes[end] == 0x20 ? end + 1 : end
  }

  /// The inside of the group that begins at `index`; `nil` when none begins there or it does not end.
  private func group(_ index: Int) -> Range<Int>? {
    guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else { return nil }
    var depth = 0
    for position in index..<min(bytes.count, index + 4096) {
      switch bytes[position] {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return index + 1..<position }
      default: break
      }
    }
    return nil
  }

  /// `{\it text}`: the switch and its braces go.
  private mutating func switchGroup(_ index: Int) -> Int? {
    guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\\") else { return nil }
    var end = index + 2
    while end < bytes.count, bytes[end].isASCIILetter { end += 1 }
    guard LaTeXTables.switches.contains(text(index + 2..<end)), let inside = group(index) else { return nil }
    found(.latexCommand, index + 1..<end, "the LaTeX command \(text(index + 1..<end))")
    droppedBraces.insert(inside.upperBound)
    return behindCommand(end)
  }

  /// Quotation marks as TeX types them: two backticks … two apostrophes, or one of each.
  private mutating func quotation(_ index: Int) -> Int? {
    let isDouble = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "`")
    let start = index + (isDouble ? 2 : 1)
    guard start < bytes.count, !bytes[start].isBlank, index == 0 || !bytes[index - 1].isWord else { return nil }
    var end = start
    while end < min(bytes.count, start + 300), bytes[end] != UInt8(ascii: "`") {
      if bytes[end] == UInt8(ascii: "'") {
        let following = end + 1 < bytes.count ? bytes[end + 1] : 0x20
        if isDouble ? following == UInt8(ascii: "'") : !following.isWord { break }
      }
      end += 1
    }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "'") else { return nil }
    let after = end + (isDouble ? 2 : 1)
    found(.latexCommand, index..<after, "quotation marks as TeX types them")
    append((isDouble ? "“" : "‘").utf8)
    var position = start
    while position < end { position = step(position) }
    append((isDouble ? "”" : "’").utf8)
    return max(after, position)
  }

  // MARK: - Formulas

  private mutating func math(_ index: Int) -> Int {
    guard let end = mathEnd(index) else {
      plain.append(bytes[index])
      return index + 1
    }
    found(.latexMath, index..<end, "a LaTeX formula")
    let isDisplay = bytes[index + 1] == UInt8(ascii: "$")
    let inside = isDisplay ? index + 2..<end - 2 : index + 1..<end - 1
    if let symbol = symbol(inside) { append(symbol.utf8) } else { append(bytes[index..<end]) }
    return end
  }

  /// Behind the closing sign; `nil` when the dollar is an amount of money.
  private func mathEnd(_ index: Int) -> Int? {
    guard index + 2 < bytes.count, index == 0 || bytes[index - 1] != UInt8(ascii: "\\") else { return nil }
    if bytes[index + 1] == UInt8(ascii: "$") {
      let rest = bytes[(index + 2)...]
      guard let close = rest.firstRange(of: "$$") else { return nil }
      return close.upperBound
    }
    guard !bytes[index + 1].isBlank else { return nil }
    var end = index + 1
    while end < min(bytes.count, index + 400) {
      if bytes[end] == UInt8(ascii: "$"), bytes[end - 1] != UInt8(ascii: "\\") {
        let follows = end + 1 < bytes.count && bytes[end + 1].isASCIIDigit
        return bytes[end - 1].isBlank || follows ? nil : end + 1
      }
      end += 1
    }
    return nil
  }

  /// The one character that a formula stands for.
  private func symbol(_ inside: Range<Int>) -> String? {
    if inside.isEmpty { return nil }
    if bytes[inside].allSatisfy(\.isASCIIDigit) || inside.count == 1 { return text(inside) }
    guard bytes[inside.lowerBound] == UInt8(ascii: "\\") else { return nil }
    let name = text(inside.lowerBound + 1..<inside.upperBound)
    return LaTeXTables.mathSymbols[name] ?? LaTeXTables.symbols[name]
  }
}
