import JSON
import Linear
import PaperStore
import PluginKit

/// The members of a params object that name a source of papers: a file or a text, and its format.
struct PaperSource {
  let source: FileReference?
  let text: String?
  let format: String?

  func open(_ context: Context) throws -> OpenSource {
    let bytes: any ByteSource = try source.map { try context.bytes($0) } ?? TextBytes(text ?? "")
    var named: PaperFormat?
    if let format {
      do throws(FormatError) {
        named = try PaperFormat.named(format)
      } catch {
        throw MethodError.invalidParameter(pointer: "/format", expected: "\(error)")
      }
    }
    return OpenSource(
      bytes: bytes, name: try source.map { try context.name($0) } ?? "text", pointer: source?.pointer ?? "/text",
      isNamed: source != nil, named: named, context: context)
  }
}

/// A text that was given in the params, as bytes.
private struct TextBytes: ByteSource {
  let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  var count: Int { bytes.count }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, offset + buffer.count <= bytes.count else {
      throw ByteSourceFault.endOfBytes(offset: offset, wanted: buffer.count, count: bytes.count)
    }
    buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
  }
}

/// A source that can be read, from its beginning as often as is needed.
struct OpenSource {
  let bytes: any ByteSource
  /// What messages and the store call it.
  let name: String
  let pointer: String
  /// Pasted text has no name of its own.
  let isNamed: Bool
  let named: PaperFormat?
  let context: Context

  /// The largest source that is read in one piece, in bytes.
  private static let limit = 1 << 30

  /// The format: the one that was named, else told by the content.
  func format() throws -> PaperFormat {
    if let named { return named }
    // The beginning tells, unless it is nothing but blanks.
    for size in [1 << 16, 1 << 24] {
      let head = try bytes.bytes(at: 0, count: min(size, bytes.count))
      do throws(FormatError) {
        return try PaperFormat.detect(head)
      } catch {
        if case .empty = error, head.count < bytes.count, size < 1 << 24 { continue }
        throw fault(error)
      }
    }
    throw fault(.empty)
  }

  private func fault(_ error: FormatError) -> MethodError {
    .data(.format, pointer: pointer, message: "\(name): \(error)")
  }

  /// The bytes from the first to the last, in pieces.
  func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + (1 << 16))
      try body(try bytes.bytes(at: start, count: end - start))
      start = end
    }
  }

  /// Reads the source and hands over each record, in order; `aside` gets what belongs to no record.
  func read(_ take: (PaperRecord) throws -> Void, aside: (Aside) throws -> Void) throws {
    let format = try format()
    if format.pieceReader != nil { return try readPieces(format, take, aside) }
    guard bytes.count <= Self.limit else {
      throw MethodError.data(
        .memory, pointer: pointer, message: "the source holds \(bytes.count >> 20) MiB; at most 1024 are read",
        hint: "split it into several files")
    }
    let document: PaperDocument
    if format == .pdf {
      guard isNamed else {
        throw MethodError.invalidParameter(pointer: pointer, expected: "a PDF as a file, not as text")
      }
      document = PDFReader.read(
        text: try context.text(ofPDF: FileReference(pointer: pointer)), count: bytes.count)
    } else {
      try context.reserve(3 * bytes.count, for: "the source and its records")
      let all = try bytes.bytes(at: 0, count: bytes.count)
      do {
        document = try PaperFormat.read(all, as: format) { record in
          if record.ordinal & 0x3F == 0 { try context.checkCancellation() }
          try take(record)
        }
      } catch let error as FormatError {
        throw fault(error)
      }
    }
    for warning in document.warnings { try aside(.warning(warning)) }
    for record in document.records { try take(record) }
    for region in document.regions { try aside(.region(region)) }
  }

  /// Of a format that is read in pieces there is one record in memory, whatever the size of the source.
  private func readPieces(
    _ format: PaperFormat, _ take: (PaperRecord) throws -> Void, _ aside: (Aside) throws -> Void
  ) throws {
    var reading = PaperReading(as: format)
    func hand(_ events: [ReadEvent]) throws {
      for event in events {
        switch event {
        case .record(let record): try take(record)
        case .warning(let warning): try aside(.warning(warning))
        case .region(let region): try aside(.region(region))
        }
      }
    }
    do {
      try forEachPiece { piece in
        try context.checkCancellation()
        try hand(try reading.read(piece))
      }
      try hand(try reading.finish())
    } catch let error as FormatError {
      throw fault(error)
    }
  }

  /// What a source holds besides its records.
  enum Aside {
    case warning(ParseWarning)
    case region(PaperDocument.Region)
  }

  /// The entry's own bytes.
  func bytes(of record: PaperRecord) throws -> [UInt8] {
    try bytes.bytes(at: record.span.start, count: record.span.count)
  }
}

/// Warnings by code: how many, and the span of the first.
struct WarningCounts {
  private var counts: [ParseWarning.Code: (count: Int, first: ByteSpan)] = [:]

  mutating func add(_ warning: ParseWarning) {
    let known = counts[warning.code]
    let first = known.map { $0.first.start <= warning.span.start ? $0.first : warning.span } ?? warning.span
    counts[warning.code] = ((known?.count ?? 0) + 1, first)
  }

  mutating func add(_ record: PaperRecord) {
    for warning in record.warnings { add(warning) }
  }

  var json: JSON {
    .object(
      JSON.Object(
        distinct: counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { code, entry in
          .init(code.rawValue, ["count": JSON(entry.count), "first": entry.first.json])
        }))
  }
}
