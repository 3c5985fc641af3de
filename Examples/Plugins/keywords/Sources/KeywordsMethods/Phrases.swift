/// Cuts texts into candidate key phrases: what stands between stop words, marks and numbers (Rose et al. 2010,
/// section 1.2.1).
struct Phrases {
  /// Longer runs of words are seldom phrases of a language.
  var longest = 5

  /// The phrases of a text, in lower case, as often as they stand there.
  func phrases(of text: String) -> [[String]] {
    var found: [[String]] = []
    var phrase: [String] = []
    func close() {
      if !phrase.isEmpty, phrase.count <= longest { found.append(phrase) }
      phrase = []
    }
    var word = ""
    func endWord() {
      defer { word = "" }
      while word.last == "-" || word.last == "'" { word.removeLast() }
      guard let first = word.first else { return }
      if first.isNumber || stopWords.contains(word) { close() } else { phrase.append(word) }
    }
    for character in text.lowercased() {
      if character.isLetter || character.isNumber || (!word.isEmpty && (character == "-" || character == "'")) {
        word.append(character)
      } else {
        endWord()
        if !character.isWhitespace { close() }
      }
    }
    endWord()
    close()
    return found
  }
}
