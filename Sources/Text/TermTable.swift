/// Numbers terms in the order in which they come: bytes in one arena, found by open addressing.
struct TermTable: Sendable {
  private var arena: [UInt8] = []
  /// Where each term ends in the arena, behind a leading 0.
  private var ends: [Int] = [0]
  /// Zero when free, else the upper half of the hash and the term's number + 1.
  private var slots = [UInt64](repeating: 0, count: 16)

  init() {}

  init(_ terms: some Sequence<String>) {
    for term in terms { _ = intern(term) }
  }

  var count: Int { ends.count - 1 }

  /// How many bytes all terms have.
  var byteCount: Int { arena.count }

  func withBytes<R>(of term: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try arena.withUnsafeBytes { try body(.init(rebasing: $0[ends[term]..<ends[term + 1]])) }
  }

  subscript(term: Int) -> String { String(decoding: arena[ends[term]..<ends[term + 1]], as: UTF8.self) }

  /// The number of a term, or nil where it is new.
  func find(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64) -> Int32? {
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { return nil }
      if slot >> 32 == hash >> 32 {
        let term = Int(slot & 0xFFFF_FFFF) &- 1
        if isEqual(term, bytes) { return Int32(truncatingIfNeeded: term) }
      }
      place = (place &+ 1) & mask
    }
  }

  func find(_ text: String) -> Int? {
    var text = text
    return text.withUTF8 { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      return find(raw, TermHash.of(raw)).map { Int($0) }
    }
  }

  /// The number of a term, which is the next one where the term is new.
  mutating func intern(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64) -> Int32 {
    if let known = find(bytes, hash) { return known }
    let term = count
    arena.append(contentsOf: bytes)
    ends.append(arena.count)
    if (term + 1) * 2 > slots.count { grow() }
    insert(term, hash)
    return Int32(term)
  }

  mutating func intern(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      return Int(intern(raw, TermHash.of(raw)))
    }
  }

  private func isEqual(_ term: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let start = ends[term]
    guard ends[term &+ 1] &- start == bytes.count else { return false }
    return arena.withUnsafeBytes { arena in
      var i = 0
      let count = bytes.count
      while i &+ 8 <= count {
        let ours = arena.loadUnaligned(fromByteOffset: start &+ i, as: UInt64.self)
        if ours != bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self) { return false }
        i &+= 8
      }
      while i < count {
        if arena[start &+ i] != bytes[i] { return false }
        i &+= 1
      }
      return true
    }
  }

  private mutating func insert(_ term: Int, _ hash: UInt64) {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] != 0 { place = (place + 1) & mask }
    slots[place] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(term + 1)
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    for term in 0..<count - 1 {
      insert(term, withBytes(of: term) { TermHash.of($0) })
    }
  }
}

extension TermTable: Equatable {
  /// Equal terms in the same order.
  static func == (a: TermTable, b: TermTable) -> Bool { a.arena == b.arena && a.ends == b.ends }
}
