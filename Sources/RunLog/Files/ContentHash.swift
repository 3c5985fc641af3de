import Crypto

/// The SHA-256 of some content: its identity everywhere in the store.
///
///     ContentHash(of: bytes).reference       // "sha256:9f86d0…"
public struct ContentHash: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  /// `nil` unless the text is 64 lower-case hexadecimal digits.
  public init?(hex: some StringProtocol) {
    let digits = hex.utf8
    guard digits.count == 64,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    self.hex = String(hex)
  }

  /// Reads `sha256:` and the digits, as `{"$artifact": …}` gives them.
  public init?(reference: some StringProtocol) {
    guard reference.utf8.starts(with: "sha256:".utf8) else { return nil }
    self.init(hex: reference.dropFirst(7))
  }

  public init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { ContentHash(of: $0) } }

  public init(of bytes: UnsafeRawBufferPointer) {
    var hasher = ContentHasher()
    hasher.update(bytes)
    self = hasher.finish()
  }

  fileprivate init(digest: some Sequence<UInt8>) { hex = ContentHash.hexDigits(digest) }

  /// `sha256:` and the digits.
  public var reference: String { "sha256:" + hex }
  public var description: String { reference }

  /// The 32 bytes that the digits stand for.
  public var bytes: [UInt8] {
    func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }

  public static func < (left: ContentHash, right: ContentHash) -> Bool { left.hex < right.hex }

  static func hexDigits(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Computes a `ContentHash` from pieces.
public struct ContentHasher: Sendable {
  private var state = SHA256()

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

  public func finish() -> ContentHash { ContentHash(digest: state.finalize()) }
}
