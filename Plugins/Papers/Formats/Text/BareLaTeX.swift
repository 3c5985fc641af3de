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

  static func findings(_ bytes: [UInt8], addresses: [Range<Int>]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var address = 0
    var previous: Range<Int>?
    var index = 0
    while index < bytes.count {
      while address < addresses.count, addresses[address].upperBound <= index { address += 1 }
      if address < addresses.count, addresses[address].contains(index) {
        index = addresses[address].upperBound
        previous = nil
        continue
      }
      let byte = bytes[index]
      if byte.isASCIIWord {
        let end = wordEnd(bytes, index)
        // What has its backslash is no bare form.
        let hasBackslash = index > 0 && bytes[index - 1] == UInt8(ascii: "\\")
        if !hasBackslash, isBare(bytes, index..<end, previous) { found.append(index..<end) }
        previous = index..<end
        index = end
        continue
      }
      if byte == UInt8(ascii: "^") || byte == UInt8(ascii: "_"), let range = script(bytes, index, base: previous) {
        // `x_1^2` is one form.
        if let last = found.last, last.upperBound >= range.lowerBound {
          found[found.count - 1] = last.lowerBound..<range.upperBound
        } else {
          found.append(range)
        }
        previous = nil
        index = max(index + 1, range.upperBound)
        continue
      }
      index += 1
    }
    return found
  }

  private static func wordEnd(_ bytes: [UInt8], _ index: Int) -> Int {
    var end = index
    while end < bytes.count, bytes[end].isASCIIWord { end += 1 }
    return end
  }

  // MARK: - Scripts

  /// `^` or `_` between a base and what is raised or lowered.
  private static func script(_ bytes: [UInt8], _ index: Int, base: Range<Int>?) -> Range<Int>? {
    guard index > 0, index + 1 < bytes.count else { return nil }
    let before = bytes[index - 1]
    let next = bytes[index + 1]
    let isClosed = ")|}]".utf8.contains(before)
    guard before.isASCIIWord || isClosed else { return nil }
    let start = before.isASCIIWord ? base?.lowerBound ?? index - 1 : index - 1
    if next == UInt8(ascii: "{") {
      let end = bytes[index...].prefix(200).firstIndex(of: UInt8(ascii: "}")) ?? index + 1
      return start..<end + 1
    }
    if bytes[index] == UInt8(ascii: "^") {
      guard next.isWord || "(+-*".utf8.contains(next) else { return nil }
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

  private static func isBare(_ bytes: [UInt8], _ word: Range<Int>, _ previous: Range<Int>?) -> Bool {
    let next = word.upperBound < bytes.count ? bytes[word.upperBound] : 0x20
    let letters = bytes[word]
    if mayBeName[nameSlot(letters)] {
      let name = String(decoding: letters, as: UTF8.self)
      if certain.contains(name) { return true }
      if next == UInt8(ascii: "{"), withGroup.contains(name) { return true }
      if greek.contains(name) {
        let before = word.lowerBound > 0 ? bytes[word.lowerBound - 1] : 0x20
        return "|{=".utf8.contains(next) || "|=".utf8.contains(before)
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
      return isQuantity(bytes, previous, adjoining: word.lowerBound)
        && isQuantity(bytes, wordBehind(bytes, word.upperBound), adjoining: nil)
    case UInt8(ascii: "g"):
      // `Obig(`, `Kbig)`: a symbol and the size of the bracket behind it.
      return (4...5).contains(letters.count) && letters.first?.isASCIIUpper == true && !letters.isFolded("bigg")
        && (letters.ends("big") || letters.ends("bigg")) && "()[]|{}".utf8.contains(next)
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

  /// A number, or a single letter, with one blank between it and its neighbour.
  private static func isQuantity(_ bytes: [UInt8], _ word: Range<Int>?, adjoining index: Int?) -> Bool {
    guard let word else { return false }
    if let index, word.upperBound + 1 != index || bytes[word.upperBound] != 0x20 { return false }
    if bytes[word].allSatisfy(\.isASCIIDigit) { return true }
    return word.count == 1 && bytes[word.lowerBound] != UInt8(ascii: "a")
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { suffix($0.count).elementsEqual($0) }
  }
}
