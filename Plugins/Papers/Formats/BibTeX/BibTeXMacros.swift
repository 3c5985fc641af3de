/// The macros of a source, `@string` and the months, and the text of values that use them.
struct BibTeXMacros: Sendable {
  private struct Definition: Sendable {
    /// Where it stands; it holds from there on.
    var position: Int
    var text: [UInt8]
  }

  private var table: [String: [Definition]] = [:]

  init() {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    for month in months { table[month] = [Definition(position: -1, text: Array(month.utf8))] }
  }

  mutating func define(_ name: UnsafeBufferPointer<UInt8>, _ text: [UInt8], at position: Int) {
    table[Self.key(name), default: []].append(Definition(position: position, text: text))
  }

  /// The text of a macro as an entry at `position` sees it; one that is only defined later counts too.
  func text(_ name: UnsafeBufferPointer<UInt8>, at position: Int) -> [UInt8]? {
    guard let definitions = table[Self.key(name)] else { return nil }
    return (definitions.last { $0.position < position } ?? definitions.first)?.text
  }

  private static func key(_ name: UnsafeBufferPointer<UInt8>) -> String {
    if name.count <= 15 {
      return String(unsafeUninitializedCapacity: 15) { buffer in
        for index in 0..<name.count { buffer[index] = name[index].lowercased }
        return name.count
      }
    }
    return String(decoding: name.map(\.lowercased), as: UTF8.self)
  }
}
