/// An identifier in running text.
struct FoundIdentifier: Sendable, Equatable {
  let scheme: IdentifierScheme
  let value: String
  let version: String?
  let range: Range<Int>
}

/// Finds identifiers in running text: those whose form is their own (DOI, old arXiv), others by label or address.
enum IdentifierFinder {
  static func find(_ bytes: [UInt8]) -> [FoundIdentifier] {
    var found: [FoundIdentifier] = []
    var index = 0
    while index < bytes.count {
      guard bytes[index].isASCIIWord else {
        index += 1
        continue
      }
      if let identifier = identifier(bytes, index) {
        found.append(identifier)
        index = max(identifier.range.upperBound, index + 1)
        continue
      }
      // Only an address may begin inside a word.
      index += 1
      while index < bytes.count, bytes[index].isASCIIWord, bytes[index] | 0x20 != UInt8(ascii: "h") { index += 1 }
    }
    return found
  }

  /// The first identifier of one scheme in running text.
  static func first(_ scheme: IdentifierScheme, in text: String) -> ReadIdentifier? {
    // Replacement signs are left by a broken copy and stand between any two characters.
    let bytes = Array(String(text.unicodeScalars.lazy.filter { $0 != "\u{FFFD}" }.map(Character.init)).utf8)
    let found = find(bytes).first { $0.scheme == scheme }
    return found.map { ReadIdentifier(value: $0.value, version: $0.version) }
  }

  private static func identifier(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    let byte = bytes[index].lowercased
    // Each has a sign of its own, which most positions lack.
    switch byte {
    case UInt8(ascii: "h"), UInt8(ascii: "w"):
      if bytes.hasFolded("http", at: index) || bytes.hasFolded("www.", at: index) { return address(bytes, index) }
    case UInt8(ascii: "1"):
      if let found = bareDOI(bytes, index) { return found }
    case UInt8(ascii: "d"):
      if bytes.hasFolded("doi", at: index) { return doi(bytes, index) }
    case UInt8(ascii: "p"):
      if bytes.hasFolded("pm", at: index) { return pubMed(bytes, index) }
    case UInt8(ascii: "o"):
      if bytes.hasFolded("orcid", at: index) { return labelled(bytes, index, "orcid", .orcid) }
    case UInt8(ascii: "i"):
      if bytes.hasFolded("isbn", at: index) { return labelled(bytes, index, "isbn", .isbn) }
    default: break
    }
    guard byte.isASCIILetter, index == 0 || !bytes[index - 1].isASCIIWord && bytes[index - 1] != UInt8(ascii: "-")
    else { return nil }
    if bytes.hasFolded("arxiv", at: index) { return arXiv(bytes, index) }
    return oldArXiv(bytes, index)
  }

  private static func isInsideWord(_ bytes: [UInt8], _ index: Int) -> Bool { index > 0 && bytes[index - 1].isASCIIWord }

  // MARK: - Addresses

  private static func address(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    let end = bytes[index...].firstIndex { $0 <= 0x20 || $0.isAny(of: "\"<>{}|\\^`") } ?? bytes.count
    let range = index..<trimmedEnd(bytes, index..<min(end, index + 2048))
    let text = Array(bytes[range])
    if let (identifier, length) = arXivAddress(text) {
      return FoundIdentifier(
        scheme: .arxiv, value: identifier.value, version: identifier.version, range: index..<index + length)
    }
    guard let (host, _) = text.hostAndPath else { return nil }
    for (scheme, read) in readers(host) {
      guard let identifier = read(text) else { continue }
      return FoundIdentifier(scheme: scheme, value: identifier.value, version: nil, range: range)
    }
    return nil
  }

  private static func readers(_ host: String) -> [(IdentifierScheme, ([UInt8]) -> ReadIdentifier?)] {
    switch host {
    case _ where host.hasPrefix("doi.") || host.hasPrefix("dx.doi."): [(.doi, DOI.read)]
    case "orcid.org": [(.orcid, ORCID.read)]
    case _ where host.hasSuffix("ncbi.nlm.nih.gov") || host == "europepmc.org":
      [(.pmcid, PubMed.centralIdentifier), (.pmid, PubMed.identifier)]
    default: []
    }
  }

  /// The identifier in an address at arXiv, and how far it reaches.
  private static func arXivAddress(_ text: [UInt8]) -> (ReadIdentifier, Int)? {
    guard let (host, path) = text.hostAndPath else { return nil }
    if host.hasSuffix("doi.org"), let identifier = ArXivIdentifier.read(text), path.hasFolded("10.48550/", at: 0) {
      return (identifier, text.count)
    }
    guard host == "arxiv.org" || host.hasSuffix(".arxiv.org"), let identifier = ArXivIdentifier.read(text) else {
      return nil
    }
    return (identifier, text.count)
  }

  // MARK: - Forms and labels

  private static func bareDOI(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    guard !isInsideWord(bytes, index), index == 0 || bytes[index - 1] != UInt8(ascii: "."),
      index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "0"), bytes[index + 2] == UInt8(ascii: ".")
    else { return nil }
    return doiText(bytes, index, from: index)
  }

  /// `doi:10…`, `doi.org/…`, `doi=10…`; a short DOI counts only behind such a label.
  private static func doi(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    guard !isInsideWord(bytes, index) else { return nil }
    var start = index + 3
    if bytes.hasFolded(".org/", at: start) {
      start += 5
      let end = bytes[start...].firstIndex { !$0.isASCIIWord } ?? bytes.count
      if end - start >= 3, !bytes[start..<end].starts(with: "10".utf8), end == bytes.count || bytes[end].isBlank,
        let identifier = DOI.read(Array("10/".utf8) + bytes[start..<end])
      {
        return FoundIdentifier(scheme: .doi, value: identifier.value, version: nil, range: index..<end)
      }
    } else {
      while start < bytes.count, bytes[start].isBlank || bytes[start].isAny(of: ":=/") { start += 1 }
    }
    return doiText(bytes, start, from: index)
  }

  private static func doiText(_ bytes: [UInt8], _ start: Int, from index: Int) -> FoundIdentifier? {
    // Old Wiley and AMS suffixes hold angle brackets; elsewhere they end the text.
    let isSICI = bytes[min(start, bytes.count)...].prefix(40).firstRange(of: "(SICI)") != nil
    guard
      let length = DOI.length(
        bytes[min(start, bytes.count)...],
        limit: { !$0.isAny(of: "\"{}\\^|`") && (isSICI || $0 != 0x3C && $0 != 0x3E) })
    else { return nil }
    let end = trimmedEnd(bytes, start..<start + length)
    if let identifier = ArXivIdentifier.read(Array(bytes[start..<end])), bytes.hasFolded("10.48550/arxiv.", at: start) {
      return FoundIdentifier(scheme: .arxiv, value: identifier.value, version: identifier.version, range: index..<end)
    }
    guard let identifier = DOI.read(Array(bytes[start..<end]).percentDecoded) else { return nil }
    return FoundIdentifier(scheme: .doi, value: identifier.value, version: nil, range: index..<end)
  }

  private static func arXiv(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    var start = index + 5
    if bytes.hasFolded(".org/", at: start) {
      let end = bytes[index...].firstIndex { $0 <= 0x20 || $0.isAny(of: "\"<>{}|\\^`") } ?? bytes.count
      let trimmed = trimmedEnd(bytes, index..<end)
      guard let identifier = ArXivIdentifier.read(Array(bytes[index..<trimmed])) else { return nil }
      return FoundIdentifier(
        scheme: .arxiv, value: identifier.value, version: identifier.version, range: index..<trimmed)
    }
    guard start < bytes.count, bytes[start] == UInt8(ascii: ":") || bytes[start] == 0x20 else { return nil }
    while start < bytes.count, bytes[start] == UInt8(ascii: ":") || bytes[start] == 0x20 { start += 1 }
    guard let (identifier, length) = ArXivIdentifier.prefix(bytes[start...]) else { return nil }
    return FoundIdentifier(
      scheme: .arxiv, value: identifier.value, version: identifier.version, range: index..<start + length)
  }

  private static func oldArXiv(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    // archive/YYMMNNN: the slash stands within 14 bytes.
    var slash = index + 1
    while slash < min(bytes.count, index + 15), bytes[slash].isASCIILetter || bytes[slash].isAny(of: "-.") {
      slash += 1
    }
    guard slash + 1 < bytes.count, bytes[slash] == UInt8(ascii: "/"), bytes[slash + 1].isASCIIDigit,
      let (identifier, length) = ArXivIdentifier.prefix(bytes[index...])
    else { return nil }
    return FoundIdentifier(
      scheme: .arxiv, value: identifier.value, version: identifier.version, range: index..<index + length)
  }

  private static func pubMed(_ bytes: [UInt8], _ index: Int) -> FoundIdentifier? {
    guard !isInsideWord(bytes, index) else { return nil }
    if bytes.hasFolded("pmid", at: index) { return labelled(bytes, index, "pmid", .pmid) }
    if bytes.hasFolded("pmcid", at: index) { return labelled(bytes, index, "pmcid", .pmcid) }
    guard bytes.hasFolded("pmc", at: index) else { return nil }
    let digits = bytes[(index + 3)...].prefix { $0.isASCIIDigit }
    guard digits.count >= 5, let identifier = PubMed.centralIdentifier(Array(bytes[index..<digits.endIndex])) else {
      return nil
    }
    return FoundIdentifier(scheme: .pmcid, value: identifier.value, version: nil, range: index..<digits.endIndex)
  }

  /// A label, signs between, and what can belong to a number.
  private static func labelled(
    _ bytes: [UInt8], _ index: Int, _ label: StaticString, _ scheme: IdentifierScheme
  ) -> FoundIdentifier? {
    guard !isInsideWord(bytes, index) else { return nil }
    var start = index + label.utf8CodeUnitCount
    if scheme == .isbn, bytes.hasFolded("-13", at: start) || bytes.hasFolded("-10", at: start) { start += 3 }
    while start < bytes.count, bytes[start] == UInt8(ascii: ":") || bytes[start] == 0x20 { start += 1 }
    var end = start
    while end < bytes.count, end - start < 24, bytes[end].isASCIIWord || bytes[end] == UInt8(ascii: "-") { end += 1 }
    guard end > start, let identifier = scheme.read(String(decoding: bytes[start..<end], as: UTF8.self)) else {
      return nil
    }
    return FoundIdentifier(scheme: scheme, value: identifier.value, version: nil, range: index..<end)
  }

  /// Without punctuation and unmatched brackets at the end.
  private static func trimmedEnd(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    var end = range.upperBound
    while end > range.lowerBound {
      let byte = bytes[end - 1]
      if byte.isAny(of: ".,;:!?'\"") {
        end -= 1
      } else if let open: UInt8 = [0x29: 0x28, 0x5D: 0x5B, 0x7D: 0x7B, 0x3E: 0x3C][byte] {
        let text = bytes[range.lowerBound..<end]
        guard text.count(where: { $0 == byte }) > text.count(where: { $0 == open }) else { return end }
        end -= 1
      } else {
        return end
      }
    }
    return end
  }
}
