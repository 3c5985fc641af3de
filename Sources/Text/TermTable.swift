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
    var place = Int(truncatingIfNeeded: hash >> 32) & mask
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

  /// Reads the slots of many terms, all at once as far as the processor can, so that the look-ups which follow find them
  /// in its cache: in a large table each would else wait for memory. Returns how many slots were taken, so that the
  /// reading is not optimised away.
  @inline(never) @discardableResult
  func touch(_ terms: [TokenBuffer.Term]) -> Int {
    guard slots.count > 1 << 18 else { return 0 }
    let mask = slots.count &- 1
    return slots.withUnsafeBufferPointer { slots in
      var taken = 0
      for term in terms where slots[Int(truncatingIfNeeded: term.hash >> 32) & mask] != 0 { taken &+= 1 }
      return taken
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
    TermTable.put(hash & 0xFFFF_FFFF_0000_0000 | UInt64(term + 1), in: &slots)
  }

  /// A slot holds the half of the hash that gives its place, so that a larger table needs no hash anew.
  private mutating func grow() {
    var larger = [UInt64](repeating: 0, count: slots.count * 2)
    for slot in slots where slot != 0 { TermTable.put(slot, in: &larger) }
    slots = larger
  }

  private static func put(_ slot: UInt64, in slots: inout [UInt64]) {
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: slot >> 32) & mask
    while slots[place] != 0 { place = (place &+ 1) & mask }
    slots[place] = slot
  }
}

extension TermTable: Equatable {
  /// Equal terms in the same order.
  static func == (a: TermTable, b: TermTable) -> Bool { a.arena == b.arena && a.ends == b.ends }
}
