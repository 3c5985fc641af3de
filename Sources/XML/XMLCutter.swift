/// Cuts an XML source that comes in pieces into records: elements of given names, each handed over as a fragment.
///
/// The parser is libxml2's push parser in its recovering mode: it opens nothing, expands no entity that a source
/// declares but short texts, and holds one record. Where it gives up for good, reading goes on at the next record's
/// first tag.
///
///     var cutter = XMLCutter(shape: .init(records: ["entry"]), offset: 0)
///     for cut in cutter.read(piece) { … }
public struct XMLCutter {
  /// Which elements are records and which are of no interest inside them.
  public struct Shape: Sendable {
    /// Names without prefix.
    public var records: [String]
    /// The namespace of records; `nil` takes any.
    public var namespace: String?
    /// A root element of this name brings its own namespace in place of `namespace`.
    public var feed: String?
    /// Elements inside a record that are passed over with all they hold.
    public var hidden: Set<String>

    public init(
      records: [String], namespace: String? = nil, feed: String? = nil, hidden: Set<String> = []
    ) {
      self.records = records
      self.namespace = namespace
      self.feed = feed
      self.hidden = hidden
    }
  }

  public enum Cut {
    case record(XMLFragment)
    /// Something that is no well-formed XML; reading went on.
    case fault(Range<Int>, String)
    /// A stretch that was given up, up to where a record begins again.
    case skipped(Range<Int>, String)
  }

  /// Bytes that the parser gets at once: what a restart reads twice.
  private static let portion = 1 << 14
  private static let mostRestarts = 4096
  /// The most bytes of the source that are kept of one record.
  private static let mostKept = 16 << 20

  private let shape: Shape
  private var parser: XMLPushParser
  private var decoder: XMLDecoder
  /// The source from `windowStart` on: the record under way, and what the parser has not read.
  private var window: [UInt8] = []
  private var windowStart: Int
  /// Where the next bytes for the decoder stand.
  private var fed: Int
  private var restarts = 0
  private var isSearching = false
  private var skippedFrom = 0
  private var isFirst = true

  /// - Parameter offset: where the first piece stands in the source.
  public init(shape: Shape, offset: Int) {
    self.shape = shape
    decoder = XMLDecoder(source: offset, isLatin: false)
    parser = XMLPushParser(shape)
    (windowStart, fed) = (offset, offset)
    skippedFrom = offset
  }

  private var isLatin = false
  /// Whether a byte was not UTF-8, and where the first stands.
  public var firstFault: Int? { faultSeen ?? decoder.firstFault }
  private var faultSeen: Int?
  /// Whether the declaration names an encoding of one byte a character.
  public var isConverted: Bool { isLatin }
  /// The name of the outermost element, once it is known.
  public var rootName: String? { parser.rootName }

  public mutating func read(_ piece: [UInt8]) -> [Cut] {
    if isFirst, !piece.isEmpty {
      isFirst = false
      isLatin = XMLDecoder.declaresLatin(piece.prefix(256))
      decoder = XMLDecoder(source: windowStart, isLatin: isLatin)
    }
    window += piece
    var cuts: [Cut] = []
    advance(isLast: false, &cuts)
    return cuts
  }

  public mutating func finish() -> [Cut] {
    var cuts: [Cut] = []
    advance(isLast: true, &cuts)
    let end = windowStart + window.count
    if isSearching {
      skip(to: end, &cuts)
    } else {
      cuts += parser.finish(at: end, window: window, windowStart: windowStart)
    }
    return cuts
  }

  private mutating func advance(isLast: Bool, _ cuts: inout [Cut]) {
    while true {
      if isSearching {
        guard restart(isLast: isLast, &cuts) else { return }
      }
      let end = windowStart + window.count
      guard fed < end || isLast else { break }
      let stop = min(end, fed + Self.portion)
      let isLastPortion = isLast && stop == end
      decoder.read(window[(fed - windowStart)..<(stop - windowStart)], isLast: isLastPortion)
      fed = stop
      let bytes = decoder.takeOutput()
      cuts += parser.read(bytes, isLast: isLastPortion, decoder: decoder, window: window, windowStart: windowStart)
      if let bare = decoder.firstBareSign, bare != lastBare {
        lastBare = bare
        cuts.append(.fault(bare..<bare + 1, "a < or & that begins no markup"))
      }
      if let stopped = parser.stopped, !isLastPortion || stopped < end {
        isSearching = true
        skippedFrom = max(stopped, parser.handedOver)
        continue
      }
      if isLastPortion { break }
      trim()
    }
    trim()
  }

  private var lastBare: Int?

  /// Forgets the bytes that no record and no restart can need.
  private mutating func trim() {
    let needed = min(fed, parser.recordStart ?? Int.max, parser.position)
    var count = needed - windowStart
    if parser.recordStart != nil, window.count > Self.mostKept {
      count = max(count, min(fed, parser.position) - windowStart)
      parser.keepsNoBytes()
    }
    // Moving the rest costs, so it is done seldom.
    guard count > Self.portion, count <= window.count else { return }
    window.removeFirst(count)
    windowStart += count
    decoder.forget(before: parser.parsed)
  }

  private mutating func skip(to end: Int, _ cuts: inout [Cut]) {
    if end > skippedFrom { cuts.append(.skipped(skippedFrom..<end, parser.message)) }
  }

  /// Looks for the next record's first tag and begins anew there; false when it has not come yet.
  private mutating func restart(isLast: Bool, _ cuts: inout [Cut]) -> Bool {
    guard restarts < Self.mostRestarts else {
      windowStart += window.count
      window = []
      fed = windowStart
      return false
    }
    var index = max(0, skippedFrom - windowStart, searchedTo - windowStart)
    while index < window.count {
      if window[index] == UInt8(ascii: "<"), let found = opensRecord(index, isLast: isLast) {
        guard found else {
          index += 1
          continue
        }
        let place = windowStart + index
        skip(to: place, &cuts)
        restarts += 1
        faultSeen = firstFault
        decoder = XMLDecoder(source: place, isLatin: isLatin)
        parser = parser.successor()
        decoder.prepend(parser.prologue)
        fed = place
        isSearching = false
        searchedTo = 0
        return true
      } else if window[index] == UInt8(ascii: "<") {
        break  // More bytes are needed to tell.
      }
      index += 1
    }
    searchedTo = windowStart + index
    // Nothing before the search matters any more.
    let done = min(index, window.count)
    window.removeFirst(done)
    windowStart += done
    fed = windowStart + window.count
    return false
  }

  private var searchedTo = 0

  /// Whether a record's tag begins at `<`; `nil` when more bytes are needed.
  private func opensRecord(_ index: Int, isLast: Bool) -> Bool? {
    let limit = min(window.count, index + 64)
    let body = window[(index + 1)..<limit]
    guard let end = body.firstIndex(where: { $0 <= 0x20 || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "/") }) else {
      return isLast || limit == index + 64 ? false : nil
    }
    var name = body[..<end]
    if let colon = name.firstIndex(of: UInt8(ascii: ":")) { name = name[(colon + 1)...] }
    return shape.records.contains { $0.utf8.elementsEqual(name) }
  }
}
