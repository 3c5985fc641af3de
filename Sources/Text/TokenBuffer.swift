/// The tokens of one text in one run of bytes, a blank behind each, so that neighbours joined by one blank (an n-gram)
/// are a slice of it. Made to be used again for the next text.
struct TokenBuffer {
  struct Token {
    var start: Int
    var end: Int
    var hash: UInt64
    /// Neighbours of one phrase share this number: nothing but blanks and hyphens stood between them.
    var phrase: Int
  }

  private var bytes: [UInt8] = []
  private var used = 0
  private(set) var tokens: [Token] = []
  /// The places in the stop table of the words that were left out, in the order of the text.
  private(set) var removed: [Int32] = []
  private var phrases = 0

  mutating func removeAll() {
    used = 0
    tokens.removeAll(keepingCapacity: true)
    removed.removeAll(keepingCapacity: true)
    phrases = 0
  }

  var strings: [String] { tokens.map { String(decoding: bytes[$0.start..<$0.end], as: UTF8.self) } }

  /// Appends the tokens of a text; the first of them never continues a phrase of the text before.
  mutating func scan(_ text: UnsafeBufferPointer<UInt8>, lowercasing: Bool, removing stop: TermTable?) {
    let room = used + TokenScan.room(for: text.count)
    if bytes.count < room {
      bytes.append(contentsOf: repeatElement(0, count: max(room, 2 * bytes.count) - bytes.count))
    }
    var found: [Token] = []
    var left: [Int32] = []
    swap(&found, &tokens)
    swap(&left, &removed)
    let table = lowercasing ? WordCharacters.lowerCase : WordCharacters.sameCase
    table.withUnsafeBufferPointer { table in
      bytes.withUnsafeMutableBytes { bytes in
        var scan = TokenScan(
          text: text, table: table, lowercasing: lowercasing, stop: stop, output: bytes, start: used,
          phrases: phrases + 1, tokens: found, removed: left)
        found = []
        left = []
        scan.run()
        used = scan.end
        phrases = scan.phrases
        found = scan.tokens
        left = scan.removed
      }
    }
    tokens = found
    removed = left
  }

  /// A term of the text: bytes with their hash, and the place of its last token.
  struct Term {
    var start: Int
    var end: Int
    var hash: UInt64
    var last: Int
  }

  /// Puts the n-grams of the text into `terms`, short ones first.
  func collectTerms(_ ngram: ClosedRange<Int>, withinPhrases: Bool, into terms: inout [Term]) {
    terms.removeAll(keepingCapacity: true)
    bytes.withUnsafeBytes { bytes in
      for length in ngram where length <= tokens.count {
        for i in 0...(tokens.count - length) {
          let last = i &+ length &- 1
          let (from, to) = (tokens[i], tokens[last])
          if withinPhrases, from.phrase != to.phrase { continue }
          let hash = length == 1 ? from.hash : TermHash.of(.init(rebasing: bytes[from.start..<to.end]))
          terms.append(Term(start: from.start, end: to.end, hash: hash, last: last))
        }
      }
    }
  }

  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes(body)
  }
}
