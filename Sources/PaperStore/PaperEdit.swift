import GRDB
import JSON

/// What people change: tags, fields, labels, and whether a paper is there at all.
extension PaperWriter {
  // MARK: - Tags

  /// Adds tags to papers and takes others away; returns how many papers changed.
  ///
  /// Tags that differ only in letter case are one. Throws `store.notFound` for a handle that no paper has.
  ///
  /// - Parameter origin: who gave the tags, `user` or `import`; the run when it is `nil`.
  @discardableResult
  public func tag(_ uids: [String], add: [String] = [], remove: [String] = [], origin: String? = nil) throws -> Int {
    try uids.count { uid in try tag(paper(uid), add: add, remove: remove, origin: origin ?? run) }
  }

  @discardableResult
  func tag(_ paper: Int64, add: [String], remove: [String], origin: String) throws -> Bool {
    let rows = try Row.fetchAll(
      database.cachedStatement(
        sql: "SELECT t.key, t.name FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = ? ORDER BY 2"),
      arguments: [paper])
    let known = Set(rows.map { $0["key"] as String })
    let removed = Set(remove.map(Folding.tag)).intersection(known)
    let added = add.filter { !known.contains(Folding.tag($0)) && !Folding.tag($0).isEmpty }
    guard !removed.isEmpty || !added.isEmpty else { return false }
    try unindex(paper)
    for key in removed {
      try execute(
        "DELETE FROM paper_tag WHERE paper_id = ? AND tag_id = (SELECT id FROM tag WHERE key = ?)", [paper, key])
    }
    _ = try insertTags(added, of: paper, origin: origin)
    try revise(paper, ["tags": JSON(rows.map { $0["name"] as String })])
    try index(paper)
    return true
  }

  /// Enters tags of a paper and gives the words of all of them as the index has them.
  func insertTags(_ tags: [String], of paper: Int64, origin: String) throws -> String {
    guard !tags.isEmpty else { return "" }
    for name in tags {
      let key = Folding.tag(name)
      guard !key.isEmpty else { continue }
      try execute("INSERT OR IGNORE INTO tag (name, key) VALUES (?, ?)", [name, key])
      try execute(
        "INSERT OR IGNORE INTO paper_tag (paper_id, tag_id, origin) SELECT ?, id, ? FROM tag WHERE key = ?",
        [paper, origin, key])
    }
    return try String.fetchOne(
      database.cachedStatement(sql: "SELECT tags FROM paper_search WHERE rowid = ?"), arguments: [paper]) ?? ""
  }

  // MARK: - Fields

  /// A person's edit: members of the item by name, null takes one away; `labels` is an object of ground truth by set.
  /// What a person wrote is kept against imports and merges.
  ///
  /// - Parameter rev: the revision that the person saw.
  /// - Returns: the new revision and what changed.
  /// - Throws: `store.notFound`; `store.conflict` when the paper was changed since.
  public func edit(_ uid: String, rev: Int, _ fields: JSON.Object) throws -> (rev: Int, changes: [FieldChange]) {
    let paper = try paper(uid)
    let now = try revision(of: paper)
    guard now == rev else {
      throw StoreError(
        .conflict, "\(uid) is at revision \(now), the edit was made of \(rev)", hint: "read it again with papers.get")
    }
    let item = try item(of: paper)
    var changes: [FieldChange] = []
    for field in fields.members where field.key != "labels" {
      // A bare nil would be JSON's own null.
      let new = field.value.isNull ? JSON?.none : field.value
      guard item[field.key] != new else { continue }
      changes.append(FieldChange(field: field.key, old: item[field.key], new: new, rule: "user"))
    }
    let labels = try setLabels(fields["labels"]?.object, of: paper)
    guard !changes.isEmpty || labels != nil else { return (now, []) }
    try unindex(paper)
    if !changes.isEmpty { try setMembers(of: paper, changes.map { ($0.field, $0.new) }) }
    for change in changes {
      if change.field == "title" { try execute("UPDATE paper SET title_raw = NULL WHERE id = ?", [paper]) }
      if change.field == "abstract" { try execute("UPDATE paper SET abstract_raw = NULL WHERE id = ?", [paper]) }
      try execute(
        "INSERT OR REPLACE INTO field_origin (paper_id, field, record_id, rule) VALUES (?, ?, NULL, 'user')",
        [paper, change.field])
    }
    if let labels { changes.append(labels) }
    try revise(paper, JSON.Object(distinct: changes.map { .init($0.field, $0.old ?? .null) }))
    try index(paper)
    return (now + 1, changes)
  }

  private func setLabels(_ labels: JSON.Object?, of paper: Int64) throws -> FieldChange? {
    guard let labels, !labels.isEmpty else { return nil }
    let old = try PaperReader(database).labels(of: paper)
    for label in labels.members {
      try execute("DELETE FROM label WHERE paper_id = ? AND label_set = ?", [paper, label.key])
      guard let value = label.value.string else { continue }
      try execute(
        "INSERT INTO label (paper_id, label_set, name, value, annotator, at) VALUES (?, ?, '', ?, ?, ?)",
        [paper, label.key, value, "run \(run)", now])
    }
    let new = try PaperReader(database).labels(of: paper)
    return old == new ? nil : FieldChange(field: "labels", old: .object(old), new: .object(new), rule: "user")
  }

  private func revision(of paper: Int64) throws -> Int {
    try Int.fetchOne(database, sql: "SELECT rev FROM paper WHERE id = ?", arguments: [paper]) ?? 0
  }

  // MARK: - Deletion

  /// Takes papers out of sight, or brings them back; their rows stay. Returns how many changed.
  public func setDeleted(_ uids: [String], _ isDeleted: Bool) throws -> Int {
    try uids.count { uid in
      let paper = try paper(uid)
      guard try self.isDeleted(paper) != isDeleted else { return false }
      try unindex(paper)
      let before = try String.fetchOne(
        database, sql: "SELECT deleted_at FROM paper WHERE id = ?", arguments: [paper])
      try execute("UPDATE paper SET deleted_at = ? WHERE id = ?", [isDeleted ? now : nil, paper])
      try revise(paper, ["deleted_at": before.map(JSON.string) ?? .null])
      try index(paper)
      return true
    }
  }
}
