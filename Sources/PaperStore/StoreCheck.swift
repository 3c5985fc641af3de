import Crypto
import Foundation
import GRDB

/// Something that is wrong with the store's file.
public struct StoreProblem: Sendable, Equatable {
  public enum Kind: String, Sendable {
    /// Pages or indexes of the file are damaged.
    case file
    /// A row refers to one that is missing.
    case reference
    /// The search index and the papers do not agree.
    case index
    /// A kept source is not the one that was imported.
    case source
    /// An identifier is not in its canonical form.
    case identifier
  }

  public let kind: Kind
  public let detail: String
}

extension PaperStore {
  /// What is wrong with the file; empty when all is well.
  ///
  /// Looks at the pages, at references between tables, at the search index against the papers, and, when it looks
  /// deep, at every index entry, every kept source and every identifier.
  public func check(deep: Bool = true) throws -> [StoreProblem] {
    try translating {
      func look(_ database: Database) throws -> [StoreProblem] {
        var problems = try pages(database, deep)
        // A damaged file gives no answer to the rest.
        guard problems.isEmpty else {
          return problems.prefix(Self.pagesTold) + [
            StoreProblem(kind: .file, detail: StoreError.howToRestore(path))
          ]
        }
        problems += try references(database)
        problems += try searchIndex(database)
        if deep {
          problems += try sources(database)
          problems += try identifiers(database)
        }
        return problems
      }
      do {
        return isReadOnly ? try pool.read(look) : try pool.writeWithoutTransaction(look)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
        return [
          StoreProblem(kind: .file, detail: error.message ?? "the file is damaged"),
          StoreProblem(kind: .file, detail: StoreError.howToRestore(path)),
        ]
      }
    }
  }

  /// Of a damaged file, this many faults are told.
  private static let pagesTold = 20

  private func pages(_ database: Database, _ deep: Bool) throws -> [StoreProblem] {
    // One row may hold a hundred lines.
    try String.fetchAll(database, sql: deep ? "PRAGMA integrity_check" : "PRAGMA quick_check")
      .filter { $0 != "ok" }.flatMap { $0.split(separator: "\n") }
      .map { StoreProblem(kind: .file, detail: String($0)) }
  }

  private func references(_ database: Database) throws -> [StoreProblem] {
    try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(100).map { row in
      StoreProblem(
        kind: .reference, detail: "a row of \(row[0] as String) refers to a missing row of \(row[2] as String)")
    }
  }

  private func searchIndex(_ database: Database) throws -> [StoreProblem] {
    var problems: [StoreProblem] = []
    if !isReadOnly {
      do {
        try database.execute(sql: "INSERT INTO paper_fts (paper_fts, rank) VALUES ('integrity-check', 1)")
      } catch let error as DatabaseError {
        problems.append(StoreProblem(kind: .index, detail: error.message ?? "the search index is damaged"))
      }
    }
    let papers = try Int.fetchOne(database, sql: "SELECT count(*) FROM paper_search") ?? 0
    let rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM paper_fts_docsize") ?? 0
    if papers != rows {
      problems.append(StoreProblem(kind: .index, detail: "\(papers) papers, but \(rows) rows in the search index"))
    }
    return problems
  }

  private func sources(_ database: Database) throws -> [StoreProblem] {
    var problems: [StoreProblem] = []
    let rows = try Row.fetchCursor(
      database, sql: "SELECT id, name, sha256, content FROM source WHERE content IS NOT NULL")
    while let row = try rows.next() {
      let content: Data = row["content"]
      let found = SHA256.hash(data: content).map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
      }.joined()
      if found != row["sha256"] {
        problems.append(
          StoreProblem(kind: .source, detail: "source \(row["id"] as Int64), \(row["name"] as String), was changed"))
      }
    }
    return problems
  }

  /// Forms that hold for every identifier of a scheme; the readers of the formats know more.
  private func identifiers(_ database: Database) throws -> [StoreProblem] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT scheme, value FROM identifier WHERE
          value = '' OR value GLOB '*[' || char(1) || '-' || char(32) || ']*'
          OR (scheme = 'doi' AND (value NOT GLOB '10[./]*' OR value <> lower(value)))
          OR (scheme IN ('pmid', 'isbn') AND value GLOB '*[^0-9X]*')
          OR (scheme = 'arxiv' AND value NOT GLOB '[0-9a-z]*')
        LIMIT 100
        """
    ).map {
      StoreProblem(kind: .identifier, detail: "\($0["scheme"] as String) \($0["value"] as String) is not canonical")
    }
  }
}
