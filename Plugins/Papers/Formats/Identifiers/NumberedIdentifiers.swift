/// Identifiers of PubMed (digits) and PubMed Central (`PMC` and digits).
enum PubMed {
  static func identifier(_ bytes: [UInt8]) -> ReadIdentifier? {
    var rest = bytes
    if let (host, path) = bytes.hostAndPath {
      let parts = path.split(separator: UInt8(ascii: "/"), maxSplits: 2).map(Array.init)
      switch host {
      case "pubmed.ncbi.nlm.nih.gov": rest = parts.first ?? []
      case "ncbi.nlm.nih.gov" where parts.first?.isFolded("pubmed") == true && parts.count > 1:
        rest = parts[1].behind("?term=") ?? parts[1]
      case "europepmc.org" where parts.count > 2 && parts[1].isFolded("med"): rest = parts[2]
      default: return nil
      }
      rest = Array(rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "/") })
    }
    if let next = rest.behind("pubmed ") { rest = next }
    if let next = rest.behind("pmid:") ?? rest.behind("pmid ") { rest = next.trimmed }
    guard (1...8).contains(rest.count), rest.allSatisfy(\.isASCIIDigit), rest[0] != UInt8(ascii: "0") else {
      return nil
    }
    return ReadIdentifier(value: String(decoding: rest, as: UTF8.self))
  }

  static func centralIdentifier(_ bytes: [UInt8]) -> ReadIdentifier? {
    var rest = bytes
    if let (host, path) = bytes.hostAndPath, host.hasSuffix("ncbi.nlm.nih.gov") || host == "europepmc.org" {
      let parts = path.split(separator: UInt8(ascii: "/")).map(Array.init)
      guard let part = parts.first(where: { $0.hasFolded("pmc", at: 0) && $0.count > 3 }) else { return nil }
      rest = part
    }
    if let next = rest.behind("pmcid:") { rest = next.trimmed }
    guard let digits = rest.behind("pmc"), (1...9).contains(digits.count), digits.allSatisfy(\.isASCIIDigit) else {
      return nil
    }
    return ReadIdentifier(value: "PMC" + String(decoding: digits, as: UTF8.self))
  }
}

/// International standard book numbers (ISO 2108), canonical as 13 digits.
enum ISBN {
  static func read(_ bytes: [UInt8]) -> ReadIdentifier? {
    var rest = bytes
    if let next = rest.behind("urn:isbn:") { rest = next }
    if let next = rest.behind("isbn-13") ?? rest.behind("isbn-10") ?? rest.behind("isbn") { rest = next.trimmed }
    if let next = rest.behind(":") { rest = next.trimmed }
    var digits: [UInt8] = []
    for scalar in String(decoding: rest, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "0"..."9": digits.append(UInt8(scalar.value) - 0x30)
      case "X", "x": digits.append(10)
      case "-", " ", "\u{2010}"..."\u{2015}": break
      default: return nil
      }
    }
    if digits.count == 10 {
      let sum = digits.enumerated().reduce(0) { $0 + (10 - $1.offset) * Int($1.element) }
      guard sum % 11 == 0, !digits.dropLast().contains(10) else { return nil }
      digits = [9, 7, 8] + digits.dropLast()
      digits.append(check(digits))
    }
    guard digits.count == 13, digits.starts(with: [9, 7, 8]) || digits.starts(with: [9, 7, 9]), !digits.contains(10),
      check(Array(digits.dropLast())) == digits[12]
    else { return nil }
    return ReadIdentifier(value: digits.map { String($0) }.joined())
  }

  private static func check(_ digits: [UInt8]) -> UInt8 {
    let sum = digits.enumerated().reduce(0) { $0 + Int($1.element) * ($1.offset % 2 == 0 ? 1 : 3) }
    return UInt8((10 - sum % 10) % 10)
  }
}

/// Identifiers of people (ORCID), with the check digit of ISO 7064 MOD 11-2.
enum ORCID {
  static func read(_ bytes: [UInt8]) -> ReadIdentifier? {
    var rest = bytes
    if let (host, path) = bytes.hostAndPath, host == "orcid.org" {
      rest = path
      if rest.last == UInt8(ascii: "/") { rest.removeLast() }
    }
    if let next = rest.behind("orcid:") ?? rest.behind("orcid ") { rest = next.trimmed }
    let digits = rest.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 16, rest.count == 16 || rest.count == 19, digits.dropLast().allSatisfy(\.isASCIIDigit),
      digits.starts(with: "0000".utf8) || digits.starts(with: "0009".utf8)
    else { return nil }
    if rest.count == 19 {
      guard [4, 9, 14].allSatisfy({ rest[$0] == UInt8(ascii: "-") }) else { return nil }
    }
    var total = 0
    for digit in digits.dropLast() { total = (total + Int(digit - 0x30)) * 2 % 11 }
    let check = (12 - total) % 11
    let last = digits[15].lowercased
    guard check == 10 ? last == UInt8(ascii: "x") : last == UInt8(0x30 + check) else { return nil }
    let text = String(decoding: digits, as: UTF8.self).uppercased()
    var parts: [Substring] = []
    var start = text.startIndex
    while start < text.endIndex {
      let end = text.index(start, offsetBy: 4)
      parts.append(text[start..<end])
      start = end
    }
    return ReadIdentifier(value: parts.joined(separator: "-"))
  }
}
