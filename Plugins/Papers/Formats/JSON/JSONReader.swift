import JSON

/// Reads CSL-JSON, the answers of OpenAlex, Semantic Scholar and Crossref, and papers as JSON lines: the source is cut
/// into its elements, and each is a record of its own.
struct JSONReader: PieceReader {
  private let format: PaperFormat
  private let mapping: any JSONMapping.Type
  private var cutter: JSONCutter
  private var regions: RegionTracker
  private var ordinal = 0
  private var faults = JSONFaults()

  init(_ format: PaperFormat, offset: Int) {
    self.format = format
    mapping =
      switch format {
      case .openAlex: OpenAlexMapping.self
      case .semanticScholar: SemanticScholarMapping.self
      case .crossref: CrossrefMapping.self
      case .records: RecordLineMapping.self
      default: CSLJSONMapping.self
      }
    cutter = JSONCutter(lists: mapping.lists, offset: offset)
    regions = RegionTracker(offset: offset)
  }

  mutating func read(_ piece: [UInt8]) -> [ReadEvent] {
    var events: [ReadEvent] = []
    for cut in cutter.read(piece) { take(cut, &events) }
    return events
  }

  mutating func finish() -> [ReadEvent] {
    var events: [ReadEvent] = []
    for cut in cutter.finish() { take(cut, &events) }
    faults.flush(&events)
    regions.flush(&events)
    return events
  }

  private mutating func take(_ cut: JSONCutter.Cut, _ events: inout [ReadEvent]) {
    switch cut {
    case .between(let end): regions.cover(to: end, .blank, &events)
    case .envelope(let end): regions.cover(to: end, .aside, &events)
    case .null(let span):
      regions.cover(to: span.start, .blank, &events)
      regions.cover(to: span.end, .skipped, &events)
      events.append(.warning(ParseWarning(.nullItem, span, "a null where a paper could be: it was not found")))
    case .broken(let span, let message):
      regions.cover(to: span.start, .blank, &events)
      regions.cover(to: span.end, .skipped, &events)
      faults.add(span, message, &events)
    case .element(let object, let bytes, let start):
      faults.flush(&events)
      let span = ByteSpan(start, start + bytes.count)
      regions.cover(to: span.start, .blank, &events)
      let source = JSONElement(object: object, text: JSONText(bytes: bytes, offset: start), span: span)
      switch mapping.record(source, ordinal: ordinal + 1) {
      case .record(let record):
        ordinal += 1
        regions.cover(to: span.end, .record(ordinal), &events)
        events.append(.record(record))
      case .null:
        regions.cover(to: span.end, .skipped, &events)
        events.append(.warning(ParseWarning(.nullItem, span, "a null where a paper could be")))
      case .unknown(let found):
        regions.cover(to: span.end, .skipped, &events)
        events.append(.warning(ParseWarning(.unknownEnvelope, span, "no paper of \(format.title): \(found)")))
      }
    }
  }
}

/// Damaged stretches that follow each other are one fault.
private struct JSONFaults {
  private var span: ByteSpan?
  private var message = ""

  mutating func add(_ next: ByteSpan, _ text: String, _ events: inout [ReadEvent]) {
    if let last = span, next.start - last.end < 4096 {
      span = last.union(next)
    } else {
      flush(&events)
      (span, message) = (next, text)
    }
  }

  mutating func flush(_ events: inout [ReadEvent]) {
    if let span { events.append(.warning(ParseWarning(.malformedJSON, span, "left out: \(message)"))) }
    span = nil
  }
}

/// One element of a JSON source.
struct JSONElement {
  let object: JSON.Object
  let text: JSONText
  let span: ByteSpan
}

/// What became of an element.
enum JSONOutcome {
  case record(PaperRecord)
  /// A wrapper around nothing.
  case null
  /// No paper; the text says what is there.
  case unknown(String)
}

/// How the elements of one JSON format become records.
protocol JSONMapping {
  /// The members of an envelope whose arrays hold the papers.
  static var lists: [StaticString] { get }
  static func record(_ element: JSONElement, ordinal: Int) -> JSONOutcome
}

extension JSONOutcome {
  /// An object that lacks what makes a paper.
  static func unknown(_ object: JSON.Object) -> JSONOutcome {
    .unknown("an object with \(object.keys.prefix(6).map { "“\($0)”" }.joined(separator: ", "))")
  }
}

extension JSON {
  /// A text, or a number as it is written.
  var words: String? {
    switch self {
    case .string(let text): text
    case .integer(let number): String(number)
    case .real(let number): Int64(exactly: number).map(String.init) ?? JSON.real(number).text
    default: nil
    }
  }
}

extension RecordDraft {
  /// Sets title or abstract from the string at a path, whose plain form has neither tags nor entities.
  mutating func setTitle(_ element: JSONElement, _ path: [JSONText.Step]) {
    guard let (text, range) = element.text.string(path) else { return }
    setTitle(MarkupText.plain(text), raw: element.text.bytes[range], span: element.text.span(range))
  }

  mutating func setAbstract(_ element: JSONElement, _ path: [JSONText.Step]) {
    guard let (text, range) = element.text.string(path) else { return }
    setAbstract(MarkupText.plain(text), raw: element.text.bytes[range], span: element.text.span(range))
  }

  func span(_ element: JSONElement, _ path: [JSONText.Step]) -> ByteSpan? {
    element.text.range(path).map(element.text.span)
  }
}
