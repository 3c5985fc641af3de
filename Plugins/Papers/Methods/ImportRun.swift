import JSON
import PaperStore
import PluginKit

/// One source on its way into the store, batch by batch: while one is written, the next is read. Belongs to the call
/// that made it.
final class ImportRun {
  private let parameters: ImportPapers.Parameters
  private let source: OpenSource
  private let context: Context
  private let writing: BatchWriting
  private var row: SourceRow?
  private var batch: [ImportRecord] = []
  /// The batch that is being written.
  private var pending: Beside<WrittenBatch>?
  /// Warnings that belong to no record.
  private var asides: [ImportRecord.Warning] = []
  private var newPapers = 0
  private(set) var warnings = WarningCounts()
  /// How often the store had changed before.
  private(set) var base = 0

  /// Records in one transaction: other writers get in between, and a cancelled import keeps whole batches.
  private static let batchSize = 5_000
  /// From so many new papers on the search index is made one piece.
  private static let bulk = 20_000

  init(_ parameters: ImportPapers.Parameters, _ source: OpenSource, _ context: Context) throws {
    (self.parameters, self.source, self.context) = (parameters, source, context)
    writing = BatchWriting(
      content: try ImportSource(source), policy: parameters.mergePolicy, base: parameters.base)
  }

  var format: String { writing.content.format }

  /// Reads the source and applies it, and hands over what was decided.
  func run(_ take: ([PlannedRecord]) throws -> Void) throws {
    if parameters.dryRun {
      // One transaction that is rolled back, so that later records see the earlier ones.
      try context.changePapers { writer in
        writer.isDryRun = true
        try read {
          try took(try writing.apply(batch, asides: $0 ? asides : nil, row: row, in: writer), take)
          batch.removeAll(keepingCapacity: true)
        }
      }
      return
    }
    do {
      try read { try write(isLast: $0, take) }
      try finishPending(take)
    } catch {
      // Nothing goes on behind the answer.
      _ = try? pending?.value()
      throw error
    }
    guard newPapers >= Self.bulk else { return }
    try context.changePapers { writer in
      try writer.optimizeIndex()
      writer.foldsLog = true
    }
  }

  /// Gathers records, and calls `flush` for each batch and for what is left at the end.
  private func read(flush: (_ isLast: Bool) throws -> Void) throws {
    try source.read(
      { record in
        warnings.add(record)
        var entry = ImportRecord(record, bytes: try source.bytes(of: record))
        entry.tags += parameters.tags
        entry.prepare()
        batch.append(entry)
        guard batch.count >= Self.batchSize else { return }
        try context.checkCancellation()
        try flush(false)
        context.progress(record.span.end, of: source.bytes.count, "record \(record.ordinal)")
      },
      aside: { aside in
        guard case .warning(let warning) = aside else { return }
        warnings.add(warning)
        asides.append(ImportRecord.Warning(warning))
      })
    try context.checkCancellation()
    try flush(true)
  }

  /// Begins to write the records that were gathered, when the batch before them is written.
  private func write(isLast: Bool, _ take: ([PlannedRecord]) throws -> Void) throws {
    try finishPending(take)
    let (writing, context, row, records) = (writing, context, row, batch)
    let asides = isLast ? asides : nil
    batch = []
    batch.reserveCapacity(isLast ? 0 : Self.batchSize)
    pending = Beside {
      try context.changePapers { try writing.apply(records, asides: asides, row: row, in: $0) }
    }
  }

  private func finishPending(_ take: ([PlannedRecord]) throws -> Void) throws {
    guard let written = pending else { return }
    pending = nil
    try took(written.value(), take)
  }

  private func took(_ written: WrittenBatch, _ take: ([PlannedRecord]) throws -> Void) throws {
    row = written.row
    if let base = written.base { self.base = base }
    newPapers += written.plan.count { $0.decision == .new }
    try take(written.plan)
  }
}

/// What became of a batch.
private struct WrittenBatch: Sendable {
  let plan: [PlannedRecord]
  let row: SourceRow
  /// How often the store had changed before; of the first batch alone.
  let base: Int?
}

/// How the batches of a source are applied.
private struct BatchWriting: Sendable {
  let content: ImportSource
  let policy: MergePolicy
  /// How often the store may have changed; any number when it is `nil`.
  let base: Int?

  /// - Parameters:
  ///   - asides: of the last batch, the warnings that belong to no record.
  ///   - row: the source as an earlier batch entered it.
  func apply(
    _ records: [ImportRecord], asides: [ImportRecord.Warning]?, row: SourceRow?, in writer: PaperWriter
  ) throws -> WrittenBatch {
    writer.policy = policy
    let found = try row == nil ? changeCount(writer) : nil
    let row = try row ?? writer.source(content)
    let plan = try writer.apply(records, from: row)
    if let asides { try writer.enter(asides, of: row) }
    return WrittenBatch(plan: plan, row: row, base: found)
  }

  private func changeCount(_ writer: PaperWriter) throws -> Int {
    let found = try writer.changeCount()
    guard let base, base != found else { return found }
    throw StoreError(
      .stale, "the papers changed since the plan was made (\(base) changes then, \(found) now)",
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
