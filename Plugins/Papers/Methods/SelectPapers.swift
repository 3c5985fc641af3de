import JSON
import PaperStore
import PluginKit

/// Takes papers out of the store as a paper set: one file that names all that later cells read of them.
public struct SelectPapers: Method {
  public static let name = "papers.select"

  public struct Parameters: Decodable, Sendable {
    let query: String?
    let ids: [String]?
    let tags: [String]
    let limit: Int?
  }

  public struct Output: Encodable, Sendable {
    let papers: ArtifactReference
    let count: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    var count = 0
    var shown: [[JSON]] = []
    let papers = try context.readPapers { reader in
      var uids = try reader.uids(query: parameters.query, ids: parameters.ids, tags: parameters.tags)
      if let limit = parameters.limit { uids = Array(uids.prefix(limit)) }
      return try context.artifact("papers", .jsonLines) { writer in
        for uid in uids {
          try context.checkCancellation()
          guard let paper = try reader.paper(uid) else { continue }
          let line = try PaperEntry(paper).canonicalLine()
          try writer.write(line + [0x0A])
          count += 1
          if shown.count < 200 { shown.append([JSON(count), .string(paper.title), .string(uid)]) }
          context.progress(count, of: uids.count, "paper \(count) of \(uids.count)")
        }
      }
    }
    let warnings =
      count == 0 ? [Warning("empty", "no paper in the store is asked for: import some, or ask for less")] : []
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display("Papers", .table(Display.Table(columns: ["", "title", "id"], rows: shown)))
    return Output(papers: papers, count: count, warnings: warnings)
  }
}

extension PaperEntry {
  fileprivate init(_ paper: PaperReader.StoredPaper) {
    self.init(id: paper.uid, title: paper.title, abstract: paper.abstract)
    if !paper.authors.isEmpty { authors = paper.authors }
    year = paper.year
    container = paper.container
    if !paper.identifiers.isEmpty {
      identifiers = paper.identifiers.map { Identifier(scheme: $0.scheme, value: $0.value) }
    }
    if !paper.links.isEmpty { links = paper.links.map { Link(kind: $0.kind, url: $0.url, status: $0.status) } }
    if !paper.tags.isEmpty { tags = paper.tags }
    if !paper.labels.isEmpty {
      labels = Dictionary(paper.labels.map { ($0.set, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// The line of the set; `hash` is the SHA-256 of the canonical line without it.
  fileprivate func canonicalLine() throws -> [UInt8] {
    var line = try JSON.Encoder().encode(self)
    line["hash"] = nil
    line["hash"] = .string(Digest.sha256(try line.canonicalBytes()))
    return try line.canonicalBytes()
  }
}
