/// The macros of a source, `@string` and the months, and the text of values that use them.
struct BibTeXMacros: Sendable {
  private struct Definition: Sendable {
    /// Where it stands; it holds from there on.
    var position: Int
    var text: [UInt8]
  }

  /// By the hash of their names, letter case aside; the hash has a key of its own in each process.
  private var table: [Int: [Definition]] = [:]

  init() {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    for month in months {
      let name = Array(month.utf8)
      name.withUnsafeBufferPointer { define($0, name, at: -1) }
    }
  }

  mutating func define(_ name: UnsafeBufferPointer<UInt8>, _ text: [UInt8], at position: Int) {
    table[Self.key(name), default: []].append(Definition(position: position, text: text))
  }

  /// The text of a macro as an entry at `position` sees it; one that is only defined later counts too.
  func text(_ name: UnsafeBufferPointer<UInt8>, at position: Int) -> [UInt8]? {
    guard let definitions = table[Self.key(name)] else { return nil }
    if definitions.count == 1 { return definitions[0].text }
    return (definitions.last { $0.position < position } ?? definitions.first)?.text
  }

  func isDefined(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    Months.number(threeLetters: name) != nil || table[Self.key(name)] != nil
  }

  private static func key(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    // Eight bytes at a time in lower case.
    var word: UInt64 = 0
    for (offset, byte) in name.enumerated() {
      word = word << 8 | UInt64(byte.lowercased)
      if offset & 7 == 7 {
        hasher.combine(word)
        word = 0
      }
    }
    hasher.combine(word)
    hasher.combine(name.count)
    return hasher.finalize()
  }
}
