/// What a person typed, made safe for the search index: nothing of it is ever read as the index's own syntax.
///
/// Words and "phrases" must all occur; `word*` is a beginning of a word, `-word` must not occur, `a OR b` asks for one
/// of them, `field:word` looks in one field (title, abstract, author, tag, venue) or at the year (`year:2020`,
/// `year:2018-2021`) or an identifier (`doi:`, `arxiv:`). All else is a word.
struct SearchQuery {
  /// One thing that a paper must or must not have.
  enum Term: Equatable {
    /// An expression for the index.
    case text(String)
    case years(ClosedRange<Int>)
    case identifier(scheme: String, value: String)
  }

  /// Of each list one term must hold.
  private(set) var wanted: [[Term]] = []
  private(set) var unwanted: [Term] = []
  /// The plain words, folded, for looking at titles.
  private(set) var words: [String] = []

  var isEmpty: Bool { wanted.isEmpty && unwanted.isEmpty }

  init(_ text: String) {
    var joinsLast = false
    for part in SearchQuery.parts(text) {
      if part.isOR {
        joinsLast = !wanted.isEmpty
        continue
      }
      guard let term = term(part) else { continue }
      if part.isNegated {
        unwanted.append(term)
      } else if joinsLast {
        wanted[wanted.count - 1].append(term)
      } else {
        wanted.append([term])
      }
      joinsLast = false
    }
  }

  /// The expression for the index of the lists that hold text alone; `nil` when there is none.
  var match: String? { SearchQuery.expression(wanted, joined: " AND ") }

  /// The same when one of the words is enough.
  var relaxedMatch: String? { wanted.count > 1 ? SearchQuery.expression(wanted, joined: " OR ") : nil }

  private static func expression(_ lists: [[Term]], joined word: String) -> String? {
    let groups = lists.compactMap { list in
      let texts = list.compactMap { if case .text(let text) = $0 { text } else { nil } }
      return texts.count == list.count ? texts.joined(separator: " OR ") : nil
    }
    return groups.isEmpty ? nil : groups.map { "(\($0))" }.joined(separator: word)
  }

  /// Conditions on the paper `p` that are not in `match`, with their values.
  var conditions: [(sql: String, values: [String])] {
    var conditions: [(String, [String])] = []
    for list in wanted where !list.allSatisfy({ if case .text = $0 { true } else { false } }) {
      let parts = list.map(SearchQuery.condition)
      conditions.append(("(" + parts.map(\.sql).joined(separator: " OR ") + ")", parts.flatMap(\.values)))
    }
    for term in unwanted {
      let part = SearchQuery.condition(term)
      conditions.append(("NOT (\(part.sql))", part.values))
    }
    return conditions
  }

  private static func condition(_ term: Term) -> (sql: String, values: [String]) {
    switch term {
    case .text(let text): ("p.id IN (SELECT rowid FROM paper_fts WHERE paper_fts MATCH ?)", [text])
    case .years(let years): ("coalesce(p.year BETWEEN \(years.lowerBound) AND \(years.upperBound), 0)", [])
    case .identifier(let scheme, let value):
      (
        "EXISTS (SELECT 1 FROM identifier i WHERE i.paper_id = p.id AND i.scheme = ? AND i.value = ?)",
        [scheme, value]
      )
    }
  }

  // MARK: - Reading

  private struct Part {
    var field: String?
    var text: String
    var isNegated = false
    var isQuoted = false
    var isOR: Bool { text == "OR" && !isQuoted && !isNegated && field == nil }
  }

  private static let columns = [
    "title": "title", "abstract": "abstract", "author": "authors", "tag": "tags", "venue": "container_title",
  ]

  private mutating func term(_ part: Part) -> Term? {
    switch part.field {
    case "year":
      let bounds = part.text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      if bounds.count == 1, let year = bounds[0] { return .years(year...year) }
      if bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last { return .years(first...last) }
      return text(part.text, in: nil, part)
    case "doi": return .identifier(scheme: "doi", value: SearchQuery.bareIdentifier(part.text))
    case "arxiv": return .identifier(scheme: "arxiv", value: SearchQuery.bareIdentifier(part.text))
    case let field?: return text(part.text, in: SearchQuery.columns[field], part)
    case nil: return text(part.text, in: nil, part)
    }
  }

  private mutating func text(_ text: String, in column: String?, _ part: Part) -> Term? {
    let words = SearchQuery.words(text)
    guard !words.isEmpty else { return nil }
    if !part.isNegated { self.words += words.map { $0.lowercased() } }
    // A quoted string of several words is a phrase; quotation marks inside cannot occur.
    let isPrefix = !part.isQuoted && text.hasSuffix("*")
    let quoted = "\"\(words.joined(separator: " "))\"" + (isPrefix ? " *" : "")
    return .text(column.map { "{\($0)} : \(quoted)" } ?? quoted)
  }

  private static func parts(_ text: String) -> [Part] {
    var parts: [Part] = []
    var part = Part(text: "")
    func flush() {
      if !part.text.isEmpty { parts.append(part) }
      part = Part(text: "")
    }
    for character in text {
      if character == "\"" {
        // A field stands before its phrase: `title:"two words"`.
        if part.isQuoted || !part.text.isEmpty { flush() } else { part.isQuoted = true }
      } else if character.isWhitespace, !part.isQuoted {
        flush()
      } else if character == "-", part.text.isEmpty, part.field == nil, !part.isQuoted {
        part.isNegated = true
      } else if character == ":", part.field == nil, !part.isQuoted, isField(part.text) {
        part.field = part.text.lowercased()
        part.text = ""
      } else {
        part.text.append(character)
      }
    }
    flush()
    return parts
  }

  private static func isField(_ text: String) -> Bool {
    let name = text.lowercased()
    return columns[name] != nil || ["year", "doi", "arxiv"].contains(name)
  }

  /// Letters and digits, as the index's tokenizer cuts them.
  private static func words(_ text: String) -> [String] {
    text.unicodeScalars.split {
      !($0.properties.isAlphabetic || $0.properties.numericType != nil
        || $0.properties.generalCategory == .nonspacingMark)
    }.map { String(String.UnicodeScalarView($0)) }
  }

  /// An identifier without prefix, address and letter case, as the store keeps DOIs and arXiv identifiers.
  static func bareIdentifier(_ text: String) -> String {
    var bare = text.lowercased()
    for prefix in ["https://", "http://", "www.", "dx.doi.org/", "doi.org/", "arxiv.org/abs/", "doi:", "arxiv:"]
    where bare.hasPrefix(prefix) {
      bare.removeFirst(prefix.count)
    }
    return bare
  }
}
