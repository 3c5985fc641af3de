import JSON
import PaperStore
import PluginKit

/// One source on its way into the store: one thread reads it, another one writes it, batch by batch. Belongs to the
/// call that made it.
final class ImportRun {
  private let parameters: ImportPapers.Parameters
  private let source: OpenSource
  private let context: Context
  /// Hashing and keeping the source goes on beside the reading of its first records.
  private let content: Beside<ImportSource>
  private var records: [ImportRecord] = []
  /// Warnings that belong to no record.
  private var asides: [ImportRecord.Warning] = []
  private var newPapers = 0
  private(set) var warnings = WarningCounts()
  /// How often the store had changed before.
  private(set) var base = 0
  let format: String

  /// Records that are handed over at once; a batch is a whole number of them.
  private static let chunkSize = 250
  /// From so many new papers on the search index is made one piece.
  private static let bulk = 20_000

  init(_ parameters: ImportPapers.Parameters, _ source: OpenSource, _ context: Context) throws {
    (self.parameters, self.source, self.context) = (parameters, source, context)
    let format = try source.format()
    self.format = format.rawValue
    content = Beside { try ImportSource(source, format) }
  }

  /// Reads the source and applies it, and hands over what was decided.
  func run(_ take: ([PlannedRecord]) throws -> Void) throws {
    // Nothing goes on behind the answer.
    defer { _ = try? content.value() }
    if parameters.dryRun {
      // One transaction that is rolled back, so that later records see the earlier ones.
      try self.context.changePapers { writer in
        writer.isDryRun = true
        var batch = ImportBatchWriter(self.parameters, row: nil)
        try read { try took(batch.apply($0, self.content, in: writer), take) }
        base = batch.base ?? base
      }
      return
    }
    let incoming = Channel<ImportPiece>(capacity: 8)
    let outgoing = Channel<ImportedPiece>(capacity: .max)
    let (parameters, context, content) = (parameters, context, content)
    let writing = Beside {
      do {
        var row: SourceRow?
        while true {
          var batch = ImportBatchWriter(parameters, row: row)
          let isDone = try context.changePapers { try batch.write(incoming, content, in: $0) }
          try outgoing.send(ImportedPiece(plan: batch.plan, base: batch.base))
          row = batch.row
          if isDone { return }
        }
      } catch {
        incoming.fail(error)
        throw error
      }
    }
    do {
      try read { piece in
        try incoming.send(piece)
        for written in outgoing.receiveAll() { try took(written, take) }
      }
    } catch {
      incoming.fail(error)
      _ = try? writing.value()
      throw error
    }
    try writing.value()
    for written in outgoing.receiveAll() { try took(written, take) }
    guard newPapers >= Self.bulk else { return }
    try context.changePapers { writer in
      try writer.optimizeIndex()
      writer.foldsLog = true
    }
  }

  /// Gathers records, and hands them over in pieces; the last piece says so.
  private func read(_ hand: (ImportPiece) throws -> Void) throws {
    func flush() throws {
      try context.checkCancellation()
      let piece = records
      records = []
      records.reserveCapacity(Self.chunkSize)
      try hand(.records(piece))
    }
    try source.read(
      { record in
        warnings.add(record)
        var entry = ImportRecord(record, bytes: try source.bytes(of: record))
        entry.tags += parameters.tags
        entry.prepare()
        records.append(entry)
        guard records.count >= Self.chunkSize else { return }
        try flush()
        context.progress(record.span.end, of: source.bytes.count, "record \(record.ordinal)")
      },
      aside: { aside in
        guard case .warning(let warning) = aside else { return }
        warnings.add(warning)
        asides.append(ImportRecord.Warning(warning))
      })
    if !records.isEmpty { try flush() }
    try context.checkCancellation()
    try hand(.end(asides))
  }

  private func took(_ written: ImportedPiece, _ take: ([PlannedRecord]) throws -> Void) throws {
    if let base = written.base { self.base = base }
    newPapers += written.plan.count { $0.decision == .new }
    try take(written.plan)
  }
}

/// What the reading thread hands to the writing one.
private enum ImportPiece: Sendable {
  case records([ImportRecord])
  /// The source has ended; these warnings belong to no record.
  case end([ImportRecord.Warning])
}

/// What became of records.
private struct ImportedPiece: Sendable {
  let plan: [PlannedRecord]
  /// How often the store had changed before; of the first batch alone.
  let base: Int?
}

/// The records of one transaction.
private struct ImportBatchWriter {
  private let parameters: ImportPapers.Parameters
  /// The source as an earlier batch entered it.
  private(set) var row: SourceRow?
  private(set) var plan: [PlannedRecord] = []
  private(set) var base: Int?

  /// Records in one transaction: other writers get in between, and a cancelled import keeps whole batches.
  private static let size = 5_000

  init(_ parameters: ImportPapers.Parameters, row: SourceRow?) { (self.parameters, self.row) = (parameters, row) }

  /// Writes what comes until the batch is full or the source ends; true at its end.
  mutating func write(
    _ incoming: Channel<ImportPiece>, _ content: Beside<ImportSource>, in writer: PaperWriter
  ) throws -> Bool {
    while plan.count < Self.size {
      let piece = try incoming.receive()
      plan += try apply(piece, content, in: writer).plan
      if case .end = piece { return true }
    }
    return false
  }

  mutating func apply(
    _ piece: ImportPiece, _ content: Beside<ImportSource>, in writer: PaperWriter
  ) throws -> ImportedPiece {
    writer.policy = parameters.mergePolicy
    if row == nil { try checkBase(writer) }
    let row = try row ?? writer.source(content.value())
    self.row = row
    switch piece {
    case .records(let records): return ImportedPiece(plan: try writer.apply(records, from: row), base: base)
    case .end(let asides):
      try writer.enter(asides, of: row)
      return ImportedPiece(plan: [], base: base)
    }
  }

  private mutating func checkBase(_ writer: PaperWriter) throws {
    let found = try writer.changeCount()
    base = found
    guard let planned = parameters.base, planned != found else { return }
    throw StoreError(
      .stale, "the papers changed since the plan was made (\(planned) changes then, \(found) now)",
      hint: "make the plan again with dryRun, and give its base")
  }
}

extension ImportSource {
  fileprivate init(_ source: OpenSource, _ format: PaperFormat) throws {
    let isKept = source.bytes.count <= Self.largestKept
    let content = isKept ? try source.bytes.bytes(at: 0, count: source.bytes.count) : nil
    self.init(
      format: format.rawValue, name: source.name, sha256: try Digest.sha256(of: source.bytes),
      parserVersion: PapersPlugin.version, bytes: source.bytes.count, content: content)
    isNamed = source.isNamed
    if !isKept {
      artifact = try source.context.artifact("source", MediaType("application/octet-stream")) { writer in
        try source.forEachPiece { try writer.write($0) }
      }.sha256
    }
  }
}
