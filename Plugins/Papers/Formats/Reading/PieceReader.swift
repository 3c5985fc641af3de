/// What a reader tells of a source, in the order in which it comes to know it.
enum ReadEvent: Sendable {
  case record(PaperRecord)
  /// A warning that belongs to no record.
  case warning(ParseWarning)
  /// Regions come in the order of the bytes and leave no gap.
  case region(PaperDocument.Region)
}

/// Reads one format piece by piece: what it holds at any time is one record and the piece, whatever the source's size.
///
/// A fault costs at most the record that it stands in; no reader gives up over one.
protocol PieceReader {
  /// - Parameter offset: where the first piece stands in the source (behind a byte-order mark).
  init(_ format: PaperFormat, offset: Int)

  /// Takes the next piece and gives what became known by it.
  mutating func read(_ piece: [UInt8]) throws(FormatError) -> [ReadEvent]

  /// The source has ended: gives what is left.
  mutating func finish() throws(FormatError) -> [ReadEvent]
}

/// Tells which bytes are what, in order and without a gap.
struct RegionTracker {
  /// All bytes before this one are accounted for.
  private(set) var position: Int
  private var last: PaperDocument.Region?

  init(offset: Int) { position = offset }

  /// Accounts for the bytes up to `end`; nothing when they are accounted for already.
  mutating func cover(to end: Int, _ kind: PaperDocument.Region.Kind, _ events: inout [ReadEvent]) {
    guard end > position else { return }
    if let region = last, region.kind == kind {
      last?.span.end = end
    } else {
      flush(&events)
      last = PaperDocument.Region(kind: kind, span: ByteSpan(position, end))
    }
    position = end
  }

  /// Hands over the region that may still have grown.
  mutating func flush(_ events: inout [ReadEvent]) {
    if let last { events.append(.region(last)) }
    last = nil
  }
}
