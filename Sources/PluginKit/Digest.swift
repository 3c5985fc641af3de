import Crypto
import Linear

/// Content hashes, for what a method names by its content.
public enum Digest {
  /// 64 lower-case hexadecimal digits.
  public static func sha256(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

  /// The same of bytes that are read in pieces of 1 MiB.
  static func sha256(_ source: any ByteSource) throws -> String {
    var hash = SHA256()
    var offset = 0
    while offset < source.count {
      let piece = try source.bytes(at: offset, count: min(1 << 20, source.count - offset))
      hash.update(data: piece)
      offset += piece.count
    }
    return hex(hash.finalize())
  }

  private static func hex(_ hash: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in hash {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
