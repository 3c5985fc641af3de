/// Splits lists of names as BibTeX does, and BibLaTeX's names by parts.
///
/// A name is `First von Last`, `von Last, First` or `von Last, Jr, First`; braces protect; a wholly braced name is
/// one piece (Patashnik, “BibTeXing”, 1988, section 4; the BibLaTeX manual, “Extended name format”).
struct NameSplitter {
  /// What a list of names holds.
  struct List {
    var names: [PersonalName] = []
    /// Whether `and others` ends it.
    var hasOthers = false
    /// Names with more than two commas, as ranges of the input.
    var overfull: [Range<Int>] = []
  }

  private struct Token {
    var range: Range<Int>
    /// How many commas stand before it.
    var section: Int
    var isLower: Bool
  }

  private var tokens: [Token] = []
  private var decoder = TeXDecoder()

  init() { decoder.tieIsBlank = true }

  /// One name that is no TeX, in any of the three forms.
  static func name(_ text: String) -> PersonalName? {
    var splitter = NameSplitter()
    return Array(text.utf8).withUnsafeBufferPointer { splitter.name($0, 0..<$0.count) }
  }

  /// The names of a list that `and` joins.
  mutating func list(_ input: UnsafeBufferPointer<UInt8>) -> List {
    var list = List()
    var start = 0
    var depth = 0
    var index = 0
    while index < input.count {
      let byte = input[index]
      if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth = max(0, depth - 1)
      } else if byte.isBlank, depth == 0, Self.isAnd(input, index + 1) {
        add(input, start..<index, &list)
        index += 4
        start = index
        continue
      }
      index += 1
    }
    add(input, start..<input.count, &list)
    return list
  }

  /// Whether `and` stands at `start` between blanks.
  private static func isAnd(_ input: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
    guard start + 2 < input.count, input[start] | 0x20 == UInt8(ascii: "a"),
      input[start + 1] | 0x20 == UInt8(ascii: "n"),
      input[start + 2] | 0x20 == UInt8(ascii: "d")
    else { return false }
    return start + 3 == input.count || input[start + 3].isBlank
  }

  private mutating func add(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ list: inout List) {
    var range = range
    while let first = range.first, input[first].isBlank { range.removeFirst() }
    while let last = range.last, input[last].isBlank { range.removeLast() }
    guard !range.isEmpty else { return }
    // A list may begin with the word that joins.
    if range.count == 3, Self.isAnd(UnsafeBufferPointer(rebasing: input[range]), 0) { return }
    if range.count > 4, Self.isAnd(input, range.lowerBound) {
      return add(input, range.lowerBound + 4..<range.upperBound, &list)
    }
    if input[range].isFolded("others") {
      list.hasOthers = true
      return
    }
    guard let name = name(input, range) else { return }
    list.names.append(name)
    if (tokens.last?.section ?? 0) > 2 { list.overfull.append(range) }
  }

  /// One name; `nil` for none.
  mutating func name(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> PersonalName? {
    tokenize(input, range)
    guard let last = tokens.last else { return nil }
    if tokens.count == 1, let inside = group(input, last.range) {
      let text = decoded(input, inside)
      return text.isEmpty ? nil : PersonalName(literal: text)
    }
    if let name = byParts(input, range) { return name }
    return last.section == 0 ? firstVonLast(input) : vonLastFirst(input, sections: last.section)
  }

  // MARK: - Tokens

  private mutating func tokenize(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    tokens.removeAll(keepingCapacity: true)
    var depth = 0
    var section = 0
    var start = -1
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = input[index]
      if depth == 0, byte.isBlank || byte == UInt8(ascii: "~") || byte == UInt8(ascii: ",") {
        // A blank behind a command's name belongs to the command.
        if start >= 0, !(byte == 0x20 && endsInCommand(input, start..<index)) {
          close(input, start..<index, section)
          start = -1
        }
        if byte == UInt8(ascii: ",") { section += 1 }
        index += 1
        continue
      }
      if start < 0 { start = index }
      if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth = max(0, depth - 1)
      } else if byte == UInt8(ascii: "\\"), index + 1 < range.upperBound, !input[index + 1].isBlank {
        index += 1
        // An escaped sign is text, but a brace still nests.
        if input[index] == UInt8(ascii: "{") { depth += 1 }
        if input[index] == UInt8(ascii: "}") { depth = max(0, depth - 1) }
      }
      index += 1
    }
    if start >= 0 { close(input, start..<range.upperBound, section) }
  }

  private mutating func close(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ section: Int) {
    var range = range
    // `J.\ R.`: the backslash belongs to the blank.
    if range.count > 1, input[range.upperBound - 1] == UInt8(ascii: "\\") { range.removeLast() }
    tokens.append(Token(range: range, section: section, isLower: Self.isLower(input, range)))
  }

  private func endsInCommand(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.upperBound - 1
    while index > range.lowerBound, input[index].isASCIILetter { index -= 1 }
    return input[index] == UInt8(ascii: "\\") && index + 1 < range.upperBound
  }

  /// Whether the first letter outside braces is of lower case; a command in braces counts as a letter.
  private static func isLower(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = input[index]
      if byte.isASCIILetter { return byte.isASCIILower }
      if byte == UInt8(ascii: "{") {
        guard index + 1 < range.upperBound, input[index + 1] == UInt8(ascii: "\\") else {
          // What is protected has no case.
          return false
        }
        return isLowerCommand(input, index + 1..<range.upperBound)
      }
      if byte == UInt8(ascii: "\\") { return isLowerCommand(input, index..<range.upperBound) }
      if byte >= 0x80 {
        let rest = UnsafeBufferPointer(rebasing: input[index..<min(range.upperBound, index + 4)])
        guard let scalar = String(decoding: rest, as: UTF8.self).unicodeScalars.first else { return false }
        if scalar.properties.isAlphabetic { return scalar.properties.isLowercase }
        index += UTF8.width(scalar)
        continue
      }
      index += 1
    }
    return false
  }

  /// The case of the letter that a command stands for or stands before.
  private static func isLowerCommand(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.lowerBound + 1
    let start = index
    while index < range.upperBound, input[index].isASCIILetter { index += 1 }
    if index > start {
      let name = String(decoding: UnsafeBufferPointer(rebasing: input[start..<index]), as: UTF8.self)
      if case .symbol(let text) = TeXCommand.named[name] { return text.first?.isLowercase ?? false }
    }
    while index < range.upperBound {
      if input[index].isASCIILetter { return input[index].isASCIILower }
      if input[index] >= 0x80 {
        let rest = UnsafeBufferPointer(rebasing: input[index..<min(range.upperBound, index + 4)])
        return String(decoding: rest, as: UTF8.self).first?.isLowercase ?? false
      }
      index += 1
    }
    return false
  }

  /// The inside of a range that is one group; `nil` when it is not.
  private func group(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int>? {
    guard range.count > 1, input[range.lowerBound] == UInt8(ascii: "{"),
      input[range.upperBound - 1] == UInt8(ascii: "}")
    else { return nil }
    var depth = 0
    for index in range {
      if input[index] == UInt8(ascii: "{") { depth += 1 }
      if input[index] == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0, index + 1 < range.upperBound { return nil }
      }
    }
    return range.lowerBound + 1..<range.upperBound - 1
  }

  // MARK: - Forms

  private mutating func decoded(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    let slice = UnsafeBufferPointer(rebasing: input[range])
    if TeXDecoder.isPlain(slice) { return String(decoding: slice, as: UTF8.self) }
    decoder.decode(slice)
    return decoder.text
  }

  /// The text of some tokens in a row; `nil` for none.
  private mutating func part(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String? {
    guard !range.isEmpty else { return nil }
    let text = decoded(input, tokens[range.lowerBound].range.lowerBound..<tokens[range.upperBound - 1].range.upperBound)
    return text.isEmpty ? nil : text
  }

  private mutating func firstVonLast(_ input: UnsafeBufferPointer<UInt8>) -> PersonalName {
    let end = tokens.count - 1
    guard let von = tokens[..<end].firstIndex(where: \.isLower),
      let lastVon = tokens[..<end].lastIndex(where: \.isLower)
    else { return PersonalName(family: part(input, end..<end + 1), given: part(input, 0..<end)) }
    var name = PersonalName(family: part(input, lastVon + 1..<end + 1), given: part(input, 0..<von))
    name.droppingParticle = part(input, von..<lastVon + 1)
    return name
  }

  private mutating func vonLastFirst(_ input: UnsafeBufferPointer<UInt8>, sections: Int) -> PersonalName {
    let lastEnd = tokens.firstIndex { $0.section > 0 } ?? tokens.count
    let firstSection = sections == 1 ? 1 : 2
    let firstStart = tokens.firstIndex { $0.section >= firstSection } ?? tokens.count
    var name = PersonalName(given: part(input, firstStart..<tokens.count))
    name.suffix = part(input, lastEnd..<firstStart)
    guard lastEnd > 0 else { return name }
    let von = tokens[..<(lastEnd - 1)].lastIndex(where: \.isLower)
    name.family = part(input, (von.map { $0 + 1 } ?? 0)..<lastEnd)
    if let von { name.droppingParticle = part(input, 0..<von + 1) }
    return name
  }

  // MARK: - Names by parts

  /// `family=Humboldt, given=Alexander, prefix=von, useprefix=false`; `nil` for another form.
  private mutating func byParts(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> PersonalName? {
    guard input[range].contains(UInt8(ascii: "=")) else { return nil }
    var name = PersonalName()
    var prefix: String?
    var dropsPrefix = true
    var start = range.lowerBound
    var depth = 0
    var isQuoted = false
    for index in range.lowerBound...range.upperBound {
      let byte = index < range.upperBound ? input[index] : UInt8(ascii: ",")
      if byte == UInt8(ascii: "{") { depth += 1 }
      if byte == UInt8(ascii: "}") { depth -= 1 }
      if byte == UInt8(ascii: "\""), depth == 0 { isQuoted.toggle() }
      guard byte == UInt8(ascii: ","), depth <= 0 && !isQuoted || index == range.upperBound else { continue }
      let part = start..<index
      start = index + 1
      guard let sign = input[part].firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let key = String(decoding: UnsafeBufferPointer(rebasing: input[part.lowerBound..<sign]), as: UTF8.self)
        .lowercased().filter { !$0.isWhitespace && $0 != "{" && $0 != "\"" }
      var value = decoded(input, sign + 1..<part.upperBound)
      value = String(value.drop { $0 == " " || $0 == "\"" || $0 == "”" })
      while let last = value.last, last == "\"" || last == " " || last == "”" { value.removeLast() }
      switch key {
      case "family": name.family = value
      case "given": name.given = value
      case "prefix": prefix = value
      case "suffix": name.suffix = value
      case "useprefix": dropsPrefix = value.lowercased() != "true"
      default:
        // Options of a name (`juniorcomma=true`); a sign in a name's own text is no key.
        guard key.utf8.allSatisfy({ $0.isASCIIWord || $0 == UInt8(ascii: "-") }), start > range.lowerBound else {
          return nil
        }
      }
    }
    guard name.family != nil || name.given != nil else { return nil }
    if dropsPrefix { name.droppingParticle = prefix } else { name.nonDroppingParticle = prefix }
    return name.isEmpty ? nil : name
  }
}
