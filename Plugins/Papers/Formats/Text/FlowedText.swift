/// A field's text as one run of UTF-8: lines that belong together are joined, and each byte knows its source.
struct FlowedText: Sendable {
  private(set) var bytes: [UInt8] = []
  /// From `flow` on, bytes come from `source` on, up to the next anchor.
  private var anchors: [(flow: Int, source: Int)] = []
  /// Where all of the text comes from, when it was put together from parts that are in another order there.
  private var pin: ByteSpan?

  var isEmpty: Bool { bytes.isEmpty }

  /// Appends a range of the source; bytes that are not UTF-8 are read as Windows-1252.
  mutating func append(_ source: SourceText, _ range: Range<Int>) {
    anchors.append((bytes.count, range.lowerBound))
    guard let fault = source.firstFault, fault < range.upperBound else {
      bytes.append(contentsOf: source.bytes[range])
      return
    }
    let slice = Array(source.bytes[range])
    var index = 0
    while let fault = slice.firstIllFormed(from: index) {
      bytes.append(contentsOf: slice[index..<fault])
      for unit in Character(SourceText.windows1252(slice[fault])).utf8 {
        anchors.append((bytes.count, range.lowerBound + fault))
        bytes.append(unit)
      }
      index = fault + 1
      anchors.append((bytes.count, range.lowerBound + index))
    }
    bytes.append(contentsOf: slice[index...])
  }

  /// Appends the text of a value whose escapes are resolved.
  mutating func append(_ text: SpannedText) {
    anchors += text.anchors.map { (bytes.count + $0.text, $0.source) }
    bytes.append(contentsOf: text.bytes)
    pin = text.pin
  }

  /// Appends the blank that stands for a line end at `source`.
  mutating func appendBlank(at source: Int) {
    anchors.append((bytes.count, source))
    bytes.append(0x20)
  }

  /// The source's offset of a byte.
  func source(_ flow: Int) -> Int {
    var low = 0
    var high = anchors.count
    while low < high {
      let middle = (low + high) / 2
      if anchors[middle].flow <= flow { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    return anchors[low - 1].source + flow - anchors[low - 1].flow
  }

  func span(_ range: Range<Int>) -> ByteSpan {
    if let pin { return pin }
    return range.isEmpty
      ? ByteSpan(source(range.lowerBound), source(range.lowerBound))
      : ByteSpan(source(range.lowerBound), source(range.upperBound - 1) + 1)
  }
}
