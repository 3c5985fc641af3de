import JSON

/// Reads one paper from the text of a PDF. Title, authors and abstract are guessed from the first page and marked so;
/// identifiers in the references are mentions of other works.
///
/// The text stands nowhere in the file as it is, so all spans are those of the whole file.
struct PDFReader {
  /// - Parameters:
  ///   - text: pages in UTF-8, parted by form feeds.
  ///   - count: the file's size in bytes.
  static func read(text: [UInt8], count: Int) -> PaperDocument {
    let whole = ByteSpan(0, count)
    let pages = text.split(separator: 0x0C, omittingEmptySubsequences: false).map {
      PDFPage(String(decoding: $0, as: UTF8.self))
    }
    guard let first = pages.first(where: { $0.letters > 40 }) else {
      let warning = ParseWarning(.noTextInPDF, whole, "the PDF holds no text; it may be a scan, which needs OCR first")
      return PaperDocument(
        format: .pdf, records: [], warnings: [warning],
        regions: [PaperDocument.Region(kind: .skipped, span: whole)])
    }
    var draft = RecordDraft(whole, type: "article")
    let front = PDFFrontPage(first)
    var guesses: [String] = []
    if !front.title.isEmpty {
      draft.setTitle(pinned(front.title, whole), raw: Array(front.title.utf8)[...], span: whole)
      guesses.append("title")
    }
    if !front.authors.isEmpty {
      draft.set("author", front.authors.map(AuthorGuess.json))
      guesses.append("authors")
    }
    if !front.abstract.isEmpty {
      draft.setAbstract(pinned(front.abstract, whole), raw: Array(front.abstract.utf8)[...], span: whole)
      guesses.append("abstract")
    }
    if !guesses.isEmpty {
      draft.warn(.guessed, whole, "guessed from the first page: \(guesses.joined(separator: ", "))")
      draft.custom["guessed"] = JSON(guesses)
    }
    identifiers(first, pages, whole, &draft)
    return PaperDocument(
      format: .pdf, records: [draft.record(1)], warnings: [],
      regions: [PaperDocument.Region(kind: .record(1), span: whole)])
  }

  private static func pinned(_ text: String, _ span: ByteSpan) -> SpannedText {
    var result = SpannedText(pointing: text, to: span.start)
    result.pin = span
    return result
  }

  /// The stamp of arXiv and the DOI of the first page are the paper's own; what the references name are other works.
  private static func identifiers(
    _ first: PDFPage, _ pages: [PDFPage], _ whole: ByteSpan, _ draft: inout RecordDraft
  ) {
    let head = first.lines.prefix { !PDFFrontPage.isReferences($0) }.joined(separator: "\n")
    for found in IdentifierFinder.find(Array(head.utf8)) where found.scheme == .doi || found.scheme == .arxiv {
      let isStamp =
        found.scheme == .arxiv && first.lines.contains { $0.hasPrefix("arXiv:") && $0.contains(found.value) }
      let isDOI = found.scheme == .doi && first.namesOwn(found.value)
      guard isStamp || isDOI else { continue }
      if found.scheme == .doi { draft.setDOI(found.value, whole) } else { draft.identify(.arxiv, found.value, whole) }
    }
    var isInside = false
    for page in pages {
      var text = ""
      for line in page.lines {
        if PDFFrontPage.isReferences(line) { isInside = true }
        if isInside { text += line + "\n" }
      }
      guard isInside, !text.isEmpty else { continue }
      for found in IdentifierFinder.find(Array(text.utf8)) where found.scheme != .orcid {
        draft.mention(found.scheme, found.value, whole)
      }
    }
  }
}

/// A page as lines.
struct PDFPage {
  /// Without blanks at either end.
  let lines: [String]
  let letters: Int

  init(_ text: String) {
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
      line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    letters = text.utf8.count { $0.isLetter }
  }

  /// Whether a line of its own, or one that says so, gives this DOI as the page's.
  func namesOwn(_ doi: String) -> Bool {
    lines.contains { line in
      let text = line.lowercased()
      guard text.contains(doi) else { return false }
      return text.hasPrefix("doi") || text.hasPrefix("https://doi.org") || text.hasPrefix("http://dx.doi.org")
        || text.contains("published") || text.utf8.count < doi.utf8.count + 40
    }
  }
}

/// Where title, authors and abstract stand on a first page, told by order, length and headings.
struct PDFFrontPage {
  private(set) var title = ""
  private(set) var authors: [String] = []
  private(set) var abstract = ""

  private static let longest = 5_000

  init(_ page: PDFPage) {
    let lines = page.lines
    let heading = lines.firstIndex(where: Self.isAbstractHeading)
    let end = heading ?? lines.firstIndex(where: Self.isIntroduction) ?? min(lines.count, 40)
    var index = 0
    while index < end, lines[index].isEmpty || Self.isFurniture(lines[index]) { index += 1 }
    var titleLines: [String] = []
    while index < end, !lines[index].isEmpty, titleLines.count < 4 {
      // Names begin where a line looks like a list of them.
      if !titleLines.isEmpty, Self.looksLikeNames(lines[index]) { break }
      titleLines.append(lines[index])
      index += 1
    }
    title = Self.joined(titleLines)
    if index < end { authors = Self.names(lines[index..<end]) }
    if let heading { abstract = Self.abstract(lines, heading) }
  }

  static func isReferences(_ line: String) -> Bool {
    let word = line.lowercased().drop { $0.isNumber || $0 == "." || $0 == " " }
    return ["references", "bibliography", "literature cited", "works cited", "references and notes"].contains(
      String(word))
  }

  private static func isAbstractHeading(_ line: String) -> Bool {
    let text = line.lowercased()
    if text == "summary" || text == "a b s t r a c t" { return true }
    guard text.hasPrefix("abstract") else { return false }
    let rest = text.dropFirst(8)
    return rest.isEmpty || rest.first.map { !$0.isLetter && $0 != " " || $0 == " " && rest.count > 40 } ?? true
  }

  private static func isIntroduction(_ line: String) -> Bool {
    let word = line.lowercased().drop { $0.isNumber || $0 == "." || $0 == " " || $0 == "i" && line.hasPrefix("I.") }
    return word == "introduction" || word == "ntroduction" && line.contains("I.")
  }

  /// Lines above a title that are none: stamps, running heads, notes of the publisher.
  private static func isFurniture(_ line: String) -> Bool {
    let text = line.lowercased()
    if line.utf8.count(where: \.isLetter) < 4 { return true }
    let signs = [
      "arxiv:", "published as", "under review", "preprint", "accepted ", "to appear", "proceedings of", "workshop on",
      "volume ", "vol. ", "issn", "isbn", "doi:", "doi ", "https://", "http://", "www.", "copyright", "©",
      "journal of", "ieee transactions", "manuscript", "received ", "research article", "original research",
      "open access",
      "contents lists", "available online", "downloaded from", "in proceedings", "conference on", "page ",
    ]
    return signs.contains { text.hasPrefix($0) } || text.contains("doi.org/") || text.contains("all rights reserved")
  }

  // MARK: - Names

  private static let places = [
    "universit", "institut", "department", "school", "college", "laborator", "research", "academy", "center", "centre",
    "faculty", "inc.", "corporation", "hospital", "google", "microsoft", "facebook", "openai", "deepmind", "amazon",
    "@", "http", "usa", "china", "germany", "france", "canada", "japan", "correspond", "equal contribution", "et al",
    "email", "e-mail", "street", "road", "abstract", "keywords",
  ]

  private static func looksLikeNames(_ line: String) -> Bool {
    let found = people(line)
    return found.count >= 2 || found.count == 1 && line.contains(where: { "∗*†‡§¶".contains($0) })
  }

  private static func names(_ lines: ArraySlice<String>) -> [String] {
    var names: [String] = []
    for line in lines {
      for name in people(line) where !names.contains(name) { names.append(name) }
      if names.count >= 200 { break }
    }
    return names
  }

  /// The people that a line names; none when it is an affiliation or prose.
  private static func people(_ line: String) -> [String] {
    let lower = line.lowercased()
    guard !places.contains(where: { lower.contains($0) }) else { return [] }
    // Footnote marks part names as commas do.
    let marked = String(line.map { "0123456789∗*†‡§¶⋆✉♯#⁰¹²³⁴⁵⁶⁷⁸⁹".contains($0) ? "," : $0 })
    let parts = marked.split(whereSeparator: { ",;·•|&".contains($0) })
      .flatMap { $0.split(separator: " ").split(separator: "and").map { unmarked($0).joined(separator: " ") } }
    let names = parts.filter(isName)
    return names.count * 2 >= parts.filter { $0.count > 2 }.count ? names : []
  }

  /// Without the small letter behind a name that refers to an affiliation.
  private static func unmarked(_ words: ArraySlice<Substring>) -> ArraySlice<Substring> {
    guard words.count > 2, let last = words.last, last.count == 1, last.allSatisfy(\.isLowercase) else { return words }
    return words.dropLast()
  }

  private static func isName(_ text: String) -> Bool {
    let words = text.split(separator: " ")
    guard (2...5).contains(words.count), text.utf8.count <= 50 else { return false }
    let particles: Set<Substring> = [
      "van", "von", "de", "der", "den", "la", "le", "da", "dos", "del", "di", "bin", "al", "el",
    ]
    return words.allSatisfy { word in
      if particles.contains(word) { return true }
      guard let first = word.first, first.isUppercase else { return false }
      return word.allSatisfy { $0.isLetter || "-.'’".contains($0) }
        && (word.count == 1 || !word.dropFirst().allSatisfy(\.isUppercase) || word.count <= 3)
    } && words.contains { $0.count > 2 && $0.first?.isUppercase == true }
  }

  // MARK: - Text

  private static func abstract(_ lines: [String], _ heading: Int) -> String {
    var first = lines[heading].dropFirst(lines[heading].lowercased().hasPrefix("a b s") ? 15 : 8)
    if lines[heading].lowercased() == "summary" { first = "" }
    while let sign = first.first, !sign.isLetter, !sign.isNumber { first.removeFirst() }
    var body: [String] = first.isEmpty ? [] : [String(first)]
    var count = first.utf8.count
    for line in lines[(heading + 1)...] {
      if isIntroduction(line) || isEndOfAbstract(line) || count > longest { break }
      if line.isEmpty {
        if count > 400, body.last?.hasSuffix(".") == true { break }
        continue
      }
      body.append(line)
      count += line.utf8.count
    }
    return joined(body)
  }

  private static func isEndOfAbstract(_ line: String) -> Bool {
    let text = line.lowercased()
    return ["keywords", "key words", "index terms", "ccs concepts", "acm reference", "categories and subject"].contains
    {
      text.hasPrefix($0)
    }
  }

  /// Lines as one text; a word that was broken at a line's end is put together again.
  private static func joined(_ lines: [String]) -> String {
    var text = ""
    for line in lines where !line.isEmpty {
      if text.hasSuffix("-"), text.dropLast().last?.isLowercase == true, line.first?.isLowercase == true {
        text.removeLast()
        text += line
      } else {
        text += text.isEmpty ? line : " " + line
      }
    }
    return text
  }
}
