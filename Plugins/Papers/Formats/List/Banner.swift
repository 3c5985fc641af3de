/// Lines of a newsletter or web page that stand between papers: calls to subscribe, to sign up, to read more.
enum Banner {
  /// Whole calls, as folded words. A line that holds nothing else is a banner without further question.
  private static let phrases: [[UInt8]] = [
    "get trending papers in your email inbox once a day", "get trending papers in your email inbox",
    "get trending papers in your inbox", "get the latest papers in your inbox", "trending papers",
    "subscribe to our newsletter", "subscribe to the newsletter", "subscribe now", "subscribe here", "subscribe",
    "unsubscribe", "sign up for free", "sign up now", "sign up", "sign in", "log in", "log out",
    "join our newsletter", "follow us on twitter", "follow us", "view in browser", "view this email in your browser",
    "view on web", "read more", "show more", "load more", "see more", "next page", "previous page", "back to top",
    "all rights reserved", "privacy policy", "terms of service", "terms of use", "cookie settings", "accept cookies",
    "advertisement", "sponsored", "share this",
  ].map { (phrase: String) in Array(phrase.utf8) }.sorted { $0.count > $1.count }

  /// Calls that are found glued to the front of a title. Longest first.
  private static let gluing: [[UInt8]] = phrases.filter { phrase in
    ["get trending", "get the latest", "subscribe", "unsubscribe", "sign up", "sign in", "log in", "join our"]
      .contains { phrase.starts(with: $0.utf8) }
  }

  /// Words that titles of papers seldom hold.
  private static let hints: [StaticString] = [
    "subscribe", "unsubscribe", "newsletter", "inbox", "sign up", "log in", "login", "follow us", "click here",
    "privacy policy", "all rights reserved", "view in browser", "cookie", "advertisement", "sponsored",
    "trending papers", "share this", "share on", "powered by",
  ]

  /// How many lines from `index` on (blank ones not counted) are one known call, which may be wrapped.
  static func extent(_ lines: [ListLine], at index: Int, _ bytes: [UInt8]) -> Int {
    var words: [UInt8] = []
    var taken = 0
    for line in lines[index...] where !line.isBlank {
      guard line.width <= 160, taken < 3 else { return 0 }
      if !words.isEmpty { words.append(0x20) }
      words += folded(bytes[line.text])
      taken += 1
      var rest = words[...]
      while let phrase = phrases.first(where: { rest.starts(with: $0) && isWordEnd(rest, $0.count) }) {
        rest = rest.dropFirst(phrase.count).drop { $0 == 0x20 }
      }
      if rest.isEmpty { return words.isEmpty ? 0 : taken }
      let isBegun = phrases.contains { $0.starts(with: rest) && $0.count > rest.count && $0[rest.count] == 0x20 }
      guard isBegun, rest.contains(0x20) else { return 0 }
    }
    return 0
  }

  /// Length of the calls that are glued to the front of a text which goes on with a capital or a digit.
  static func gluedLength(_ text: ArraySlice<UInt8>) -> Int {
    var rest = text
    while let phrase = gluing.first(where: { rest.startsFolded($0) }) {
      let behind = rest.dropFirst(phrase.count)
      let tail = behind.drop { $0.isAny(of: "!. ") }
      guard let next = tail.first, next.isASCIIUpper || next.isASCIIDigit || next >= 0x80 else { break }
      // A blank alone would make the word a part of the title (“Subscribe Behaviour …”).
      guard tail.startIndex == behind.startIndex || behind.first != 0x20 else { break }
      rest = tail
    }
    return rest.count < text.count && rest.contains(0x20) ? text.count - rest.count : 0
  }

  /// How many hints of a banner a line holds.
  static func hintCount(_ text: ArraySlice<UInt8>) -> Int {
    let words = folded(text)[...]
    return hints.count { words.contains($0) }
  }

  private static func isWordEnd(_ text: ArraySlice<UInt8>, _ length: Int) -> Bool {
    text.count == length || text[text.startIndex + length] == 0x20
  }

  /// Lower-case words with single blanks between them, other signs left out.
  private static func folded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for byte in text {
      if byte.isWord {
        result.append(byte.lowercased)
      } else if byte != UInt8(ascii: "'"), let last = result.last, last != 0x20 {
        result.append(0x20)
      }
    }
    if result.last == 0x20 { result.removeLast() }
    return result
  }
}

extension ArraySlice<UInt8> {
  fileprivate func startsFolded(_ phrase: [UInt8]) -> Bool {
    count >= phrase.count && zip(self, phrase).allSatisfy { $0.lowercased == $1 }
  }
}
