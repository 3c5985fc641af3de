/// One code point of UTF-8, forwards or backwards. A byte that belongs to no well-formed sequence (Unicode, table 3-7)
/// stands alone as U+FFFD; both directions cut a text alike.
enum UTF8Decoding {
  static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> (scalar: UInt32, next: Int) {
    let lead = bytes[start]
    let left = bytes.count - start
    func tail(_ offset: Int) -> UInt32? {
      guard offset < left else { return nil }
      let byte = bytes[start + offset]
      return byte & 0xC0 == 0x80 ? UInt32(byte & 0x3F) : nil
    }
    switch lead {
    case 0..<0x80: return (UInt32(lead), start + 1)
    case 0xC2...0xDF:
      if let a = tail(1) { return (UInt32(lead & 0x1F) << 6 | a, start + 2) }
    case 0xE0...0xEF:
      if let a = tail(1), let b = tail(2) {
        let value = UInt32(lead & 0x0F) << 12 | a << 6 | b
        if value >= 0x800, !(0xD800...0xDFFF).contains(value) { return (value, start + 3) }
      }
    case 0xF0...0xF4:
      if let a = tail(1), let b = tail(2), let c = tail(3) {
        let value = UInt32(lead & 0x07) << 18 | a << 12 | b << 6 | c
        if value >= 0x10000, value <= 0x10FFFF { return (value, start + 4) }
      }
    default: break
    }
    return (0xFFFD, start + 1)
  }

  static func scalar(in bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> (scalar: UInt32, next: Int) {
    if bytes[end - 1] < 0x80 { return (UInt32(bytes[end - 1]), end - 1) }
    for length in 2...4 where length <= end {
      let (value, next) = scalar(in: bytes, at: end - length)
      if next == end { return (value, end - length) }
    }
    return (0xFFFD, end - 1)
  }
}
