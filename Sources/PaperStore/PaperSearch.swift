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
    public let hits: [SearchHit]
    /// How many papers were found, shown or not.
    public let total: Int
    /// Nothing held all words; these hold some.
    public let relaxed: Bool
  }

  /// How many of the most relevant papers are ranked again by their titles.
  private static let rankedAgain = 200

  /// Papers by relevance. What looks like an identifier is looked up as one first.
  public func search(_ text: String, limit: Int) throws -> SearchResult {
    let query = SearchQuery(text)
    if let hit = try identified(text) { return SearchResult(hits: [hit], total: 1, relaxed: false) }
    guard let match = query.match else {
      let found = try uids(query: text)
      let hits = try found.prefix(limit).compactMap { try plainHit($0) }
      return SearchResult(hits: hits, total: found.count, relaxed: false)
    }
    var result = try ranked(match, query, limit, relaxed: false)
    if result.total == 0, let relaxed = query.relaxedMatch { result = try ranked(relaxed, query, limit, relaxed: true) }
    return result
  }

  private func ranked(_ match: String, _ query: SearchQuery, _ limit: Int, relaxed: Bool) throws -> SearchResult {
    // The index gives the best first by itself; a second ORDER BY column would make SQLite sort every match, and a
    // filter beside MATCH would run the match once for each paper.
    let filters = query.conditions
    let arguments = StatementArguments([match] + filters.flatMap(\.values))
    let condition = (["p.id = m.rowid"] + filters.map(\.sql)).joined(separator: " AND ")
    let source = """
      WITH m AS MATERIALIZED (
        SELECT rowid, rank, snippet(paper_fts, -1, char(1), char(2), '…', 24) AS snippet
        FROM paper_fts WHERE paper_fts MATCH ? ORDER BY rank \(filters.isEmpty ? "LIMIT \(Self.rankedAgain)" : ""))
      SELECT p.id, p.uid, p.title, p.year, m.rank, m.snippet FROM m CROSS JOIN paper p
      WHERE \(condition) LIMIT \(Self.rankedAgain)
      """
    let count =
      filters.isEmpty
      ? "SELECT count(*) FROM paper_fts WHERE paper_fts MATCH ?"
      : """
      WITH m AS MATERIALIZED (SELECT rowid FROM paper_fts WHERE paper_fts MATCH ?)
      SELECT count(*) FROM m CROSS JOIN paper p WHERE \(condition)
      """
    let total = try Int.fetchOne(database, sql: count, arguments: arguments) ?? 0
    let rows = try Row.fetchAll(database, sql: source, arguments: arguments)
    let hits = try rows.map { try hit($0, query.words) }
      .sorted { ($0.score, $1.uid) > ($1.score, $0.uid) }
    return SearchResult(hits: Array(hits.prefix(limit)), total: total, relaxed: relaxed && total > 0)
  }

  private func hit(_ row: Row, _ words: [String]) throws -> SearchHit {
    let title: String = row["title"]
    let folded = PaperTitle.normalised(title)
    let phrase = PaperTitle.normalised(words.joined())
    let titleWords = Set(title.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    let isPhrase = words.count > 1 && !phrase.isEmpty && folded.contains(phrase)
    let hasAll = !words.isEmpty && words.allSatisfy(titleWords.contains)
    let year: Int? = row["year"]
    let relevance = -(row["rank"] as Double)
    let recency = year.map { 0.5 * min(1, max(0, Double($0 - 1980) / 50)) } ?? 0
    return SearchHit(
      uid: row["uid"], title: title, authors: try authors(of: row["id"]), year: year,
      score: relevance + (isPhrase ? 6 : 0) + (hasAll ? 2 : 0) + recency, relevance: relevance,
      titlePhrase: isPhrase ? 6 : 0, titleWords: hasAll ? 2 : 0, recency: recency,
      snippet: Self.marked(row["snippet"]))
  }

  private func identified(_ text: String) throws -> SearchHit? {
    guard !text.contains(where: \.isWhitespace), text.contains("/") || text.contains(".") else { return nil }
    let uid = try String.fetchOne(
      database,
      sql:
        "SELECT p.uid FROM identifier i JOIN paper p ON p.id = i.paper_id WHERE i.value = ? ORDER BY i.scheme LIMIT 1",
      arguments: [SearchQuery.bareIdentifier(text)])
    return try uid.flatMap { try plainHit($0) }
  }

  private func plainHit(_ uid: String) throws -> SearchHit? {
    guard let paper = try paper(uid) else { return nil }
    return SearchHit(
      uid: uid, title: paper.title, authors: paper.authors, year: paper.year, score: 0, relevance: 0, titlePhrase: 0,
      titleWords: 0, recency: 0, snippet: Self.marked(String((paper.abstract ?? "").prefix(160))))
  }

  /// The index marks words by two control characters, which no text holds; all else is escaped.
  private static func marked(_ text: String) -> String {
    var html = ""
    for character in text {
      switch character {
      case "\u{1}": html += "<mark>"
      case "\u{2}": html += "</mark>"
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      default: html.append(character)
      }
    }
    return html
  }
}
