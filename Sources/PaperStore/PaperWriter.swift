import Foundation
import GRDB
import JSON

/// Changes papers inside one transaction; made by `PaperStore.write` and good until it returns.
public final class PaperWriter {
  let database: Database
  /// Who makes the change: a run's id.
  let run: String
  /// When the transaction began, in UTC; all its rows bear it.
  let now: String
  let statements: PaperStatements
  private var counts: [String: Int] = [:]
  /// How many papers, tags or labels changed.
  var changes = 0
  /// By the paper's number.
  var indexChanges: [Int64: IndexChange] = [:]
  /// When set, the transaction is rolled back: what is returned is the plan.
  public var isDryRun = false
  /// Whether the write-ahead log is folded into the file after the transaction; worth it at the end of a bulk import.
  public var foldsLog = false
  /// What becomes of the fields of known papers.
  public var policy = MergePolicy.ranked

  init(_ database: Database, run: String) throws {
    self.database = database
    self.run = run
    var formatter = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    formatter.timeZone = .gmt
    now = Date().formatted(formatter)
    statements = try PaperStatements(database)
  }

  /// Raises the counter and enters the batch, when anything changed.
  func finish(batch: Int) throws {
    guard changes > 0 else { return }
    try database.execute(sql: "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'change'")
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO commit_log (run, batch, counts, change)
        SELECT ?, ?, ?, CAST(value AS INTEGER) FROM meta WHERE key = 'change'
        """, arguments: [run, batch, Counts.encode(counts)])
  }

  func count(_ what: String) { counts[what, default: 0] += 1 }

  /// How often the store has changed: what a plan is made for and what it may be applied to.
  public func changeCount() throws -> Int {
    try Int.fetchOne(database, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'change'") ?? 0
  }

  // MARK: - Papers

  func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try database.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func uid(of paper: Int64) throws -> String? {
    var uid: String?
    try statements.uidOfPaper.forEachRow(.integer(paper)) { uid = $0.text(0) }
    return uid
  }

  /// The paper of a handle, which may have become a part of another one.
  func paper(_ uid: String) throws -> Int64 {
    guard let paper = try statements.paperByUID.firstInteger(.text(uid)) else {
      throw StoreError(.notFound, "no paper \(uid.prefix(60))", hint: "papers.search finds papers and their ids")
    }
    return try living(paper)
  }

  /// The paper that a merged one became.
  func living(_ paper: Int64) throws -> Int64 {
    var paper = paper
    while let next = try statements.mergedInto.firstInteger(.integer(paper)) { paper = next }
    return paper
  }

  func isDeleted(_ paper: Int64) throws -> Bool {
    try statements.isDeleted.firstInteger(.integer(paper)) == 1
  }

  func item(of paper: Int64) throws -> JSON.Object { try PaperReader(database).columns(of: paper)?.item ?? [:] }

  func identifiers(of paper: Int64) throws -> Set<ImportRecord.Identifier> {
    var found: Set<ImportRecord.Identifier> = []
    try statements.identifiersOfPaper.forEachRow(.integer(paper)) { columns in
      if let scheme = columns.text(0), let value = columns.text(1) { found.insert(.init(scheme, value)) }
    }
    return found
  }

  // MARK: - History

  /// Raises the paper's revision and keeps what the change replaced: field → old value.
  func revise(_ paper: Int64, _ before: JSON.Object) throws {
    try execute("UPDATE paper SET rev = rev + 1, updated_at = ? WHERE id = ?", [now, paper])
    try execute(
      "INSERT INTO paper_history (paper_id, rev, at, actor, change) SELECT id, rev, ?, ?, ? FROM paper WHERE id = ?",
      [now, "run \(run)", JSON.object(before).text, paper])
    changes += 1
  }

  /// Gives members of a paper's item other values and writes the row anew; neither index nor history is touched.
  func setMembers(of paper: Int64, _ members: [(member: String, value: JSON?)]) throws {
    var item = try item(of: paper)
    for (member, value) in members { item[member] = value }
    let columns = ItemColumns(item)
    try statements.updatePaper.run(
      .text(columns.title), .text(PaperTitle.normalised(columns.title)), .of(columns.abstract), .text(columns.type),
      .of(columns.year), .of(columns.month), .of(columns.day), .of(columns.dateLiteral), .of(columns.container),
      .of(columns.volume), .of(columns.issue), .of(columns.pages), .of(columns.publisher), .of(columns.place),
      .of(columns.language), .of(columns.note), .of(columns.extra.isEmpty ? nil : JSON.object(columns.extra).text),
      .integer(paper))
    if members.contains(where: { ItemColumns.roles.contains($0.member) }) {
      try execute("DELETE FROM author WHERE paper_id = ?", [paper])
      try insertAuthors(columns.authors, keys: columns.authors.map(\.nameKey), of: paper)
    }
  }

  func insertAuthors(_ authors: [ItemColumns.Author], keys: [String?], of paper: Int64) throws {
    for (position, (author, key)) in zip(authors, keys).enumerated() {
      try statements.insertAuthor.run(
        .integer(paper), .text(author.role), .of(position), .of(author.family), .of(author.given),
        .of(author.particle), .integer(author.particleDrops ? 1 : 0), .of(author.suffix), .of(author.literal),
        .of(author.orcid), .of(key))
    }
  }
}
