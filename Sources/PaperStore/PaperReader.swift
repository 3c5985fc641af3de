import GRDB

/// Reads papers from one snapshot; made by `PaperStore.read` and good until it returns.
public final class PaperReader {
  let database: Database

  init(_ database: Database) { self.database = database }

  /// A paper with what hangs on it.
  public struct StoredPaper: Sendable {
    public var uid, title: String
    public var abstract: String?
    public var year: Int?
    public var container: String?
    public var authors: [String]
    public var identifiers: [ImportRecord.Identifier]
    public var links: [(kind: String, url: String?, status: String)]
    public var tags: [String]
    public var labels: [(set: String, value: String)]
  }

  /// The handles of papers that pass all that is asked, in order.
  ///
  /// - Parameters:
  ///   - query: words as a person types them, which must all occur (see `search` for the language); `nil` for all.
  ///   - tags: papers that bear every one of them.
  /// - Throws: `StoreError.notFound` for a handle that no paper has.
  public func uids(query: String? = nil, ids: [String]? = nil, tags: [String] = []) throws -> [String] {
    var conditions = ["p.merged_into IS NULL", "p.deleted_at IS NULL"]
    var arguments: [any DatabaseValueConvertible] = []
    if let query = query.map(SearchQuery.init) {
      if let match = query.match {
        conditions.append("p.id IN (SELECT rowid FROM paper_fts WHERE paper_fts MATCH ?)")
        arguments.append(match)
      }
      for condition in query.conditions {
        conditions.append(condition.sql)
        arguments += condition.values
      }
    }
    for tag in tags {
      conditions.append(
        "EXISTS (SELECT 1 FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = p.id AND t.name = ?)")
      arguments.append(tag)
    }
    let all = try String.fetchAll(
      database, sql: "SELECT p.uid FROM paper p WHERE \(conditions.joined(separator: " AND ")) ORDER BY p.uid",
      arguments: StatementArguments(arguments))
    guard let ids else { return all }
    for id in ids {
      let exists = try Bool.fetchOne(
        database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM paper WHERE uid = ?)"), arguments: [id])
      if exists != true { throw StoreError(.notFound, "no paper \(id)", hint: "papers.select without ids lists all") }
    }
    let wanted = Set(ids)
    return all.filter { wanted.contains($0) }
  }

  /// One paper; `nil` when there is none of that handle.
  public func paper(_ uid: String) throws -> StoredPaper? {
    guard
      let row = try Row.fetchOne(
        cached("SELECT id, uid, title, abstract_plain, year, container_title FROM paper WHERE uid = ?"),
        arguments: [uid])
    else { return nil }
    let id: Int64 = row["id"]
    return StoredPaper(
      uid: row["uid"], title: row["title"], abstract: row["abstract_plain"], year: row["year"],
      container: row["container_title"], authors: try authors(of: id),
      identifiers: try rows("SELECT scheme, value FROM identifier WHERE paper_id = ? ORDER BY scheme, value", id).map {
        ImportRecord.Identifier($0["scheme"], $0["value"])
      },
      links: try rows("SELECT kind, url, status FROM link WHERE paper_id = ? ORDER BY id", id).map {
        ($0["kind"], $0["url"], $0["status"])
      },
      tags: try rows(
        "SELECT t.name FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = ? ORDER BY t.name", id
      ).map { $0["name"] },
      labels: try rows("SELECT label_set, value FROM label WHERE paper_id = ? ORDER BY label_set, name", id).map {
        ($0["label_set"], $0["value"])
      })
  }

  func authors(of paper: Int64) throws -> [String] {
    try rows(
      "SELECT family, given, literal FROM author WHERE paper_id = ? AND role = 'author' ORDER BY pos", paper
    ).map { row in
      if let literal: String = row["literal"] { return literal }
      return [row["given"] as String?, row["family"] as String?].compactMap { $0 }.joined(separator: " ")
    }
  }

  private func rows(_ sql: String, _ paper: Int64) throws -> [Row] { try Row.fetchAll(cached(sql), arguments: [paper]) }

  private func cached(_ sql: String) throws -> Statement { try database.cachedStatement(sql: sql) }
}
