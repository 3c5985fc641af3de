/// Reads a source as its pieces come: tells the format from the first of them and hands over each record as soon as it
/// is whole.
///
///     var reading = PaperReading()
///     while let piece = nextPiece() { try reading.read(piece).forEach(take) }
///     try reading.finish().forEach(take)
///
/// Formats that are read line by line or record by record need the memory of one record; a plain list and BibTeX,
/// whose lines and entries depend on each other, are kept until the end.
struct PaperReading {
  /// Pieces of this size serve best, in bytes.
  static let pieceSize = 1 << 16

  /// The format; `nil` until enough of the source is known.
  private(set) var format: PaperFormat?
  /// What was read before the format was known, or all of a source that is read as a whole.
  private var kept: [UInt8] = []
  private var reader: (any PieceReader)?
  /// Where the bytes of `reader` begin to be broken.
  private var isChecked = false

  init(as named: PaperFormat? = nil) { format = named }

  mutating func read(_ piece: [UInt8]) throws(FormatError) -> [ReadEvent] {
    if reader != nil { return try reader?.read(piece) ?? [] }
    kept.append(contentsOf: piece)
    guard !isChecked, kept.count >= PaperFormat.detectionWindow else { return [] }
    return try begin()
  }

  mutating func finish() throws(FormatError) -> [ReadEvent] {
    var events: [ReadEvent] = []
    if !isChecked { events = try begin() }
    if reader != nil { return events + (try reader?.finish() ?? []) }
    guard let format, let whole = format.reader else { throw format.map(FormatError.unreadable) ?? .empty }
    return events + Self.events(try whole.read(try SourceText(kept)))
  }

  /// Tells the format and begins to read, when it is one that is read in pieces.
  private mutating func begin() throws(FormatError) -> [ReadEvent] {
    if format == nil {
      // The beginning may be nothing but blanks.
      guard kept.contains(where: { !$0.isBlank }) else {
        if kept.count < 1 << 24 { return [] }
        throw .empty
      }
      format = try PaperFormat.detect(kept)
    }
    isChecked = true
    guard let format, let kind = format.pieceReader else { return [] }
    try SourceText.checkText(kept)
    var events: [ReadEvent] = []
    let start = SourceText.afterMark(kept)
    if start > 0 {
      let mark = ByteSpan(0, start)
      events.append(.region(PaperDocument.Region(kind: .blank, span: mark)))
      events.append(.warning(ParseWarning(.byteOrderMark, mark, "the source begins with a byte-order mark")))
    }
    var reader = kind.init(format, offset: start)
    let rest = start > 0 ? Array(kept[start...]) : kept
    kept = []
    events += try reader.read(rest)
    self.reader = reader
    return events
  }

  /// A document that was read as a whole, as events.
  static func events(_ document: PaperDocument) -> [ReadEvent] {
    document.warnings.map(ReadEvent.warning) + document.records.map(ReadEvent.record)
      + document.regions.map(ReadEvent.region)
  }
}

extension PaperDocument {
  /// Reads a source that is in memory.
  init(reading bytes: [UInt8], as named: PaperFormat?) throws(FormatError) {
    var reading = PaperReading(as: named)
    var events: [ReadEvent] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + PaperReading.pieceSize)
      events += try reading.read(Array(bytes[start..<end]))
      start = end
    }
    events += try reading.finish()
    self.init(format: reading.format ?? .list, records: [], warnings: [], regions: [])
    for event in events { take(event) }
  }

  /// Adds what a reader told.
  mutating func take(_ event: ReadEvent) {
    switch event {
    case .record(let record): records.append(record)
    case .warning(let warning): warnings.append(warning)
    case .region(let region):
      if let last = regions.last, last.kind == region.kind, last.span.end == region.span.start {
        regions[regions.count - 1].span.end = region.span.end
      } else {
        regions.append(region)
      }
    }
  }
}
