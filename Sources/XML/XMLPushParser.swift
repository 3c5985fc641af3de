import CXML2

/// libxml2's push parser, and what its callbacks gather.
final class XMLPushParser {
  let shape: XMLCutter.Shape
  private var context: xmlParserCtxtPtr?
  private var state: XMLParserState

  /// Why and where (in the source) the parser gave up for good.
  private(set) var stopped: Int?
  private(set) var message = "no well-formed XML"
  /// The source's offset up to which the parser has read.
  private(set) var position = 0
  /// The same in the parser's input.
  private(set) var parsed = 0
  /// Where the last record that was handed over ends.
  private(set) var handedOver = 0
  var rootName: String? { state.rootName }
  var recordStart: Int? { state.builder?.start }
  /// The outermost start tag, to be read again by a successor.
  var prologue: [UInt8] { state.prologue }

  init(_ shape: XMLCutter.Shape) {
    self.shape = shape
    state = XMLParserState(shape)
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.startElementNs = { data, name, _, uri, _, _, count, _, attributes in
      XMLParserState.of(data)?.start(name, uri, Int(count), attributes)
    }
    handler.endElementNs = { data, _, _, _ in XMLParserState.of(data)?.end() }
    handler.characters = { data, bytes, count in XMLParserState.of(data)?.characters(bytes, Int(count)) }
    handler.ignorableWhitespace = { data, bytes, count in XMLParserState.of(data)?.characters(bytes, Int(count)) }
    handler.cdataBlock = { data, bytes, count in XMLParserState.of(data)?.characters(bytes, Int(count)) }
    handler.getEntity = { data, name in XMLParserState.of(data)?.entity(name) }
    handler.entityDecl = { data, name, kind, _, _, content in
      XMLParserState.of(data)?.declare(name, Int(kind), content)
    }
    handler.serror = { data, error in
      guard let error else { return }
      XMLParserState.of(data)?.fault(error.pointee.message, isFatal: error.pointee.level == XML_ERR_FATAL)
    }
    let created = xmlCreatePushParserCtxt(&handler, Unmanaged.passUnretained(state).toOpaque(), nil, 0, nil)
    context = created
    state.context = created
    // No network, no external subset (it is loaded only when asked for), the parser's own limits.
    // With OLDSAX the five entities of XML are asked of the callback as well: see there.
    let options =
      XML_PARSE_RECOVER.rawValue | XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue
      | XML_PARSE_OLDSAX.rawValue
    _ = xmlCtxtUseOptions(created, Int32(bitPattern: options))
  }

  deinit {
    if let context {
      if let document = context.pointee.myDoc { xmlFreeDoc(document) }
      xmlFreeParserCtxt(context)
    }
  }

  /// A parser that begins at a record behind the same outermost tag.
  func successor() -> XMLPushParser {
    let next = XMLPushParser(shape)
    next.state.succeed(state)
    next.handedOver = handedOver
    return next
  }

  /// Later records keep no bytes of the one under way.
  func keepsNoBytes() { state.keepsBytes = false }

  func read(
    _ bytes: [UInt8], isLast: Bool, decoder: XMLDecoder, window: [UInt8], windowStart: Int
  ) -> [XMLCutter.Cut] {
    window.withUnsafeBufferPointer { read(bytes, isLast: isLast, decoder.places, window: $0, windowStart) }
  }

  private func read(
    _ bytes: [UInt8], isLast: Bool, _ places: XMLSourcePlaces, window: UnsafeBufferPointer<UInt8>, _ windowStart: Int
  ) -> [XMLCutter.Cut] {
    state.lend(places, window, windowStart)
    bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { text in
        _ = xmlParseChunk(context, text.baseAddress, Int32(text.count), isLast ? 1 : 0)
      }
    }
    let isHalted = context.map { $0.pointee.disableSAX != 0 || $0.pointee.instate == XML_PARSER_EOF } ?? true
    if isHalted, !(isLast && state.isComplete) || state.lastFatal != nil && !state.isComplete {
      let place = state.lastFault ?? position
      stopped = place
      message = state.lastMessage
      // What was read of a record is handed over.
      state.closeRecord(at: place, isWhole: false)
    } else {
      let consumed = xmlByteConsumed(context)
      if consumed >= 0 { parsed = max(parsed, consumed) }
      position = places.source(parsed)
    }
    let cuts = state.takeCuts()
    for case .record(let fragment) in cuts { handedOver = fragment.span.upperBound }
    return cuts
  }

  /// The source has ended: what is left of a record under way.
  func finish(at end: Int, window: [UInt8], windowStart: Int) -> [XMLCutter.Cut] {
    state.closeRecord(at: end, isWhole: false)
    return state.takeCuts()
  }
}

/// What the callbacks of one parser see and gather.
private final class XMLParserState {
  let shape: XMLCutter.Shape
  var context: xmlParserCtxtPtr?
  /// Unchecked: the callbacks come one after another on the thread that reads, and none touches it while another does.
  @exclusivity(unchecked) private(set) var builder: XMLBuilder?
  private(set) var rootName: String?
  private(set) var prologue: [UInt8] = []
  var keepsBytes = true
  private(set) var isComplete = false
  private(set) var lastFault: Int?
  private(set) var lastFatal: Int?
  private(set) var lastMessage = "no well-formed XML"

  @exclusivity(unchecked) private var places = XMLSourcePlaces(text: 0, source: 0)
  /// Lent for the time of one reading.
  @exclusivity(unchecked) private var window = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  @exclusivity(unchecked) private var windowStart = 0
  private var cuts: [XMLCutter.Cut] = []
  @exclusivity(unchecked) private var depth = 0
  /// Inside elements that are passed over: their depth.
  @exclusivity(unchecked) private var hiddenDepth = 0
  @exclusivity(unchecked) private var names: [String] = []
  /// What the elements of a name are, by its number.
  @exclusivity(unchecked) private var kinds: [(isRecord: Bool, isHidden: Bool)] = []
  @exclusivity(unchecked) private var nameIndex: [UnsafePointer<xmlChar>: Int32] = [:]
  /// The names that were met last, by the low bits of their addresses.
  @exclusivity(unchecked) private var recent: [(name: UnsafePointer<xmlChar>?, id: Int32)] = Array(
    repeating: (nil, 0), count: 256)
  private var feedNamespace: [UInt8]?
  private var hasPrologue = false
  private var faultCount = 0
  private var entities: [String: UnsafeMutablePointer<xmlEntity>] = [:]

  init(_ shape: XMLCutter.Shape) {
    self.shape = shape
    feedNamespace = shape.namespace.map { Array($0.utf8) }
  }

  deinit {
    for entity in entities.values {
      entity.pointee.content?.deallocate()
      entity.deallocate()
    }
  }

  static func of(_ data: UnsafeMutableRawPointer?) -> XMLParserState? {
    data.map { Unmanaged<XMLParserState>.fromOpaque($0).takeUnretainedValue() }
  }

  func succeed(_ other: XMLParserState) {
    prologue = other.prologue
    hasPrologue = !prologue.isEmpty
    rootName = other.rootName
    feedNamespace = other.feedNamespace
  }

  func lend(_ places: XMLSourcePlaces, _ window: UnsafeBufferPointer<UInt8>, _ windowStart: Int) {
    self.places = places
    self.window = window
    self.windowStart = windowStart
  }

  func takeCuts() -> [XMLCutter.Cut] {
    defer { cuts = [] }
    // What was lent goes back to its owner, who may then change it without a copy.
    window = UnsafeBufferPointer(start: nil, count: 0)
    places = XMLSourcePlaces(text: 0, source: 0)
    return cuts
  }

  /// The source's offset of the parser's next byte.
  private var here: Int { places.source(max(0, Int(xmlByteConsumed(context)))) }

  // MARK: - Elements

  func start(
    _ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?, _ count: Int,
    _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
  ) {
    guard let name else { return }
    depth += 1
    let id = intern(name)
    let end = here
    if depth == 1, rootName == nil { takeRoot(names[Int(id)], uri, end: end) }
    if isRecord(id, uri), depth > 1 || !hasPrologue {
      closeRecord(at: tagStart(before: end), isWhole: false)
      builder = XMLBuilder(start: tagStart(before: end))
      keepsBytes = true
      hiddenDepth = 0
    }
    guard builder != nil else { return }
    if hiddenDepth > 0 || builder?.depth ?? 0 > 0 && kinds[Int(id)].isHidden {
      hiddenDepth += 1
      return
    }
    builder?.begin(id, innerStart: end + 1)
    guard let attributes else { return }
    for index in 0..<count {
      guard let key = attributes[5 * index], let from = attributes[5 * index + 3], let to = attributes[5 * index + 4]
      else { continue }
      builder?.attribute(intern(key), UnsafeBufferPointer(start: from, count: to - from))
    }
  }

  func end() {
    depth -= 1
    if depth == 0 { isComplete = true }
    guard builder != nil else { return }
    if hiddenDepth > 0 {
      hiddenDepth -= 1
      return
    }
    let end = here
    builder?.end(innerEnd: tagStart(before: end))
    if builder?.depth == 0 { closeRecord(at: end, isWhole: true) }
  }

  func closeRecord(at end: Int, isWhole: Bool) {
    guard var finished = builder else { return }
    builder = nil
    hiddenDepth = 0
    let first = finished.start - windowStart
    let last = min(end - windowStart, window.count)
    let bytes = keepsBytes && first >= 0 && first <= last ? Array(window[first..<last]) : []
    if finished.isCut {
      cuts.append(.fault(finished.start..<end, "a record of over \(XMLBuilder.mostText >> 20) MiB of text; cut there"))
    }
    cuts.append(.record(finished.fragment(names: names, bytes: bytes, end: end, isWhole: isWhole)))
  }

  private func takeRoot(_ name: String, _ uri: UnsafePointer<xmlChar>?, end: Int) {
    rootName = name
    if name == shape.feed, let uri {
      feedNamespace = Array(UnsafeBufferPointer(start: uri, count: Int(xmlStrlen(uri))))
    }
    let start = tagStart(before: end)
    guard !shape.records.contains(name), end - start < 1 << 16, start >= windowStart, end < windowStart + window.count
    else { return }
    prologue = Array(window[(start - windowStart)..<(end - windowStart)]) + [UInt8(ascii: ">")]
    // What is no UTF-8 in it is of no use to a successor.
    if String(validating: prologue, as: UTF8.self) == nil { prologue = Array("<root>".utf8) }
  }

  private func isRecord(_ id: Int32, _ uri: UnsafePointer<xmlChar>?) -> Bool {
    guard kinds[Int(id)].isRecord else { return false }
    guard let wanted = feedNamespace, let uri else { return true }
    return UnsafeBufferPointer(start: uri, count: Int(xmlStrlen(uri))).elementsEqual(wanted)
  }

  /// Where the tag begins that ends, or is read, at `end`.
  private func tagStart(before end: Int) -> Int {
    var index = min(end - 1 - windowStart, window.count - 1)
    while index >= 0, window[index] != UInt8(ascii: "<") { index -= 1 }
    return index >= 0 ? windowStart + index : end
  }

  private func intern(_ name: UnsafePointer<xmlChar>) -> Int32 {
    // The parser has one copy of each name.
    let slot = Int(bitPattern: name) >> 2 & 255
    if recent[slot].name == name { return recent[slot].id }
    let id = look(up: name)
    recent[slot] = (name, id)
    return id
  }

  private func look(up name: UnsafePointer<xmlChar>) -> Int32 {
    if let known = nameIndex[name] { return known }
    let text = String(decoding: UnsafeBufferPointer(start: name, count: Int(xmlStrlen(name))), as: UTF8.self)
    let id = Int32(names.count)
    names.append(text)
    kinds.append((shape.records.contains(text), shape.hidden.contains(text)))
    nameIndex[name] = id
    return id
  }

  // MARK: - Text

  func characters(_ bytes: UnsafePointer<xmlChar>?, _ count: Int) {
    guard let bytes, builder != nil, hiddenDepth == 0, count > 0 else { return }
    let text = UnsafeBufferPointer(start: bytes, count: count)
    builder?.append(text, source: place(of: text))
  }

  /// Where a piece of text stands in the source.
  private func place(of text: UnsafeBufferPointer<xmlChar>) -> Int {
    let consumed = Int(xmlByteConsumed(context))
    // Some text is handed over before the parser moves on, some behind it, and some from another buffer.
    if let input = context?.pointee.input, let start = text.baseAddress, let base = input.pointee.base,
      let current = input.pointee.cur, let end = input.pointee.end, start >= base, start < end
    {
      return places.source(max(0, consumed + (start - current)))
    }
    let end = places.source(max(0, consumed)) - windowStart
    let first = end - text.count
    if first >= 0, end <= window.count, window[first..<end].elementsEqual(text) { return windowStart + first }
    // The text of a reference stands where its sign is.
    if end > 0, end <= window.count, window[end - 1] == UInt8(ascii: ";"),
      let sign = window[max(0, end - 64)..<end].lastIndex(of: UInt8(ascii: "&"))
    {
      return windowStart + sign
    }
    return windowStart + max(0, first)
  }

  // MARK: - Entities and faults

  /// A short text that the source declares, or a named character of HTML; nothing is ever opened or expanded.
  func entity(_ name: UnsafePointer<xmlChar>?) -> UnsafeMutablePointer<xmlEntity>? {
    guard let name else { return nil }
    // The parser drops references once a fault was found.
    context?.pointee.wellFormed = 1
    let key = String(decoding: UnsafeBufferPointer(start: name, count: Int(xmlStrlen(name))), as: UTF8.self)
    if let known = entities[key] { return known }
    if key == "apos" { return remember(key, [UInt8(ascii: "'")]) }
    guard let known = htmlEntityLookup(name), let scalar = Unicode.Scalar(known.pointee.value) else { return nil }
    return remember(key, Array(String(scalar).utf8))
  }

  func declare(_ name: UnsafePointer<xmlChar>?, _ kind: Int, _ content: UnsafePointer<xmlChar>?) {
    guard let name, let content, kind == Int(XML_INTERNAL_GENERAL_ENTITY.rawValue), entities.count < 1024 else {
      return
    }
    let bytes = Array(UnsafeBufferPointer(start: content, count: min(257, Int(xmlStrlen(content)))))
    guard bytes.count <= 256, !bytes.contains(UInt8(ascii: "<")), !bytes.contains(UInt8(ascii: "&")) else { return }
    let key = String(decoding: UnsafeBufferPointer(start: name, count: Int(xmlStrlen(name))), as: UTF8.self)
    if entities[key] == nil { _ = remember(key, bytes) }
  }

  private func remember(_ key: String, _ bytes: [UInt8]) -> UnsafeMutablePointer<xmlEntity> {
    let content = UnsafeMutablePointer<xmlChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { content[index] = byte }
    content[bytes.count] = 0
    let entity = UnsafeMutablePointer<xmlEntity>.allocate(capacity: 1)
    entity.initialize(to: xmlEntity())
    // Of this kind the parser takes the text as it is.
    entity.pointee.etype = XML_INTERNAL_PREDEFINED_ENTITY
    entity.pointee.content = content
    entity.pointee.length = Int32(bytes.count)
    entities[key] = entity
    return entity
  }

  func fault(_ message: UnsafePointer<CChar>?, isFatal: Bool) {
    let place = here
    lastFault = place
    var text = message.map { String(cString: $0) } ?? "no well-formed XML"
    while text.last == "\n" { text.removeLast() }
    lastMessage = text
    guard isFatal else { return }
    lastFatal = place
    faultCount += 1
    if faultCount <= 1000 { cuts.append(.fault(place..<place + 1, text)) }
  }
}
