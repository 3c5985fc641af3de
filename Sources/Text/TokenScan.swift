/// One pass over a text that writes its words, in lower case, each with a blank behind it.
struct TokenScan {
  let text: UnsafeBufferPointer<UInt8>
  /// A word's byte as it is written, or its class (`WordCharacters`).
  let table: UnsafeBufferPointer<UInt8>
  let lowercasing: Bool
  let stop: TermTable?
  /// Has `room(for:)` bytes behind `start`.
  let output: UnsafeMutableRawBufferPointer

  /// Where the word being read starts, where its next byte goes, and how many characters it has.
  private var start: Int
  private(set) var end: Int
  private var characters = 0
  private(set) var phrases: Int
  private(set) var tokens: [TokenBuffer.Token]
  private(set) var removed: [Int32]

  init(
    text: UnsafeBufferPointer<UInt8>, table: UnsafeBufferPointer<UInt8>, lowercasing: Bool, stop: TermTable?,
    output: UnsafeMutableRawBufferPointer, start: Int, phrases: Int, tokens: consuming [TokenBuffer.Token],
    removed: consuming [Int32]
  ) {
    self.text = text
    self.table = table
    self.lowercasing = lowercasing
    self.stop = stop
    self.output = output
    self.start = start
    end = start
    self.phrases = phrases
    self.tokens = tokens
    self.removed = removed
  }

  /// The most bytes that the words of a text can need. A scalar's lower case that belongs to words is never longer than
  /// one and a half times the scalar (two bytes become three), and a blank follows words, which are apart by a byte.
  static func room(for bytes: Int) -> Int { 2 * bytes + 16 }

  mutating func run() {
    var i = 0
    while i < text.count {
      var lower = table[Int(text[i])]
      if lower > WordCharacters.beyondASCII {
        var next = end
        repeat {
          output[next] = lower
          next &+= 1
          i &+= 1
          if i == text.count { break }
          lower = table[Int(text[i])]
        } while lower > WordCharacters.beyondASCII
        characters &+= next &- end
        end = next
      } else if lower == WordCharacters.beyondASCII {
        i += takeBeyondASCII(at: i)
      } else {
        if characters > 0 { close() }
        if lower == WordCharacters.apart { phrases &+= 1 }
        i &+= 1
      }
    }
    if characters > 0 { close() }
  }

  /// Takes one scalar outside ASCII and returns how many bytes it had.
  private mutating func takeBeyondASCII(at i: Int) -> Int {
    let (scalar, length) = UTF8Text.scalar(at: i, in: text)
    switch WordCharacters.category(of: scalar) {
    case .word: write(scalar)
    case .upper where !lowercasing: write(scalar)
    case .upper where scalar == "\u{03A3}":
      write(WordCharacters.isFinalSigma(text, at: i) ? "\u{03C2}" : "\u{03C3}")
    case .upper:
      for lower in scalar.properties.lowercaseMapping.unicodeScalars {
        switch WordCharacters.category(of: lower) {
        case .word, .upper: write(lower)
        case .link, .apart: part()
        }
      }
    case .link: close()
    case .apart: part()
    }
    return length
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    for byte in UTF8.encode(scalar) ?? .init() {
      output[end] = byte
      end += 1
    }
    characters += 1
  }

  private mutating func part() {
    close()
    phrases += 1
  }

  /// Ends the word being read: keeps it, or takes its bytes back.
  private mutating func close() {
    if characters >= 2 {
      let word = UnsafeRawBufferPointer(rebasing: output[start..<end])
      let hash = TermHash.of(word)
      if let place = stop?.find(word, hash) {
        removed.append(place)
        end = start
        phrases += 1
      } else {
        tokens.append(.init(start: start, end: end, hash: hash, phrase: phrases))
        output[end] = 0x20
        end += 1
      }
    } else if characters == 1 {
      end = start
      phrases += 1
    }
    start = end
    characters = 0
  }
}
