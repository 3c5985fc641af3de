/// Writes an archive of stored arrays from front to back (APPNOTE 6.3.10 of PKWARE), ZIP64 where it must.
struct ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let flags: Int
    let checksum: UInt32
    let count: Int
    let offset: Int
  }

  private let sink: ByteSink
  private var position = 0
  private var entries: [Entry] = []
  private var names: Set<String> = []

  /// 1980-01-01, the first day that the format can say.
  private static let date = 0x21
  private static let allOnes = 0xFFFF_FFFF

  /// Sizes and places from here on are written in 64 bits.
  private let wideFrom: Int

  init(_ sink: @escaping ByteSink, wideFrom: Int = allOnes) {
    self.sink = sink
    self.wideFrom = wideFrom
  }

  /// Adds a member. Its checksum stands before it when the elements can be asked for twice, else behind it.
  mutating func add(_ name: String, _ content: ArrayContent) throws {
    guard names.insert(name).inserted, name.utf8.count < 0xFFFF else {
      throw ArrayFault(.malformed, "two arrays have one name, or one that is too long", array: name)
    }
    let head = try ArrayWriter.npyHeader(content)
    let count = head.count + content.byteCount
    let follows = !content.repeatable
    var checksum: UInt32 = 0
    if !follows { checksum = try Self.checksum(head, content) }
    let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
    let entry = Entry(
      name: Array(name.utf8), flags: (follows ? 8 : 0) | (isASCII ? 0 : 0x800), checksum: checksum, count: count,
      offset: position)
    try writeLocalHeader(entry, follows: follows)
    guard follows else {
      try put(head)
      try emit(content)
      entries.append(entry)
      return
    }
    try put(head)
    var running = head.withUnsafeBytes { Checksum.of($0) }
    try emit(content) { running = Checksum.of($0, after: running) }
    try put(Self.bytes(0x0807_4B50, 4) + Self.bytes(Int(running), 4) + Self.bytes(count, 8) + Self.bytes(count, 8))
    entries.append(Entry(name: entry.name, flags: entry.flags, checksum: running, count: count, offset: entry.offset))
  }

  mutating func finish() throws {
    let start = position
    for entry in entries { try put(directoryEntry(entry)) }
    let size = position - start
    let wide = entries.count >= 0xFFFF || start >= wideFrom || size >= wideFrom
    if wide {
      let record = position
      try put(
        Self.bytes(0x0606_4B50, 4) + Self.bytes(44, 8) + Self.bytes(45, 2) + Self.bytes(45, 2) + Self.bytes(0, 8)
          + Self.bytes(entries.count, 8) + Self.bytes(entries.count, 8) + Self.bytes(size, 8) + Self.bytes(start, 8))
      try put(Self.bytes(0x0706_4B50, 4) + Self.bytes(0, 4) + Self.bytes(record, 8) + Self.bytes(1, 4))
    }
    let count = min(entries.count, 0xFFFF)
    try put(
      Self.bytes(0x0605_4B50, 4) + Self.bytes(0, 4) + Self.bytes(count, 2) + Self.bytes(count, 2)
        + Self.bytes(wide ? Self.allOnes : size, 4) + Self.bytes(wide ? Self.allOnes : start, 4) + Self.bytes(0, 2))
  }

  private mutating func writeLocalHeader(_ entry: Entry, follows: Bool) throws {
    let wide = follows || entry.count >= wideFrom
    var extra: [UInt8] = []
    if wide {
      let count = follows ? 0 : entry.count
      extra = Self.bytes(1, 2) + Self.bytes(16, 2) + Self.bytes(count, 8) + Self.bytes(count, 8)
    }
    // A field of zeros that no reader knows moves the elements onto the border.
    let start = position + 30 + entry.name.count + extra.count
    if start % 64 != 0 {
      let filling = (64 - (start + 4) % 64) % 64
      extra += Self.bytes(0xD935, 2) + Self.bytes(filling, 2) + [UInt8](repeating: 0, count: filling)
    }
    let size = wide ? Self.allOnes : entry.count
    try put(
      Self.bytes(0x0403_4B50, 4) + Self.bytes(wide ? 45 : 20, 2) + Self.bytes(entry.flags, 2) + Self.bytes(0, 2)
        + Self.bytes(0, 2) + Self.bytes(Self.date, 2) + Self.bytes(Int(entry.checksum), 4) + Self.bytes(size, 4)
        + Self.bytes(size, 4) + Self.bytes(entry.name.count, 2) + Self.bytes(extra.count, 2) + entry.name + extra)
  }

  private func directoryEntry(_ entry: Entry) -> [UInt8] {
    let wideSize = entry.count >= wideFrom
    let wideOffset = entry.offset >= wideFrom
    var fields: [UInt8] = []
    if wideSize { fields += Self.bytes(entry.count, 8) + Self.bytes(entry.count, 8) }
    if wideOffset { fields += Self.bytes(entry.offset, 8) }
    let extra = fields.isEmpty ? [] : Self.bytes(1, 2) + Self.bytes(fields.count, 2) + fields
    let size = wideSize ? Self.allOnes : entry.count
    let version = extra.isEmpty && entry.flags & 8 == 0 ? 20 : 45
    // Made on Unix: names are read as they stand, and unpacked files can be read.
    return Self.bytes(0x0201_4B50, 4) + Self.bytes(3 << 8 | version, 2) + Self.bytes(version, 2)
      + Self.bytes(entry.flags, 2) + Self.bytes(0, 2)
      + Self.bytes(0, 2) + Self.bytes(Self.date, 2) + Self.bytes(Int(entry.checksum), 4) + Self.bytes(size, 4)
      + Self.bytes(size, 4)
      + Self.bytes(entry.name.count, 2) + Self.bytes(extra.count, 2) + Self.bytes(0, 2) + Self.bytes(0, 2)
      + Self.bytes(0, 2)
      + Self.bytes(0o100644 << 16, 4) + Self.bytes(wideOffset ? Self.allOnes : entry.offset, 4) + entry.name + extra
  }

  private static func checksum(_ head: [UInt8], _ content: ArrayContent) throws -> UInt32 {
    var running = head.withUnsafeBytes { Checksum.of($0) }
    try content.emit { running = Checksum.of($0, after: running) }
    return running
  }

  private mutating func emit(_ content: ArrayContent, _ see: (UnsafeRawBufferPointer) -> Void = { _ in }) throws {
    var written = 0
    let sink = sink
    try content.emit { piece in
      see(piece)
      try sink(piece)
      written += piece.count
    }
    position += written
  }

  private mutating func put(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes(sink)
    position += bytes.count
  }

  private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
