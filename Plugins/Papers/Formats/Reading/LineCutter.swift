/// Cuts pieces of a source into lines; a line end is LF, CR or both.
struct LineCutter {
  struct Line {
    /// Without its line end.
    let bytes: ArraySlice<UInt8>
    let ending: ArraySlice<UInt8>
    /// The source's offset of its first byte, and of the one behind its line end.
    let start: Int
    let next: Int
  }

  /// A line that grows beyond this is cut here, in bytes.
  private static let largest = 16 << 20

  private var rest: [UInt8] = []
  private var base: Int

  init(offset: Int) { base = offset }

  mutating func read(_ piece: [UInt8], _ body: (Line) -> Void) { cut(piece, isLast: false, body) }

  mutating func finish(_ body: (Line) -> Void) { cut([], isLast: true, body) }

  private mutating func cut(_ piece: [UInt8], isLast: Bool, _ body: (Line) -> Void) {
    // Only what is new can hold a line end, but for a CR whose LF had not come yet.
    var search = max(0, rest.count - 1)
    rest.append(contentsOf: piece)
    var start = 0
    while let end = rest[search...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
      // A CR at the end may be half of a line end.
      if rest[end] == 0x0D, end + 1 == rest.count, !isLast { break }
      let next = rest[end] == 0x0D && end + 1 < rest.count && rest[end + 1] == 0x0A ? end + 2 : end + 1
      body(Line(bytes: rest[start..<end], ending: rest[end..<next], start: base + start, next: base + next))
      start = next
      search = next
    }
    if start < rest.count, isLast || rest.count - start > Self.largest {
      body(Line(bytes: rest[start...], ending: [], start: base + start, next: base + rest.count))
      start = rest.count
    }
    base += start
    rest.removeFirst(start)
  }
}
