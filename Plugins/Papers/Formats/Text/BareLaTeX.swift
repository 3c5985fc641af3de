/// Finds LaTeX that lost its backslashes and dollars on the way: `ell_1`, `N^{E}`, `n times d`, `textit x`.
///
/// Words that are English as well count only where a formula must stand around them.
enum BareLaTeX {
  /// Command names that are no words.
  private static let certain: Set<String> = [
    "textit", "textbf", "textsc", "texttt", "textrm", "mathcal", "mathbb", "mathbf", "mathrm", "mathit", "mathfrak",
    "mathsf", "boldsymbol", "operatorname", "varepsilon", "varphi", "vartheta", "varrho", "varsigma", "mapsto",
    "rightarrow", "leftarrow", "longrightarrow", "longleftarrow", "Rightarrow", "leftrightarrow", "leq", "geq", "neq",
    "infty", "ell", "cdot", "cdots", "ldots", "sqrt", "widehat", "widetilde", "textsuperscript", "textsubscript",
    "otimes", "oplus", "odot", "nabla",
  ]
  /// Names that count when a brace follows at once.
  private static let withGroup: Set<String> = [
    "emph", "cite", "citep", "citet", "ref", "frac", "hat", "bar", "tilde", "vec", "url", "href", "footnote", "text",
    "it", "bf", "em",
  ]
  /// Names that are told even at the end of a longer word.
  private static let endings: [StaticString] = ["longrightarrow", "rightarrow", "leftarrow", "varepsilon", "mathcal"]
  private static let greek: Set<String> = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Sigma", "Phi", "Psi",
    "Omega",
  ]

  static func findings(_ bytes: [UInt8], _ scan: TextScan, addresses: [Range<Int>]) -> [Range<Int>] {
    guard !scan.words.isEmpty || !scan.scripts.isEmpty else { return [] }
    var found: [Range<Int>] = []
    for index in scan.scripts {
      guard let range = script(bytes, index) else { continue }
      // `x_1^2` is one form.
      if let last = found.last, last.upperBound >= range.lowerBound {
        found[found.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        found.append(range)
      }
    }
    let scripted = found
    for word in scan.words where !scripted.contains(where: { $0.overlaps(word) }) {
      // What has its backslash is no bare form.
      let hasBackslash = word.lowerBound > 0 && bytes[word.lowerBound - 1] == UInt8(ascii: "\\")
      if !hasBackslash, isBare(bytes, word) { found.append(word) }
    }
    return found.filter { range in !addresses.contains { $0.overlaps(range) } }.sorted { $0.lowerBound < $1.lowerBound }
  }

  private static func wordEnd(_ bytes: [UInt8], _ index: Int) -> Int {
    var end = index
    while end < bytes.count, bytes[end].isASCIIWord { end += 1 }
    return end
  }

  // MARK: - Scripts

  private static func wordStart(_ bytes: [UInt8], _ index: Int) -> Int {
    var start = index
    while start > 0, bytes[start - 1].isASCIIWord { start -= 1 }
    return start
  }

  /// `^` or `_` between a base and what is raised or lowered.
  private static func script(_ bytes: [UInt8], _ index: Int) -> Range<Int>? {
    guard index > 0, index + 1 < bytes.count else { return nil }
    let before = bytes[index - 1]
    let next = bytes[index + 1]
    let isClosed = before.isAny(of: ")|}]")
    guard before.isASCIIWord || isClosed else { return nil }
    let start = before.isASCIIWord ? wordStart(bytes, index) : index - 1
    if next == UInt8(ascii: "{") {
      let end = bytes[index...].prefix(200).firstIndex(of: UInt8(ascii: "}")) ?? index + 1
      return start..<end + 1
    }
    if bytes[index] == UInt8(ascii: "^") {
      guard next.isWord || next.isAny(of: "(+-*") else { return nil }
      return start..<max(index + 2, wordEnd(bytes, index + 1))
    }
    // A low line inside a name (`max_pool`, `I_love_you`) is none.
    guard next.isASCIIWord else { return nil }
    let end = wordEnd(bytes, index + 1)
    let name = String(decoding: bytes[start..<index], as: UTF8.self)
    let isShort = isClosed || index - start == 1 || certain.contains(name) || greek.contains(name)
    guard isShort, end - index <= 4, start == 0 || bytes[start - 1] != UInt8(ascii: "_") else { return nil }
    return start..<end
  }

  // MARK: - Words

  /// Whether a word is worth a look: it has the ends and the length of a name, or the end of a glued form.
  static func mayBeBare(_ bytes: [UInt8], _ word: Range<Int>) -> Bool {
    let last = bytes[word.upperBound - 1]
    let slot = Int(bytes[word.lowerBound] & 31) << 10 | Int(last & 31) << 5 | min(word.count, 31)
    if mayBeName[slot] { return true }
    switch last {
    case UInt8(ascii: "w"), UInt8(ascii: "n"), UInt8(ascii: "l"):
      let end = bytes[word].suffix(3)
      return word.count > 7 && (end.ends("row") || end.ends("lon") || end.ends("cal"))
    case UInt8(ascii: "s"):
      return word.count > 3
        && bytes[word.upperBound - 3] | 0x20 == (word.count == 4 ? UInt8(ascii: "o") : UInt8(ascii: "m"))
    case UInt8(ascii: "g"): return (4...5).contains(word.count) && bytes[word.lowerBound].isASCIIUpper
    default: return bytes[word.lowerBound] == UInt8(ascii: "s") && bytes.hasFolded("sim", at: word.lowerBound)
    }
  }

  private static func isBare(_ bytes: [UInt8], _ word: Range<Int>) -> Bool {
    let next = word.upperBound < bytes.count ? bytes[word.upperBound] : 0x20
    let letters = bytes[word]
    if mayBeName[nameSlot(letters)] {
      let name = String(decoding: letters, as: UTF8.self)
      if certain.contains(name) { return true }
      if next == UInt8(ascii: "{"), withGroup.contains(name) { return true }
      if greek.contains(name) {
        let before = word.lowerBound > 0 ? bytes[word.lowerBound - 1] : 0x20
        return next.isAny(of: "|{=") || before.isAny(of: "|=")
      }
    }
    switch bytes[word.upperBound - 1] {
    case UInt8(ascii: "w"), UInt8(ascii: "n"), UInt8(ascii: "l"):
      return endings.contains { letters.count > $0.utf8CodeUnitCount && letters.ends($0) }
    case UInt8(ascii: "s"):
      if letters.isFolded("dots") {
        return next == UInt8(ascii: ",") && word.lowerBound > 0 && bytes[word.lowerBound - 1] == UInt8(ascii: ",")
      }
      guard letters.ends("times") else { return false }
      let factor = letters.dropLast(5)
      if !factor.isEmpty { return factor.allSatisfy(\.isASCIIDigit) }
      return isQuantity(bytes, wordBefore(bytes, word.lowerBound))
        && isQuantity(bytes, wordBehind(bytes, word.upperBound))
    case UInt8(ascii: "g"):
      // `Obig(`, `Kbig)`: a symbol and the size of the bracket behind it.
      return (4...5).contains(letters.count) && letters.first?.isASCIIUpper == true && !letters.isFolded("bigg")
        && (letters.ends("big") || letters.ends("bigg")) && next.isAny(of: "()[]|{}")
    default:
      guard letters.starts(with: "sim".utf8) else { return false }
      let number = letters.dropFirst(3)
      if !number.isEmpty { return number.allSatisfy(\.isASCIIDigit) }
      guard let behind = wordBehind(bytes, word.upperBound) else { return false }
      return bytes[behind.lowerBound].isASCIIDigit
    }
  }

  /// Which first letter, last letter and length some name has, so that most words need no look-up.
  private static let mayBeName: [Bool] = {
    var table = [Bool](repeating: false, count: 1 << 15)
    for name in certain.union(withGroup).union(greek) { table[nameSlot(Array(name.utf8)[...])] = true }
    return table
  }()

  private static func nameSlot(_ word: ArraySlice<UInt8>) -> Int {
    Int(word[word.startIndex] & 31) << 10 | Int(word[word.endIndex - 1] & 31) << 5 | min(word.count, 31)
  }

  private static func wordBehind(_ bytes: [UInt8], _ index: Int) -> Range<Int>? {
    guard index + 1 < bytes.count, bytes[index] == 0x20, bytes[index + 1].isASCIIWord else { return nil }
    return index + 1..<wordEnd(bytes, index + 1)
  }

  private static func wordBefore(_ bytes: [UInt8], _ index: Int) -> Range<Int>? {
    guard index > 1, bytes[index - 1] == 0x20, bytes[index - 2].isASCIIWord else { return nil }
    return wordStart(bytes, index - 1)..<index - 1
  }

  /// A number, or a single letter.
  private static func isQuantity(_ bytes: [UInt8], _ word: Range<Int>?) -> Bool {
    guard let word else { return false }
    if bytes[word].allSatisfy(\.isASCIIDigit) { return true }
    return word.count == 1 && bytes[word.lowerBound] != UInt8(ascii: "a")
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count >= length else { return false }
    let pattern = UnsafeBufferPointer(start: text.utf8Start, count: length)
    for offset in 1...length where self[endIndex - offset] != pattern[length - offset] { return false }
    return true
  }
}
