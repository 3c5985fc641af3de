/// Makes UTF-8 that an XML parser accepts of the bytes of a source, and knows where each byte came from.
///
/// Bytes that are not UTF-8 are read as Windows-1252, control characters become blanks, a `<` behind which no markup
/// can follow becomes `&lt;`, and a `&` that begins no reference `&amp;`.
struct XMLDecoder {
  private(set) var output: [UInt8] = []
  private(set) var places: XMLSourcePlaces
  /// Length of all output so far, and the source's offset of the next byte.
  private var produced = 0
  private var consumed: Int
  /// Bytes that wait for what follows them.
  private var carry: [UInt8] = []
  private var isLatin: Bool
  private var literal = Literal.none
  /// The source's offset of the first byte that was not UTF-8, and of the first `<` or `&` that was no markup.
  private(set) var firstFault: Int?
  private(set) var firstBareSign: Int?

  /// The last two bytes before the piece.
  private var tail: (before: UInt8, last: UInt8) = (0, 0)

  private enum Literal { case none, comment, characterData }

  init(source: Int, isLatin: Bool) {
    consumed = source
    self.isLatin = isLatin
    places = XMLSourcePlaces(text: 0, source: source)
  }

  /// Whether the declaration names an encoding of one byte a character.
  static func declaresLatin(_ head: ArraySlice<UInt8>) -> Bool {
    guard head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: UInt8(ascii: ">")) else { return false }
    let declaration = String(decoding: head[..<end], as: UTF8.self).lowercased()
    return ["iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252"].contains {
      declaration.contains("\"\($0)\"") || declaration.contains("'\($0)'")
    }
  }

  /// Bytes for the parser that stand nowhere in the source.
  mutating func prepend(_ bytes: [UInt8]) {
    output += bytes
    produced += bytes.count
    places = XMLSourcePlaces(text: produced, source: consumed)
  }

  mutating func takeOutput() -> [UInt8] {
    defer { output.removeAll(keepingCapacity: true) }
    return output
  }

  /// Forgets what lies before a byte of the parser's input.
  mutating func forget(before text: Int) { places.forget(before: text) }

  // MARK: - Decoding

  mutating func read(_ piece: ArraySlice<UInt8>, isLast: Bool) {
    guard !carry.isEmpty else { return piece.withUnsafeBufferPointer { take($0, isLast: isLast) } }
    let joined = carry + piece
    carry = []
    joined.withUnsafeBufferPointer { take($0, isLast: isLast) }
  }

  private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool) {
    let kept = decode(bytes, isLast: isLast)
    if kept < bytes.count { carry = Array(bytes[kept...]) }
    if kept > 1 { tail = (bytes[kept - 2], bytes[kept - 1]) } else if kept == 1 { tail = (tail.last, bytes[0]) }
  }

  /// Returns where the bytes begin that wait for more.
  private mutating func decode(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Int {
    var index = 0
    var clean = 0
    while true {
      // Nearly all bytes are plain text.
      index = Self.endOfPlainText(bytes, index)
      guard index < bytes.count else { break }
      let byte = bytes[index]
      switch byte {
      case 0x09, 0x0A, 0x0D: index += 1
      case UInt8(ascii: ">"):
        if literal != .none { leaveLiteral(bytes, index) }
        index += 1
      case UInt8(ascii: "&"):
        guard literal == .none else {
          index += 1
          continue
        }
        switch beginsReference(bytes, index, isLast: isLast) {
        case true?: index += 1
        case false?:
          copy(bytes, clean..<index)
          if firstBareSign == nil { firstBareSign = consumed }
          replace(1, by: Array("&amp;".utf8))
          index += 1
          clean = index
        case nil:
          copy(bytes, clean..<index)
          return index
        }
      case UInt8(ascii: "<"):
        guard literal == .none else {
          index += 1
          continue
        }
        if bytes.count - index < 9, !isLast {
          copy(bytes, clean..<index)
          return index
        }
        if opensMarkup(bytes, index) {
          index += 1
        } else {
          copy(bytes, clean..<index)
          if firstBareSign == nil { firstBareSign = consumed }
          replace(1, by: Array("&lt;".utf8))
          index += 1
          clean = index
        }
      case 0x80...:
        let length = isLatin ? 0 : Self.sequenceLength(bytes, index)
        if length > 0 {
          index += length
          continue
        }
        if !isLatin, !isLast, bytes.count - index < 4, Self.mayContinue(bytes, index) {
          copy(bytes, clean..<index)
          return index
        }
        copy(bytes, clean..<index)
        if !isLatin, firstFault == nil { firstFault = consumed }
        var encoded: [UInt8] = []
        UTF8.encode(Self.windows1252(byte)) { encoded.append($0) }
        replace(1, by: encoded)
        index += 1
        clean = index
      default:
        copy(bytes, clean..<index)
        replace(1, by: [0x20])
        index += 1
        clean = index
      }
    }
    copy(bytes, clean..<index)
    return index
  }

  /// The place of the next byte from `index` on that is no ASCII letter, digit, blank or sign of plain text: control
  /// characters, `<`, `>`, `&`, and what is not ASCII. Eight bytes are looked at in one step.
  private static func endOfPlainText(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs = ones << 7
    /// The highest bit of each byte that is zero; below the first of them no other bit is set.
    func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }
    var index = index
    let raw = UnsafeRawBufferPointer(bytes)
    while index &+ 8 <= raw.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      // `<` and `>` differ in one bit.
      let signs = zeros((word | ones << 1) ^ (ones &* 0x3E)) | zeros(word ^ (ones &* 0x26))
      let found = (word | (word &- ones &* 0x20) & ~word | signs) & highs
      if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < bytes.count {
      let byte = bytes[index]
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "&")
      else { break }
      index += 1
    }
    return index
  }

  private mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[range]))
    produced += range.count
    consumed += range.count
  }

  private mutating func replace(_ count: Int, by bytes: [UInt8]) {
    output += bytes
    produced += bytes.count
    consumed += count
    if bytes.count != count { places.append(text: produced, source: consumed) }
  }

  /// Whether a name or a number and a semicolon follow; `nil` when more bytes are needed to tell. The parser would wait
  /// for the semicolon up to the end of the source.
  private func beginsReference(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, isLast: Bool) -> Bool? {
    var at = index + 1
    let limit = min(bytes.count, index + Self.longestReference)
    if at < limit, bytes[at] == UInt8(ascii: "#") { at += 1 }
    let first = at
    while at < limit {
      let byte = bytes[at]
      if byte == UInt8(ascii: ";") { return at > first }
      let isWord = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F
      guard isWord || at > first && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")) else { return false }
      at += 1
    }
    return limit == index + Self.longestReference || isLast ? false : nil
  }

  private static let longestReference = 40

  private mutating func opensMarkup(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    guard index + 1 < bytes.count else { return false }
    switch bytes[index + 1] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...,
      UInt8(ascii: "?"):
      return true
    case UInt8(ascii: "/"):
      guard index + 2 < bytes.count else { return false }
      let next = bytes[index + 2]
      return next | 0x20 >= 0x61 && next | 0x20 <= 0x7A || next == UInt8(ascii: "_") || next >= 0x80
    case UInt8(ascii: "!"):
      if has(bytes, index, "<!--") {
        literal = .comment
      } else if has(bytes, index, "<![CDATA[") {
        literal = .characterData
      }
      return literal != .none || has(bytes, index, "<!DOCTYPE") || has(bytes, index, "<!E") || has(bytes, index, "<!A")
        || has(bytes, index, "<!N") || has(bytes, index, "<![")
    default: return false
    }
  }

  private func has(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count else { return false }
    for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
    return true
  }

  /// At a `>`: `-->` ends a comment, `]]>` character data.
  private mutating func leaveLiteral(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) {
    let sign: UInt8 = literal == .comment ? UInt8(ascii: "-") : UInt8(ascii: "]")
    let last = index > 0 ? bytes[index - 1] : tail.last
    let before = index > 1 ? bytes[index - 2] : index == 1 ? tail.last : tail.before
    if last == sign, before == sign { literal = .none }
  }

  // MARK: - Encodings

  /// Length of the well-formed sequence of a character that XML allows, or 0 (The Unicode Standard, table 3-7).
  static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let lead = bytes[index]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return 0 }
    for offset in stride(from: 2, to: length, by: 1) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
    // U+FFFE and U+FFFF are no characters.
    if lead == 0xEF, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE { return 0 }
    return length
  }

  /// Whether bytes at a piece's end are the beginning of a sequence.
  private static func mayContinue(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    guard bytes[index] >= 0xC2, bytes[index] <= 0xF4 else { return false }
    let needed = bytes[index] < 0xE0 ? 2 : bytes[index] < 0xF0 ? 3 : 4
    guard bytes.count - index < needed else { return false }
    return (index + 1..<bytes.count).allSatisfy { bytes[$0] & 0xC0 == 0x80 }
  }

  private static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
    let table: [UInt16] = [
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
      0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
      0x0153, 0xFFFD, 0x017E, 0x0178,
    ]
    guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
    return Unicode.Scalar(table[Int(byte) - 0x80]) ?? "\u{FFFD}"
  }
}

/// Where the bytes of a parser's input stand in the source.
struct XMLSourcePlaces {
  /// From `text` on in the parser's input, bytes come from `source` on; the first of these is `first`.
  private var first: (text: Int, source: Int)
  private var later: [(text: Int, source: Int)] = []

  init(text: Int, source: Int) { first = (text, source) }

  mutating func append(text: Int, source: Int) { later.append((text, source)) }

  /// The source's offset of a byte of the parser's input.
  @inline(__always)
  func source(_ text: Int) -> Int {
    // Most sources need no conversion at all.
    if later.isEmpty { return max(first.source, first.source + text - first.text) }
    return search(text)
  }

  private func search(_ text: Int) -> Int {
    var low = 0
    var high = later.count
    while low < high {
      let middle = (low + high) / 2
      if later[middle].text <= text { low = middle + 1 } else { high = middle }
    }
    let anchor = low == 0 ? first : later[low - 1]
    return max(anchor.source, anchor.source + text - anchor.text)
  }

  mutating func forget(before text: Int) {
    guard later.count > 64, let last = later.lastIndex(where: { $0.text <= text }) else { return }
    first = later[last]
    later.removeFirst(last + 1)
  }
}
