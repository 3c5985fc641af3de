import JSON
import PaperStore
import PluginKit

/// Brings papers into the store: new ones are added, known ones recognised, and the plan of what happened is kept.
public struct ImportPapers: Method {
  public static let name = "papers.import"

  public struct Parameters: Decodable, Sendable {
    let source: FileReference?
    let text: String?
    let format: String?
    let dryRun: Bool
    let mergePolicy: MergePolicy
    let tags: [String]
    let base: Int?
  }

  public struct Output: Encodable, Sendable {
    let counts: JSON
    let records: ArtifactReference
    let papers: ArtifactReference
    let count: Int
    let format: String
    let dryRun: Bool
    let base: Int
    let warnings: JSON
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let input = PaperSource(source: parameters.source, text: parameters.text, format: parameters.format)
    let applying = try ImportRun(parameters, input.open(context), context)
    var summary = ImportSummary()
    var papers: ArtifactReference?
    let records = try context.artifact("records", .jsonLines) { lines in
      papers = try context.artifact("papers", .jsonLines) { ids in
        try applying.run { plan in
          for record in plan {
            summary.add(record)
            try lines.write(record.json.canonicalBytes() + [0x0A])
            if record.decision == .new, let paper = record.paper { try ids.write("\"\(paper)\"\n") }
          }
        }
      }
    }
    guard let papers else { throw MethodError.internal("the import gave no papers") }
    context.display("What the import did", .table(summary.table))
    if summary.deleted > 0 {
      context.warn(
        "deleted", "\(summary.deleted) records are of deleted papers; papers.delete with restore brings those back")
    }
    return Output(
      counts: summary.json, records: records, papers: papers, count: summary.count, format: applying.format,
      dryRun: parameters.dryRun, base: applying.base, warnings: applying.warnings.json)
  }
}

/// What happened to the records of a source, in numbers and in a table.
private struct ImportSummary {
  private(set) var count = 0
  /// Records of papers that were deleted.
  private(set) var deleted = 0
  private var counts: [ImportDecision: Int] = [:]
  private var rows: [[JSON]] = []

  /// Lines of the table.
  private static let shown = 200

  mutating func add(_ record: PlannedRecord) {
    count += 1
    if record.isDeleted { deleted += 1 }
    counts[record.decision, default: 0] += 1
    guard rows.count < Self.shown else { return }
    let word = record.isDeleted ? "deleted" : record.decision == .same ? "known" : record.decision.rawValue
    rows.append([JSON(record.ordinal), .string(record.paper ?? ""), .string(word), .string(record.title)])
  }

  var json: JSON {
    .object(
      JSON.Object(distinct: ImportDecision.allCases.map { .init($0.rawValue, JSON(counts[$0] ?? 0)) }))
  }

  var table: Display.Table { Display.Table(columns: ["", "paper", "what", "title"], rows: rows) }
}

extension PlannedRecord {
  fileprivate var json: JSON {
    var line: JSON.Object = ["ordinal": JSON(ordinal), "decision": .string(decision.rawValue)]
    line["paper"] = paper.map(JSON.string)
    line["title"] = .string(title)
    if !evidence.isEmpty { line["evidence"] = .string(evidence) }
    if isDeleted { line["deleted"] = .bool(true) }
    if !changes.isEmpty { line["changes"] = .array(changes.map(\.json)) }
    return .object(line)
  }
}

extension FieldChange {
  var json: JSON {
    ["field": .string(field), "old": old ?? .null, "new": new ?? .null, "origin": .string(rule)]
  }
}
