/// Where an identifier is registered. Raw values are those of the store.
enum IdentifierScheme: String, Sendable, CaseIterable {
  case doi, arxiv, pmid, pmcid, isbn, orcid, openalex, s2, dblp, acl
  case url = "url-canonical"

  /// Those whose identifiers can be told by their form.
  static let recognised: [IdentifierScheme] = [.doi, .arxiv, .pmcid, .pmid, .isbn, .orcid]

  /// Reads a whole string as an identifier of this scheme: bare, with a prefix, or as an address.
  ///
  /// Returns the canonical form, or `nil` when the string is no such identifier (a wrong check digit included).
  func read(_ text: String) -> ReadIdentifier? {
    let bytes = Array(text.utf8).trimmed
    guard !bytes.isEmpty, bytes.count <= 2048 else { return nil }
    return switch self {
    case .doi: DOI.read(bytes)
    case .arxiv: ArXivIdentifier.read(bytes)
    case .pmid: PubMed.identifier(bytes)
    case .pmcid: PubMed.centralIdentifier(bytes)
    case .isbn: ISBN.read(bytes)
    case .orcid: ORCID.read(bytes)
    case .openalex, .s2, .dblp, .acl, .url: nil
    }
  }

  /// The same after damage from copying is taken away: blanks, braces, backslashes, `^ ~ | [ ]`, replacement signs.
  func readDamaged(_ text: String) -> ReadIdentifier? {
    // No check digit tells whether digits on both sides of a blank are one number.
    let numbers = text.split(whereSeparator: \.isWhitespace).filter { $0.utf8.allSatisfy(\.isASCIIDigit) }
    if self == .pmid, numbers.count > 1 { return nil }
    var bytes = Array(text.utf8)
    if let command = bytes[...].firstRange(of: "\\url") { bytes.removeSubrange(command) }
    var cleaned: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: [0xEF, 0xBF, 0xBD]) {
        index += 3
        continue
      }
      if !bytes[index].isBlank, !bytes[index].isAny(of: "{}\\^~|[]") { cleaned.append(bytes[index]) }
      index += 1
    }
    if cleaned.first == UInt8(ascii: "<"), cleaned.last == UInt8(ascii: ">") {
      cleaned = Array(cleaned.dropFirst().dropLast())
    }
    return read(String(decoding: cleaned, as: UTF8.self))
  }
}

/// An identifier in canonical form, with the version that stood beside it.
struct ReadIdentifier: Sendable, Equatable {
  let value: String
  var version: String?
}

extension [UInt8] {
  /// Without blanks at either end.
  var trimmed: [UInt8] {
    guard let first = firstIndex(where: { !$0.isBlank }), let last = lastIndex(where: { !$0.isBlank }) else {
      return []
    }
    return Array(self[first...last])
  }

  /// What is behind a lower-case prefix, letter case aside; `nil` when the prefix is absent.
  func behind(_ prefix: StaticString) -> [UInt8]? {
    hasFolded(prefix, at: 0) ? Array(dropFirst(prefix.utf8CodeUnitCount)) : nil
  }

  /// Host (lower case, without `www.`) and path of an address; the scheme may be absent.
  var hostAndPath: (host: String, path: [UInt8])? {
    let rest = behind("https://") ?? behind("http://") ?? self
    let host = rest.prefix { $0 != UInt8(ascii: "/") }
    guard host.contains(UInt8(ascii: ".")), host.allSatisfy({ $0.isASCIIWord || $0 == 0x2D || $0 == 0x2E }) else {
      return nil
    }
    let folded = host.map(\.lowercased)
    let name = folded.behind("www.") ?? folded
    return (String(decoding: name, as: UTF8.self), Array(rest.dropFirst(host.count + 1)))
  }

  /// With `%41` and the like decoded.
  var percentDecoded: [UInt8] {
    guard contains(UInt8(ascii: "%")) else { return self }
    var result: [UInt8] = []
    var index = 0
    while index < count {
      if self[index] == UInt8(ascii: "%"), index + 2 < count, let high = self[index + 1].hexDigit,
        let low = self[index + 2].hexDigit
      {
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(self[index])
        index += 1
      }
    }
    return result
  }
}

extension UInt8 {
  fileprivate var hexDigit: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }
}
