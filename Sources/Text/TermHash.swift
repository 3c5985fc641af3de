/// A 64-bit hash of bytes by folded multiplication, eight bytes a step.
///
/// The key is drawn anew for each process, so that no text can be written that fills one slot of a table. Nothing that
/// leaves this module depends on it: terms are numbered in the order in which they come, then sorted by their bytes.
enum TermHash {
  private static let key = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max) | 1)

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    var hash = key.0 ^ UInt64(count)
    guard let base = bytes.baseAddress, count > 0 else { return fold(hash, key.1) }
    if count >= 8 {
      var i = 0
      while i + 8 < count {
        hash = fold(hash ^ base.loadUnaligned(fromByteOffset: i, as: UInt64.self), key.1)
        i += 8
      }
      return fold(hash ^ base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self), key.1)
    }
    if count >= 4 {
      let first = UInt64(base.loadUnaligned(as: UInt32.self))
      let last = UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      return fold(hash ^ (first << 32 | last), key.1)
    }
    let few = UInt64(bytes[0]) | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1]) << 16
    return fold(hash ^ few, key.1)
  }

  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
