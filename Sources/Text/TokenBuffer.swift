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

  private(set) var bytes: [UInt8] = []
  private(set) var tokens: [Token] = []
  /// The places in the stop table of the words that were left out, in the order of the text.
  private(set) var removed: [Int32] = []
  private var phrases = 0

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    tokens.removeAll(keepingCapacity: true)
    removed.removeAll(keepingCapacity: true)
    phrases = 0
  }

  var strings: [String] { tokens.map { String(decoding: bytes[$0.start..<$0.end], as: UTF8.self) } }

  /// Appends the tokens of a text; the first of them never continues a phrase of the text before.
  mutating func scan(_ text: UnsafeBufferPointer<UInt8>, lowercasing: Bool, removing stop: TermTable?) {
    let table = lowercasing ? WordCharacters.lowerCase : WordCharacters.sameCase
    table.withUnsafeBufferPointer { table in
      var word = OpenWord(start: bytes.count)
      phrases += 1
      var i = 0
      while i < text.count {
        let lower = table[Int(text[i])]
        if lower > WordCharacters.beyondASCII {
          bytes.append(lower)
          word.characters += 1
          i += 1
        } else if lower == WordCharacters.beyondASCII {
          i += appendBeyondASCII(text, at: i, lowercasing: lowercasing, to: &word, removing: stop)
        } else {
          close(&word, byLink: lower == WordCharacters.link, removing: stop)
          i += 1
        }
      }
      close(&word, byLink: false, removing: stop)
    }
  }

  /// The word being read.
  private struct OpenWord {
    var start: Int
    var characters = 0
  }

  /// Takes one scalar outside ASCII and returns how many bytes it had.
  private mutating func appendBeyondASCII(
    _ text: UnsafeBufferPointer<UInt8>, at i: Int, lowercasing: Bool, to word: inout OpenWord,
    removing stop: TermTable?
  ) -> Int {
    let (scalar, length) = UTF8Text.scalar(at: i, in: text)
    switch WordCharacters.category(of: scalar) {
    case .word:
      bytes.append(contentsOf: text[i..<i + length])
      word.characters += 1
    case .upper where !lowercasing:
      bytes.append(contentsOf: text[i..<i + length])
      word.characters += 1
    case .upper where scalar == "\u{03A3}":
      bytes.append(contentsOf: [0xCF, WordCharacters.isFinalSigma(text, at: i) ? 0x82 : 0x83])
      word.characters += 1
    case .upper:
      for lower in scalar.properties.lowercaseMapping.unicodeScalars {
        switch WordCharacters.category(of: lower) {
        case .word, .upper:
          bytes.append(contentsOf: UTF8.encode(lower).map(Array.init) ?? [])
          word.characters += 1
        case .link, .apart: close(&word, byLink: false, removing: stop)
        }
      }
    case .link: close(&word, byLink: true, removing: stop)
    case .apart: close(&word, byLink: false, removing: stop)
    }
    return length
  }

  private mutating func close(_ word: inout OpenWord, byLink: Bool, removing stop: TermTable?) {
    let end = bytes.count
    if word.characters >= 2 {
      let hash = bytes.withUnsafeBytes { TermHash.of(.init(rebasing: $0[word.start..<end])) }
      if let stop, let place = bytes.withUnsafeBytes({ stop.find(.init(rebasing: $0[word.start..<end]), hash) }) {
        removed.append(place)
        bytes.removeLast(end - word.start)
        phrases += 1
      } else {
        tokens.append(Token(start: word.start, end: end, hash: hash, phrase: phrases))
        bytes.append(0x20)
      }
    } else if word.characters == 1 {
      bytes.removeLast(end - word.start)
      phrases += 1
    }
    if !byLink { phrases += 1 }
    word = OpenWord(start: bytes.count)
  }
}
