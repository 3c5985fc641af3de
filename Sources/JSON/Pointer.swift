extension JSON {
  /// A JSON Pointer (RFC 6901): the way from a value to one inside it.
  ///
  ///     JSON.Pointer("/params/ks/0")?.tokens       // ["params", "ks", "0"]
  public struct Pointer: Sendable, Hashable, CustomStringConvertible {
    public var tokens: [String]

    public init(_ tokens: [String] = []) { self.tokens = tokens }

    /// `nil` unless the text is empty or begins with a slash.
    public init?(_ text: String) {
      guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
      let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
      tokens = parts.map { Pointer.unescape(String(Substring($0))) }
    }

    public var description: String { tokens.map { "/" + Pointer.escape($0) }.joined() }

    /// The pointer without its first slash, as inputs and outputs are named.
    public var name: String { String(description.dropFirst()) }

    public func appending(_ token: String) -> Pointer { Pointer(tokens + [token]) }

    public static func escape(_ token: String) -> String {
      guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
      var bytes: [UInt8] = []
      for byte in token.utf8 {
        switch byte {
        case UInt8(ascii: "~"): bytes += Array("~0".utf8)
        case UInt8(ascii: "/"): bytes += Array("~1".utf8)
        default: bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }

    private static func unescape(_ token: String) -> String {
      guard token.utf8.contains(UInt8(ascii: "~")) else { return token }
      var bytes: [UInt8] = []
      var escaped = false
      for byte in token.utf8 {
        if escaped {
          bytes.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
          if byte != UInt8(ascii: "0") && byte != UInt8(ascii: "1") { bytes.append(byte) }
          escaped = false
        } else if byte == UInt8(ascii: "~") {
          escaped = true
        } else {
          bytes.append(byte)
        }
      }
      if escaped { bytes.append(UInt8(ascii: "~")) }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// The value that a pointer leads to; `nil` where the way ends early.
  public subscript(pointer: Pointer) -> JSON? {
    var value = self
    for token in pointer.tokens {
      let next: JSON?
      switch value {
      case .object(let object): next = object[token]
      case .array(let elements): next = JSON.index(token).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      default: next = nil
      }
      guard let next else { return nil }
      value = next
    }
    return value
  }

  /// The value with each value inside it, parents first, replaced by what the closure returns;
  /// where it returns `nil` the walk goes on into the children.
  public func replacing(
    at pointer: Pointer = Pointer(), _ replacement: (JSON, Pointer) throws -> JSON?
  ) rethrows -> JSON {
    if let value = try replacement(self, pointer) { return value }
    switch self {
    case .array(let elements):
      return .array(
        try elements.enumerated().map { index, element in
          try element.replacing(at: pointer.appending("\(index)"), replacement)
        })
    case .object(let object):
      return .object(
        Object(
          distinct: try object.members.map {
            Object.Member($0.key, try $0.value.replacing(at: pointer.appending($0.key), replacement))
          }))
    default: return self
    }
  }

  /// An array index as RFC 6901 writes it: digits without leading zeros.
  package static func index(_ token: String) -> Int? {
    guard let value = Int(token), value >= 0, String(value) == token else { return nil }
    return value
  }
}
