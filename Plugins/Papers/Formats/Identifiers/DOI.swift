/// Digital object identifiers (ISO 26324): `10.` registrant `/` suffix, and short DOIs `10/abc`.
///
/// The canonical form has no prefix and ASCII letters in lower case, since DOIs are compared without letter case.
enum DOI {
  static func read(_ bytes: [UInt8]) -> ReadIdentifier? {
    var rest = bytes
    if let (host, path) = bytes.hostAndPath, host.hasPrefix("doi.") || host.hasPrefix("dx.doi.") {
      rest = path.percentDecoded
      // At the resolver itself a path without a slash is a short DOI.
      if host.hasSuffix("doi.org"), !rest.contains(UInt8(ascii: "/")), !rest.contains(UInt8(ascii: ":")) {
        rest = Array("10/".utf8) + rest
      }
    }
    rest = withoutPrefixes(rest)
    guard let length = length(rest[...], limit: { _ in true }), length == rest.count else { return nil }
    return canonical(rest[...])
  }

  static func canonical(_ bytes: ArraySlice<UInt8>) -> ReadIdentifier {
    ReadIdentifier(value: String(decoding: bytes.map(\.lowercased), as: UTF8.self))
  }

  private static func withoutPrefixes(_ bytes: [UInt8]) -> [UInt8] {
    var rest = bytes
    while true {
      if let next = rest.behind("info:doi/") ?? rest.behind("urn:") ?? rest.behind("doi:") ?? rest.behind("doi ")
        ?? rest.behind("/")
      {
        rest = next.trimmed
      } else {
        return rest
      }
    }
  }

  /// Length of the DOI at the front of the bytes: up to the first one that can be in none, or that `limit` refuses.
  static func length(_ bytes: ArraySlice<UInt8>, limit: (UInt8) -> Bool) -> Int? {
    guard bytes.starts(with: "10".utf8) else { return nil }
    var index = bytes.startIndex + 2
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: "/") {
      let end = bytes[(index + 1)...].firstIndex { !$0.isASCIIWord } ?? bytes.endIndex
      return end - index >= 3 ? end - bytes.startIndex : nil
    }
    guard index < bytes.endIndex, bytes[index] == UInt8(ascii: ".") else { return nil }
    let registrant = index + 1
    index = registrant
    while index < bytes.endIndex, bytes[index].isASCIIDigit || bytes[index] == UInt8(ascii: ".") { index += 1 }
    let digits = bytes[registrant..<index].prefix { $0.isASCIIDigit }.count
    guard (4...9).contains(digits), index < bytes.endIndex, bytes[index] == UInt8(ascii: "/"),
      bytes[index - 1].isASCIIDigit
    else { return nil }
    let suffix = index + 1
    index = suffix
    while index < bytes.endIndex, bytes[index] > 0x20, bytes[index] != 0x7F, limit(bytes[index]) { index += 1 }
    return index > suffix ? index - bytes.startIndex : nil
  }
}
