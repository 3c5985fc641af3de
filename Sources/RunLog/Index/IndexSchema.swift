import GRDB
import JSON

/// The tables of `index.sqlite`. Everything in them can be made again from the log, but for file hashes and
/// memos, which cost only time.
enum IndexSchema {
  static let version = 3

  /// What is derived from the log; dropped when the index turns out to be another log's.
  private static let derived = """
    CREATE TABLE log_head(
      id INTEGER PRIMARY KEY CHECK (id = 0), store TEXT NOT NULL, count INTEGER NOT NULL, hash TEXT NOT NULL,
      segment INTEGER NOT NULL, offset INTEGER NOT NULL, last INTEGER NOT NULL, head_count INTEGER NOT NULL,
      head_hash TEXT NOT NULL);
    CREATE TABLE mark(
      count INTEGER PRIMARY KEY, hash TEXT NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL);
    CREATE TABLE run(
      seq INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, session TEXT, method TEXT NOT NULL, time TEXT NOT NULL,
      notebook TEXT, cell TEXT, key TEXT, state TEXT, elapsed REAL, cached_from TEXT,
      segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
      finish_segment INTEGER, finish_offset INTEGER, finish_length INTEGER, outputs TEXT);
    CREATE INDEX run_method ON run(method, seq);
    CREATE INDEX run_notebook ON run(notebook, seq);
    CREATE INDEX run_open ON run(seq) WHERE state IS NULL;
    CREATE TABLE cell(
      notebook TEXT NOT NULL, cell TEXT NOT NULL, last INTEGER NOT NULL, result INTEGER,
      PRIMARY KEY (notebook, cell)) WITHOUT ROWID;
    CREATE TABLE cache(key TEXT PRIMARY KEY, result INTEGER, last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE artifact(
      sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL, media TEXT NOT NULL, name TEXT NOT NULL, run TEXT,
      seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE output(
      sha256 TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (sha256, seq)) WITHOUT ROWID;
    CREATE TABLE batch(run TEXT NOT NULL, batch INTEGER NOT NULL, PRIMARY KEY (run, batch)) WITHOUT ROWID;
    """

  private static let kept = """
    CREATE TABLE file_hash(
      device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
      changed INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (device, inode)) WITHOUT ROWID;
    CREATE TABLE memo(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    """

  private static let derivedTables = ["log_head", "mark", "run", "cell", "cache", "artifact", "output", "batch"]

  static func create(_ db: Database) throws {
    try db.execute(sql: derived + kept + "PRAGMA user_version = \(version);")
  }

  static func reset(_ db: Database) throws {
    for table in derivedTables { try db.execute(sql: "DROP TABLE \(table)") }
    try db.execute(sql: derived)
  }
}

/// How far the index has read the log, and the second witness of HEAD.
struct IndexHead {
  var store: String
  var position: LogPosition
  /// The offset of the last entry's line.
  var last = 0
  /// `log/HEAD` as it was then: what it counts was durable, so a log without it was cut or rewritten.
  var witness = Witness(count: 0, hash: EntryLine.firstPrevious)

  struct Witness: Sendable, Equatable {
    var count: Int
    var hash: String
  }

  init(store: String, position: LogPosition = .start) {
    self.store = store
    self.position = position
  }

  static func fetch(_ db: Database) throws -> IndexHead? {
    let sql = "SELECT store, count, hash, segment, offset, last, head_count, head_hash FROM log_head"
    return try Row.fetchOne(db.cachedStatement(sql: sql)).map { row in
      let position = try LogPosition(
        segment: row.value(3), offset: row.value(4), count: row.value(1), hash: row.value(2))
      var head = try IndexHead(store: row.value(0), position: position)
      head.last = try row.value(5)
      head.witness = try Witness(count: row.value(6), hash: row.value(7))
      guard position.isPlausible, (0...position.offset).contains(head.last) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the index names a place that no log has")
      }
      return head
    }
  }

  func save(_ db: Database) throws {
    let arguments: StatementArguments = [
      store, position.count, position.hash, position.segment, position.offset, last, witness.count, witness.hash,
    ]
    try db.cachedStatement(sql: "INSERT OR REPLACE INTO log_head VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?)")
      .execute(arguments: arguments)
  }
}

extension Row {
  /// A column's value. The subscript would trap on what a damaged file can hold.
  func value<T: DatabaseValueConvertible & StatementColumnConvertible>(_ column: Int) throws -> T {
    try decode(T.self, atIndex: column)
  }

  func optional<T: DatabaseValueConvertible & StatementColumnConvertible>(_ column: Int) throws -> T? {
    try decode(T?.self, atIndex: column)
  }
}

/// Writes the rows that an entry stands for.
struct IndexWriter {
  let db: Database

  private func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func add(_ entry: LoggedEntry) throws {
    switch entry.kind {
    case .runStart: try addStart(entry)
    case .runFinish: try addFinish(entry)
    case .imported: try addImport(entry)
    case .artifactGC: try addRemoval(entry)
    default: break
    }
  }

  /// A point from which a scan may begin.
  func mark(_ position: LogPosition) throws {
    try execute(
      "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)",
      [position.count, position.hash, position.segment, position.offset])
  }

  private func addStart(_ entry: LoggedEntry) throws {
    let fields = entry.object
    guard let run = fields["run"]?.string else { return }
    let notebook = fields["notebook"]?["name"]?.string
    let cell = fields["cell"]?.string
    try execute(
      """
      INSERT OR IGNORE INTO run(seq, run, session, method, time, notebook, cell, key, segment, offset, length)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        entry.seq, run, fields["session"]?.string, fields["method"]?.string ?? "", entry.time, notebook, cell,
        fields["key"]?.string, entry.place.segment, entry.place.offset, entry.place.length,
      ])
    if let notebook, let cell {
      try execute(
        """
        INSERT INTO cell(notebook, cell, last) VALUES (?, ?, ?)
        ON CONFLICT(notebook, cell) DO UPDATE SET last = excluded.last
        """, [notebook, cell, entry.seq])
    }
    for input in fields["inputs"]?.array ?? [] {
      if let input = LoggedInput(input), input.file == nil { try addArtifact(input, run: nil, seq: entry.seq) }
    }
    if let notebook, let hash = fields["notebook"]?["sha256"]?.string.flatMap({ ContentHash(hex: $0) }) {
      let bytes = fields["notebook"]?["bytes"]?.int ?? 0
      let text = LoggedInput(name: notebook, hash: hash, bytes: bytes, media: "text/markdown")
      try addArtifact(text, run: nil, seq: entry.seq)
    }
  }

  private func addFinish(_ entry: LoggedEntry) throws {
    let fields = entry.object
    guard let run = fields["run"]?.string, let state = fields["state"]?.string,
      let start = try Row.fetchOne(
        db.cachedStatement(sql: "SELECT seq, key, notebook, cell FROM run WHERE run = ?"), arguments: [run])
    else { return }
    let seq: Int = try start.value(0)
    let key: String? = try start.optional(1)
    let notebook: String? = try start.optional(2)
    let cell: String? = try start.optional(3)
    try execute(
      """
      UPDATE run SET state = ?, elapsed = ?, cached_from = ?, finish_segment = ?, finish_offset = ?,
        finish_length = ?, outputs = ? WHERE seq = ?
      """,
      [
        state, fields["elapsed_ms"]?.double, fields["cached_from"]?.string, entry.place.segment,
        entry.place.offset, entry.place.length, OutputDigests(fields["outputs"]?.array ?? [])?.text, seq,
      ])
    if let key {
      try execute(
        """
        INSERT INTO cache(key, result, last) VALUES (:key, iif(:state = 'ok', :seq, NULL), :seq)
        ON CONFLICT(key) DO UPDATE SET
          result = iif(:state = 'ok', excluded.last, result), last = excluded.last
        """, ["key": key, "state": state, "seq": seq])
    }
    guard state == RunState.ok.rawValue || state == RunState.cached.rawValue else { return }
    try execute("UPDATE cell SET result = ? WHERE notebook = ? AND cell = ?", [seq, notebook, cell])
    for output in fields["outputs"]?.array ?? [] {
      guard let output = LoggedInput(output) else { continue }
      try addArtifact(output, run: state == RunState.ok.rawValue ? run : nil, seq: entry.seq)
      try execute("INSERT OR IGNORE INTO output VALUES (?, ?)", [output.hash.hex, seq])
    }
  }

  private func addImport(_ entry: LoggedEntry) throws {
    let run = entry.object["run"]?.string
    if let run, let batch = entry.object["batch"]?.int {
      try execute("INSERT OR IGNORE INTO batch VALUES (?, ?)", [run, batch])
    }
    for artifact in entry.object["artifacts"]?.array ?? [] {
      if let artifact = LoggedInput(artifact), artifact.file == nil {
        try addArtifact(artifact, run: run, seq: entry.seq)
      }
    }
  }

  /// The entry that made the artifact says its media type; one that only names it does not replace that.
  private func addArtifact(_ artifact: LoggedInput, run: String?, seq: Int) throws {
    try execute(
      """
      INSERT INTO artifact VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT(sha256) DO UPDATE SET media = excluded.media, name = excluded.name, run = excluded.run,
        seq = excluded.seq WHERE artifact.run IS NULL AND excluded.run IS NOT NULL
      """, [artifact.hash.hex, artifact.bytes, artifact.media, artifact.name, run, seq])
  }

  /// Results whose artifacts are gone are no results to be found by key.
  private func addRemoval(_ entry: LoggedEntry) throws {
    for hash in entry.object["removed"]?.array?.compactMap(\.string) ?? [] {
      try execute(
        "UPDATE cache SET result = NULL WHERE result IN (SELECT seq FROM output WHERE sha256 = ?)", [hash])
      try execute("DELETE FROM output WHERE sha256 = ?", [hash])
      try execute("DELETE FROM artifact WHERE sha256 = ?", [hash])
    }
  }
}
