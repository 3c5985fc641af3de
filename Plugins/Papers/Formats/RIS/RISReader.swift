import JSON

/// Reads RIS: lines of a tag, two blanks, a hyphen, a blank and a value; a line without a tag continues the value.
struct RISReader: PieceReader {
  private var lines: LineCutter
  private var regions: RegionTracker
  private var entry: RISEntry?
  private var ordinal = 0
  private var end: Int
  /// Text outside of entries that was not told yet.
  private var junk: ByteSpan?
  private var hasToldEncoding = false

  /// An entry that grows beyond this is closed, in bytes.
  private static let largest = 64 << 20

  init(_ format: PaperFormat, offset: Int) {
    lines = LineCutter(offset: offset)
    regions = RegionTracker(offset: offset)
    end = offset
  }

  mutating func read(_ piece: [UInt8]) -> [ReadEvent] {
    var found: [LineCutter.Line] = []
    lines.read(piece) { found.append($0) }
    return take(found)
  }

  mutating func finish() -> [ReadEvent] {
    var found: [LineCutter.Line] = []
    lines.finish { found.append($0) }
    var events = take(found)
    close(hasEnd: false, &events)
    flushJunk(&events)
    regions.cover(to: end, .blank, &events)
    regions.flush(&events)
    return events
  }

  private mutating func take(_ lines: [LineCutter.Line]) -> [ReadEvent] {
    var events: [ReadEvent] = []
    for line in lines {
      take(line, &events)
      end = line.next
    }
    return events
  }

  // MARK: - Lines

  private mutating func take(_ line: LineCutter.Line, _ events: inout [ReadEvent]) {
    if !hasToldEncoding, let fault = Array(line.bytes).firstIllFormed(from: 0) {
      hasToldEncoding = true
      let span = ByteSpan(line.start + fault, line.start + fault + 1)
      events.append(
        .warning(ParseWarning(.notUTF8, span, "the source is not UTF-8; its odd bytes are read as Windows-1252")))
    }
    guard let tagged = RISLine(line) else {
      continueValue(line, &events)
      return
    }
    switch tagged.tag {
    case "TY":
      if entry != nil { close(hasEnd: false, &events) }
      flushJunk(&events)
      regions.cover(to: line.start, .blank, &events)
      entry = RISEntry(line.start, type: tagged.text(line))
      entry?.end = line.next
    case "ER":
      guard entry != nil else { return outside(line, &events) }
      entry?.end = line.next
      close(hasEnd: true, &events)
    default:
      if entry == nil {
        guard RISTags.known.contains(tagged.tag) else { return outside(line, &events) }
        // An entry that lost its first line.
        flushJunk(&events)
        regions.cover(to: line.start, .blank, &events)
        entry = RISEntry(line.start, type: nil)
      }
      entry?.add(tagged, line)
      if let open = entry, open.end - open.start > Self.largest { close(hasEnd: false, &events) }
    }
  }

  private mutating func continueValue(_ line: LineCutter.Line, _ events: inout [ReadEvent]) {
    guard entry != nil else { return outside(line, &events) }
    entry?.append(line)
  }

  private mutating func outside(_ line: LineCutter.Line, _ events: inout [ReadEvent]) {
    guard line.bytes.contains(where: { !$0.isBlank }) else {
      if junk == nil { regions.cover(to: line.next, .blank, &events) }
      return
    }
    if junk == nil { regions.cover(to: line.start, .blank, &events) }
    junk = ByteSpan(junk?.start ?? line.start, line.start + line.bytes.count)
    regions.cover(to: line.next, .skipped, &events)
  }

  private mutating func flushJunk(_ events: inout [ReadEvent]) {
    if let junk { events.append(.warning(ParseWarning(.risJunk, junk, "text outside of the entries"))) }
    junk = nil
  }

  private mutating func close(hasEnd: Bool, _ events: inout [ReadEvent]) {
    guard var closed = entry else { return }
    entry = nil
    let span = ByteSpan(closed.start, closed.end)
    guard closed.isPaper(hasEnd: hasEnd) else {
      junk = junk?.union(span) ?? span
      regions.cover(to: closed.end, .skipped, &events)
      return
    }
    if !hasEnd {
      closed.warnings.append(
        ParseWarning(.missingEndTag, ByteSpan(closed.end, closed.end), "an entry without ER at its end"))
    }
    ordinal += 1
    regions.cover(to: closed.end, .record(ordinal), &events)
    events.append(.record(RISMapping.record(closed, ordinal: ordinal)))
  }
}

/// A line that begins with a tag.
struct RISLine {
  let tag: String
  /// The value's place in the line.
  let value: Range<Int>

  /// Two letters or digits, two blanks, a hyphen, and a blank or the line's end; of a tag that is known, the blanks
  /// may be fewer and others may stand in front.
  init?(_ line: LineCutter.Line) {
    let bytes = line.bytes
    var index = bytes.startIndex
    while index < bytes.endIndex, bytes[index].isBlank, index - bytes.startIndex < 8 { index += 1 }
    let front = index - bytes.startIndex
    guard index + 1 < bytes.endIndex, bytes[index].isASCIIUpper,
      bytes[index + 1].isASCIIUpper || bytes[index + 1].isASCIIDigit
    else { return nil }
    let name = String(decoding: bytes[index..<index + 2], as: UTF8.self)
    index += 2
    var blanks = 0
    while index < bytes.endIndex, bytes[index] == 0x20, blanks < 3 {
      index += 1
      blanks += 1
    }
    if index == bytes.endIndex, name == "ER", front == 0 {
      (tag, value) = (name, index..<index)
      return
    }
    guard blanks < 3, index < bytes.endIndex, bytes[index] == UInt8(ascii: "-"),
      index + 1 == bytes.endIndex || bytes[index + 1].isBlank
    else { return nil }
    guard blanks == 2 && front == 0 || RISTags.known.contains(name) else { return nil }
    index += 1
    var end = bytes.endIndex
    while end > index, bytes[end - 1].isBlank { end -= 1 }
    while index < end, bytes[index].isBlank { index += 1 }
    (tag, value) = (name, index..<end)
  }

  func text(_ line: LineCutter.Line) -> String {
    var text = SpannedText()
    text.append(decoding: line.bytes[value], at: line.start + value.lowerBound - line.bytes.startIndex)
    return text.string
  }
}

/// An entry of RIS: its tags with their values, in the order of the lines.
struct RISEntry {
  struct Field {
    let tag: String
    var text: SpannedText
    /// The value's bytes from its first line to its last.
    var raw: [UInt8]
    var span: ByteSpan

    /// The value with its white space folded.
    var words: String { text.folded().string }
  }

  let start: Int
  var end: Int
  /// The value of `TY`; `nil` when there is none.
  let type: String?
  private(set) var fields: [Field] = []
  var warnings: [ParseWarning] = []
  /// Bytes since the last value's end, which belong to it once a line continues it.
  private var between: ArraySlice<UInt8> = []

  init(_ start: Int, type: String?) {
    (self.start, end) = (start, start)
    self.type = type
  }

  mutating func add(_ tagged: RISLine, _ line: LineCutter.Line) {
    let at = line.start + tagged.value.lowerBound - line.bytes.startIndex
    var text = SpannedText()
    text.append(decoding: line.bytes[tagged.value], at: at)
    if !RISTags.known.contains(tagged.tag) {
      warnings.append(
        ParseWarning(.unknownTag, ByteSpan(line.start, line.start + 2), "no tag of RIS: \(tagged.tag); kept as it is"))
    }
    fields.append(
      Field(
        tag: tagged.tag, text: text, raw: Array(line.bytes[tagged.value]),
        span: ByteSpan(at, at + tagged.value.count)))
    between = line.bytes[tagged.value.upperBound...] + line.ending
    end = line.next
  }

  /// A line without a tag: more of the last value.
  mutating func append(_ line: LineCutter.Line) {
    var range = line.bytes.indices
    while let first = range.first, line.bytes[first].isBlank { range.removeFirst() }
    while let last = range.last, line.bytes[last].isBlank { range.removeLast() }
    guard !range.isEmpty, !fields.isEmpty else {
      between += line.bytes + line.ending
      return
    }
    let at = line.start + range.lowerBound - line.bytes.startIndex
    let index = fields.count - 1
    if !fields[index].text.isEmpty { fields[index].text.append(0x20, at: max(0, line.start - 1)) }
    fields[index].text.append(decoding: line.bytes[range], at: at)
    fields[index].raw += between + line.bytes[..<range.lowerBound] + line.bytes[range]
    fields[index].span.end = at + range.count
    between = line.bytes[range.upperBound...] + line.ending
    end = line.next
  }

  /// Whether this is a paper, and no stray line or a `TY` that stands twice.
  func isPaper(hasEnd: Bool) -> Bool {
    if type != nil, hasEnd { return true }
    let wanted = RISTags.titles + ["AU", "A1", "DO", "AB", "N2", "BT", "T2"]
    return fields.contains { wanted.contains($0.tag) && !$0.text.isEmpty }
  }

  /// All values of some tags, tag after tag.
  func all(_ tags: [String]) -> [Field] {
    tags.flatMap { tag in fields.filter { $0.tag == tag && !$0.text.isEmpty } }
  }
}

extension SpannedText {
  /// Appends bytes of the source; those that are not UTF-8 are read as Windows-1252.
  mutating func append(decoding slice: ArraySlice<UInt8>, at source: Int) {
    let bytes = Array(slice)
    var index = 0
    while let fault = bytes.firstIllFormed(from: index) {
      if fault > index { append(bytes[index..<fault], at: source + index) }
      append(SourceText.windows1252(bytes[fault]), at: source + fault)
      index = fault + 1
    }
    if index < bytes.count { append(bytes[index...], at: source + index) }
  }
}
