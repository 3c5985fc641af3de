/// One line of a list: where it stands, and what of its look tells a title from an abstract.
struct ListLine: Sendable {
  /// How a line ends, closing quotes and brackets aside.
  enum Ending: Sendable {
    /// A full stop or an ellipsis.
    case stop
    /// A question or exclamation mark: an abstract's last sentence, or a title's.
    case mark
    case address
    /// A comma, a hyphen, a word such as “of”: something must follow.
    case open
    case plain
  }

  /// The line without its end.
  var start: Int
  var end: Int
  /// Where the next line begins.
  var next: Int
  /// The line without the blanks around it, and without a banner glued to its front.
  var text: Range<Int>
  /// The banner glued to the front, if any.
  var glued = 0..<0

  /// Width in characters.
  var width = 0
  var firstWordWidth = 0
  var words = 0
  /// Words of four letters and more behind the first one, prepositions aside, and those of them with a capital.
  var longWords = 0
  var capitalWords = 0
  /// Ends of sentences inside the line.
  var sentenceEnds = 0
  var beginsLower = false
  /// “Specifically, …”
  var beginsWithComma = false
  /// “ViT-5: …”: a name and a colon.
  var beginsWithName = false
  /// “we”, “our”, “this paper” and the like.
  var voice = 0
  var hasAddress = false
  var ending = Ending.plain
  /// Hash of the text, letter case and all.
  var hash: UInt64 = 0

  var isBlank: Bool { text.isEmpty }
  /// Share of capitals among the long words.
  var capitalShare: Double { longWords == 0 ? 0 : Double(capitalWords) / Double(longWords) }
}

extension ListLine {
  /// The lines of a source, with their ends told as `\n`, `\r\n` or, where a file has no `\n`, `\r`.
  static func split(_ source: SourceText) -> [ListLine] {
    let bytes = source.bytes
    var lines: [ListLine] = []
    let loneReturns = !bytes.contains(0x0A)
    var start = source.start
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x0A || loneReturns && byte == 0x0D {
        let end = byte == 0x0A && index > start && bytes[index - 1] == 0x0D ? index - 1 : index
        lines.append(ListLine(bytes, start: start, end: end, next: index + 1))
        start = index + 1
      }
      index += 1
    }
    if start < bytes.count { lines.append(ListLine(bytes, start: start, end: bytes.count, next: bytes.count)) }
    return lines
  }

  private init(_ bytes: [UInt8], start: Int, end: Int, next: Int) {
    self.start = start
    self.end = end
    self.next = next
    var low = start
    var high = end
    while true {
      if low < high, bytes[low].isBlank {
        low += 1
      } else if low + 1 < high, bytes[low] == 0xC2, bytes[low + 1] == 0xA0 {
        low += 2
      } else {
        break
      }
    }
    while true {
      if low < high, bytes[high - 1].isBlank {
        high -= 1
      } else if low + 1 < high, bytes[high - 2] == 0xC2, bytes[high - 1] == 0xA0 {
        high -= 2
      } else {
        break
      }
    }
    text = low..<high
  }

  // MARK: - Looks

  /// Fills in the features of the line's text.
  mutating func look(_ bytes: [UInt8]) {
    guard !text.isEmpty else { return }
    hash = 0xCBF2_9CE4_8422_2325
    var wordStart = text.lowerBound
    var previousEndsSentence = false
    var index = text.lowerBound
    while index <= text.upperBound {
      let atEnd = index == text.upperBound
      if !atEnd {
        let byte = bytes[index]
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        if byte & 0xC0 != 0x80 { width += 1 }
      }
      if atEnd || bytes[index].isBlank {
        if wordStart < index {
          look(bytes, word: wordStart..<index, followsSentenceEnd: previousEndsSentence)
          previousEndsSentence = Self.endsSentence(bytes, wordStart..<index)
        }
        wordStart = index + 1
      }
      index += 1
    }
    ending = Self.ending(bytes, text)
  }

  private mutating func look(_ bytes: [UInt8], word: Range<Int>, followsSentenceEnd: Bool) {
    words += 1
    let isFirst = words == 1
    if isFirst { firstWordWidth = bytes[word].count { $0 & 0xC0 != 0x80 } }
    guard let letter = word.first(where: { bytes[$0].isWord }) else { return }
    if word.count > 8, bytes[word].contains("://") { hasAddress = true }
    if followsSentenceEnd, !bytes[letter].isASCIILower { sentenceEnds += 1 }
    if isFirst {
      beginsLower = bytes[letter].isASCIILower
      beginsWithComma = bytes[word.upperBound - 1] == UInt8(ascii: ",")
      beginsWithName =
        bytes[word.upperBound - 1] == UInt8(ascii: ":")
        && bytes[word].dropFirst().contains { $0.isASCIIUpper || $0.isASCIIDigit }
    }
    let letters = bytes[word].count(where: \.isLetter)
    if !isFirst, letters >= 4, bytes[letter].isASCIILetter, !bytes[word].isSmallInTitles {
      longWords += 1
      if bytes[letter].isASCIIUpper { capitalWords += 1 }
    }
    let bare = bytes[letter..<word.upperBound]
    if letters <= 4, bare.hasVoice { voice += 1 }
    if bare.isFolded("this") {
      let rest = bytes[min(word.upperBound + 1, text.upperBound)..<text.upperBound]
      let subject = rest.prefix { $0.isASCIILetter }
      if ["paper", "work", "article", "study", "thesis", "survey", "report"].contains(where: { subject.isFolded($0) }) {
        voice += 1
      }
    }
  }

  /// Whether a word ends a sentence when a capital follows. Initials and abbreviations with dots inside do not.
  private static func endsSentence(_ bytes: [UInt8], _ word: Range<Int>) -> Bool {
    var end = word.upperBound
    while end > word.lowerBound, isClosing(bytes[end - 1]) { end -= 1 }
    guard end - word.lowerBound > 2 else { return false }
    switch bytes[end - 1] {
    case UInt8(ascii: "?"), UInt8(ascii: "!"): return true
    case UInt8(ascii: "."):
      let body = bytes[word.lowerBound..<end - 1]
      return !body.contains(UInt8(ascii: ".")) && !["al", "vs", "cf", "fig", "eq", "dr"].contains { body.isFolded($0) }
    default: return false
    }
  }

  private static func isClosing(_ byte: UInt8) -> Bool { byte.isAny(of: "\"')]}") }

  private static func ending(_ bytes: [UInt8], _ text: Range<Int>) -> Ending {
    let wordStart = (bytes[text].lastIndex(where: \.isBlank) ?? text.lowerBound - 1) + 1
    let word = bytes[wordStart..<text.upperBound]
    if word.contains("://") || word.hasFolded("www.", at: wordStart) {
      return bytes[text.upperBound - 1] == UInt8(ascii: ".") ? .stop : .address
    }
    var end = text.upperBound
    while end > wordStart {
      if isClosing(bytes[end - 1]) {
        end -= 1
      } else if end - 3 >= wordStart, bytes[end - 3] == 0xE2, bytes[end - 2] == 0x80, bytes[end - 1] & 0xFC == 0x9C {
        end -= 3  // ‘ ’ “ ”
      } else {
        break
      }
    }
    guard end > wordStart else { return .plain }
    switch bytes[end - 1] {
    case UInt8(ascii: "."): return .stop
    case UInt8(ascii: "?"), UInt8(ascii: "!"): return .mark
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "("): return .open
    case 0xA6 where end - 3 >= wordStart && bytes[end - 3] == 0xE2 && bytes[end - 2] == 0x80: return .stop  // …
    default: return end == text.upperBound && word.isConnective ? .open : .plain
    }
  }
}

extension ArraySlice<UInt8> {
  /// “we”, “our”, “us”, “I” as a whole word, perhaps with a sign behind it.
  fileprivate var hasVoice: Bool {
    let word = prefix { $0.isASCIILetter }
    if count > word.count, self[word.endIndex] != UInt8(ascii: ","), self[word.endIndex] != UInt8(ascii: "'") {
      return false
    }
    return ["we", "our", "us", "ours"].contains { word.isFolded($0) }
  }

  /// A word of four letters or more that titles write small as well.
  fileprivate var isSmallInTitles: Bool {
    let words: [StaticString] = [
      "with", "from", "into", "over", "between", "through", "without", "within", "that", "than", "across", "beyond",
      "under", "upon", "onto", "using", "towards", "toward", "about", "among", "during", "when",
    ]
    guard count <= 7, let first, first.isASCIILower else { return false }
    return words.contains { isFolded($0) }
  }

  /// A word that something must follow.
  fileprivate var isConnective: Bool {
    let words: [StaticString] = [
      "a", "an", "the", "of", "and", "or", "in", "on", "to", "for", "with", "by", "from", "at", "as", "is", "are",
      "was", "were", "that", "which", "our", "we", "its", "their", "this", "these", "be", "can", "between", "into",
      "than", "via", "using", "such", "while", "but", "not", "has", "have", "been", "being", "had", "where", "when",
      "these", "those", "both", "each", "also", "may", "will", "would", "should", "could", "only", "more", "most",
      "during", "within", "without", "through", "among", "they", "if", "e.g.,", "i.e.,", "every",
    ]
    return count <= 8 && words.contains { isFolded($0) }
  }
}
