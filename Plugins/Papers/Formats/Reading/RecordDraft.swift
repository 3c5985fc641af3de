import JSON

/// A record of a structured source while it is put together: fields by name, identifiers in canonical form, and what
/// the title and the abstract hold besides their words.
struct RecordDraft {
  var item: JSON.Object
  var key: String?
  var span: ByteSpan
  var rawType: String?
  var fields: JSON.Object = [:]
  /// What CSL has no member for.
  var custom: JSON.Object = [:]
  private(set) var identifiers: [PaperRecord.Identifier] = []
  private(set) var links: [PaperRecord.Link] = []
  private(set) var mentions: [PaperRecord.Mention] = []
  private(set) var warnings: [ParseWarning] = []
  private var reading = FieldReading()
  /// What `mentionOnce` added.
  private var mentioned: Set<PaperRecord.Identifier> = []
  private var title: PaperRecord.Field?
  private var abstract: PaperRecord.Field?

  init(_ span: ByteSpan, type: String) {
    self.span = span
    item = ["type": .string(type)]
  }

  mutating func warn(_ code: ParseWarning.Code, _ span: ByteSpan, _ message: String) {
    warnings.append(ParseWarning(code, span, message))
  }

  /// Sets a member of the item to a text; nothing when it is absent or blank.
  mutating func set(_ member: String, _ value: String?) {
    guard let value, !value.utf8.allSatisfy(\.isBlank) else { return }
    item[member] = .string(value)
  }

  mutating func set(_ member: String, _ names: [JSON]) {
    if !names.isEmpty { item[member] = .array(names) }
  }

  mutating func set(_ member: String, _ date: CSLDate?) {
    if let date { item[member] = date.json }
  }

  // MARK: - Text

  /// The title; `raw` is its exact bytes in the source.
  mutating func setTitle(_ text: SpannedText, raw: ArraySlice<UInt8>, span: ByteSpan) {
    title = field(text, raw, span)
    if let title { item["title"] = .string(title.plain) }
  }

  mutating func setAbstract(_ text: SpannedText, raw: ArraySlice<UInt8>, span: ByteSpan) {
    abstract = field(text, raw, span)
    if let abstract { item["abstract"] = .string(abstract.plain) }
  }

  /// The plain form folds white space alone: LaTeX in a source that is no LaTeX is warned of, never rewritten.
  private mutating func field(
    _ text: SpannedText, _ raw: ArraySlice<UInt8>, _ span: ByteSpan
  ) -> PaperRecord.Field? {
    let folded = text.folded()
    guard !folded.isEmpty else { return nil }
    _ = reading.read(FlowedText(folded))
    return PaperRecord.Field(span: span, raw: Array(raw), plain: folded.string)
  }

  /// Reads a further text for its links and the works that it names.
  mutating func look(at text: SpannedText) {
    let folded = text.folded()
    if !folded.isEmpty { _ = reading.read(FlowedText(folded)) }
  }

  // MARK: - Identifiers and links

  /// Adds an identifier of the paper itself and returns its canonical form; a value that is none is warned of.
  @discardableResult
  mutating func identify(_ scheme: IdentifierScheme, _ value: String?, _ span: ByteSpan? = nil) -> String? {
    guard let value, !value.utf8.allSatisfy(\.isBlank) else { return nil }
    let place = span ?? self.span
    guard IdentifierScheme.recognised.contains(scheme) else {
      add(PaperRecord.Identifier(scheme: scheme, value: value), place)
      return value
    }
    guard let found = scheme.read(value) ?? scheme.readDamaged(value) else {
      let isNumber = scheme == .isbn || scheme == .orcid
      warn(
        isNumber ? .badChecksum : .nonCanonical, place,
        "“\(value.prefix(80))” is no \(scheme.rawValue)\(isNumber ? " with a right check digit" : "")")
      return nil
    }
    // A DOI that arXiv registered names the preprint.
    if scheme == .doi, let preprint = IdentifierScheme.arxiv.read(value) { identify(.arxiv, preprint.value, span) }
    add(PaperRecord.Identifier(scheme: scheme, value: found.value), place)
    if scheme == .arxiv, let version = found.version { custom["arxiv_version"] = .string(version) }
    return found.value
  }

  private mutating func add(_ identifier: PaperRecord.Identifier, _ place: ByteSpan) {
    guard !identifiers.contains(identifier) else { return }
    if let other = identifiers.first(where: { $0.scheme == identifier.scheme }), identifier.scheme != .isbn {
      warn(
        .identifierConflict, place,
        "a second \(identifier.scheme.rawValue) of one paper: \(identifier.value) beside \(other.value)")
      return
    }
    identifiers.append(identifier)
  }

  /// Sets `DOI` of the item without prefix, in the source's own letter case, and adds the identifier.
  mutating func setDOI(_ value: String?, _ span: ByteSpan? = nil) {
    guard let value, let canonical = identify(.doi, value, span) else { return }
    let folded = value.lowercased()
    item["DOI"] = .string(folded.hasSuffix(canonical) ? String(value.suffix(canonical.count)) : canonical)
  }

  /// Adds an identifier of another work.
  mutating func mention(_ scheme: IdentifierScheme, _ value: String?, _ span: ByteSpan? = nil) {
    guard let value, !value.isEmpty else { return }
    let isRead = IdentifierScheme.recognised.contains(scheme)
    guard let canonical = isRead ? scheme.read(value)?.value : value else { return }
    let mention = PaperRecord.Mention(
      identifier: PaperRecord.Identifier(scheme: scheme, value: canonical), span: span ?? self.span)
    mentions.append(mention)
  }

  /// Adds an identifier of another work unless it was named before or is the paper's own.
  mutating func mentionOnce(_ scheme: IdentifierScheme, _ value: String?, _ span: ByteSpan) {
    guard let value, let canonical = scheme.read(value)?.value else { return }
    let identifier = PaperRecord.Identifier(scheme: scheme, value: canonical)
    guard !identifiers.contains(identifier), mentioned.insert(identifier).inserted else { return }
    mentions.append(PaperRecord.Mention(identifier: identifier, span: span))
  }

  mutating func link(_ url: String?, _ kind: PaperRecord.Link.Kind? = nil, _ span: ByteSpan? = nil) {
    guard let url, let place = WebPlace(Array(url.utf8)[...]) else { return }
    let known = place.kind ?? kind ?? .other
    guard !links.contains(where: { $0.url == place.url }) else { return }
    links.append(
      PaperRecord.Link(kind: known, url: place.url, raw: url, status: .present, span: span ?? self.span))
  }

  // MARK: - The record

  func record(_ ordinal: Int) -> PaperRecord {
    var record = PaperRecord(ordinal: ordinal, span: span, item: item)
    record.key = key
    if record.item["id"] == nil { record.item["id"] = .string(key ?? identifiers.first?.value ?? "\(ordinal)") }
    if !custom.isEmpty { record.item["custom"] = .object(custom) }
    record.title = title
    record.abstract = abstract
    record.fields = fields
    record.rawType = rawType
    record.identifiers = identifiers
    record.links = links
    record.mentions = mentions
    var textual = reading.warnings
    // An identifier in the text counts as the paper's own only where the source declares none of its scheme.
    for identifier in reading.identifiers {
      if identifiers.contains(identifier) { continue }
      if !identifiers.contains(where: { $0.scheme == identifier.scheme }) {
        record.identifiers.append(identifier)
      } else {
        record.mentions.append(PaperRecord.Mention(identifier: identifier, span: abstract?.span ?? span))
      }
    }
    for mention in reading.mentions {
      if identifiers.contains(mention.identifier) {
        textual.removeAll { $0.code == .mention && $0.span == mention.span }
      } else {
        record.mentions.append(mention)
      }
    }
    for link in reading.links where !links.contains(where: { $0.url == link.url }) { record.links.append(link) }
    record.promises = reading.promises
    record.warnings = (warnings + textual).sorted {
      ($0.span.start, $0.code.rawValue) < ($1.span.start, $1.code.rawValue)
    }
    return record
  }
}
