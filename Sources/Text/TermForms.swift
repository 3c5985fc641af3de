/// How terms are written where they come from: `LLMs` for llms, `zero-shot learning` for zero shot learning.
struct TermForms {
  /// A word of a text: as it stands there, in lower case, and what parts it from the one before.
  private struct Word {
    var written: String
    var lower: String
    var isHyphenated: Bool
  }

  private let texts: [[Word]]

  /// No more of a text is looked at.
  private static let longestText = 20_000

  init(_ documents: some Sequence<TextDocument>) {
    texts = documents.flatMap { document in
      [TermForms.words(of: document.title, isTitle: true), TermForms.words(of: document.body, isTitle: false)]
    }
  }

  /// The form that comes most often, the first by scalars among equals; the term itself where none is found.
  func form(of term: String) -> String {
    let parts = term.split(separator: " ").map(String.init)
    guard !parts.isEmpty else { return term }
    var counts: [String: Int] = [:]
    for words in texts where words.count >= parts.count {
      for start in 0...(words.count - parts.count) where words[start].lower == parts[0] {
        let found = words[start..<start + parts.count]
        guard found.map(\.lower) == parts else { continue }
        let form = found.dropFirst().reduce(words[start].written) { $0 + ($1.isHyphenated ? "-" : " ") + $1.written }
        counts[form, default: 0] += 1
      }
    }
    return counts.min { (-$0.value, $0.key) < (-$1.value, $1.key) }?.key ?? term
  }

  private static func words(of text: String, isTitle: Bool) -> [Word] {
    let text = String(decoding: text.utf8.prefix(longestText), as: UTF8.self)
    var words: [Word] = []
    var word = String.UnicodeScalarView()
    var gap = String.UnicodeScalarView()
    func close() {
      guard !word.isEmpty else { return }
      let written = String(word)
      let lower = written.lowercased()
      let begins = isTitle || words.isEmpty || gap.contains { ".!?:".unicodeScalars.contains($0) }
      words.append(
        Word(
          written: begins && isCapitalised(word) ? lower : written, lower: lower,
          isHyphenated: gap.elementsEqual("-".unicodeScalars)))
      word.removeAll()
      gap.removeAll()
    }
    for scalar in text.unicodeScalars {
      if scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        word.append(scalar)
      } else {
        close()
        gap.append(scalar)
      }
    }
    close()
    return words
  }

  /// A capital first and none behind, as words of titles and at the beginning of sentences have it whatever they are.
  private static func isCapitalised(_ word: String.UnicodeScalarView) -> Bool {
    guard let first = word.first, first.properties.isUppercase else { return false }
    return !word.dropFirst().contains { $0.properties.isUppercase }
  }
}
