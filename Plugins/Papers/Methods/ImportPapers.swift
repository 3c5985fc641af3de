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
    let tags: [String]
  }

  public struct Output: Encodable, Sendable {
    let counts: JSON
    let records: ArtifactReference
    let papers: ArtifactReference
    let count: Int
    let format: String
    let dryRun: Bool
    let warnings: JSON
  }

  /// Records in one transaction: other writers get in between, and a cancelled import keeps whole batches.
  private static let batchSize = 5_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let input = PaperSource(source: parameters.source, text: parameters.text, format: parameters.format)
    let (document, bytes, name) = try input.read(context)
    let records = document.records.map { ImportRecord($0, in: bytes) }
    let source = ImportSource(document, name: name, bytes: bytes)
    let plan = try apply(records, from: source, parameters, context)

    var counts: JSON.Object = [:]
    for decision in ImportDecision.allCases {
      counts[decision.rawValue] = JSON(plan.count { $0.decision == decision })
    }
    context.display("What the import did", .table(table(plan)))
    return Output(
      counts: .object(counts), records: try context.lines(plan.map(\.json), "records"),
      papers: try context.lines(plan.filter { $0.decision == .new }.compactMap { $0.paper.map(JSON.string) }, "papers"),
      count: plan.count, format: document.format.rawValue, dryRun: parameters.dryRun, warnings: document.warningCounts)
  }

  private func apply(
    _ records: [ImportRecord], from source: ImportSource, _ parameters: Parameters, _ context: Context
  ) throws -> [PlannedRecord] {
    var plan: [PlannedRecord] = []
    // A dry run is one transaction that is rolled back, so that later records see the earlier ones.
    let size = parameters.dryRun ? max(1, records.count) : Self.batchSize
    for start in stride(from: 0, to: max(1, records.count), by: size) {
      try context.checkCancellation()
      context.progress(start, of: records.count, "record \(start) of \(records.count)")
      let batch = Array(records[start..<min(records.count, start + size)])
      plan += try context.changePapers { writer in
        writer.isDryRun = parameters.dryRun
        let id = try writer.source(source)
        let planned = try writer.apply(batch, from: id)
        if !parameters.tags.isEmpty {
          try writer.tag(planned.compactMap(\.paper), parameters.tags, origin: "import")
        }
        return planned
      }
    }
    return plan
  }

  private func table(_ plan: [PlannedRecord]) -> Display.Table {
    let words: [ImportDecision: String] = [.same: "known"]
    return Display.Table(
      columns: ["", "paper", "what", "title"],
      rows: plan.map { record in
        [
          JSON(record.ordinal), .string(record.paper ?? ""),
          .string(words[record.decision] ?? record.decision.rawValue), .string(record.title),
        ]
      })
  }
}

extension PlannedRecord {
  fileprivate var json: JSON {
    var line: JSON.Object = ["ordinal": JSON(ordinal), "decision": .string(decision.rawValue)]
    line["paper"] = paper.map(JSON.string)
    line["title"] = .string(title)
    if !evidence.isEmpty { line["evidence"] = .string(evidence) }
    if !changed.isEmpty { line["changed"] = JSON(changed) }
    return .object(line)
  }
}

extension ImportSource {
  fileprivate init(_ document: PaperDocument, name: String, bytes: [UInt8]) {
    self.init(
      format: document.format.rawValue, name: name, sha256: Digest.sha256(bytes), parserVersion: PapersPlugin.version,
      bytes: bytes.count, content: bytes.count <= ImportSource.largestKept ? bytes : nil)
    warnings = document.warnings.map(ImportRecord.Warning.init)
  }
}

extension ImportRecord {
  fileprivate init(_ record: PaperRecord, in bytes: [UInt8]) {
    self.init(
      ordinal: record.ordinal, span: record.span.range, bytes: Array(bytes[record.span.range]),
      title: record.item["title"]?.string ?? "")
    localKey = record.key
    rawType = record.rawType
    fields = .object(record.fields)
    titleRaw = record.title.map { String(decoding: $0.raw, as: UTF8.self) }
    titleSpan = record.title?.span.range
    abstract = record.item["abstract"]?.string
    abstractRaw = record.abstract?.raw
    abstractSpan = record.abstract?.span.range
    type = record.item["type"]?.string ?? "article"
    let date = record.item["issued"]?["date-parts"]?[0]
    year = date?[0]?.int
    month = date?[1]?.int
    day = date?[2]?.int
    dateLiteral = record.item["issued"]?["literal"]?.string
    container = record.item["container-title"]?.string
    volume = record.item["volume"]?.string
    issue = record.item["issue"]?.string
    pages = record.item["page"]?.string
    publisher = record.item["publisher"]?.string
    place = record.item["publisher-place"]?.string
    language = record.item["language"]?.string
    note = record.item["note"]?.string
    authors = ["author", "editor", "translator"].flatMap { role in
      (record.item[role]?.array ?? []).map { ImportRecord.Author($0, role: role) }
    }
    identifiers = record.identifiers.map { Identifier($0.scheme.rawValue, $0.value) }
    links = (record.links + record.promises).map {
      Link(kind: $0.kind.rawValue, url: $0.url, urlRaw: $0.raw, status: $0.status.rawValue, span: $0.span.range)
    }
    mentions = record.mentions.map {
      (Identifier($0.identifier.scheme.rawValue, $0.identifier.value), $0.span.range)
    }
    warnings = record.warnings.map(Warning.init)
  }
}

extension ImportRecord.Author {
  /// From a name of a CSL-JSON item.
  fileprivate init(_ name: JSON, role: String) {
    self.init()
    self.role = role
    family = name["family"]?.string
    given = name["given"]?.string
    literal = name["literal"]?.string
    suffix = name["suffix"]?.string
    particle = name["dropping-particle"]?.string ?? name["non-dropping-particle"]?.string
    particleDrops = name["dropping-particle"] != nil
  }
}

extension ImportRecord.Warning {
  fileprivate init(_ warning: ParseWarning) {
    self.init(
      code: warning.code.rawValue, severity: warning.severity.rawValue, message: warning.message,
      span: warning.span.range)
  }
}

extension Context {
  /// JSON lines, canonical each.
  func lines(_ values: [JSON], _ name: String) throws -> ArtifactReference {
    try artifact(name, .jsonLines) { writer in
      for value in values {
        try writer.write(value.canonicalBytes())
        try writer.write("\n")
      }
    }
  }
}
