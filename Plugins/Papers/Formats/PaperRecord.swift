import JSON

/// One entry of a source as it was read: the canonical item beside the exact bytes that it came from.
struct PaperRecord: Sendable {
  /// An identifier in canonical form.
  struct Identifier: Sendable, Hashable {
    let scheme: IdentifierScheme
    let value: String

    var json: JSON { .object(["scheme": .string(scheme.rawValue), "value": .string(value)]) }
  }

  /// An identifier of another work that the text names.
  struct Mention: Sendable, Hashable {
    let identifier: Identifier
    let span: ByteSpan

    var json: JSON {
      .object([
        "scheme": .string(identifier.scheme.rawValue), "value": .string(identifier.value), "span": span.json,
      ])
    }
  }

  struct Link: Sendable, Hashable {
    enum Kind: String, Sendable { case code, project, data, paper, other }
    enum Status: String, Sendable { case present, promised }

    let kind: Kind
    /// The canonical address; `nil` for a promise without one.
    let url: String?
    /// The address, or the promise, as it stands in the source.
    let raw: String
    let status: Status
    let span: ByteSpan

    var json: JSON {
      .object([
        "kind": .string(kind.rawValue), "url": url.map(JSON.string) ?? .null, "urlRaw": .string(raw),
        "status": .string(status.rawValue), "span": span.json,
      ])
    }
  }

  /// A stretch of the source that gave one field.
  struct Field: Sendable {
    /// From its first byte to its last; what was set aside inside it (a banner, a repeated line) is not in `raw`.
    let span: ByteSpan
    let raw: [UInt8]
    let plain: String
  }

  /// 1-based place among the records of the source.
  let ordinal: Int
  /// The source's own key of the entry, kept as it is.
  var key: String?
  /// All bytes of the entry, from its first to its last.
  let span: ByteSpan
  /// The CSL-JSON item (CSL 1.0.2, `CSLVocabulary`), with plain title and abstract.
  ///
  /// What the source has beyond CSL's members stands in `custom`, an object; a member of CSL-JSON input that CSL does
  /// not know stays where it was.
  var item: JSON.Object
  var title: Field?
  var abstract: Field?
  var heldFields = HeldFields.made([:])
  /// The source's own name of the entry's type.
  var rawType: String?
  var identifiers: [Identifier] = []
  /// Addresses in the text.
  var links: [Link] = []
  /// What is announced without an address: `status` is `promised`, `url` is `nil`.
  var promises: [Link] = []
  var mentions: [Mention] = []
  var warnings: [ParseWarning] = []

  /// The source's own fields before mapping.
  var fields: JSON.Object {
    get { heldFields.object }
    set { heldFields = .made(newValue) }
  }

  /// The record as one line of the artifact `records` of `papers.parse`.
  var json: JSON {
    var line = JSON.Object()
    line["ordinal"] = JSON(ordinal)
    if let key { line["key"] = .string(key) }
    line["item"] = .object(item)
    for (name, field) in [("titleRaw", title), ("abstractRaw", abstract)] {
      guard let field else { continue }
      let raw = String(decoding: field.raw, as: UTF8.self)
      if !raw.utf8.elementsEqual(field.plain.utf8) { line[name] = .string(raw) }
    }
    line["span"] = span.json
    var spans = JSON.Object()
    spans["title"] = title?.span.json
    spans["abstract"] = abstract?.span.json
    line["spans"] = .object(spans)
    line["identifiers"] = .array(identifiers.map(\.json))
    line["links"] = .array(links.map(\.json))
    if !promises.isEmpty { line["promises"] = .array(promises.map(\.json)) }
    line["mentions"] = .array(mentions.map(\.json))
    line["warnings"] = .array(warnings.map(\.json))
    return .object(line)
  }
}

/// The fields of a record as its source has them: put together, or left there until somebody asks for them.
enum HeldFields: Sendable {
  case made(JSON.Object)
  case inSource(any HeldFieldsSource, Int)

  var object: JSON.Object {
    switch self {
    case .made(let object): object
    case .inSource(let source, let place): source.fields(of: place)
    }
  }
}

/// A source that is in memory as a whole and has its records' fields at hand.
protocol HeldFieldsSource: AnyObject, Sendable {
  func fields(of place: Int) -> JSON.Object
}
