import GRDB

extension PaperReader {
  /// A paper that was found, and why it stands where it stands.
  public struct SearchHit: Sendable {
    public let uid, title: String
    public let authors: [String]
    public let year: Int?
    /// Larger is better: `relevance` + `titlePhrase` + `titleWords` + `recency`.
    public let score: Double
    /// BM25 of the index with its column weights.
    public let relevance: Double
    /// 6 when the words stand in the title side by side, 2 when all of them stand in it; up to 0.5 for recent years.
    public let titlePhrase, titleWords, recency: Double
    /// A piece of the text as HTML, the words found in `<mark>`.
    public let snippet: String
  }

  public struct SearchResult: Sendable {
    public var hits: [SearchHit]
    /// How many papers were found, shown or not.
    public var total: Int
    /// Nothing held all words; these hold some.
    public var relaxed = false
    /// So many were found that only the last ones to be entered were ranked, and those with the words in the title.
    public var isCapped = false
  }

  /// How many of the most relevant papers are ranked again by their titles.
  private static let rankedAgain = 200

  /// Ranking looks at each match: about 3 µs. Of more matches than this the newest are ranked.
  private static let rankLimit = 20_000

  /// Papers by relevance. What looks like an identifier is looked up as one first.
  ///
  /// - Parameters:
  ///   - identifiers: what the whole text is as an identifier.
  ///   - canonical: an identifier as the store has it, from its scheme and what a person typed.
  ///   - offset: hits that are passed over.
  public func search(
    _ text: String, identifiers: [ImportRecord.Identifier] = [], limit: Int, offset: Int = 0,
    canonical: (String, String) -> String? = { $1 }
  ) throws -> SearchResult {
    let known = try identified(identifiers)
    if !known.isEmpty { return SearchResult(hits: Array(known.dropFirst(offset).prefix(limit)), total: known.count) }
    let query = SearchQuery(text, canonical: canonical)
    guard let match = query.match else { return try filtered(query, limit, offset) }
    var result = try ranked(match, query, limit, offset)
    if result.total == 0, let relaxed = query.relaxedMatch {
      result = try ranked(relaxed, query, limit, offset)
      result.relaxed = result.total > 0
    }
    return result
  }

  // MARK: - Ranked

  private func ranked(_ match: String, _ query: SearchQuery, _ limit: Int, _ offset: Int) throws -> SearchResult {
    // The sign before the row's number keeps it from the index, which would run the match once for each paper.
    let filters = query.conditions(on: "+paper_fts.rowid")
    let condition = filters.map { " AND " + $0.sql }.joined()
    let values = filters.flatMap(\.values)
    let total =
      try Int.fetchOne(
        database, sql: "SELECT count(*) FROM paper_fts WHERE paper_fts MATCH ?\(condition)",
        arguments: StatementArguments([match] + values)) ?? 0
    guard total > 0 else { return SearchResult(hits: [], total: 0) }

    let wanted = max(Self.rankedAgain, offset + limit)
    // Papers are looked up only when they are the best.
    func best(_ match: String, newest: Bool) throws -> [Row] {
      let order = newest ? "ORDER BY rowid DESC LIMIT \(Self.rankLimit)" : ""
      return try Row.fetchAll(
        database,
        sql: """
          WITH m AS MATERIALIZED
            (SELECT rowid, rank AS relevance FROM paper_fts WHERE paper_fts MATCH ?\(condition) \(order)),
          top AS MATERIALIZED (SELECT rowid, relevance FROM m ORDER BY relevance LIMIT \(wanted))
          SELECT p.id, p.uid, p.title, p.year, top.relevance FROM top CROSS JOIN paper p ON p.id = top.rowid
          ORDER BY top.relevance
          """, arguments: StatementArguments([match] + values))
    }
    let isCapped = total > Self.rankLimit
    var rows = try best(match, newest: isCapped)
    if isCapped {
      // Those with the words in the title are the likeliest to be meant, however old.
      let known = Set(rows.map { $0["id"] as Int64 })
      rows += try best("{title} : (\(match))", newest: true).filter { !known.contains($0["id"]) }
    }
    let ranked = rows.map { rank($0, query.words) }.sorted { ($0.score, $1.uid) > ($1.score, $0.uid) }
    let shown = ranked.dropFirst(offset).prefix(limit)
    let snippets = try snippets(of: shown.map(\.id), match)
    let hits = try shown.map { hit in
      SearchHit(
        uid: hit.uid, title: hit.title,
        authors: try authors(of: hit.id).filter { $0.role == "author" }.map(\.displayed),
        year: hit.year, score: hit.score, relevance: hit.relevance, titlePhrase: hit.titlePhrase,
        titleWords: hit.titleWords, recency: hit.recency, snippet: snippets[hit.id] ?? "")
    }
    return SearchResult(hits: hits, total: total, isCapped: isCapped)
  }

  private struct Ranked {
    let id: Int64
    let uid, title: String
    let year: Int?
    let relevance, titlePhrase, titleWords, recency: Double
    var score: Double { relevance + titlePhrase + titleWords + recency }
  }

  private func rank(_ row: Row, _ words: [String]) -> Ranked {
    let title: String = row["title"]
    let phrase = PaperTitle.normalised(words.joined())
    let isPhrase = words.count > 1 && !phrase.isEmpty && PaperTitle.normalised(title).contains(phrase)
    let titleWords = Set(title.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    let hasAll = !words.isEmpty && words.allSatisfy(titleWords.contains)
    let year: Int? = row["year"]
    return Ranked(
      id: row["id"], uid: row["uid"], title: title, year: year, relevance: -(row["relevance"] as Double),
      titlePhrase: isPhrase ? 6 : 0, titleWords: hasAll ? 2 : 0,
      recency: year.map { 0.5 * min(1, max(0, Double($0 - 1980) / 50)) } ?? 0)
  }

  /// Pieces of the papers' texts around the words found.
  private func snippets(of papers: [Int64], _ match: String) throws -> [Int64: String] {
    let statement = try cached(
      """
      SELECT snippet(paper_fts, -1, char(1), char(2), '…', 24) FROM paper_fts WHERE paper_fts MATCH ? AND rowid = ?
      """)
    var snippets: [Int64: String] = [:]
    for paper in papers {
      snippets[paper] = try String.fetchOne(statement, arguments: [match, paper]).map(Self.marked)
    }
    return snippets
  }

  // MARK: - Unranked

  private func identified(_ identifiers: [ImportRecord.Identifier]) throws -> [SearchHit] {
    var papers: [Int64] = []
    for identifier in identifiers {
      let found = try Int64.fetchOne(
        cached(
          """
          SELECT p.id FROM identifier i JOIN paper p ON p.id = i.paper_id
          WHERE i.scheme = ? AND i.value = ? AND p.deleted_at IS NULL AND p.merged_into IS NULL
          """), arguments: [identifier.scheme, identifier.value])
      if let found, !papers.contains(found) { papers.append(found) }
    }
    return try papers.compactMap(plainHit)
  }

  /// Papers for a query without words: the newest first.
  private func filtered(_ query: SearchQuery, _ limit: Int, _ offset: Int) throws -> SearchResult {
    let filters = query.conditions(on: "p.id")
    let condition = (["p.merged_into IS NULL", "p.deleted_at IS NULL"] + filters.map(\.sql)).joined(separator: " AND ")
    let values = filters.flatMap(\.values)
    let total =
      try Int.fetchOne(
        database, sql: "SELECT count(*) FROM paper p WHERE \(condition)", arguments: StatementArguments(values)) ?? 0
    let papers = try Int64.fetchAll(
      database,
      sql: "SELECT p.id FROM paper p WHERE \(condition) ORDER BY p.year DESC, p.uid LIMIT \(limit) OFFSET \(offset)",
      arguments: StatementArguments(values))
    return SearchResult(hits: try papers.compactMap(plainHit), total: total)
  }

  private func plainHit(_ paper: Int64) throws -> SearchHit? {
    guard
      let row = try Row.fetchOne(
        cached("SELECT uid, title, year, substr(abstract_plain, 1, 160) AS piece FROM paper WHERE id = ?"),
        arguments: [paper])
    else { return nil }
    return SearchHit(
      uid: row["uid"], title: row["title"],
      authors: try authors(of: paper).filter { $0.role == "author" }.map(\.displayed), year: row["year"], score: 0,
      relevance: 0, titlePhrase: 0, titleWords: 0, recency: 0, snippet: Self.marked(row["piece"] ?? ""))
  }

  /// The index marks words by two control characters; all else is escaped, and each mark that begins ends.
  static func marked(_ text: String) -> String {
    var html = ""
    var isOpen = false
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\u{1}":
        if !isOpen { html += "<mark>" }
        isOpen = true
      case "\u{2}":
        if isOpen { html += "</mark>" }
        isOpen = false
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "\"": html += "&quot;"
      case Unspaced.separator: break
      case "\u{0}"..."\u{1F}": html += " "
      default: html.unicodeScalars.append(scalar)
      }
    }
    return isOpen ? html + "</mark>" : html
  }
}
