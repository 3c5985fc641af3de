import Crypto

/// A paper's handle: `paper:` and 16 characters of lower-case Crockford base 32 of the SHA-256 of its first record's
/// bytes, so the same input gives the same handles everywhere.
public enum PaperUID {
  public static func make(from bytes: [UInt8]) -> String {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    var text = Array("paper:".utf8)
    var bits = 0
    var buffer = 0
    // 16 characters of 5 bits are the first ten bytes.
    for byte in SHA256.hash(data: bytes).prefix(10) {
      buffer = buffer << 8 | Int(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[buffer >> bits & 31])
      }
      buffer &= (1 << bits) - 1
    }
    return String(decoding: text, as: UTF8.self)
  }
}
