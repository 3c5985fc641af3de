/// The bytes of a source, known to be text, and what is known of their encoding.
///
/// The bytes stay as they are, so spans are offsets into the source. What is not UTF-8 is read byte by byte as
/// Windows-1252, which is what such files nearly always are.
struct SourceText: Sendable {
  let bytes: [UInt8]
  /// Where the text begins: behind a byte-order mark.
  let start: Int
  /// Where the first byte stands that is not UTF-8.
  let firstFault: Int?

  var isUTF8: Bool { firstFault == nil }

  init(_ bytes: [UInt8]) throws(FormatError) {
    try Self.checkText(bytes)
    self.bytes = bytes
    start = Self.afterMark(bytes)
    guard bytes[start...].contains(where: { !$0.isBlank }) else { throw .empty }
    firstFault = bytes.firstIllFormed(from: start)
  }

  /// Throws when the beginning of a source shows that it is no text.
  static func checkText(_ bytes: [UInt8]) throws(FormatError) {
    if let found = binarySign(bytes) { throw .notText(found: found) }
  }

  static func afterMark(_ bytes: [UInt8]) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  /// What the bytes look like when they are no text.
  private static func binarySign(_ bytes: [UInt8]) -> String? {
    let signs: [(magic: [UInt8], name: String)] = [
      (Array("%PDF-".utf8), "PDF"), ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive"), ([0x1F, 0x8B, 0x08], "gzip"),
      (Array("BZh".utf8), "bzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
      ([0x89, 0x50, 0x4E, 0x47], "PNG"), ([0xFF, 0xD8, 0xFF], "JPEG"), ([0x7F, 0x45, 0x4C, 0x46], "a program"),
      (Array("SQLite format 3\0".utf8), "an SQLite database"), ([0xD0, 0xCF, 0x11, 0xE0], "an old Office file"),
      ([0xFF, 0xFE], "UTF-16 text; save it as UTF-8"), ([0xFE, 0xFF], "UTF-16 text; save it as UTF-8"),
    ]
    if let sign = signs.first(where: { bytes.starts(with: $0.magic) }) { return sign.name }
    // A stray control character is a fault of a text; many are another kind of file.
    let controls = bytes.prefix(1 << 16).count(where: \.isControl)
    return controls > 3 && controls * 100 > min(bytes.count, 1 << 16) ? "\(controls) control characters" : nil
  }

  // MARK: - What is not UTF-8

  /// Length of the well-formed UTF-8 sequence at `index`, or 0 (The Unicode Standard, table 3-7).
  static func sequenceLength(_ bytes: [UInt8], _ index: Int) -> Int {
    let lead = bytes[index]
    if lead < 0x80 { return 1 }
    let length =
      switch lead {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    guard length > 0, index + length <= bytes.count else { return 0 }
    let second = bytes[index + 1]
    let allowed: ClosedRange<UInt8> =
      switch lead {
      case 0xE0: 0xA0...0xBF
      case 0xED: 0x80...0x9F
      case 0xF0: 0x90...0xBF
      case 0xF4: 0x80...0x8F
      default: 0x80...0xBF
      }
    guard allowed.contains(second) else { return 0 }
    for offset in stride(from: 2, to: length, by: 1) where !(0x80...0xBF).contains(bytes[index + offset]) { return 0 }
    return length
  }

  /// The character of Windows-1252 for a byte from 0x80 on; U+FFFD for the five that it leaves open.
  static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
    let table: [UInt16] = [
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
      0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
      0x0153, 0xFFFD, 0x017E, 0x0178,
    ]
    guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
    return Unicode.Scalar(table[Int(byte) - 0x80]) ?? "\u{FFFD}"
  }
}

extension [UInt8] {
  /// Skips ASCII, eight bytes at a time.
  private func behindASCII(_ start: Int) -> Int {
    withUnsafeBytes { bytes in
      var index = start
      while index + 8 <= bytes.count,
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        index += 8
      }
      while index < bytes.count, bytes[index] < 0x80 { index += 1 }
      return index
    }
  }

  /// The first index at or behind `index` whose byte is not well-formed UTF-8.
  func firstIllFormed(from index: Int) -> Int? {
    var index = index
    while index < count {
      if self[index] < 0x80 {
        index = behindASCII(index)
        continue
      }
      let length = SourceText.sequenceLength(self, index)
      if length == 0 { return index }
      index += length
    }
    return nil
  }
}
