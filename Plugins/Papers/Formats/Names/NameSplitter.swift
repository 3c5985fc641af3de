import JSON

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

  /// Where the parts of a name stand, by tokens.
  private struct Parts {
    var family = 0..<0
    var given = 0..<0
    var particle = 0..<0
    var suffix = 0..<0
  }

  private enum Form {
    case literal(String)
    /// A name whose parts are named.
    case named(PersonalName)
    /// Ordinary words, as ranges of the input.
    case plain(family: Range<Int>, given: Range<Int>)
    case parts(Parts)
  }

  private var tokens: [Token] = []
  /// The names of the list that was cut last.
  private var ranges: [Range<Int>] = []
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
    list.hasOthers = cut(input)
    list.names.reserveCapacity(ranges.count)
    for place in ranges.indices {
      guard let form = form(input, ranges[place]) else { continue }
      list.names.append(name(form, input))
      if isOverfull(form) { list.overfull.append(ranges[place]) }
    }
    return list
  }

  /// The same as a CSL-JSON item has them.
  mutating func jsonList(_ input: UnsafeBufferPointer<UInt8>) -> (names: [JSON], hasOthers: Bool, isOverfull: Bool) {
    let hasOthers = cut(input)
    var isOverfull = false
    var names: [JSON] = []
    names.reserveCapacity(ranges.count)
    for place in ranges.indices {
      guard let form = form(input, ranges[place]) else { continue }
      names.append(json(form, input))
      isOverfull = isOverfull || self.isOverfull(form)
    }
    return (names, hasOthers, isOverfull)
  }

  /// Whether the name that was read last has more commas than a name can have.
  private func isOverfull(_ form: Form) -> Bool {
    guard case .parts = form else { return false }
    return (tokens.last?.section ?? 0) > 2
  }

  private mutating func json(_ form: Form, _ input: UnsafeBufferPointer<UInt8>) -> JSON {
    let family, given: String?
    switch form {
    case .plain(let familyRange, let givenRange):
      (family, given) = (text(input, familyRange), text(input, givenRange))
    case .parts(let parts) where parts.particle.isEmpty && parts.suffix.isEmpty:
      (family, given) = (part(input, parts.family), part(input, parts.given))
    default: return name(form, input).json
    }
    guard let given else {
      return .object(JSON.Object(distinct: family.map { [.init("family", .string($0))] } ?? []))
    }
    guard let family else { return .object(JSON.Object(distinct: [.init("given", .string(given))])) }
    return .object(JSON.Object(distinct: [.init("family", .string(family)), .init("given", .string(given))]))
  }

  /// Cuts a list into its names, which `ranges` holds; whether `and others` ends it.
  private mutating func cut(_ input: UnsafeBufferPointer<UInt8>) -> Bool {
    ranges.removeAll(keepingCapacity: true)
    var hasOthers = false
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
        add(input, start..<index, &hasOthers)
        index += 4
        start = index
        continue
      }
      index += 1
    }
    add(input, start..<input.count, &hasOthers)
    if let last = ranges.last, let end = Self.beforeAndOthers(input, last) {
      ranges[ranges.count - 1] = last.lowerBound..<end
      hasOthers = true
    }
    return hasOthers
  }

  /// Where a name ends behind which `et al.` stands; `nil` when it does not.
  private static func beforeAndOthers(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
    var end = range.upperBound
    if end > range.lowerBound, input[end - 1] == UInt8(ascii: ".") { end -= 1 }
    guard end - range.lowerBound > 6, input[range].hasFolded("al", at: end - 2) else { return nil }
    end -= 2
    while end > range.lowerBound, input[end - 1].isBlank || input[end - 1] == UInt8(ascii: ".") { end -= 1 }
    guard end - range.lowerBound > 2, input[range].hasFolded("et", at: end - 2) else { return nil }
    end -= 2
    guard input[end - 1].isBlank || input[end - 1] == UInt8(ascii: ",") else { return nil }
    while end > range.lowerBound, input[end - 1].isBlank || input[end - 1] == UInt8(ascii: ",") { end -= 1 }
    return end > range.lowerBound ? end : nil
  }

  /// Whether `and` stands at `start` between blanks.
  private static func isAnd(_ input: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
    guard start + 2 < input.count, input[start] | 0x20 == UInt8(ascii: "a"),
      input[start + 1] | 0x20 == UInt8(ascii: "n"),
      input[start + 2] | 0x20 == UInt8(ascii: "d")
    else { return false }
    return start + 3 == input.count || input[start + 3].isBlank
  }

  private mutating func add(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ hasOthers: inout Bool) {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, input[start].isBlank { start += 1 }
    while end > start, input[end - 1].isBlank { end -= 1 }
    guard start < end else { return }
    // A list may begin with the word that joins.
    if end - start == 3, Self.isAnd(UnsafeBufferPointer(rebasing: input[start..<end]), 0) { return }
    if end - start > 4, Self.isAnd(input, start) { return add(input, start + 4..<end, &hasOthers) }
    if end - start == 6, input[start..<end].isFolded("others") {
      hasOthers = true
    } else {
      ranges.append(start..<end)
    }
  }

  /// One name; `nil` for none.
  mutating func name(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> PersonalName? {
    form(input, range).map { name($0, input) }
  }

  private mutating func name(_ form: Form, _ input: UnsafeBufferPointer<UInt8>) -> PersonalName {
    switch form {
    case .literal(let text): return PersonalName(literal: text)
    case .named(let name): return name
    case .plain(let family, let given):
      return PersonalName(family: text(input, family), given: text(input, given))
    case .parts(let parts):
      var name = PersonalName(family: part(input, parts.family), given: part(input, parts.given))
      name.droppingParticle = part(input, parts.particle)
      name.suffix = part(input, parts.suffix)
      return name
    }
  }

  private func text(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String? {
    range.isEmpty ? nil : String(decoding: UnsafeBufferPointer(rebasing: input[range]), as: UTF8.self)
  }

  private mutating func form(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Form? {
    if let plain = PlainName.parts(input, range) { return .plain(family: plain.family, given: plain.given) }
    let mayNameParts = tokenize(input, range)
    guard let last = tokens.last else { return nil }
    if tokens.count == 1, let inside = group(input, last.range) {
      let text = decoded(input, inside)
      return text.isEmpty ? nil : .literal(text)
    }
    if mayNameParts, let name = byParts(input, range) { return .named(name) }
    return .parts(last.section == 0 ? firstVonLast() : vonLastFirst(sections: last.section))
  }

  // MARK: - Tokens

  /// Cuts a name into tokens; whether it has the sign by which parts are named.
  private mutating func tokenize(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    tokens.removeAll(keepingCapacity: true)
    var hasSign = false
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
      if input[index] == UInt8(ascii: "=") { hasSign = true }
      index += 1
    }
    if start >= 0 { close(input, start..<range.upperBound, section) }
    return hasSign
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
      let name = UnsafeBufferPointer(rebasing: input[start..<index])
      if case .symbol(let text) = TeXCommandTable.shared[name] { return text.first?.isLowercase ?? false }
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

  private func firstVonLast() -> Parts {
    let end = tokens.count - 1
    guard let von = tokens[..<end].firstIndex(where: \.isLower),
      let lastVon = tokens[..<end].lastIndex(where: \.isLower)
    else { return Parts(family: end..<end + 1, given: 0..<end) }
    return Parts(family: lastVon + 1..<end + 1, given: 0..<von, particle: von..<lastVon + 1)
  }

  private func vonLastFirst(sections: Int) -> Parts {
    let lastEnd = tokens.firstIndex { $0.section > 0 } ?? tokens.count
    let firstSection = sections == 1 ? 1 : 2
    let firstStart = tokens.firstIndex { $0.section >= firstSection } ?? tokens.count
    var parts = Parts(given: firstStart..<tokens.count, suffix: lastEnd..<firstStart)
    guard lastEnd > 0 else { return parts }
    let von = tokens[..<(lastEnd - 1)].lastIndex(where: \.isLower)
    parts.family = (von.map { $0 + 1 } ?? 0)..<lastEnd
    if let von { parts.particle = 0..<von + 1 }
    return parts
  }

  // MARK: - Names by parts

  /// `family=Humboldt, given=Alexander, prefix=von, useprefix=false`; `nil` for another form.
  private mutating func byParts(_ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> PersonalName? {
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
