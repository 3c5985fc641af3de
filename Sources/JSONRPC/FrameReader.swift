import Glibc

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

  enum State {
    /// Nothing has been decided; the BOM may still come.
    case start
    /// The BOM has been dropped or did not come; the framing is still open.
    case undecided
    case ready
    /// After a body that was no JSON (headers): what follows is a block when it looks like one, else the rest of a
    /// body whose length was too short.
    case doubtful
    /// Looking for the next marker after rubbish (headers).
    case scanning
    /// Skipping up to the line feed of a line over the limit.
    case skippingLine
  }

  public internal(set) var framing: Framing?
  public internal(set) var bytes: [UInt8] = []
  /// Where what has not been consumed begins.
  var head = 0
  /// How far a search has come, so that no byte is looked at twice.
  var scanned = 0
  var state = State.start
  let limits: FramingLimits

  public init(_ framing: Framing? = nil, limits: FramingLimits = FramingLimits()) {
    self.framing = framing
    self.limits = limits
  }

  /// Bytes that belong to no frame yet.
  public var pendingBytes: Int { bytes.count - head }

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

  /// Takes a body out of the buffer; one that fills most of it is handed over without a copy.
  mutating func take(_ body: Range<Int>) -> (bytes: [UInt8], body: Range<Int>) {
    guard body.count > bytes.count / 2, head >= body.upperBound else { return (Array(bytes[body]), 0..<body.count) }
    var taken = Array(bytes[head...])
    swap(&taken, &bytes)
    scanned = max(0, scanned - head)
    head = 0
    return (taken, body)
  }

  /// The next frame; `nil` when more bytes are needed.
  public mutating func next() -> Frame? {
    if state == .start || state == .undecided, !decideFraming() { return nil }
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
    if state == .start {
      let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
      let first = bytes[head...].prefix(3)
      if first.count < 3, bom.starts(with: first) { return false }
      if first.elementsEqual(bom) { head += 3 }
      state = .undecided
    }
    if framing == nil {
      // Blanks are spent at once, so that a flood of them costs nothing.
      while head < bytes.count, isBlank(bytes[head]) || isLineEnd(bytes[head]) { head += 1 }
      guard head < bytes.count else { return false }
      switch headerName(from: head) {
      case .complete: framing = .headers
      case .none: framing = .lines
      case .partial:
        if pendingBytes < limits.headerBlock { return false }
        framing = .lines
      }
    }
    state = .ready
    scanned = head
    return true
  }

  enum Match { case complete, partial, none }

  /// Whether a header's name and its colon stand here.
  func headerName(from start: Int) -> Match {
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
      guard let end = lineFeed(from: max(head, scanned), to: bytes.count) else {
        scanned = bytes.count
        if state == .skippingLine {
          head = bytes.count
          return nil
        }
        guard pendingBytes > limits.message else { return nil }
        state = .skippingLine
        let size = pendingBytes
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

  func lineFeed(from start: Int, to end: Int) -> Int? {
    guard start < end else { return nil }
    return bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, end - start) else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private func trimmedLine(_ line: Range<Int>) -> Range<Int> {
    var end = line.upperBound
    if end > line.lowerBound, bytes[end - 1] == 0x0D { end -= 1 }
    let isBare = bytes[line.lowerBound..<end].allSatisfy { isBlank($0) || $0 == 0x0D }
    return isBare ? end..<end : line.lowerBound..<end
  }
}
