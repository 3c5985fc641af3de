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
  /// Skipped spans that stand in the value; a file that is no file of papers has very many.
  private static let skippedShown = 10_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let input = PaperSource(source: parameters.source, text: parameters.text, format: parameters.format)
    let source = try input.open(context)
    var count = 0
    var warned = 0
    var preview: [PaperRecord] = []
    var links: [String: Int] = [:]
    var skipped: [JSON] = []
    var warnings = WarningCounts()
    let records = try context.artifact("records", .jsonLines) { writer in
      try source.read(
        { record in
          count += 1
          if !record.warnings.isEmpty { warned += 1 }
          warnings.add(record)
          for link in record.links { links[link.kind.rawValue, default: 0] += 1 }
          if preview.count < Self.previewed { preview.append(record) }
          try writer.write(record.json.canonicalBytes() + [0x0A])
          guard count % 1000 == 0 else { return }
          try context.checkCancellation()
          context.progress(record.span.end, of: source.bytes.count, "record \(count)")
        },
        aside: { aside in
          switch aside {
          case .warning(let warning): warnings.add(warning)
          case .region(let region):
            let isSkipped = region.kind == .skipped || region.kind == .banner
            if isSkipped, skipped.count < Self.skippedShown { skipped.append(region.span.json) }
          }
        })
    }
    context.display("Papers in the source", .table(table(preview)))
    return Output(
      records: records, count: count, format: try source.format().rawValue,
      links: .object(
        JSON.Object(distinct: links.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value)) })),
      warned: warned, warnings: warnings.json, skipped: skipped, preview: preview.map(\.json))
  }

  private func table(_ records: [PaperRecord]) -> Display.Table {
    Display.Table(
      columns: ["", "title", "warnings"],
      rows: records.map { record in
        [
          JSON(record.ordinal), record.item["title"] ?? "",
          .string(Set(record.warnings.map(\.code.rawValue)).sorted().joined(separator: " ")),
        ]
      })
  }
}
