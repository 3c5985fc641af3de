/// Eight bytes of a text, looked at together; the first byte is the lowest of `bits`.
///
/// A set of them has the highest bit of each byte that belongs to it.
struct ByteWord {
  static let width = 8
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highest: UInt64 = 0x8080_8080_8080_8080

  private let bits: UInt64

  @inline(__always)
  private init(_ bits: UInt64) { self.bits = bits }

  /// - Parameter start: at least `width` bytes follow it.
  @inline(__always)
  init(_ start: UnsafePointer<UInt8>) {
    bits = UInt64(littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self))
  }

  /// Bytes among `count` values from `first` on, all of them ASCII.
  @inline(__always)
  func within(_ first: UInt8, _ count: UInt8) -> UInt64 {
    // The sums stay inside their bytes: seven bits and seven bits.
    let low = bits & ~Self.highest
    let reached = low &+ Self.ones &* UInt64(0x80 - first)
    let passed = low &+ Self.ones &* UInt64(0x80 - first - count)
    return reached & ~passed & ~bits & Self.highest
  }

  /// ASCII letters.
  @inline(__always)
  var letters: UInt64 { lowercased.within(0x61, 26) }

  /// With the bit set that tells small letters from capital ones.
  @inline(__always)
  var lowercased: ByteWord { ByteWord(bits | Self.ones &* 0x20) }

  /// Blanks and control characters.
  @inline(__always)
  var blanks: UInt64 { ~((bits & ~Self.highest) &+ Self.ones &* 0x5F) & ~bits & Self.highest }

  /// Bytes beyond ASCII.
  @inline(__always)
  var others: UInt64 { bits & Self.highest }

  @inline(__always)
  static func areAll(_ set: UInt64) -> Bool { set == highest }
}
