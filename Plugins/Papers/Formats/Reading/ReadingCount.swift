import Linear

/// Reads a source piece by piece and counts its records, for measurements of the readers alone.
package enum ReadingCount {
  /// - Throws: what the source or the format says against reading it.
  package static func records(in source: any ByteSource, format: String? = nil) throws -> Int {
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
}
