import Linear

/// Reads BibTeX and BibLaTeX.
struct BibTeXReader: FormatReader {
  static func read(_ source: SourceText) -> PaperDocument {
    var records: [PaperRecord] = []
    // Neither the closure nor a single thread has anything to throw.
    var document =
      (try? read(source, .serial) { records.append($0) })
      ?? PaperDocument(format: .bibtex, records: [], warnings: [], regions: [])
    document.records = records
    return document
  }

  /// Entries that one thread makes records of before it asks for more.
  private static let chunk = 64

  static func read(
    _ source: SourceText, _ workers: Workers, _ take: (PaperRecord) throws -> Void
  ) throws -> PaperDocument {
    try source.bytes.withUnsafeBufferPointer { bytes in
      var maker = BibTeXRecordMaker(source, bytes)
      let entries = maker.values.index.blocks.indices.filter { maker.values.index.blocks[$0].kind == .entry }
      if workers.jobs == 1 || entries.count <= chunk {
        for block in entries { try take(maker.record(block)) }
      } else {
        try read(entries, SharedMaker(maker: maker), workers, take)
      }
      return PaperDocument(
        format: .bibtex, records: [], warnings: sourceWarnings(source) + maker.looseWarnings(),
        regions: regions(source, maker.values.index))
    }
  }

  /// Makes records on several threads, some chunks at a time, and hands them over in order.
  private static func read(
    _ entries: [Int], _ shared: SharedMaker, _ workers: Workers, _ take: (PaperRecord) throws -> Void
  ) throws {
    let round = 8 * workers.jobs * chunk
    for start in stride(from: 0, to: entries.count, by: round) {
      let end = min(entries.count, start + round)
      let chunks = try workers.map((end - start + chunk - 1) / chunk) { place in
        let first = start + place * chunk
        var maker = shared.maker
        maker.begin(at: entries[first], ordinal: first)
        return entries[first..<min(end, first + chunk)].map { maker.record($0) }
      }
      for records in chunks { for record in records { try take(record) } }
    }
  }

  /// Sendable: its copies only read the source's bytes, which stay where they are until all threads are done, and what
  /// they write are values of their own.
  private struct SharedMaker: @unchecked Sendable {
    let maker: BibTeXRecordMaker
  }

  private static func sourceWarnings(_ source: SourceText) -> [ParseWarning] {
    var warnings: [ParseWarning] = []
    if source.start > 0 {
      warnings.append(
        ParseWarning(.byteOrderMark, ByteSpan(0, source.start), "the source begins with a byte-order mark"))
    }
    if let fault = source.firstFault {
      warnings.append(
        ParseWarning(
          .notUTF8, ByteSpan(fault, fault + 1), "the source is not UTF-8; its odd bytes are read as Windows-1252"))
    }
    return warnings
  }

  /// Every byte once: entries, what else a file has, text that is skipped, and blanks between them.
  private static func regions(_ source: SourceText, _ index: BibTeXIndex) -> [PaperDocument.Region] {
    var regions: [PaperDocument.Region] = []
    regions.reserveCapacity(2 * index.blocks.count + 2)
    var position = 0
    var ordinal = 0
    for block in index.blocks {
      let span = block.span.span
      if span.start > position { regions.append(.init(kind: .blank, span: ByteSpan(position, span.start))) }
      let kind: PaperDocument.Region.Kind
      switch block.kind {
      case .entry:
        ordinal += 1
        kind = .record(ordinal)
      case .macros, .preamble, .comment: kind = .aside
      case .text: kind = source.bytes[span.start] == UInt8(ascii: "%") ? .aside : .skipped
      }
      regions.append(.init(kind: kind, span: span))
      position = span.end
    }
    if position < source.bytes.count {
      regions.append(.init(kind: .blank, span: ByteSpan(position, source.bytes.count)))
    }
    return regions
  }
}
