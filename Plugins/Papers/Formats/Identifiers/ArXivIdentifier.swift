/// arXiv identifiers: `2403.19967` since 2007, `hep-th/9901001` and `math.GT/0309136` before.
///
/// The canonical form has no version and no subject class.
enum ArXivIdentifier {
  static func read(_ bytes: [UInt8]) -> ReadIdentifier? {
    // The number alone, as it mostly stands.
    if bytes.first?.isASCIIDigit == true, let (identifier, length) = prefix(bytes[...]), length == bytes.count {
      return identifier
    }
    var rest = bytes
    if let (host, path) = bytes.hostAndPath {
      if host == "arxiv.org" || host.hasSuffix(".arxiv.org") {
        guard let slash = path.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        rest = Array(path[(slash + 1)...])
      } else if host.hasSuffix("doi.org") {
        rest = path.percentDecoded
      }
      if let cut = rest.firstIndex(where: { $0.isAny(of: "?#") }) { rest.removeSubrange(cut...) }
      if rest.count > 4, rest.hasFolded(".pdf", at: rest.count - 4) { rest.removeLast(4) }
      if rest.last == UInt8(ascii: "/") { rest.removeLast() }
    }
    if let next = rest.behind("doi:") { rest = next.trimmed }
    if let next = rest.behind("10.48550/arxiv.") { rest = next }
    if let next = rest.behind("arxiv:") { rest = next.trimmed }
    guard let (identifier, length) = prefix(rest[...]) else { return nil }
    // The primary class may stand behind: `2412.03868v5 [cs.LG]`.
    let tail = Array(rest[length...]).trimmed
    if tail.isEmpty { return identifier }
    guard rest[length].isBlank, tail.first == UInt8(ascii: "["), tail.last == UInt8(ascii: "]") else { return nil }
    return identifier
  }

  /// The identifier at the front of the bytes and its length, version included.
  static func prefix(_ bytes: ArraySlice<UInt8>) -> (ReadIdentifier, Int)? {
    guard let first = bytes.first else { return nil }
    guard let length = first.isASCIIDigit ? newLength(bytes) : oldLength(bytes) else { return nil }
    let end = bytes.startIndex + length
    var value = String(decoding: bytes[..<end], as: UTF8.self)
    if !first.isASCIIDigit, let dot = value.firstIndex(of: "."), let slash = value.firstIndex(of: "/"), dot < slash {
      value.removeSubrange(dot..<slash)
    }
    if !first.isASCIIDigit { value = value.lowercased() }
    var version: String?
    var tail = end
    if tail < bytes.endIndex, bytes[tail].lowercased == UInt8(ascii: "v") {
      let digits = bytes[(tail + 1)...].prefix { $0.isASCIIDigit }
      if (1...3).contains(digits.count) {
        version = String(decoding: digits, as: UTF8.self)
        tail = digits.endIndex
      }
    }
    // A longer number or word is something else.
    if tail < bytes.endIndex, bytes[tail].isASCIIWord { return nil }
    return (ReadIdentifier(value: value, version: version), tail - bytes.startIndex)
  }

  /// `YYMM.NNNN` or `YYMM.NNNNN` with a month that exists.
  private static func newLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    let start = bytes.startIndex
    let year = bytes.prefix { $0.isASCIIDigit }
    guard year.count == 4, bytes.count > 8, bytes[start + 4] == UInt8(ascii: ".") else { return nil }
    let month = Int(bytes[start + 2] - 0x30) * 10 + Int(bytes[start + 3] - 0x30)
    let number = bytes[(start + 5)...].prefix { $0.isASCIIDigit }.count
    guard (1...12).contains(month), (4...5).contains(number) else { return nil }
    return 5 + number
  }

  /// `archive/YYMMNNN` or `archive.CL/YYMMNNN`.
  private static func oldLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    let archive = bytes.prefix { $0.isASCIILetter || $0 == UInt8(ascii: "-") }
    guard archives.contains(String(decoding: archive.map(\.lowercased), as: UTF8.self)) else { return nil }
    var index = archive.endIndex
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: ".") {
      let subject = bytes[(index + 1)...].prefix { $0.isASCIILetter || $0 == UInt8(ascii: "-") }
      guard !subject.isEmpty else { return nil }
      index = subject.endIndex
    }
    guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "/") else { return nil }
    let number = bytes[(index + 1)...].prefix { $0.isASCIIDigit }
    return number.count == 7 ? number.endIndex - bytes.startIndex : nil
  }

  private static let archives: Set<String> = [
    "acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg",
    "comp-gas", "cond-mat", "cs", "dg-ga", "econ", "eess", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th",
    "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph", "q-alg", "q-bio",
    "q-fin", "quant-ph", "solv-int", "stat", "supr-con",
  ]
}
