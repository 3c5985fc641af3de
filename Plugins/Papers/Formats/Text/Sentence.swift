/// A sentence of running text as its words, for reading what it announces.
struct Sentence {
  let range: Range<Int>
  /// Words outside addresses, in their order.
  let words: [Range<Int>]
  private let bytes: [UInt8]

  init(_ bytes: [UInt8], _ range: Range<Int>, addresses: [Range<Int>]) {
    self.bytes = bytes
    self.range = range
    var words: [Range<Int>] = []
    var index = range.lowerBound
    while index < range.upperBound {
      if let address = addresses.first(where: { $0.contains(index) }) {
        index = address.upperBound
        continue
      }
      guard bytes[index].isWord else {
        index += 1
        continue
      }
      var end = index
      while end < range.upperBound, bytes[end].isWord || Self.joins(bytes, end) { end += 1 }
      words.append(index..<end)
      index = end
    }
    self.words = words
  }

  /// A hyphen or an apostrophe between two letters.
  private static func joins(_ bytes: [UInt8], _ index: Int) -> Bool {
    (bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "'")) && index + 1 < bytes.count
      && bytes[index + 1].isWord
  }

  func isAny(_ word: Range<Int>, of names: [StaticString]) -> Bool {
    let slice = bytes[word]
    return names.contains { slice.isFolded($0) }
  }

  /// Whether one of the words, within the given positions, is one of the names.
  func has(_ names: [StaticString], in positions: Range<Int>? = nil) -> Bool {
    words[positions ?? words.indices].contains { isAny($0, of: names) }
  }

  func first(_ names: [StaticString], from position: Int = 0) -> Int? {
    words.indices.dropFirst(position).first { isAny(words[$0], of: names) }
  }

  /// Whether two words stand side by side.
  func has(_ first: StaticString, then second: StaticString) -> Bool {
    zip(words, words.dropFirst()).contains { bytes[$0].isFolded(first) && bytes[$1].isFolded(second) }
  }

  // MARK: - Splitting

  /// The sentence around a place.
  static func around(_ place: Range<Int>, _ bytes: [UInt8], addresses: [Range<Int>]) -> Sentence {
    var start = place.lowerBound
    while start > 0, !isEnd(bytes, start - 1, addresses) { start -= 1 }
    var end = place.upperBound
    while end < bytes.count, !isEnd(bytes, end, addresses) { end += 1 }
    return Sentence(bytes, start..<min(bytes.count, end + 1), addresses: addresses)
  }

  /// Whether a sentence ends with the sign at `index`: something other than a small letter follows a blank.
  private static func isEnd(_ bytes: [UInt8], _ index: Int, _ addresses: [Range<Int>]) -> Bool {
    guard bytes[index].isAny(of: ".?!"), !addresses.contains(where: { $0.contains(index) }) else { return false }
    var next = index + 1
    while next < bytes.count, bytes[next].isAny(of: "\"')]}") { next += 1 }
    guard next < bytes.count else { return true }
    guard bytes[next].isBlank, let begin = bytes[next...].firstIndex(where: { !$0.isBlank }) else { return false }
    let opens: [StaticString] = ["http", "arxiv", "doi", "www."]
    if bytes[begin].isASCIILower, !opens.contains(where: { bytes.hasFolded($0, at: begin) }) { return false }
    // “e.g. Mamba”, “et al. Smith”, “J. Doe” go on.
    let word = bytes[..<index].reversed().prefix { $0.isWord || $0 == UInt8(ascii: ".") }
    return bytes[index] != UInt8(ascii: ".") || word.count > 2 && !word.contains(UInt8(ascii: "."))
  }
}
