import JSON

/// Writes CSL-JSON: an array with an item a line.
struct CSLJSONWriter: FormatWriter {
  private var count = 0

  init() {}

  mutating func write(_ paper: ExportedPaper) -> [UInt8] {
    defer { count += 1 }
    return Array((count == 0 ? "[\n" : ",\n").utf8) + Array(JSON.object(paper.item).text.utf8)
  }

  mutating func end() -> [UInt8] { Array((count == 0 ? "[]\n" : "\n]\n").utf8) }
}
