/// The members of a ZIP archive, as NumPy writes them: the directory at the end says where each one is.
///
/// APPNOTE 6.3.10 of PKWARE; ZIP64 is read. Nothing is believed unseen: every offset and length is held against the
/// file before it is used, and members that share bytes are refused.
struct ZipArchive: Sendable {
  struct Member: Sendable {
    let name: String
    /// Where its bytes lie in the file, packed or not.
    let range: Range<Int>
    /// How many bytes it has when unpacked.
    let count: Int
    let checksum: UInt32
    /// 0 stored, 8 deflated.
    let method: Int
    /// Of its entry in the directory.
    let entryOffset: Int
  }

  let members: [Member]

  private static let mostMembers = 100_000
  private static let longestDirectory = 1 << 26

  init(_ source: any ByteSource) throws {
    let end = try EndRecord(source)
    guard end.entries <= Self.mostMembers, end.directory.count <= Self.longestDirectory else {
      throw ArrayFault(
        .tooLarge, "an archive of \(end.entries) members; at most \(Self.mostMembers) are read", offset: end.offset)
    }
    let bytes = LittleEndianBytes(
      try source.bytes(at: end.directory.lowerBound, count: end.directory.count), offset: end.directory.lowerBound)
    var members: [Member] = []
    var names: Set<String> = []
    var position = 0
    for _ in 0..<end.entries {
      let (member, next) = try Self.member(bytes, position, source, end.directory.lowerBound)
      guard names.insert(member.name).inserted else {
        throw ArrayFault(.malformed, "two members have the name \(member.name)", offset: member.entryOffset)
      }
      members.append(member)
      position = next
    }
    try Self.refuseOverlap(members)
    self.members = members
  }

  /// Reads one entry of the directory and the local header that it points to.
  private static func member(
    _ bytes: LittleEndianBytes, _ at: Int, _ source: any ByteSource, _ directoryStart: Int
  ) throws -> (Member, next: Int) {
    let entry = bytes.offset + at
    guard try bytes.value(at, 4) == 0x0201_4B50 else {
      throw ArrayFault(.malformed, "the archive's directory is broken", offset: entry)
    }
    let flags = try bytes.value(at + 8, 2)
    var packed = try bytes.value(at + 20, 4)
    var count = try bytes.value(at + 24, 4)
    let nameLength = try bytes.value(at + 28, 2)
    let extraLength = try bytes.value(at + 30, 2)
    let commentLength = try bytes.value(at + 32, 2)
    var header = try bytes.value(at + 42, 4)
    guard let name = String(validating: try bytes.slice(at + 46, nameLength), as: UTF8.self) else {
      throw ArrayFault(.malformed, "a member's name is not UTF-8", offset: entry + 46)
    }
    // Sizes that 32 bits cannot hold stand in the ZIP64 field, in this order, where the plain one is all ones.
    var extra = at + 46 + nameLength
    let extraEnd = extra + extraLength
    while extra + 4 <= extraEnd {
      let (id, length) = (try bytes.value(extra, 2), try bytes.value(extra + 2, 2))
      guard extra + 4 + length <= extraEnd else { break }
      if id == 1 {
        var field = extra + 4
        func wide(_ value: inout Int) throws {
          guard value == 0xFFFF_FFFF else { return }
          guard field + 8 <= extra + 4 + length else {
            throw ArrayFault(.malformed, "the sizes of member \(name) are missing", offset: entry)
          }
          value = try bytes.value(field, 8)
          field += 8
        }
        try wide(&count)
        try wide(&packed)
        try wide(&header)
      }
      extra += 4 + length
    }
    if flags & 1 != 0 {
      throw ArrayFault(.unsupportedPacking, "member \(name) is encrypted", offset: entry)
    }
    guard header <= directoryStart - 30 else {
      throw ArrayFault(.malformed, "member \(name) lies outside the archive", offset: entry)
    }
    let local = LittleEndianBytes(try source.bytes(at: header, count: 30), offset: header)
    guard try local.value(0, 4) == 0x0403_4B50 else {
      throw ArrayFault(.malformed, "no member begins where \(name) should", offset: header)
    }
    let start = header + 30 + (try local.value(26, 2)) + (try local.value(28, 2))
    guard start <= directoryStart, packed <= directoryStart - start else {
      throw ArrayFault(.truncated, "member \(name) should have \(packed) bytes", offset: start)
    }
    let member = Member(
      name: name, range: start..<start + packed, count: count, checksum: UInt32(try bytes.value(at + 16, 4)),
      method: try bytes.value(at + 10, 2), entryOffset: entry)
    return (member, extraEnd + commentLength)
  }

  /// Archives that name the same bytes again and again unpack to far more than they are.
  private static func refuseOverlap(_ members: [Member]) throws(ArrayFault) {
    let ordered = members.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (one, other) in zip(ordered, ordered.dropFirst()) where one.range.upperBound > other.range.lowerBound {
      throw ArrayFault(
        .overlapping, "members \(one.name) and \(other.name) share bytes", offset: other.range.lowerBound)
    }
  }
}

/// What stands at the end of an archive: where its directory is.
private struct EndRecord {
  let directory: Range<Int>
  let entries: Int
  let offset: Int

  init(_ source: any ByteSource) throws {
    // The record has 22 bytes and a comment of at most 65,535.
    let tailCount = min(source.count, 22 + 0xFFFF)
    let tail = LittleEndianBytes(
      try source.bytes(at: source.count - tailCount, count: tailCount), offset: source.count - tailCount)
    var at = tailCount - 22
    while at >= 0, try tail.value(at, 4) != 0x0605_4B50 || tail.value(at + 20, 2) != tailCount - at - 22 { at -= 1 }
    guard at >= 0 else {
      throw ArrayFault(.truncated, "the archive's end is missing; the file was cut", offset: source.count)
    }
    var entries = try tail.value(at + 10, 2)
    var size = try tail.value(at + 12, 4)
    var start = try tail.value(at + 16, 4)
    var end = tail.offset + at
    if entries == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF, end >= 20 {
      let locator = LittleEndianBytes(try source.bytes(at: end - 20, count: 20), offset: end - 20)
      if try locator.value(0, 4) == 0x0706_4B50 {
        let place = try locator.value(8, 8)
        guard place <= end - 20 - 56 else {
          throw ArrayFault(.malformed, "the archive's ZIP64 record lies outside of it", offset: end - 20)
        }
        let record = LittleEndianBytes(try source.bytes(at: place, count: 56), offset: place)
        guard try record.value(0, 4) == 0x0606_4B50 else {
          throw ArrayFault(.malformed, "the archive's ZIP64 record is missing", offset: place)
        }
        entries = try record.value(32, 8)
        size = try record.value(40, 8)
        start = try record.value(48, 8)
        end = place
      }
    }
    guard start <= end, size <= end - start else {
      throw ArrayFault(.malformed, "the archive's directory lies outside of it", offset: tail.offset + at)
    }
    directory = start..<start + size
    self.entries = entries
    offset = tail.offset + at
  }
}

/// Whole numbers in bytes, the lowest first.
private struct LittleEndianBytes {
  let bytes: [UInt8]
  let offset: Int

  init(_ bytes: [UInt8], offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  func slice(_ at: Int, _ count: Int) throws(ArrayFault) -> ArraySlice<UInt8> {
    guard at >= 0, count <= bytes.count - at else {
      throw ArrayFault(.malformed, "the archive's directory is broken", offset: offset + min(at, bytes.count))
    }
    return bytes[at..<at + count]
  }

  /// - Throws: `ArrayFault.malformed` past the end, and for more than 2⁶³ − 1.
  func value(_ at: Int, _ size: Int) throws(ArrayFault) -> Int {
    let value = try slice(at, size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let small = Int(exactly: value) else {
      throw ArrayFault(.malformed, "a size of the archive cannot be", offset: offset + at)
    }
    return small
  }
}
