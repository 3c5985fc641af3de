/// A value's text in UTF-8 where escapes are resolved, and from which byte of the source each of its bytes comes.
struct SpannedText: Sendable {
  private(set) var bytes: [UInt8] = []
  /// From `text` on, bytes come from `source` on, up to the next anchor.
  private(set) var anchors: [(text: Int, source: Int)] = []

  /// Where all of the text comes from, when it was put together from parts that are in another order there.
  var pin: ByteSpan?

  init() {}

  /// Bytes that stand in the source as they are.
  init(_ bytes: ArraySlice<UInt8>, at source: Int) { append(bytes, at: source) }

  /// A text that was put together from what stands at `source`.
  init(pointing text: String, to source: Int) {
    bytes = Array(text.utf8)
    anchors = [(0, source)]
  }

  var isEmpty: Bool { bytes.isEmpty }
  var string: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ more: ArraySlice<UInt8>, at source: Int) {
    mark(source)
    bytes.append(contentsOf: more)
  }

  mutating func append(_ byte: UInt8, at source: Int) {
    mark(source)
    bytes.append(byte)
  }

  /// A character of which no byte needs to stand in the source.
  mutating func append(_ scalar: Unicode.Scalar, at source: Int) {
    anchors.append((bytes.count, source))
    UTF8.encode(scalar) { bytes.append($0) }
  }

  mutating func append(_ other: SpannedText) {
    anchors += other.anchors.map { (bytes.count + $0.text, $0.source) }
    bytes += other.bytes
  }

  /// Bytes that follow the last ones in the source too need no mark of their own.
  private mutating func mark(_ source: Int) {
    if let last = anchors.last, last.source - last.text == source - bytes.count { return }
    anchors.append((bytes.count, source))
  }

  /// The source's offset of a byte.
  func source(_ index: Int) -> Int {
    var low = 0
    var high = anchors.count
    while low < high {
      let middle = (low + high) / 2
      if anchors[middle].text <= index { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    return anchors[low - 1].source + index - anchors[low - 1].text
  }

  /// Runs of white space become one blank each, none at either end.
  func folded() -> SpannedText {
    var result = SpannedText()
    result.pin = pin
    result.bytes.reserveCapacity(bytes.count)
    var index = 0
    var next = 0
    while index < bytes.count {
      // A run of words with single blanks between them is taken over in one piece.
      var end = index
      while end < bytes.count, !isFoldable(end, first: end == index) { end += 1 }
      if end > index { copy(index..<end, &next, into: &result) }
      index = end
      guard index < bytes.count else { break }
      let blank = index
      while index < bytes.count, bytes[index].isBlank { index += 1 }
      if index < bytes.count, !result.isEmpty { result.append(0x20, at: source(blank)) }
    }
    return result
  }

  /// Whether folding changes the blank at `index`, or what stands there begins such a run.
  private func isFoldable(_ index: Int, first: Bool) -> Bool {
    guard bytes[index].isBlank else { return false }
    return bytes[index] != 0x20 || first || index + 1 == bytes.count || bytes[index + 1].isBlank
  }

  /// `next` is the first anchor that may matter; ranges come in order.
  private func copy(_ range: Range<Int>, _ next: inout Int, into result: inout SpannedText) {
    var start = range.lowerBound
    while next < anchors.count, anchors[next].text <= start { next += 1 }
    while next < anchors.count, anchors[next].text < range.upperBound {
      result.append(bytes[start..<anchors[next].text], at: source(start))
      start = anchors[next].text
      next += 1
    }
    if start < range.upperBound { result.append(bytes[start..<range.upperBound], at: source(start)) }
  }
}

extension FlowedText {
  /// The text of a value, as it is.
  init(_ text: SpannedText) {
    self.init()
    append(text)
  }
}
