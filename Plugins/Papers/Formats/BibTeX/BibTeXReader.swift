/// Reads BibTeX and BibLaTeX.
struct BibTeXReader: FormatReader {
  static func read(_ source: SourceText) -> PaperDocument {
    var records: [PaperRecord] = []
    var document = stream(source) { record in
      records.append(record)
      return true
    }
    document.records = records
    return document
  }

  static func read(_ source: SourceText, _ take: (PaperRecord) throws -> Void) throws -> PaperDocument {
    var failure: (any Error)?
    let document = stream(source) { record in
      do {
        try take(record)
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return document
  }

  /// Makes one record after the other, up to the one that is not wanted any more.
  private static func stream(_ source: SourceText, _ take: (PaperRecord) -> Bool) -> PaperDocument {
    source.bytes.withUnsafeBufferPointer { bytes in
      var maker = BibTeXRecordMaker(source, bytes)
      for block in maker.values.index.blocks.indices where maker.values.index.blocks[block].kind == .entry {
        guard take(maker.record(block)) else { break }
      }
      return PaperDocument(
        format: .bibtex, records: [], warnings: sourceWarnings(source) + maker.looseWarnings(),
        regions: regions(source, maker.values.index))
    }
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
