/// Finds the place of a name in a fixed list by its bytes, without making text of it.
struct NameTable: Sendable {
  /// In each slot the place of a name, or -1; names that begin at the same slot stand behind one another.
  private var slots: [Int16]
  private let names: [[UInt8]]
  private let mask: Int

  /// - Parameter names: distinct, fewer than 32,768.
  init(_ names: [[UInt8]]) {
    self.names = names
    var size = 16
    while size < 4 * names.count { size *= 2 }
    mask = size - 1
    slots = [Int16](repeating: -1, count: size)
    for (place, name) in names.enumerated() {
      var slot = name.withUnsafeBufferPointer { Self.hash($0) } & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int16(place)
    }
  }

  /// The place of a name; `nil` when it is not in the list.
  subscript(name: UnsafeBufferPointer<UInt8>) -> Int? {
    var slot = Self.hash(name) & mask
    while true {
      let place = Int(slots[slot])
      if place < 0 { return nil }
      if names[place].elementsEqual(name) { return place }
      slot = (slot + 1) & mask
    }
  }

  /// FNV-1a.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
