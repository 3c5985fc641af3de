import JSON

/// One entry of a source as a reader understood it, ready for the store.
public struct ImportRecord: Sendable {
  public typealias Author = ItemColumns.Author

  public struct Identifier: Sendable, Hashable {
    public var scheme, value: String
    public init(_ scheme: String, _ value: String) { (self.scheme, self.value) = (scheme, value) }
  }

  public struct Link: Sendable {
    public var kind: String
    /// `nil` for what is promised without an address.
    public var url: String?
    public var urlRaw: String
    /// `present` or `promised`.
    public var status: String
    public var span: Range<Int>

    public init(kind: String, url: String?, urlRaw: String, status: String, span: Range<Int>) {
      (self.kind, self.url, self.urlRaw, self.status, self.span) = (kind, url, urlRaw, status, span)
    }
  }

  /// A state of the work: a preprint, the published paper, a correction.
  public struct Version: Sendable, Hashable {
    public var kind, label: String
    public var identifier: Identifier?
    public var date: String?

    public init(kind: String, label: String, identifier: Identifier? = nil, date: String? = nil) {
      (self.kind, self.label, self.identifier, self.date) = (kind, label, identifier, date)
    }
  }

  public struct Warning: Sendable {
    public var code, severity, message: String
    public var span: Range<Int>

    public init(code: String, severity: String, message: String, span: Range<Int>) {
      (self.code, self.severity, self.message, self.span) = (code, severity, message, span)
    }
  }

  /// From 1 in the source's order.
  public var ordinal: Int
  public var span: Range<Int>
  /// The handle that a new paper gets: made from the entry's bytes, or the one that the entry was exported with.
  public var uid: String
  public var localKey: String?
  public var rawType: String?
  /// The source's own fields before mapping.
  public var fields: JSON = [:]
  public var columns: ItemColumns
  public var titleRaw: String?
  public var titleSpan: Range<Int>?
  public var abstractRaw: [UInt8]?
  public var abstractSpan: Range<Int>?
  public var identifiers: [Identifier] = []
  public var links: [Link] = []
  public var mentions: [(identifier: Identifier, span: Range<Int>)] = []
  public var versions: [Version] = []
  public var tags: [String] = []
  public var warnings: [Warning] = []
  var prepared: PreparedRecord?

  public init(ordinal: Int, span: Range<Int>, uid: String, columns: ItemColumns) {
    (self.ordinal, self.span, self.uid, self.columns) = (ordinal, span, uid, columns)
  }

  /// A paper with nothing but a title.
  public init(ordinal: Int, span: Range<Int>, bytes: [UInt8], title: String) {
    self.init(ordinal: ordinal, span: span, uid: PaperUID.make(from: bytes), columns: ItemColumns(title: title))
  }

  /// Works out what follows from the record alone, which may be done on any thread; nothing may be changed afterwards.
  public mutating func prepare() { prepared = PreparedRecord(self) }

  /// The field in whose text a span lies.
  func field(of span: Range<Int>) -> String? {
    if let titleSpan, titleSpan.overlaps(span) { return "title" }
    if let abstractSpan, abstractSpan.overlaps(span) { return "abstract" }
    return nil
  }

  /// The bytes that gave a member of the item.
  func span(of member: String) -> Range<Int> {
    switch member {
    case "title": titleSpan ?? span
    case "abstract": abstractSpan ?? span
    default: span
    }
  }

  var isBlank: Bool {
    columns.title.isEmpty && (columns.abstract ?? "").isEmpty && identifiers.isEmpty
  }
}

/// One imported input.
public struct ImportSource: Sendable {
  public var format, name, sha256, parserVersion: String
  public var encoding = "utf-8"
  public var bytes: Int
  /// Kept when it is at most 64 MiB.
  public var content: [UInt8]?
  /// The artifact that keeps a larger one, 64 hexadecimal digits.
  public var artifact: String?
  /// Whether entries are told by their keys when the source comes again in another state; not so for pasted text,
  /// which has no name of its own.
  public var isNamed = true

  public init(format: String, name: String, sha256: String, parserVersion: String, bytes: Int, content: [UInt8]?) {
    (self.format, self.name, self.sha256) = (format, name, sha256)
    (self.parserVersion, self.bytes, self.content) = (parserVersion, bytes, content)
  }

  public static let largestKept = 64 << 20
}

/// What an import does with a record.
public enum ImportDecision: String, Sendable, CaseIterable {
  /// A paper that the store did not have.
  case new
  /// Known, and nothing to add.
  case same
  /// Known, and some fields were filled in.
  case update
  /// Joined with a paper that was found by another identifier.
  case merge
  /// Its identifiers belong to different papers: a person must decide.
  case conflict
  /// Nothing that could be a paper.
  case skip
}

/// A field that gets another value.
public struct FieldChange: Sendable, Equatable {
  /// A member of the item, or `identifiers`, `links`, `mentions`, `tags`.
  public var field: String
  public var old, new: JSON?
  /// Why: `missing`, `ranked`, `longer`, `edited`, `replaced`, `joined`, `user`.
  public var rule: String
}

/// What happens, or happened, with one record.
public struct PlannedRecord: Sendable {
  public var ordinal: Int
  public var decision: ImportDecision
  /// The paper's handle; `nil` for a conflict and what is skipped.
  public var paper: String?
  public var title: String
  /// Why this paper: `identifier doi 10…`, `title`, `bytes`.
  public var evidence: String
  public var changes: [FieldChange] = []
  /// The paper was deleted; it stays so.
  public var isDeleted = false
}

/// Counts as JSON in the store.
enum Counts {
  static func encode(_ counts: [String: Int]) -> String {
    JSON.object(JSON.Object(distinct: counts.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value)) })).text
  }

  static func decode(_ text: String) -> [String: Int] {
    let members = (try? JSON.parse(text))?.object?.members ?? []
    return Dictionary(
      members.compactMap { m in m.value.int.map { (m.key, $0) } }, uniquingKeysWith: { first, _ in first })
  }
}
