import GRDB
import JSON

/// Two papers that were made one.
public struct MergedPapers: Sendable {
  public let id: Int
  public let winner, loser: String
  /// What the winner got from the loser.
  public let changes: [FieldChange]
}

/// What stands in the way of taking a merge back: a field of one of the papers that was changed since.
public struct MergeConflict: Sendable {
  public let paper, field: String
  public let rev: Int
  public let at, actor: String
}

/// Making one paper of two, and two of one again.
extension PaperWriter {
  /// Makes the loser a part of the winner: fields by rank, lists joined; both papers as they were are kept, so that
  /// the merge can be undone. Handles of merged papers stand for what they became.
  ///
  /// Throws `store.notFound`, and `store.conflict` when both are one paper already or one of them is deleted.
  public func merge(_ winner: String, _ loser: String, reason: String) throws -> MergedPapers {
    let papers = try [winner, loser].map(paper)
    guard papers[0] != papers[1] else { throw StoreError(.conflict, "\(winner) and \(loser) are one paper already") }
    for (paper, uid) in zip(papers, [winner, loser]) where try isDeleted(paper) {
      throw StoreError(.conflict, "\(uid) is deleted", hint: "bring it back with papers.delete and restore")
    }
    return try merge(papers[0], papers[1], reason: reason, evidence: [:])
  }

  @discardableResult
  func merge(_ winner: Int64, _ loser: Int64, reason: String, evidence: JSON.Object) throws -> MergedPapers {
    try unindex(winner)
    try unindex(loser)
    let before: JSON = ["winner": try image(of: winner), "loser": try image(of: loser)]
    let changes = try joinItems(winner, loser) + joinLists(winner, loser)

    try execute(
      "UPDATE warning SET paper_id = ? WHERE record_id IN (SELECT id FROM record WHERE paper_id = ?)",
      [winner, loser])
    try execute("UPDATE record SET paper_id = ? WHERE paper_id = ?", [winner, loser])
    try execute("UPDATE paper SET merged_into = ? WHERE id = ?", [winner, loser])
    try revise(loser, ["merged_into": .null])
    var undone = JSON.Object(distinct: changes.map { .init($0.field, $0.old ?? .null) })
    undone["merged"] = .string(try uid(of: loser) ?? "")
    try revise(winner, undone)
    try execute(
      """
      INSERT INTO merge (at, actor, winner_id, loser_id, reason, evidence, before) VALUES (?, ?, ?, ?, ?, ?, ?)
      """, [now, "run \(run)", winner, loser, reason, JSON.object(evidence).text, before.text])
    let id = Int(database.lastInsertedRowID)
    try setHint(winner, loser, score: 1, method: "merge", state: "accepted")
    try index(winner)
    return MergedPapers(
      id: id, winner: try uid(of: winner) ?? "", loser: try uid(of: loser) ?? "", changes: changes)
  }

  /// The winner's item with what the loser has more or better.
  private func joinItems(_ winner: Int64, _ loser: Int64) throws -> [FieldChange] {
    let (item, other) = (try item(of: winner), try item(of: loser))
    let (own, others) = (try origins(of: winner), try origins(of: loser))
    var changes: [FieldChange] = []
    for member in other.members {
      let old = item[member.key]
      let rank = { (origins: [String: FieldOrigin]) in (origins[member.key] ?? origins["title"])?.rank ?? 0 }
      let rule = FieldChoice.rule(member.key, old, rank(own), member.value, rank(others), .ranked)
      if let rule { changes.append(FieldChange(field: member.key, old: old, new: member.value, rule: rule)) }
    }
    guard !changes.isEmpty else { return [] }
    try setMembers(of: winner, changes.map { ($0.field, $0.new) })
    for change in changes {
      if change.field == "title" || change.field == "abstract" {
        let column = change.field + "_raw"
        try execute(
          "UPDATE paper SET \(column) = (SELECT \(column) FROM paper WHERE id = ?) WHERE id = ?",
          [loser, winner])
      }
      try execute("DELETE FROM field_origin WHERE paper_id = ? AND field = ?", [winner, change.field])
      try execute(
        "UPDATE field_origin SET paper_id = ? WHERE paper_id = ? AND field = ?",
        [winner, loser, change.field])
    }
    return changes
  }

  /// Identifiers, links, mentions, versions, tags and labels of both.
  private func joinLists(_ winner: Int64, _ loser: Int64) throws -> [FieldChange] {
    var changes: [FieldChange] = []
    func join(_ field: String, _ list: String, _ sql: [String]) throws {
      let known = try String.fetchAll(database, sql: list, arguments: [winner])
      for statement in sql { try execute(statement, [winner, loser]) }
      let joined = try String.fetchAll(database, sql: list, arguments: [winner])
      if joined.count > known.count {
        changes.append(FieldChange(field: field, old: JSON(known), new: JSON(joined), rule: "joined"))
      }
    }
    try join(
      "identifiers", "SELECT scheme || ':' || value FROM identifier WHERE paper_id = ? ORDER BY 1",
      ["UPDATE identifier SET paper_id = ? WHERE paper_id = ?"])
    try join(
      "links", "SELECT coalesce(url, url_raw) FROM link WHERE paper_id = ? ORDER BY 1",
      [
        """
        UPDATE link SET paper_id = ?1 WHERE paper_id = ?2
          AND coalesce(url, url_raw) NOT IN (SELECT coalesce(url, url_raw) FROM link WHERE paper_id = ?1)
        """
      ])
    try join(
      "mentions", "SELECT scheme || ':' || value FROM mention WHERE paper_id = ? ORDER BY 1",
      [
        """
        UPDATE mention SET paper_id = ?1 WHERE paper_id = ?2
          AND NOT EXISTS (SELECT 1 FROM mention m WHERE m.paper_id = ?1 AND m.scheme = mention.scheme
            AND m.value = mention.value)
        """
      ])
    try join(
      "versions", "SELECT kind || ' ' || label FROM version WHERE paper_id = ? ORDER BY 1",
      ["UPDATE OR IGNORE version SET paper_id = ? WHERE paper_id = ?"])
    try join(
      "tags", "SELECT t.name FROM paper_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.paper_id = ? ORDER BY 1",
      ["UPDATE OR IGNORE paper_tag SET paper_id = ? WHERE paper_id = ?"])
    try join(
      "labels", "SELECT label_set || ' ' || name FROM label WHERE paper_id = ? ORDER BY 1",
      ["UPDATE OR IGNORE label SET paper_id = ? WHERE paper_id = ?"])
    return changes
  }

  /// Takes a merge back: both papers are as they were before it, and are not joined again by themselves. When one of
  /// them was changed since, nothing happens and the changes are told.
  ///
  /// Throws `store.notFound` for an unknown merge or one that was undone.
  public func undoMerge(_ id: Int) throws -> [MergeConflict] {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT winner_id, loser_id, before FROM merge WHERE id = ? AND undone_at IS NULL",
        arguments: [id])
    else { throw StoreError(.notFound, "no merge \(id) that could be undone", hint: "papers.history names a paper's") }
    let papers: [Int64] = [row["winner_id"], row["loser_id"]]
    let before = try JSON.parse(Array((row["before"] as String).utf8))
    let images = ["winner", "loser"].compactMap { before[$0] }
    guard images.count == 2 else { throw StoreError(.corrupt, "merge \(id) has no image of its papers") }
    let conflicts = try zip(papers, images).flatMap { paper, image in
      // The merge itself raised the revision once.
      try changesSince(image["paper"]?["rev"]?.int.map { $0 + 1 } ?? 0, of: paper)
    }
    guard conflicts.isEmpty else { return conflicts }
    try unindex(papers[0])
    for paper in papers { try clear(paper) }
    for (paper, image) in zip(papers, images) { try restore(paper, image) }
    try execute("UPDATE merge SET undone_at = ? WHERE id = ?", [now, id])
    try setHint(papers[0], papers[1], score: 0, method: "unmerge", state: "refused")
    for paper in papers {
      try revise(paper, ["unmerged": JSON(id)])
      try index(paper)
    }
    return []
  }

  private func changesSince(_ rev: Int, of paper: Int64) throws -> [MergeConflict] {
    let uid = try uid(of: paper) ?? ""
    return try Row.fetchAll(
      database, sql: "SELECT rev, at, actor, change FROM paper_history WHERE paper_id = ? AND rev > ? ORDER BY rev",
      arguments: [paper, rev]
    ).flatMap { row in
      let fields = (try? JSON.parse(row["change"] as String))?.object?.keys ?? []
      return fields.map {
        MergeConflict(paper: uid, field: $0, rev: row["rev"], at: row["at"], actor: row["actor"])
      }
    }
  }

  // MARK: - Pairs that may be one paper

  /// Says that two papers are two works: they are not suggested as duplicates again, nor joined by an import.
  public func refuse(_ first: String, _ second: String) throws {
    let papers = try [first, second].map(paper)
    guard papers[0] != papers[1] else {
      throw StoreError(.conflict, "\(first) and \(second) are one paper", hint: "take the merge back first")
    }
    try setHint(papers[0], papers[1], score: 0, method: "user", state: "refused")
    changes += 1
  }

  func isRefused(_ first: Int64, _ second: Int64) throws -> Bool {
    try Bool.fetchOne(
      database.cachedStatement(
        sql: "SELECT state = 'refused' FROM duplicate_hint WHERE a_id = ? AND b_id = ?"),
      arguments: [min(first, second), max(first, second)]) ?? false
  }

  private func setHint(_ first: Int64, _ second: Int64, score: Double, method: String, state: String) throws {
    try execute(
      "INSERT OR REPLACE INTO duplicate_hint (a_id, b_id, score, method, state) VALUES (?, ?, ?, ?, ?)",
      [min(first, second), max(first, second), score, method, state])
  }
}
