import JSON

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
