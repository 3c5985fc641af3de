import JSON

/// One entry of a source as a reader understood it, ready for the store.
public struct ImportRecord: Sendable {
  public struct Author: Sendable, Equatable {
    public var role = "author"
    public var family, given, particle, suffix, literal, orcid: String?
    public var particleDrops = false

    public init() {}
  }

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
  /// The entry's own bytes; the paper's id is made from them.
  public var bytes: [UInt8]
  public var localKey: String?
  public var rawType: String?
  /// The source's own fields before mapping.
  public var fields: JSON = [:]
  public var title: String
  public var titleRaw: String?
  public var titleSpan: Range<Int>?
  public var abstract: String?
  public var abstractRaw: [UInt8]?
  public var abstractSpan: Range<Int>?
  public var type = "article"
  public var year, month, day: Int?
  /// A date that is no calendar date (“in press”, “circa 1850”).
  public var dateLiteral: String?
  public var container: String?
  public var volume, issue, pages, publisher, place, language, note: String?
  /// Members of the canonical item that have no column.
  public var extra: JSON?
  public var authors: [Author] = []
  public var identifiers: [Identifier] = []
  public var links: [Link] = []
  public var mentions: [(identifier: Identifier, span: Range<Int>)] = []
  public var warnings: [Warning] = []

  public init(ordinal: Int, span: Range<Int>, bytes: [UInt8], title: String) {
    (self.ordinal, self.span, self.bytes, self.title) = (ordinal, span, bytes, title)
  }
}

/// One imported input.
public struct ImportSource: Sendable {
  public var format, name, sha256, parserVersion: String
  public var encoding = "utf-8"
  public var bytes: Int
  /// Kept when it is at most 64 MiB.
  public var content: [UInt8]?
  /// Warnings that belong to no record.
  public var warnings: [ImportRecord.Warning] = []

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

/// What happens, or happened, with one record.
public struct PlannedRecord: Sendable {
  public var ordinal: Int
  public var decision: ImportDecision
  /// The paper's handle; `nil` for a conflict and what is skipped.
  public var paper: String?
  public var title: String
  /// Why this paper: `identifier doi 10…`, `title`, `bytes`.
  public var evidence: String
  /// Fields that get a value.
  public var changed: [String]
}

extension ImportRecord {
  /// The field in whose text a span lies.
  func field(of span: Range<Int>) -> String? {
    if let titleSpan, titleSpan.overlaps(span) { return "title" }
    if let abstractSpan, abstractSpan.overlaps(span) { return "abstract" }
    return nil
  }
}

extension ImportRecord.Author {
  /// Folded family name and first initial, by which two records' first authors are compared.
  var nameKey: String? {
    guard let name = family ?? literal, !name.isEmpty else { return nil }
    let initial = given?.first.map { String($0).lowercased() } ?? ""
    return PaperTitle.normalised(name) + " " + initial
  }

  /// The name as the search index has it; the same as in the view `paper_search`.
  var indexed: String { literal ?? (given ?? "") + " " + (family ?? "") }
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
