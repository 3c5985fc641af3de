import GRDB

/// Where a run's entries stand.
struct RunPlaces: Sendable {
  let run: String
  let start: EntryPlace
  let finish: EntryPlace?
}

extension LogIndex {
  private static let summary = """
    SELECT seq, run, method, time, session, notebook, cell, key, state, elapsed, cached_from, outputs FROM run
    """
  private static let places = """
    SELECT run, segment, offset, length, finish_segment, finish_offset, finish_length FROM run
    """

  private static func summary(_ row: Row) throws -> RunSummary {
    let state: String? = try row.optional(8)
    let outputs: String? = try row.optional(11)
    return try RunSummary(
      run: row.value(1), seq: row.value(0), method: row.value(2), time: row.value(3), session: row.optional(4),
      notebook: row.optional(5), cell: row.optional(6), key: row.optional(7), state: state.flatMap(RunState.init),
      elapsedMilliseconds: row.optional(9), cachedFrom: row.optional(10), outputs: outputs.map(OutputDigests.init))
  }

  private static func places(_ row: Row) throws -> RunPlaces {
    let start = try EntryPlace(segment: row.value(1), offset: row.value(2), length: row.value(3))
    let segment: Int? = try row.optional(4)
    let finish = try segment.map { try EntryPlace(segment: $0, offset: row.value(5), length: row.value(6)) }
    return try RunPlaces(run: row.value(0), start: start, finish: finish)
  }

  func runs(method: String?, since: String?, notebook: String?, before cursor: Int?, limit: Int) throws -> [RunSummary]
  {
    var conditions: [String] = []
    var arguments: StatementArguments = []
    for (condition, value) in [("method = ?", method), ("time >= ?", since), ("notebook = ?", notebook)] {
      guard let value else { continue }
      conditions.append(condition)
      arguments += [value]
    }
    if let cursor {
      conditions.append("seq < ?")
      arguments += [cursor]
    }
    let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    return try query { db in
      try Row.fetchAll(
        db.cachedStatement(sql: LogIndex.summary + filter + " ORDER BY seq DESC LIMIT ?"),
        arguments: arguments + [limit]
      ).map(LogIndex.summary)
    }
  }

  func places(run: String) throws -> RunPlaces? {
    try query { db in
      try Row.fetchOne(db.cachedStatement(sql: LogIndex.places + " WHERE run = ?"), arguments: [run])
        .map(LogIndex.places)
    }
  }

  /// The newest successful run for a key, as the index has it.
  func resultSummary(key: String) throws -> RunSummary? {
    try query { db in
      try Row.fetchOne(
        db.cachedStatement(sql: LogIndex.summary + " WHERE seq = (SELECT result FROM cache WHERE key = ?)"),
        arguments: [key]
      ).map(LogIndex.summary)
    }
  }

  /// The newest successful run for a key.
  func result(key: String) throws -> RunPlaces? {
    try query { db in
      try Row.fetchOne(
        db.cachedStatement(sql: LogIndex.places + " WHERE seq = (SELECT result FROM cache WHERE key = ?)"),
        arguments: [key]
      ).map(LogIndex.places)
    }
  }

  /// Key → the newest successful run, for the keys that have one.
  func results(keys: [String]) throws -> [String: String] {
    // One statement for all keys: ten thousand of them cost half of what as many statements do.
    let list = "[" + keys.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    let sql = """
      SELECT cache.key, run.run FROM json_each(?) AS wanted
      JOIN cache ON cache.key = wanted.value JOIN run ON run.seq = cache.result
      """
    return try query { db in
      var found: [String: String] = [:]
      let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [list])
      while let row = try rows.next() { found[try row.value(0)] = try row.value(1) as String }
      return found
    }
  }

  /// The newest finished run for a key, whatever its end.
  func lastRun(key: String) throws -> RunSummary? {
    try query { db in
      try Row.fetchOne(
        db.cachedStatement(sql: LogIndex.summary + " WHERE seq = (SELECT last FROM cache WHERE key = ?)"),
        arguments: [key]
      ).map(LogIndex.summary)
    }
  }

  /// The newest run of each cell of a notebook; with `results`, the newest that has a result.
  func cells(notebook: String, results: Bool) throws -> [String: RunSummary] {
    let column = results ? "result" : "last"
    return try query { db in
      let rows = try Row.fetchAll(
        db.cachedStatement(
          sql: LogIndex.summary + " WHERE seq IN (SELECT \(column) FROM cell WHERE notebook = ?)"),
        arguments: [notebook])
      let summaries = try rows.map(LogIndex.summary)
      return Dictionary(summaries.map { ($0.cell ?? "", $0) }, uniquingKeysWith: { $0.seq > $1.seq ? $0 : $1 })
    }
  }

  func cell(notebook: String, cell: String, results: Bool) throws -> RunSummary? {
    let column = results ? "result" : "last"
    return try query { db in
      try Row.fetchOne(
        db.cachedStatement(
          sql: LogIndex.summary + " WHERE seq = (SELECT \(column) FROM cell WHERE notebook = ? AND cell = ?)"),
        arguments: [notebook, cell]
      ).map(LogIndex.summary)
    }
  }

  /// Runs without an end in the log, oldest first.
  func unfinishedRuns() throws -> [RunSummary] {
    try query { db in
      try Row.fetchAll(db.cachedStatement(sql: LogIndex.summary + " WHERE state IS NULL ORDER BY seq"))
        .map(LogIndex.summary)
    }
  }

  /// The commits without an `import` entry, each with the session of its run where the log knows it.
  func unlogged(_ commits: [CommitRecord]) throws -> [(commit: CommitRecord, session: String?)] {
    try query { db in
      let known = try db.cachedStatement(sql: "SELECT 1 FROM batch WHERE run = ? AND batch = ?")
      let session = try db.cachedStatement(sql: "SELECT session FROM run WHERE run = ?")
      return try commits.compactMap { commit in
        if try Int.fetchOne(known, arguments: [commit.run, commit.batch]) != nil { return nil }
        return (commit, try String.fetchOne(session, arguments: [commit.run]))
      }
    }
  }

  // MARK: - Artifacts

  private static let artifact = "SELECT sha256, bytes, media, name, run FROM artifact"

  private static func artifact(_ row: Row) throws -> ArtifactRecord? {
    let digits: String = try row.value(0)
    return try ContentHash(hex: digits).map {
      try ArtifactRecord(hash: $0, bytes: row.value(1), media: row.value(2), name: row.value(3), run: row.optional(4))
    }
  }

  func artifact(_ hash: ContentHash) throws -> ArtifactRecord? {
    try query { db in
      try Row.fetchOne(
        db.cachedStatement(sql: LogIndex.artifact + " WHERE sha256 = ?"), arguments: [hash.hex]
      ).flatMap(LogIndex.artifact)
    }
  }

  /// Artifacts in order of hash, those after `cursor`.
  func artifacts(after cursor: ContentHash?, media: String?, limit: Int) throws -> [ArtifactRecord] {
    let sql =
      LogIndex.artifact + " WHERE sha256 > :cursor AND (:media IS NULL OR media = :media) ORDER BY sha256 LIMIT :limit"
    return try query { db in
      try Row.fetchAll(
        db.cachedStatement(sql: sql), arguments: ["cursor": cursor?.hex ?? "", "media": media, "limit": limit]
      ).compactMap(LogIndex.artifact)
    }
  }

  /// The runs whose results the cells of all notebooks show.
  func newestCellResults() throws -> [String] {
    let sql = "SELECT run FROM run WHERE seq IN (SELECT result FROM cell) ORDER BY seq"
    return try query { db in try String.fetchAll(db.cachedStatement(sql: sql)) }
  }

  /// All outputs, the longest unused first.
  func outputsByLastUse() throws -> [ContentHash] {
    let sql = "SELECT sha256 FROM output GROUP BY sha256 ORDER BY max(seq), sha256"
    return try query { db in try String.fetchAll(db.cachedStatement(sql: sql)).compactMap { ContentHash(hex: $0) } }
  }
}
