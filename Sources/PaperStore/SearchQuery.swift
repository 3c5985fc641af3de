/// What a person typed, made safe for the search index: nothing of it is ever read as the index's own syntax.
///
/// Words and "phrases" must all occur; `word*` is a beginning of a word, `-word` must not occur, `a OR b` asks for one
/// of them, `field:word` looks in one field (title, abstract, author, tag, venue), at the year (`year:2020`,
/// `year:2018-2021`, `year:2018-`), at an identifier (`doi:`, `arxiv:`) or at what a paper has (`has:code`). All else
/// is a word.
struct SearchQuery {
  /// One thing that a paper must or must not have.
  enum Term: Equatable {
    /// An expression for the index.
    case text(String)
    /// Letters of a script without blanks in one column of `paper` or its authors, wherever they stand.
    case part(String, column: String)
    case years(ClosedRange<Int>)
    case identifier(scheme: String, value: String)
    case has(String)

    fileprivate var isText: Bool { if case .text = self { true } else { false } }
  }

  /// Of each list one term must hold.
  private(set) var wanted: [[Term]] = []
  private(set) var unwanted: [Term] = []
  /// The plain words in lower case, for looking at titles.
  private(set) var words: [String] = []

  /// The most parts that are looked at: a pasted page is no query.
  private static let partLimit = 64

  var isEmpty: Bool { wanted.isEmpty && unwanted.isEmpty }

  /// - Parameter canonical: an identifier as the store has it, from its scheme and what a person typed.
  init(_ text: String, canonical: (String, String) -> String? = { $1 }) {
    var joinsLast = false
    for part in Self.parts(text).prefix(Self.partLimit) {
      if part.isOR {
        joinsLast = !wanted.isEmpty
        continue
      }
      guard let term = term(part, canonical) else { continue }
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
  var match: String? { expression(joined: " AND ") }

  /// The same when one of the words is enough; `nil` when that asks for nothing else.
  var relaxedMatch: String? { textLists.count > 1 ? expression(joined: " OR ") : nil }

  private var textLists: [[Term]] { wanted.filter { $0.allSatisfy(\.isText) } }

  private func expression(joined word: String) -> String? {
    let groups = textLists.map { list in
      list.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: " OR ")
    }
    return groups.isEmpty ? nil : groups.map { "(\($0))" }.joined(separator: word)
  }

  /// Conditions that are not in `match`, on the paper whose number an expression gives, with their values.
  func conditions(on paper: String) -> [(sql: String, values: [String])] {
    var conditions: [(String, [String])] = []
    for list in wanted where !list.allSatisfy(\.isText) {
      let parts = list.map { Self.condition($0, paper) }
      conditions.append(("(" + parts.map(\.sql).joined(separator: " OR ") + ")", parts.flatMap(\.values)))
    }
    for term in unwanted {
      let part = Self.condition(term, paper)
      conditions.append(("NOT (\(part.sql))", part.values))
    }
    return conditions
  }

  private static func condition(_ term: Term, _ id: String) -> (sql: String, values: [String]) {
    switch term {
    case .text(let text): ("\(id) IN (SELECT rowid FROM paper_fts WHERE paper_fts MATCH ?)", [text])
    case .part(let text, "authors"):
      (
        """
        EXISTS (SELECT 1 FROM author a WHERE a.paper_id = \(id)
          AND instr(coalesce(a.literal, coalesce(a.family, '') || coalesce(a.given, '')), ?) > 0)
        """, [text]
      )
    case .part(let text, "tags"):
      (
        """
        EXISTS (SELECT 1 FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = \(id)
          AND instr(t.key, ?) > 0)
        """, [Folding.tag(text)]
      )
    case .part(let text, let column):
      ("EXISTS (SELECT 1 FROM paper q WHERE q.id = \(id) AND instr(q.\(column), ?) > 0)", [text])
    case .years(let years):
      ("\(id) IN (SELECT id FROM paper WHERE year BETWEEN \(years.lowerBound) AND \(years.upperBound))", [])
    case .identifier(let scheme, let value):
      (
        "EXISTS (SELECT 1 FROM identifier i WHERE i.paper_id = \(id) AND i.scheme = ? AND i.value = ?)",
        [scheme, value]
      )
    case .has("link"): ("EXISTS (SELECT 1 FROM link l WHERE l.paper_id = \(id) AND l.url IS NOT NULL)", [])
    case .has("abstract"):
      ("EXISTS (SELECT 1 FROM paper q WHERE q.id = \(id) AND coalesce(q.abstract_plain, '') <> '')", [])
    case .has("author"): ("EXISTS (SELECT 1 FROM author a WHERE a.paper_id = \(id))", [])
    case .has("year"): ("\(id) IN (SELECT id FROM paper WHERE year IS NOT NULL)", [])
    case .has("tag"): ("EXISTS (SELECT 1 FROM paper_tag pt WHERE pt.paper_id = \(id))", [])
    case .has("promise"): ("EXISTS (SELECT 1 FROM link l WHERE l.paper_id = \(id) AND l.status = 'promised')", [])
    case .has(let what) where linkKinds.contains(what):
      ("EXISTS (SELECT 1 FROM link l WHERE l.paper_id = \(id) AND l.url IS NOT NULL AND l.kind = ?)", [what])
    case .has(let scheme): ("EXISTS (SELECT 1 FROM identifier i WHERE i.paper_id = \(id) AND i.scheme = ?)", [scheme])
    }
  }

  // MARK: - Reading

  private struct Part {
    var field: String?
    var text = String.UnicodeScalarView()
    var isNegated = false
    var isQuoted = false
    var isOR: Bool { String(text) == "OR" && !isQuoted && !isNegated && field == nil }
  }

  /// Columns of the index by the names that a person types.
  private static let columns = [
    "title": "title", "abstract": "abstract", "author": "authors", "authors": "authors", "tag": "tags",
    "venue": "container_title", "journal": "container_title",
  ]
  private static let fields = Set(columns.keys).union(["year", "doi", "arxiv", "has"])
  private static let linkKinds: Set<String> = ["code", "project", "data", "paper", "other"]
  private static let things = linkKinds.union([
    "link", "abstract", "author", "year", "tag", "promise", "doi", "arxiv", "pmid", "pmcid", "isbn",
  ])

  private mutating func term(_ part: Part, _ canonical: (String, String) -> String?) -> Term? {
    let typed = String(part.text)
    switch part.field {
    case "year":
      if let years = Self.years(typed) { return .years(years) }
      return word(part, in: nil)
    case "doi", "arxiv":
      guard let scheme = part.field, !typed.isEmpty else { return nil }
      return .identifier(scheme: scheme, value: canonical(scheme, typed) ?? typed)
    case "has":
      let what = typed.lowercased()
      if Self.things.contains(what) { return .has(what) }
      return word(part, in: nil)
    case let field?: return word(part, in: Self.columns[field])
    case nil: return word(part, in: nil)
    }
  }

  /// `2023`, `2018-2021`, `2018-`, `-2021`; the dash may be a longer one, two full stops, or a colon.
  private static func years(_ text: String) -> ClosedRange<Int>? {
    let plain = text.replacing("..", with: "-").map { "–—−:".contains($0) ? "-" : $0 }
    let bounds = String(plain).split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count <= 2, bounds.contains(where: { !$0.isEmpty }),
      bounds.allSatisfy({ $0.isEmpty || $0.count <= 4 && Int($0) != nil && $0.first != "+" })
    else { return nil }
    let numbers = bounds.map { Int($0) }
    if numbers.count == 1, let year = numbers[0] { return year...year }
    let (first, last) = (numbers[0] ?? 0, numbers[1] ?? 9999)
    return min(first, last)...max(first, last)
  }

  private mutating func word(_ part: Part, in column: String?) -> Term? {
    // Letters alone reach the index, as a quoted string that it cuts by its own rules.
    let isUnspaced = part.text.contains(where: Unspaced.contains)
    var isBlank = true
    var letters = String.UnicodeScalarView()
    for scalar in isUnspaced ? Unspaced.segmented(String(part.text)).unicodeScalars : part.text {
      if Self.isLetter(scalar) || scalar.properties.generalCategory.isMark {
        letters.append(scalar)
        isBlank = isBlank && !Self.isLetter(scalar)
      } else {
        letters.append(" ")
      }
    }
    guard !isBlank else { return nil }
    let typed = String(part.text)
    if !part.isNegated {
      words += typed.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
    if isUnspaced, let column {
      let names = ["abstract": "abstract_plain"]
      return .part(typed.split(whereSeparator: \.isWhitespace).joined(separator: " "), column: names[column] ?? column)
    }
    let isPrefix = !part.isQuoted && !isUnspaced && part.text.last == "*"
    let quoted = "\"\(String(letters))\"" + (isPrefix ? " *" : "")
    return .text(column.map { "{\($0)} : \(quoted)" } ?? quoted)
  }

  /// What the index's tokenizer takes as part of a word: letters, numbers, private use.
  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .privateUse:
      true
    default: false
    }
  }

  private static func parts(_ text: String) -> [Part] {
    var parts: [Part] = []
    var part = Part()
    func flush() {
      if !part.text.isEmpty { parts.append(part) }
      part = Part()
    }
    for scalar in text.unicodeScalars {
      let isQuote = scalar == "\"" || scalar == "“" || scalar == "”" || scalar == "„"
      if isQuote {
        // A field stands before its phrase: `title:"two words"`.
        if part.isQuoted || !part.text.isEmpty { flush() } else { part.isQuoted = true }
      } else if scalar.properties.isWhitespace, !part.isQuoted {
        flush()
      } else if scalar == "-" || scalar == "−", part.text.isEmpty, part.field == nil, !part.isQuoted {
        part.isNegated = true
      } else if scalar == ":" || scalar == "：", part.field == nil, !part.isQuoted,
        fields.contains(String(part.text).lowercased())
      {
        part.field = String(part.text).lowercased()
        part.text = String.UnicodeScalarView()
      } else {
        part.text.append(scalar)
      }
    }
    flush()
    return parts
  }
}
