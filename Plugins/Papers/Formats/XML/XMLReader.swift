import XML

/// Reads arXiv's Atom feeds, JATS and TEI: the source is cut into its entries or articles, and each is a record.
struct XMLReader: PieceReader {
  private let format: PaperFormat
  private let mapping: any XMLMapping.Type
  private var cutter: XMLCutter
  private var regions: RegionTracker
  private var ordinal = 0
  private var end: Int
  private var hasFound = false
  private var hasToldEncoding = false
  /// Faults since the last record, which belong to the next one.
  private var faults: [ParseWarning] = []

  init(_ format: PaperFormat, offset: Int) {
    self.format = format
    mapping =
      switch format {
      case .jats: JATSMapping.self
      case .tei: TEIMapping.self
      default: AtomMapping.self
      }
    cutter = XMLCutter(shape: mapping.shape, offset: offset)
    regions = RegionTracker(offset: offset)
    end = offset
  }

  mutating func read(_ piece: [UInt8]) -> [ReadEvent] {
    end += piece.count
    var events: [ReadEvent] = []
    for cut in cutter.read(piece) { take(cut, &events) }
    tellEncoding(&events)
    return events
  }

  mutating func finish() -> [ReadEvent] {
    var events: [ReadEvent] = []
    for cut in cutter.finish() { take(cut, &events) }
    tellEncoding(&events)
    events += faults.map(ReadEvent.warning)
    if !hasFound {
      let whole = ByteSpan(0, end)
      events.append(
        .warning(
          mapping.shape.feed == nil
            ? ParseWarning(.missingHeader, whole, "no \(mapping.shape.records[0]) in the source")
            : ParseWarning(.emptyFeed, whole, "a feed without entries")))
    }
    regions.cover(to: end, .aside, &events)
    regions.flush(&events)
    return events
  }

  private mutating func tellEncoding(_ events: inout [ReadEvent]) {
    guard !hasToldEncoding else { return }
    if let fault = cutter.firstFault {
      hasToldEncoding = true
      events.append(
        .warning(
          ParseWarning(
            .notUTF8, ByteSpan(fault, fault + 1), "the source is not UTF-8; its odd bytes are read as Windows-1252")))
    } else if cutter.isConverted {
      hasToldEncoding = true
      events.append(
        .warning(ParseWarning(.notUTF8, ByteSpan(0, 0), "the source says that it is Latin-1; it was converted")))
    }
  }

  private mutating func take(_ cut: XMLCutter.Cut, _ events: inout [ReadEvent]) {
    switch cut {
    case .fault(let range, let message):
      // One fault brings others with it.
      if faults.count < 8 { faults.append(ParseWarning(.malformedXML, Self.span(range), message)) }
    case .skipped(let range, let message):
      regions.cover(to: range.lowerBound, .aside, &events)
      regions.cover(to: range.upperBound, .skipped, &events)
      events += faults.map(ReadEvent.warning)
      faults = []
      events.append(.warning(ParseWarning(.malformedXML, Self.span(range), "left out: \(message)")))
    case .record(let fragment):
      hasFound = true
      let span = Self.span(fragment.span)
      regions.cover(to: span.start, .aside, &events)
      var draft = RecordDraft(span, type: mapping.type)
      switch mapping.read(fragment.root, into: &draft) {
      case .paper:
        ordinal += 1
        for fault in faults { draft.warn(fault.code, fault.span, fault.message) }
        regions.cover(to: span.end, .record(ordinal), &events)
        events.append(.record(draft.record(ordinal)))
      case .none(let code, let message):
        regions.cover(to: span.end, .skipped, &events)
        events += faults.map(ReadEvent.warning)
        events.append(.warning(ParseWarning(code, span, message)))
      }
      faults = []
    }
  }

  private static func span(_ range: Range<Int>) -> ByteSpan { ByteSpan(range.lowerBound, range.upperBound) }
}

/// What became of an entry or article.
enum XMLOutcome {
  case paper
  /// No paper, and the warning that says why.
  case none(ParseWarning.Code, String)
}

/// How the elements of one XML format become records.
protocol XMLMapping {
  static var shape: XMLCutter.Shape { get }
  /// The CSL type of a record that says nothing else.
  static var type: String { get }
  static func read(_ root: XMLNode, into draft: inout RecordDraft) -> XMLOutcome
}

extension XMLNode {
  /// All text below the element, white space folded.
  var words: String { spanned.folded().string }

  /// All text below the element with its places in the source.
  var spanned: SpannedText {
    var result = SpannedText()
    stretches(textRange) { result.append($0, at: $1) }
    return result
  }

  /// The text below the element without that of some elements, and with a blank where others begin and end.
  func spanned(without hidden: (XMLNode) -> Bool, parting blocks: Set<String> = []) -> SpannedText {
    var result = SpannedText()
    var last = source.range.lowerBound
    walk(
      enter: { element in
        if hidden(element) { return false }
        if blocks.contains(element.name) { result.append(0x20, at: last) }
        return true
      },
      leave: { element in if blocks.contains(element.name) { result.append(0x20, at: last) } },
      take: { range in
        stretches(range) { bytes, place in
          result.append(bytes, at: place)
          last = place + bytes.count - 1
        }
      })
    return result
  }

  /// The element's place in the source, between its tags.
  var span: ByteSpan { ByteSpan(source.range.lowerBound, source.range.upperBound) }
}

extension RecordDraft {
  mutating func setTitle(_ text: SpannedText, of node: XMLNode) {
    setTitle(text, raw: node.source.bytes, span: node.span)
  }

  mutating func setAbstract(_ text: SpannedText, of node: XMLNode) {
    setAbstract(text, raw: node.source.bytes, span: node.span)
  }
}
