import JSON

/// A run of bytes of a source, half open.
struct ByteSpan: Sendable, Hashable {
  var start: Int
  var end: Int

  init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  var count: Int { end - start }
  var isEmpty: Bool { end <= start }
  var range: Range<Int> { start..<end }

  /// The least span that holds both.
  func union(_ other: ByteSpan) -> ByteSpan { ByteSpan(min(start, other.start), max(end, other.end)) }

  func overlaps(_ other: ByteSpan) -> Bool { start < other.end && other.start < end }

  var json: JSON { .object(["start": JSON(start), "end": JSON(end)]) }
}
