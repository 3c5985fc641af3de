import Foundation
import GRDB
import JSON

/// Reads papers from one snapshot; made by `PaperStore.read` and good until it returns.
public final class PaperReader {
  let database: Database

  init(_ database: Database) { self.database = database }

  /// A paper with what hangs on it.
  public struct StoredPaper: Sendable {
    public let uid: String
    public let rev: Int
    public let columns: ItemColumns
    public let titleRaw: String?
    public let abstractRaw: [UInt8]?
    public let createdAt, updatedAt: String
    public let isDeleted: Bool
    public let identifiers: [ImportRecord.Identifier]
    public let links: [(kind: String, url: String?, raw: String, status: String)]
    public let mentions: [ImportRecord.Identifier]
    public let versions: [ImportRecord.Version]
    public let tags: [String]
    /// Ground truth that people gave, by the name of its set.
    public let labels: JSON.Object

    public var title: String { columns.title }
    public var abstract: String? { columns.abstract }
    public var year: Int? { columns.year }
    public var container: String? { columns.container }
    public var authors: [String] { columns.authors.filter { $0.role == "author" }.map(\.displayed) }
    /// The CSL-JSON item.
    public var item: JSON.Object { columns.item }
  }

  // MARK: - Which papers

  /// The handles of papers that pass all that is asked, in order.
  ///
  /// - Parameters:
  ///   - query: words as a person types them, which must all occur (see `search` for the language); `nil` for all.
  ///   - ids: of these alone; one that was merged stands for what it became.
  ///   - tags: papers that bear every one of them.
  ///   - canonical: an identifier as the store has it, from its scheme and what a person typed.
  /// - Throws: `StoreError.notFound` for a handle that no paper has.
  public func uids(
    query: String? = nil, ids: [String]? = nil, tags: [String] = [],
    canonical: (String, String) -> String? = { $1 }
  ) throws -> [String] {
    var conditions = ["p.merged_into IS NULL", "p.deleted_at IS NULL"]
    var arguments: [any DatabaseValueConvertible] = []
    if let query = query.map({ SearchQuery($0, canonical: canonical) }) {
      if let match = query.match {
        conditions.append("p.id IN (SELECT rowid FROM paper_fts WHERE paper_fts MATCH ?)")
        arguments.append(match)
      }
      for condition in query.conditions(on: "p.id") {
        conditions.append(condition.sql)
        arguments += condition.values
      }
    }
    for tag in tags {
      conditions.append(
        "EXISTS (SELECT 1 FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = p.id AND t.key = ?)")
      arguments.append(Folding.tag(tag))
    }
    let condition = conditions.joined(separator: " AND ")
    guard let ids else {
      return try String.fetchAll(
        database, sql: "SELECT p.uid FROM paper p WHERE \(condition) ORDER BY p.uid",
        arguments: StatementArguments(arguments))
    }
    let statement = try database.cachedStatement(sql: "SELECT p.uid FROM paper p WHERE p.id = ? AND \(condition)")
    let papers = Set(try ids.map(paperID))
    return try papers.compactMap { paper in
      try String.fetchOne(statement, arguments: StatementArguments([paper] + arguments))
    }.sorted()
  }

  /// The paper of a handle, which may have become a part of another one.
  func paperID(_ uid: String) throws -> Int64 {
    guard var id = try Int64.fetchOne(cached("SELECT id FROM paper WHERE uid = ?"), arguments: [uid]) else {
      throw StoreError(.notFound, "no paper \(uid.prefix(60))", hint: "papers.search finds papers and their ids")
    }
    while let next = try Int64.fetchOne(cached("SELECT merged_into FROM paper WHERE id = ?"), arguments: [id]) {
      id = next
    }
    return id
  }

  // MARK: - One paper

  /// One paper, deleted or not; one that was merged is what it became. Throws `store.notFound`.
  public func paper(_ uid: String) throws -> StoredPaper {
    let id = try paperID(uid)
    guard let row = try row(of: id) else { throw StoreError(.corrupt, "the paper \(uid) has no row") }
    return StoredPaper(
      uid: row["uid"], rev: row["rev"], columns: try columns(row, of: id), titleRaw: row["title_raw"],
      abstractRaw: (row["abstract_raw"] as Data?).map { Array($0) }, createdAt: row["created_at"],
      updatedAt: row["updated_at"],
      isDeleted: row["deleted_at"] != nil,
      identifiers: try rows("SELECT scheme, value FROM identifier WHERE paper_id = ? ORDER BY scheme, value", id).map {
        ImportRecord.Identifier($0["scheme"], $0["value"])
      },
      links: try rows("SELECT kind, url, url_raw, status FROM link WHERE paper_id = ? ORDER BY id", id).map {
        ($0["kind"], $0["url"], $0["url_raw"], $0["status"])
      },
      mentions: try rows("SELECT scheme, value FROM mention WHERE paper_id = ? ORDER BY id", id).map {
        ImportRecord.Identifier($0["scheme"], $0["value"])
      },
      versions: try versions(of: id),
      tags: try rows(
        "SELECT t.name FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = ? ORDER BY t.name", id
      ).map { $0["name"] },
      labels: try labels(of: id))
  }

  private func row(of paper: Int64) throws -> Row? {
    try Row.fetchOne(cached("SELECT * FROM paper WHERE id = ?"), arguments: [paper])
  }

  func columns(of paper: Int64) throws -> ItemColumns? {
    try row(of: paper).map { try columns($0, of: paper) }
  }

  private func columns(_ row: Row, of paper: Int64) throws -> ItemColumns {
    var columns = ItemColumns(title: row["title"])
    columns.type = row["csl_type"]
    columns.abstract = row["abstract_plain"]
    (columns.year, columns.month, columns.day) = (row["year"], row["month"], row["day"])
    (columns.dateLiteral, columns.container) = (row["date_literal"], row["container_title"])
    (columns.volume, columns.issue, columns.pages) = (row["volume"], row["issue"], row["pages"])
    (columns.publisher, columns.place) = (row["publisher"], row["place"])
    (columns.language, columns.note) = (row["language"], row["note"])
    columns.authors = try authors(of: paper)
    if let extra: String = row["extra"] { columns.extra = try JSON.parse(extra).object ?? [:] }
    return columns
  }

  func authors(of paper: Int64) throws -> [ItemColumns.Author] {
    try rows(
      """
      SELECT role, family, given, particle, particle_drops, suffix, literal, orcid FROM author
      WHERE paper_id = ? ORDER BY role, pos
      """, paper
    ).map { row in
      var author = ItemColumns.Author()
      author.role = row["role"]
      (author.family, author.given, author.literal) = (row["family"], row["given"], row["literal"])
      (author.particle, author.suffix, author.orcid) = (row["particle"], row["suffix"], row["orcid"])
      author.particleDrops = row["particle_drops"]
      return author
    }
  }

  private func versions(of paper: Int64) throws -> [ImportRecord.Version] {
    try rows("SELECT kind, label, scheme, value, date FROM version WHERE paper_id = ? ORDER BY kind, label", paper)
      .map { row in
        let scheme: String? = row["scheme"]
        return ImportRecord.Version(
          kind: row["kind"], label: row["label"], identifier: scheme.map { .init($0, row["value"]) },
          date: row["date"])
      }
  }

  func labels(of paper: Int64) throws -> JSON.Object {
    var labels: JSON.Object = [:]
    for row in try rows("SELECT label_set, value FROM label WHERE paper_id = ? ORDER BY label_set, name", paper) {
      let set: String = row["label_set"]
      if labels[set] == nil { labels[set] = .string(row["value"]) }
    }
    return labels
  }

  // MARK: - History

  /// A change of a paper: what it replaced.
  public struct Revision: Sendable {
    public let rev: Int
    public let at, actor: String
    /// Field → old value; null where there was none.
    public let change: JSON
  }

  /// The changes of a paper below a revision, the last first.
  public func history(_ uid: String, before: Int?, limit: Int) throws -> [Revision] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT rev, at, actor, change FROM paper_history WHERE paper_id = ? AND rev < ? ORDER BY rev DESC LIMIT ?
        """, arguments: [try paperID(uid), before ?? Int.max, limit]
    ).map { row in
      Revision(
        rev: row["rev"], at: row["at"], actor: row["actor"], change: try JSON.parse(row["change"] as String))
    }
  }

  /// A merge that a paper took part in.
  public struct Merge: Sendable {
    public let id: Int
    public let at, winner, loser, reason: String
    public let undoneAt: String?
  }

  public func merges(of uid: String) throws -> [Merge] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT m.id, m.at, m.reason, m.undone_at, w.uid AS winner, l.uid AS loser
        FROM merge m JOIN paper w ON w.id = m.winner_id JOIN paper l ON l.id = m.loser_id
        WHERE ? IN (m.winner_id, m.loser_id) ORDER BY m.id DESC
        """, arguments: [try paperID(uid)]
    ).map { row in
      Merge(
        id: row["id"], at: row["at"], winner: row["winner"], loser: row["loser"], reason: row["reason"],
        undoneAt: row["undone_at"])
    }
  }

  // MARK: - All papers

  /// What is looked at to find duplicates.
  public struct PaperText: Sendable {
    public let uid, title, titleKey: String
    public let abstract: String?
    public let year: Int?
    public let firstAuthor: String?
  }

  /// Calls `body` for every paper, in the order of entry; the papers of `ids` alone, when they are given.
  public func forEachText(_ ids: Set<String>? = nil, _ body: (PaperText) throws -> Void) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT uid, title, title_key, abstract_plain, year, (SELECT name_key FROM author a WHERE a.paper_id = p.id
          AND a.role = 'author' ORDER BY a.pos LIMIT 1) AS author
        FROM paper p WHERE merged_into IS NULL AND deleted_at IS NULL ORDER BY id
        """)
    while let row = try rows.next() {
      let uid: String = row["uid"]
      if let ids, !ids.contains(uid) { continue }
      try body(
        PaperText(
          uid: uid, title: row["title"], titleKey: row["title_key"], abstract: row["abstract_plain"],
          year: row["year"], firstAuthor: row["author"]))
    }
  }

  /// The artifacts that keep sources too large for the store, 64 hexadecimal digits each.
  public func sourceArtifacts() throws -> [String] {
    try String.fetchAll(database, sql: "SELECT DISTINCT artifact FROM source WHERE artifact IS NOT NULL")
  }

  /// Pairs that a person said are two works.
  public func refusedPairs() throws -> [(String, String)] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT a.uid AS a, b.uid AS b FROM duplicate_hint h JOIN paper a ON a.id = h.a_id JOIN paper b ON b.id = h.b_id
        WHERE h.state = 'refused'
        """
    ).map { ($0["a"], $0["b"]) }
  }

  func rows(_ sql: String, _ paper: Int64) throws -> [Row] { try Row.fetchAll(cached(sql), arguments: [paper]) }

  func cached(_ sql: String) throws -> Statement { try database.cachedStatement(sql: sql) }
}
