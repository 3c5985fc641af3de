/// The framing by headers: blocks, and the way back into the stream after an unusable one.
extension FrameReader {
  mutating func nextByHeaders() -> Frame? {
    if state == .scanning, !scan() { return nil }
    // Line ends between messages are no header block.
    while head < bytes.count, isLineEnd(bytes[head]) { head += 1 }
    guard head < bytes.count else { return nil }
    if state == .doubtful {
      switch headerName(from: head) {
      case .complete: state = .ready
      case .partial where pendingBytes < limits.headerBlock: return nil
      case .partial, .none: state = .scanning
      }
      scanned = head
      return nextByHeaders()
    }
    guard let block = headerBlock() else {
      guard pendingBytes > limits.headerBlock else { return nil }
      return refuse("a header block of over \(limits.headerBlock) bytes", from: head + 1)
    }
    guard block.end - head <= limits.headerBlock else {
      return refuse("a header block of over \(limits.headerBlock) bytes", from: head + 1)
    }
    let length: Int
    switch block.length {
    case .success(let value): length = value
    case .failure(let fault): return refuse(fault.text, from: fault.spoilsBlock ? block.end : head + 1)
    }
    guard length <= limits.message else {
      head = block.end
      state = .scanning
      scanned = head
      return .tooLarge(declared: length)
    }
    guard bytes.count - block.end >= length else { return nil }
    let body = block.end..<(block.end + length)
    head = body.upperBound
    scanned = head
    return .body(body)
  }

  private mutating func refuse(_ why: String, from start: Int) -> Frame {
    head = start
    scanned = start
    state = .scanning
    return .badHeader(why)
  }

  // MARK: - Markers

  /// To be called when the last body was no JSON: a length that was too long may have swallowed the head of the next
  /// message, a length too short leaves the rest of the body behind.
  public mutating func resynchronise(after body: Range<Int>) {
    guard framing == .headers else { return }
    if let marker = marker(from: body.lowerBound, notBefore: body.lowerBound), marker < body.upperBound {
      head = marker
      scanned = marker
      state = .ready
    } else if let cut = cutMarker(in: body) {
      head = cut
      scanned = cut
      state = .scanning
    } else {
      head = body.upperBound
      scanned = head
      state = .doubtful
    }
  }

  /// Where a body holds the head of another message, and so cannot be JSON.
  func markerInside(_ body: Range<Int>) -> Int? {
    guard let marker = marker(from: body.lowerBound, notBefore: body.lowerBound), marker < body.upperBound else {
      return nil
    }
    return marker
  }

  /// Moves to the next marker; without one it keeps what may be the beginning of one.
  private mutating func scan() -> Bool {
    if let marker = marker(from: max(head, scanned), notBefore: head) {
      head = marker
      scanned = marker
      state = .ready
      return true
    }
    scanned = bytes.count
    head = max(head, bytes.count - limits.headerBlock)
    return false
  }

  /// The first `content-length:` digits line feed whose line feed stands at `start` or later and whose first letter
  /// stands at `floor` or later. Sound, since no JSON text can contain one; and quick, since JSON seldom holds line
  /// feeds: each is looked back from, over its own line only.
  private func marker(from start: Int, notBefore floor: Int) -> Int? {
    var start = start
    while let feed = lineFeed(from: start, to: bytes.count) {
      if let marker = marker(endingAt: feed, notBefore: floor) { return marker }
      start = feed + 1
    }
    return nil
  }

  private static let name = Array("content-length".utf8)

  private func marker(endingAt feed: Int, notBefore floor: Int) -> Int? {
    var index = feed
    func skip(_ belongs: (UInt8) -> Bool) {
      while index > floor, belongs(bytes[index - 1]) { index -= 1 }
    }
    if index > floor, bytes[index - 1] == 0x0D { index -= 1 }
    skip(isBlank)
    let end = index
    skip(isDigit)
    guard index < end else { return nil }
    skip(isBlank)
    guard index > floor, bytes[index - 1] == UInt8(ascii: ":") else { return nil }
    index -= 1
    skip(isBlank)
    guard index - floor >= Self.name.count else { return nil }
    index -= Self.name.count
    for (offset, byte) in Self.name.enumerated() where lowered(bytes[index + offset]) != byte { return nil }
    return index
  }

  /// A marker that begins in the body and whose end has not come yet.
  private func cutMarker(in body: Range<Int>) -> Int? {
    for start in max(body.lowerBound, body.upperBound - 80)..<body.upperBound where isCutMarker(at: start) {
      return start
    }
    return nil
  }

  private func isCutMarker(at start: Int) -> Bool {
    var index = start
    for byte in Self.name {
      guard index < bytes.count else { return true }
      guard lowered(bytes[index]) == byte else { return false }
      index += 1
    }
    func skip(_ belongs: (UInt8) -> Bool) {
      while index < bytes.count, belongs(bytes[index]) { index += 1 }
    }
    skip(isBlank)
    guard index < bytes.count else { return true }
    guard bytes[index] == UInt8(ascii: ":") else { return false }
    index += 1
    skip(isBlank)
    skip(isDigit)
    skip(isBlank)
    if index < bytes.count, bytes[index] == 0x0D { index += 1 }
    return index == bytes.count
  }

  // MARK: - A block

  private struct Fault: Error {
    let text: String
    /// True where no line of the block can be trusted; else a marker inside it may still begin a message.
    var spoilsBlock = false
  }

  /// The block from `head` to behind its blank line, and the length that it declares.
  private func headerBlock() -> (end: Int, length: Result<Int, Fault>)? {
    var length: Int?
    var fault: Fault?
    var start = head
    let limit = min(bytes.count, head + limits.headerBlock + 2)
    while let feed = lineFeed(from: start, to: limit) {
      var end = feed
      if end > start, bytes[end - 1] == 0x0D { end -= 1 }
      if end == start {
        if let fault { return (feed + 1, .failure(fault)) }
        return (feed + 1, length.map { .success($0) } ?? .failure(Fault(text: "no Content-Length")))
      }
      fault = fault ?? readHeader(start..<end, into: &length)
      start = feed + 1
    }
    return nil
  }

  private func readHeader(_ line: Range<Int>, into length: inout Int?) -> Fault? {
    guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) else {
      return Fault(text: "a header without a colon")
    }
    let name = trimmed(line.lowerBound..<colon)
    let value = trimmed((colon + 1)..<line.upperBound)
    if isName(name, "content-length") {
      guard (1...19).contains(value.count), let number = decimal(value) else {
        return Fault(text: "Content-Length is not 1 to 19 decimal digits")
      }
      if let length, length != number { return Fault(text: "two values of Content-Length", spoilsBlock: true) }
      length = number
    } else if isName(name, "content-type"), let charset = charset(value), charset != "utf-8", charset != "utf8" {
      return Fault(text: "the charset \(charset.cut(toBytes: 40)); only utf-8 is read")
    }
    return nil
  }

  /// The `charset` parameter of a media type, in lower case and without quotation marks.
  private func charset(_ value: Range<Int>) -> String? {
    let wanted = Array("charset=".utf8)
    let text = bytes[value].map(lowered)
    guard text.count >= wanted.count else { return nil }
    for start in 0...(text.count - wanted.count) where text[start...].starts(with: wanted) {
      let name = text[(start + wanted.count)...].prefix { $0 != UInt8(ascii: ";") && !isBlank($0) }
      return String(decoding: name.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
    return nil
  }

  /// Compared without case; `wanted` is in lower case.
  private func isName(_ range: Range<Int>, _ wanted: StaticString) -> Bool {
    guard range.count == wanted.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count where lowered(bytes[range.lowerBound + offset]) != wanted.utf8Start[offset] {
      return false
    }
    return true
  }

  private func decimal(_ range: Range<Int>) -> Int? {
    var value = 0
    for index in range {
      guard isDigit(bytes[index]) else { return nil }
      let (product, high) = value.multipliedReportingOverflow(by: 10)
      let (sum, over) = product.addingReportingOverflow(Int(bytes[index] - 0x30))
      if high || over { return Int.max }
      value = sum
    }
    return value
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return start..<end
  }
}

private func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
