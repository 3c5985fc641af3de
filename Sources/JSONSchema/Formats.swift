/// The formats that can be asserted.
enum Format: String, Sendable {
  /// A URI with a scheme (RFC 3986).
  case uri
  /// A time stamp (RFC 3339).
  case dateTime = "date-time"
  /// 64 lower-case hexadecimal digits.
  case sha256

  func holds(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      switch self {
      case .uri: URISyntax.holds(bytes[...])
      case .dateTime: Format.isDateTime(bytes)
      case .sha256:
        bytes.count == 64 && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      }
    }
  }

  private static func isDateTime(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    // yyyy-mm-ddThh:mm:ss, then a fraction, then Z or ±hh:mm
    let layout = Array("dddd-dd-ddTdd:dd:dd".utf8)
    guard bytes.count > layout.count else { return false }
    for (byte, expected) in zip(bytes, layout) {
      switch expected {
      case UInt8(ascii: "d"): guard isDigit(byte) else { return false }
      case UInt8(ascii: "T"): guard byte | 0x20 == UInt8(ascii: "t") else { return false }
      default: guard byte == expected else { return false }
      }
    }
    func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 * 10 + Int(bytes[$1] - 0x30) } }
    let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
    let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
    guard (1...12).contains(month), (1...days(inMonth: month, year)).contains(day), hour < 24, minute < 60, second <= 60
    else { return false }

    var rest = bytes[layout.count...]
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix(while: isDigit)
      guard !digits.isEmpty else { return false }
      rest = rest[digits.endIndex...]
    }
    var offset = 0
    if rest.count == 1, let zone = rest.first, zone | 0x20 == UInt8(ascii: "z") {
      offset = 0
    } else {
      let zone = Array(rest)
      guard zone.count == 6, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"), zone[3] == UInt8(ascii: ":"),
        [1, 2, 4, 5].allSatisfy({ isDigit(zone[$0]) })
      else { return false }
      let hours = Int(zone[1] - 0x30) * 10 + Int(zone[2] - 0x30)
      let minutes = Int(zone[4] - 0x30) * 10 + Int(zone[5] - 0x30)
      guard hours < 24, minutes < 60 else { return false }
      offset = (hours * 60 + minutes) * (zone[0] == UInt8(ascii: "-") ? -1 : 1)
    }
    // A leap second is the last of a day in UTC.
    return second < 60 || (hour * 60 + minute - offset + 2880) % 1440 == 1439
  }

  private static func days(inMonth month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// The grammar of RFC 3986, appendix A.
private enum URISyntax {
  typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

  static func holds(_ text: Bytes) -> Bool {
    var rest = text
    guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), isScheme(rest[..<colon]) else { return false }
    rest = rest[(colon + 1)...]
    if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
      guard consists(rest[(hash + 1)...], of: "/?:@") else { return false }
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      guard consists(rest[(mark + 1)...], of: "/?:@") else { return false }
      rest = rest[..<mark]
    }
    if rest.starts(with: "//".utf8) {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
      guard isAuthority(rest[..<end]) else { return false }
      rest = rest[end...]
    }
    return consists(rest, of: "/:@")
  }

  private static func isScheme(_ text: Bytes) -> Bool {
    guard let first = text.first, isLetter(first) else { return false }
    return text.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
  }

  private static func isAuthority(_ text: Bytes) -> Bool {
    var host = text
    if let at = text.firstIndex(of: UInt8(ascii: "@")) {
      guard consists(text[..<at], of: ":") else { return false }
      host = text[(at + 1)...]
    }
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let port = host[(end + 1)...]
      return isLiteral(host[(host.startIndex + 1)..<end])
        && (port.isEmpty || (port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy(isDigit)))
    }
    let colon = host.lastIndex(of: UInt8(ascii: ":")) ?? host.endIndex
    return consists(host[..<colon], of: "") && host[colon...].dropFirst().allSatisfy(isDigit)
  }

  /// An IPv6 address, or `v` with a version and what it allows.
  private static func isLiteral(_ text: Bytes) -> Bool {
    if let first = text.first, first | 0x20 == UInt8(ascii: "v") {
      guard let dot = text.firstIndex(of: UInt8(ascii: ".")) else { return false }
      let version = text[(text.startIndex + 1)..<dot]
      let rest = text[(dot + 1)...]
      return !version.isEmpty && version.allSatisfy { hexadecimalValue($0) != nil } && !rest.isEmpty
        && !rest.contains(UInt8(ascii: "%")) && consists(rest, of: ":")
    }
    return isIPv6(text)
  }

  private static func isIPv6(_ text: Bytes) -> Bool {
    // Eight groups, one run of which may be left out as "::".
    let parts = Array(text).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return false }
    let inner = parts[1..<(parts.count - 1)].filter(\.isEmpty).count
    let startsOpen = parts[0].isEmpty
    let endsOpen = parts[parts.count - 1].isEmpty
    // A colon at an end belongs to a "::" there.
    if startsOpen && !parts[1].isEmpty || endsOpen && !parts[parts.count - 2].isEmpty { return false }
    if inner > 1 { return false }
    var groups = 0
    for (index, part) in parts.enumerated() where !part.isEmpty {
      if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard isIPv4(part) else { return false }
        groups += 2
      } else {
        guard part.count <= 4, part.allSatisfy({ hexadecimalValue($0) != nil }) else { return false }
        groups += 1
      }
    }
    return inner == 1 ? groups <= 7 : groups == 8
  }

  private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return false }
        return (part.count == 1 || part.first != 0x30) && part.reduce(0, { $0 * 10 + Int($1 - 0x30) }) <= 255
      }
  }

  /// Unreserved characters, sub-delimiters, whole percent triplets, and those given.
  private static func consists(_ text: Bytes, of others: StaticString) -> Bool {
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < text.endIndex, hexadecimalValue(text[index + 1]) != nil,
          hexadecimalValue(text[index + 2]) != nil
        else { return false }
        index += 3
        continue
      }
      let isPlain = isLetter(byte) || isDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte)
      guard isPlain || others.withUTF8Buffer({ $0.contains(byte) }) else { return false }
      index += 1
    }
    return true
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
