import JSON

/// A point of a log to be kept elsewhere: it protects everything before it, even against rewriting.
public struct Checkpoint: Sendable, Equatable {
  public var count: Int
  /// The chain hash of entry `count − 1`.
  public var hash: ContentHash
  public var store: String?

  public init(count: Int, hash: ContentHash, store: String?) {
    self.count = count
    self.hash = hash
    self.store = store
  }

  /// `{"count":N,"hash":"…","store":"…"}`.
  public var json: JSON {
    var object: JSON.Object = ["count": JSON(count), "hash": .string(hash.hex)]
    object["store"] = store.map(JSON.string)
    return .object(object)
  }

  /// The three-line body of the C2SP tlog-checkpoint form: origin, count, base64 of the hash. The value is our
  /// chain hash and no RFC 6962 root, hence the origin of our own.
  public var note: String { "quire.log/\(store ?? "")\n\(count)\n\(Base64.encode(hash.bytes))\n" }

  /// Reads either form; `nil` when the text is neither.
  public init?(text: String) {
    if let value = try? JSON.parse(text) {
      guard let count = value["count"]?.int, count >= 0,
        let hash = value["hash"]?.string.flatMap({ ContentHash(hex: $0) })
      else { return nil }
      self.init(count: count, hash: hash, store: value["store"]?.string)
      return
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 3, lines[0].hasPrefix("quire.log/"), let count = Int(lines[1]), count >= 0,
      let bytes = Base64.decode(lines[2].utf8), bytes.count == 32,
      let hash = ContentHash(hex: ContentHash.hexDigits(bytes))
    else { return nil }
    self.init(count: count, hash: hash, store: String(lines[0].dropFirst(10)))
  }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(
          place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `nil` when this is not the text that `encode` writes.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    let text = Array(text)
    var bytes: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    for character in text.prefix(while: { $0 != UInt8(ascii: "=") }) {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(word >> UInt32(bits) & 0xFF))
      }
      word &= (1 << UInt32(bits)) - 1
    }
    return encode(bytes).utf8.elementsEqual(text) ? bytes : nil
  }
}
