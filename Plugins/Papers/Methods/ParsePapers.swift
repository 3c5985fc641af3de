import JSON
import PluginKit

/// Reads papers from a source without keeping them: records with byte spans, and everything worth knowing of them.
public struct ParsePapers: Method {
  public static let name = "papers.parse"

  public struct Parameters: Decodable, Sendable {
    let source: FileReference?
    let text: String?
    let format: String?
  }

  public struct Output: Encodable, Sendable {
    let records: ArtifactReference
    let count: Int
    let format: String
    let links: JSON
    let warned: Int
    let warnings: JSON
    let skipped: [JSON]
    let preview: [JSON]
  }

  /// Records that stand in the value itself.
  private static let previewed = 20

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = PaperSource(source: parameters.source, text: parameters.text, format: parameters.format)
    let document = try source.read(context).document
    let records = try context.artifact("records", .jsonLines) { writer in
      for record in document.records {
        try writer.write(record.json.canonicalBytes())
        try writer.write("\n")
      }
    }
    context.display("Papers in the source", .table(table(document)))
    return Output(
      records: records, count: document.records.count, format: document.format.rawValue, links: links(document),
      warned: document.records.count { !$0.warnings.isEmpty }, warnings: document.warningCounts,
      skipped: document.skipped.map(\.json), preview: document.records.prefix(Self.previewed).map(\.json))
  }

  /// Addresses by kind.
  private func links(_ document: PaperDocument) -> JSON {
    var counts: [String: Int] = [:]
    for link in document.records.flatMap(\.links) { counts[link.kind.rawValue, default: 0] += 1 }
    return .object(JSON.Object(distinct: counts.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value)) }))
  }

  private func table(_ document: PaperDocument) -> Display.Table {
    Display.Table(
      columns: ["", "title", "warnings"],
      rows: document.records.prefix(Self.previewed).map { record in
        [
          JSON(record.ordinal), record.item["title"] ?? "",
          .string(Set(record.warnings.map(\.code.rawValue)).sorted().joined(separator: " ")),
        ]
      })
  }
}
