import JSON
import PaperStore
import PluginKit

/// One source on its way into the store, batch by batch. Belongs to the call that made it.
final class ImportRun {
  private let parameters: ImportPapers.Parameters
  private let source: OpenSource
  private let content: ImportSource
  private let context: Context
  private var row: SourceRow?
  private var batch: [ImportRecord] = []
  /// Warnings that belong to no record.
  private var asides: [ImportRecord.Warning] = []
  private(set) var warnings = WarningCounts()
  /// How often the store had changed before.
  private(set) var base = 0

  /// Records in one transaction: other writers get in between, and a cancelled import keeps whole batches.
  private static let batchSize = 5_000
  /// From so many new papers on the search index is made one piece.
  private static let bulk = 20_000

  init(_ parameters: ImportPapers.Parameters, _ source: OpenSource, _ context: Context) throws {
    (self.parameters, self.source, self.context) = (parameters, source, context)
    content = try ImportSource(source)
  }

  var format: String { content.format }

  /// Reads the source and applies it, and hands over what was decided.
  func run(_ take: ([PlannedRecord]) throws -> Void) throws {
    if parameters.dryRun {
      // One transaction that is rolled back, so that later records see the earlier ones.
      try context.changePapers { writer in
        writer.isDryRun = true
        try read(take) { try apply(isLast: $0, in: writer) }
      }
      return
    }
    var newPapers = 0
    try read { plan in
      newPapers += plan.count { $0.decision == .new }
      try take(plan)
    } apply: { isLast in
      try context.changePapers { try apply(isLast: isLast, in: $0) }
    }
    guard newPapers >= Self.bulk else { return }
    try context.changePapers { writer in
      try writer.optimizeIndex()
      writer.foldsLog = true
    }
  }

  private func read(
    _ take: ([PlannedRecord]) throws -> Void, apply: (_ isLast: Bool) throws -> [PlannedRecord]
  ) throws {
    try source.read(
      { record in
        warnings.add(record)
        var entry = ImportRecord(record, bytes: try source.bytes(of: record))
        entry.tags += parameters.tags
        batch.append(entry)
        guard batch.count >= Self.batchSize else { return }
        try context.checkCancellation()
        try take(apply(false))
        context.progress(record.span.end, of: source.bytes.count, "record \(record.ordinal)")
      },
      aside: { aside in
        guard case .warning(let warning) = aside else { return }
        warnings.add(warning)
        asides.append(ImportRecord.Warning(warning))
      })
    try context.checkCancellation()
    try take(apply(true))
  }

  /// Applies the records that were gathered.
  private func apply(isLast: Bool, in writer: PaperWriter) throws -> [PlannedRecord] {
    writer.policy = parameters.mergePolicy
    if row == nil { try checkBase(writer) }
    let row = try row ?? writer.source(content)
    let plan = try writer.apply(batch, from: row)
    if isLast { try writer.enter(asides, of: row) }
    self.row = row
    batch.removeAll(keepingCapacity: true)
    return plan
  }

  private func checkBase(_ writer: PaperWriter) throws {
    base = try writer.changeCount()
    guard let planned = parameters.base, planned != base else { return }
    throw StoreError(
      .stale, "the papers changed since the plan was made (\(planned) changes then, \(base) now)",
      hint: "make the plan again with dryRun, and give its base")
  }
}

extension ImportSource {
  fileprivate init(_ source: OpenSource) throws {
    let isKept = source.bytes.count <= Self.largestKept
    let content = isKept ? try source.bytes.bytes(at: 0, count: source.bytes.count) : nil
    self.init(
      format: try source.format().rawValue, name: source.name, sha256: try Digest.sha256(of: source.bytes),
      parserVersion: PapersPlugin.version, bytes: source.bytes.count, content: content)
    isNamed = source.isNamed
    if !isKept {
      artifact = try source.context.artifact("source", MediaType("application/octet-stream")) { writer in
        try source.forEachPiece { try writer.write($0) }
      }.sha256
    }
  }
}
