import JSON
import PaperStore

/// A paper as a paper set names it: what the analyses read of it.
public struct PaperEntry: Codable, Sendable {
  public struct Identifier: Codable, Sendable {
    public var scheme, value: String
    public init(scheme: String, value: String) { (self.scheme, self.value) = (scheme, value) }
  }
  public struct Link: Codable, Sendable {
    public var kind: String
    public var url: String?
    public var status: String
    public init(kind: String, url: String?, status: String) { (self.kind, self.url, self.status) = (kind, url, status) }
  }

  /// What may be left out of a set.
  public enum Field: String, Codable, Sendable, CaseIterable {
    case abstract, authors, year, container, identifiers, links, tags, labels
  }

  /// `paper:` and 16 characters.
  public var id: String
  /// SHA-256 of the canonical line without this member.
  public var hash: String?
  public var title: String
  public var abstract: String?
  public var authors: [String]?
  public var year: Int?
  public var container: String?
  public var identifiers: [Identifier]?
  public var links: [Link]?
  public var tags: [String]?
  public var labels: [String: String]?

  public init(id: String, title: String, abstract: String? = nil) {
    (self.id, self.title, self.abstract) = (id, title, abstract)
  }

  /// A paper of the store, with the fields that are asked for beside its title.
  package init(_ paper: PaperReader.StoredPaper, _ fields: Set<Field>) {
    self.init(
      id: paper.uid, title: paper.title, abstract: fields.contains(.abstract) ? paper.abstract : nil)
    if fields.contains(.authors), !paper.authors.isEmpty { authors = paper.authors }
    if fields.contains(.year) { year = paper.year }
    if fields.contains(.container) { container = paper.container }
    if fields.contains(.identifiers), !paper.identifiers.isEmpty {
      identifiers = paper.identifiers.map { Identifier(scheme: $0.scheme, value: $0.value) }
    }
    if fields.contains(.links), !paper.links.isEmpty {
      links = paper.links.map { Link(kind: $0.kind, url: $0.url, status: $0.status) }
    }
    if fields.contains(.tags), !paper.tags.isEmpty { tags = paper.tags }
    if fields.contains(.labels), !paper.labels.isEmpty {
      labels = Dictionary(
        paper.labels.members.map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// Title and abstract, a blank line between.
  public var text: String { abstract.map { "\(title)\n\n\($0)" } ?? title }
}

/// A paper set: papers in order of id, the same wherever and whenever it is read.
public struct PaperSet: Sendable {
  public let papers: [PaperEntry]
  /// SHA-256 of the file.
  public var count: Int { papers.count }
  public var ids: [String] { papers.map(\.id) }
}
