import Linear

/// Reads a source piece by piece and counts its records, for measurements of the readers alone.
package enum ReadingCount {
  /// - Throws: what the source or the format says against reading it.
  package static func records(in source: any ByteSource, format: String? = nil) throws -> Int {
    if let format, let named = PaperFormat(rawValue: format), named.reader != nil {
      var count = 0
      _ = try PaperFormat.read(try source.bytes(at: 0, count: source.count), as: named) { _ in count += 1 }
      return count
    }
    var reading = PaperReading(as: try format.map { try PaperFormat.named($0) })
    var count = 0
    var offset = 0
    while offset < source.count {
      let piece = try source.bytes(at: offset, count: min(PaperReading.pieceSize, source.count - offset))
      offset += piece.count
      for case .record in try reading.read(piece) { count += 1 }
    }
    for case .record in try reading.finish() { count += 1 }
    return count
  }

  /// The entries of a BibTeX source, found and cut into fields, with nothing decoded.
  package static func bibTeXSpans(in source: any ByteSource) throws -> Int {
    let bytes = try source.bytes(at: 0, count: source.count)
    return bytes.withUnsafeBufferPointer { BibTeXScanner.scan($0, from: 0).blocks.count { $0.kind == .entry } }
  }
}
