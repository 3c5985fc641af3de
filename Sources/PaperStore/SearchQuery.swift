/// What a person typed, made safe for the search index: nothing of it is ever read as the index's own syntax.
///
/// Words and "phrases" must all occur; `word*` is a beginning of a word, `-word` must not occur.
struct SearchQuery {
  /// The expression for the index; `nil` when nothing that could be found was typed.
  let match: String?

  init(_ text: String) {
    var wanted: [String] = []
    var unwanted: [String] = []
    for part in SearchQuery.parts(text) {
      let words = SearchQuery.words(part.text)
      guard !words.isEmpty else { continue }
      // A quoted string of several words is a phrase; quotation marks inside cannot occur.
      let quoted = "\"\(words.joined(separator: " "))\"" + (part.isPrefix ? " *" : "")
      if part.isNegated { unwanted.append(quoted) } else { wanted.append(quoted) }
    }
    guard !wanted.isEmpty else {
      match = nil
      return
    }
    match = wanted.joined(separator: " AND ") + unwanted.map { " NOT \($0)" }.joined()
  }

  private struct Part {
    var text: String
    var isNegated = false
    var isPrefix = false
  }

  private static func parts(_ text: String) -> [Part] {
    var parts: [Part] = []
    var current = ""
    var isQuoted = false
    var isNegated = false
    func flush() {
      if !current.isEmpty {
        parts.append(Part(text: current, isNegated: isNegated, isPrefix: !isQuoted && current.hasSuffix("*")))
      }
      (current, isNegated) = ("", false)
    }
    for character in text {
      if character == "\"" {
        flush()
        isQuoted.toggle()
      } else if character.isWhitespace, !isQuoted {
        flush()
      } else if character == "-", current.isEmpty, !isQuoted {
        isNegated = true
      } else {
        current.append(character)
      }
    }
    flush()
    return parts
  }

  /// Letters and digits, as the index's tokenizer cuts them.
  private static func words(_ text: String) -> [String] {
    text.unicodeScalars.split {
      !($0.properties.isAlphabetic || $0.properties.numericType != nil
        || $0.properties.generalCategory == .nonspacingMark)
    }.map { String(String.UnicodeScalarView($0)) }
  }
}
