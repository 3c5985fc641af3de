/// How messages stand in a stream of bytes.
public enum Framing: String, Sendable {
  /// `Content-Length: N`, a blank line, N bytes: the base protocol of LSP.
  case headers
  /// One JSON text a line.
  case lines
}

/// Sizes that bound what a peer can make us hold.
public struct FramingLimits: Sendable {
  /// The largest message, in bytes.
  public var message = 256 << 20
  /// The largest block of headers, and how far the framing is looked for, in bytes.
  public var headerBlock = 8 << 10

  public init() {}
}

/// Cuts a stream of bytes into message bodies, in either framing, and finds its way again after rubbish.
///
/// Feed it with `append`, then take frames with `next` until it returns `nil`. It never allocates by a declared
/// length: the buffer grows with the bytes that arrive.
public struct FrameReader: Sendable {
  public enum Frame: Sendable, Equatable {
    /// The body's place in `bytes`; good until the next call of a mutating method.
    case body(Range<Int>)
    /// An unusable header block, answered once; the reader is looking for the next message.
    case badHeader(String)
    /// A message over the limit; it is skipped.
    case tooLarge(declared: Int)
  }

  public private(set) var framing: Framing?
  public private(set) var bytes: [UInt8] = []
  private var head = 0
  /// How far a search has come, so that no byte is looked at twice.
  private var scanned = 0
  private var state = State.start
  private let limits: FramingLimits

  private enum State {
    /// Nothing has been decided; the BOM may still come.
    case start
    case ready
    /// After a body that was no JSON (headers): what follows is a block when it starts with a letter, else the rest of
    /// a body whose length was too short.
    case doubtful
    /// Looking for the next marker after rubbish (headers).
    case scanning
    /// Skipping up to the line feed of a line over the limit.
    case skippingLine
  }

  public init(_ framing: Framing? = nil, limits: FramingLimits = FramingLimits()) {
    self.framing = framing
    self.limits = limits
  }

  /// Takes what a `read` returned.
  public mutating func append(_ more: UnsafeRawBufferPointer) {
    if head > 0 && (head == bytes.count || head > 1 << 16) { dropConsumed() }
    bytes.append(contentsOf: more)
  }

  private mutating func dropConsumed() {
    if head == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    } else {
      bytes.removeSubrange(..<head)
    }
    scanned = max(0, scanned - head)
    head = 0
  }

  /// The next frame; `nil` when more bytes are needed.
  public mutating func next() -> Frame? {
    if state == .start, !decideFraming() { return nil }
    switch framing {
    case .headers: return nextByHeaders()
    case .lines: return nextLine()
    case nil: return nil
    }
  }

  /// What is left when the stream ended: a last line without its line feed is a message, all else is dropped.
  public mutating func finish() -> Frame? {
    if framing == nil, head < bytes.count { framing = .lines }
    guard framing == .lines, state != .skippingLine else { return nil }
    let body = trimmedLine(head..<bytes.count)
    head = bytes.count
    return body.isEmpty ? nil : .body(body)
  }

  // MARK: - Detection

  /// Section 1 of the protocol: a brace or bracket begins lines, `Name:` begins headers, all else is rubbish in lines.
  private mutating func decideFraming() -> Bool {
    let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
    let available = bytes.count - head
    if available < 3, bom.starts(with: bytes[head...]), available > 0 { return false }
    if bytes[head...].starts(with: bom) { head += 3 }
    if framing != nil {
      state = .ready
      scanned = head
      return true
    }
    var index = head
    while index < bytes.count, isBlank(bytes[index]) || isLineEnd(bytes[index]) { index += 1 }
    guard index < bytes.count else { return false }
    if bytes[index] == UInt8(ascii: "{") || bytes[index] == UInt8(ascii: "[") {
      framing = .lines
    } else {
      switch headerName(from: index) {
      case .complete: framing = .headers
      case .none: framing = .lines
      case .partial:
        if bytes.count - head < limits.headerBlock { return false }
        framing = .lines
      }
      if framing == .headers { head = index }
    }
    state = .ready
    scanned = head
    return true
  }

  private enum NameMatch { case complete, partial, none }

  private func headerName(from start: Int) -> NameMatch {
    var index = start
    guard isLetter(bytes[index]) else { return .none }
    while index < bytes.count, isLetter(bytes[index]) || isDigit(bytes[index]) || bytes[index] == UInt8(ascii: "-") {
      index += 1
    }
    while index < bytes.count, isBlank(bytes[index]) { index += 1 }
    guard index < bytes.count else { return .partial }
    return bytes[index] == UInt8(ascii: ":") ? .complete : .none
  }

  // MARK: - Lines

  private mutating func nextLine() -> Frame? {
    while true {
      let start = max(head, scanned)
      guard let end = bytes[start...].firstIndex(of: 0x0A) else {
        scanned = bytes.count
        if state == .skippingLine {
          head = bytes.count
          return nil
        }
        guard bytes.count - head > limits.message else { return nil }
        state = .skippingLine
        let size = bytes.count - head
        head = bytes.count
        return .tooLarge(declared: size)
      }
      let line = head..<end
      head = end + 1
      scanned = head
      if state == .skippingLine {
        state = .ready
        continue
      }
      if line.count > limits.message { return .tooLarge(declared: line.count) }
      let body = trimmedLine(line)
      if !body.isEmpty { return .body(body) }
    }
  }

  private func trimmedLine(_ line: Range<Int>) -> Range<Int> {
    var end = line.upperBound
    if end > line.lowerBound, bytes[end - 1] == 0x0D { end -= 1 }
    let text = bytes[line.lowerBound..<end]
    return text.allSatisfy { isBlank($0) || $0 == 0x0D } ? end..<end : line.lowerBound..<end
  }

  // MARK: - Headers

  private mutating func nextByHeaders() -> Frame? {
    if state == .scanning, !findMarker() { return nil }
    // Line ends between messages are no header block.
    while head < bytes.count, isLineEnd(bytes[head]) { head += 1 }
    guard head < bytes.count else { return nil }
    if state == .doubtful {
      state = isLetter(bytes[head]) ? .ready : .scanning
      scanned = head
      return nextByHeaders()
    }
    guard let block = headerBlock() else {
      guard bytes.count - head > limits.headerBlock else { return nil }
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

  /// To be called when the last body was no JSON: a length that was too long may have swallowed the head of the next
  /// message, a length too short leaves the rest of the body behind.
  public mutating func resynchronise(after body: Range<Int>) {
    guard framing == .headers else { return }
    head = body.lowerBound
    scanned = head
    state = .scanning
    // Where the body holds no marker its bytes are spent.
    if !findMarker(upTo: body.upperBound) {
      head = body.upperBound
      state = .doubtful
    }
  }

  private mutating func refuse(_ why: String, from start: Int) -> Frame {
    head = start
    scanned = start
    state = .scanning
    return .badHeader(why)
  }

  /// Moves to the next `content-length:` digits line; sound, since no JSON text can contain one.
  private mutating func findMarker(upTo limit: Int? = nil) -> Bool {
    let end = limit ?? bytes.count
    var index = max(head, scanned)
    while index < end {
      guard bytes[index] | 0x20 == UInt8(ascii: "c") else {
        index += 1
        continue
      }
      switch matchMarker(at: index) {
      case .complete:
        head = index
        scanned = index
        state = .ready
        return true
      case .partial where limit == nil:
        // Keep these bytes: the marker may be completed by what comes.
        head = index
        scanned = index
        return false
      case .partial, .none: index += 1
      }
    }
    head = end
    scanned = end
    return false
  }

  private func matchMarker(at start: Int) -> NameMatch {
    var index = start
    for byte in "content-length".utf8 {
      guard index < bytes.count else { return .partial }
      let found = byte == UInt8(ascii: "-") ? bytes[index] : bytes[index] | 0x20
      guard found == byte else { return .none }
      index += 1
    }
    func skipBlanks() { while index < bytes.count, isBlank(bytes[index]) { index += 1 } }
    skipBlanks()
    guard index < bytes.count else { return .partial }
    guard bytes[index] == UInt8(ascii: ":") else { return .none }
    index += 1
    skipBlanks()
    guard index < bytes.count else { return .partial }
    guard isDigit(bytes[index]) else { return .none }
    while index < bytes.count, isDigit(bytes[index]) { index += 1 }
    skipBlanks()
    guard index < bytes.count else { return index - start < 64 ? .partial : .none }
    if bytes[index] == 0x0D { index += 1 }
    guard index < bytes.count else { return .partial }
    return bytes[index] == 0x0A ? .complete : .none
  }

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
    while let feed = bytes[start..<limit].firstIndex(of: 0x0A) {
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
    } else if isName(name, "content-type") {
      let text = String(decoding: bytes[value], as: UTF8.self).lowercased()
      guard let range = text.utf8.firstRange(of: "charset=") else { return nil }
      let charset = text.utf8[range.upperBound...].prefix { $0 != UInt8(ascii: ";") && !isBlank($0) }
      let plain = String(decoding: charset.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
      if plain != "utf-8" && plain != "utf8" {
        return Fault(text: "the charset \(plain.prefix(40)); only utf-8 is read")
      }
    }
    return nil
  }

  /// Compared without case; `wanted` is in lower case.
  private func isName(_ range: Range<Int>, _ wanted: StaticString) -> Bool {
    guard range.count == wanted.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count {
      let byte = bytes[range.lowerBound + offset]
      let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      if lower != wanted.utf8Start[offset] { return false }
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

extension Substring.UTF8View {
  fileprivate func firstRange(of text: String) -> Range<Index>? {
    var index = startIndex
    let wanted = Array(text.utf8)
    while index != endIndex {
      if self[index...].starts(with: wanted) {
        return index..<self.index(index, offsetBy: wanted.count)
      }
      index = self.index(after: index)
    }
    return nil
  }
}

extension String.UTF8View {
  fileprivate func firstRange(of text: String) -> Range<Index>? {
    self[...].firstRange(of: text)
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

/// A message with what its framing puts around it.
public func framed(_ body: [UInt8], _ framing: Framing) -> [UInt8] {
  switch framing {
  case .lines: return body + [0x0A]
  case .headers:
    var bytes = Array("Content-Length: \(body.count)\r\n\r\n".utf8)
    bytes.append(contentsOf: body)
    return bytes
  }
}
