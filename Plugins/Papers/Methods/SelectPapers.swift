import JSON
import PaperStore
import PluginKit

/// Takes papers out of the store as a paper set: one file that names all that later cells read of them.
public struct SelectPapers: Method {
  public static let name = "papers.select"

  public enum Order: String, Codable, Sendable { case id }

  public struct Parameters: Decodable, Sendable {
    let query: String?
    let ids: [String]?
    let tags: [String]
    let sort: Order
    let limit: Int?
    let fields: [PaperEntry.Field]?
  }

  public struct Output: Encodable, Sendable {
    let papers: ArtifactReference
    let count: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let fields = Set(parameters.fields ?? PaperEntry.Field.allCases)
    var count = 0
    var shown: [[JSON]] = []
    let papers = try context.readPapers { reader in
      var uids = try reader.uids(
        query: parameters.query, ids: parameters.ids, tags: parameters.tags, canonical: IdentifierScheme.canonical)
      if let limit = parameters.limit { uids = Array(uids.prefix(limit)) }
      return try context.artifact("papers", .jsonLines) { writer in
        for uid in uids {
          let paper = try reader.paper(uid)
          try writer.write(PaperEntry(paper, fields).canonicalLine() + [0x0A])
          count += 1
          if shown.count < 200 { shown.append([JSON(count), .string(paper.title), .string(uid)]) }
          guard count % 100 == 0 else { continue }
          try context.checkCancellation()
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
  /// The line of the set; `hash` is the SHA-256 of the canonical line without it.
  fileprivate func canonicalLine() throws -> [UInt8] {
    var line = try JSON.Encoder().encode(self)
    line["hash"] = nil
    line["hash"] = .string(Digest.sha256(try line.canonicalBytes()))
    return try line.canonicalBytes()
  }
}
