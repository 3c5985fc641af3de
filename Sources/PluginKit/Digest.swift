import Crypto
import Linear

/// Content hashes, for what a method names by its content.
public enum Digest {
  /// 64 lower-case hexadecimal digits.
  public static func sha256(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

  /// The same of a source of any size, read in pieces.
  public static func sha256(of source: any ByteSource) throws -> String {
    var hash = SHA256()
    var start = 0
    while start < source.count {
      let piece = try source.bytes(at: start, count: min(1 << 20, source.count - start))
      hash.update(data: piece)
      start += piece.count
    }
    return hexadecimal(hash.finalize())
  }

  static func hexadecimal(_ hash: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in hash {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
