import Foundation
import GRDB
import JSON

/// A source as the store knows it; made by `PaperWriter.source`.
public struct SourceRow: Sendable {
  let id: Int64
  let format, name: String
  let isNamed: Bool
}

/// Bringing records of a source into the store.
extension PaperWriter {
  /// Takes a source: entered now, or known from before by its bytes.
  public func source(_ source: ImportSource) throws -> SourceRow {
    let known = try Int64.fetchOne(
      database, sql: "SELECT id FROM source WHERE format = ? AND sha256 = ?",
      arguments: [source.format, source.sha256])
    if let known { return SourceRow(id: known, format: source.format, name: source.name, isNamed: source.isNamed) }
    let content = source.bytes <= ImportSource.largestKept ? source.content : nil
    try database.execute(
      sql: """
        INSERT INTO source (format, name, sha256, bytes, encoding, imported_at, content, artifact, parser_version)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        source.format, source.name, source.sha256, source.bytes, source.encoding, now, content.map { Data($0) },
        source.artifact, source.parserVersion,
      ])
    return SourceRow(
      id: database.lastInsertedRowID, format: source.format, name: source.name, isNamed: source.isNamed)
  }

  /// Enters the warnings that belong to no record, in place of those of an earlier reading.
  public func enter(_ warnings: [ImportRecord.Warning], of source: SourceRow) throws {
    try execute("DELETE FROM warning WHERE source_id = ? AND record_id IS NULL", [source.id])
    for warning in warnings { try insert(warning, source: source.id, record: nil, paper: nil) }
  }

  /// Imports records of a source, in their order; at most some thousands in one transaction.
  public func apply(_ records: [ImportRecord], from source: SourceRow) throws -> [PlannedRecord] {
    try records.map { record in
      let planned = try apply(record, source)
      count(planned.decision.rawValue)
      return planned
    }
  }

  private func apply(_ record: ImportRecord, _ source: SourceRow) throws -> PlannedRecord {
    let match = try PaperMatch.find(record, source: source, self)
    var planned = PlannedRecord(
      ordinal: record.ordinal, decision: .same, paper: nil, title: record.columns.title, evidence: match.evidence)
    switch match.outcome {
    case .sameRecord(let paper):
      try know(paper, record, &planned)
    case .conflict:
      planned.decision = .conflict
      _ = try insert(record, source, paper: nil, .conflict)
    case .unknown where record.isBlank:
      planned.decision = .skip
      _ = try insert(record, source, paper: nil, .skip)
    case .unknown:
      planned.decision = .new
      planned.paper = record.uid
      try insertNew(record, source)
    case .edited(let paper), .paper(let paper):
      try know(paper, record, &planned)
      if !planned.isDeleted {
        let isEdit = if case .edited = match.outcome { true } else { false }
        planned.changes = try changes(in: paper, by: record, from: source, isEdit: isEdit)
      }
      planned.decision = planned.changes.isEmpty ? .same : .update
      try enter(record, source, paper, planned)
    case .bridge(let winner, let loser):
      try merge(winner, loser, reason: "identifiers of one record", evidence: ["record": .string(match.evidence)])
      planned.decision = .merge
      planned.paper = try self.uid(of: winner)
      planned.changes = try changes(in: winner, by: record, from: source, isEdit: false)
      try enter(record, source, winner, planned)
    }
    return planned
  }

  private func know(_ paper: Int64?, _ record: ImportRecord, _ planned: inout PlannedRecord) throws {
    guard let paper else { return }
    planned.paper = try uid(of: paper)
    planned.isDeleted = try isDeleted(paper)
    guard !planned.isDeleted, !record.tags.isEmpty else { return }
    try tag(paper, add: record.tags, remove: [], origin: "import")
  }

  /// Enters a record of a known paper, and what it changes there.
  private func enter(_ record: ImportRecord, _ source: SourceRow, _ paper: Int64, _ planned: PlannedRecord) throws {
    let recordID = try insert(record, source, paper: paper, planned.decision)
    if !planned.changes.isEmpty { try change(paper, planned.changes, record, recordID) }
  }

  /// Carries out changes of a paper, enters where they came from, and keeps what they replaced.
  private func change(_ paper: Int64, _ changes: [FieldChange], _ record: ImportRecord, _ recordID: Int64) throws {
    let lists: Set<String> = ["identifiers", "links", "mentions"]
    let members = changes.filter { !lists.contains($0.field) }
    try unindex(paper)
    if !members.isEmpty { try setMembers(of: paper, members.map { ($0.field, $0.new) }) }
    for change in changes {
      switch change.field {
      case "title": try execute("UPDATE paper SET title_raw = ? WHERE id = ?", [record.titleRaw, paper])
      case "abstract": try statements.updateAbstractRaw.run(.of(record.abstractRaw), .integer(paper))
      case "identifiers":
        try insertIdentifiers(record.identifiers, of: paper, recordID)
        try insertVersions(record, of: paper)
      case "links":
        var known = try texts(statements.linksOfPaper, paper)
        for link in record.links where known.insert(link.url ?? link.urlRaw).inserted {
          try insert(link, record, of: paper, recordID)
        }
      case "mentions":
        var known = try texts(statements.mentionsOfPaper, paper)
        for mention in record.mentions
        where known.insert("\(mention.identifier.scheme):\(mention.identifier.value)").inserted {
          try insert(mention, record, of: paper, recordID)
        }
      default: break
      }
      guard !lists.contains(change.field) else { continue }
      try origin(change.field, record, paper, recordID, change.rule, by: statements.replaceOrigin)
    }
    try revise(paper, JSON.Object(distinct: changes.map { .init($0.field, $0.old ?? .null) }))
    try index(paper)
  }

  private func insertNew(_ record: ImportRecord, _ source: SourceRow) throws {
    let columns = record.columns
    let prepared = record.prepared ?? PreparedRecord(record)
    try statements.insertPaper.run(
      .text(record.uid), .text(columns.title), .of(record.titleRaw), .text(prepared.titleKey),
      .of(columns.abstract), .of(record.abstractRaw), .text(columns.type), .of(columns.year), .of(columns.month),
      .of(columns.day), .of(columns.dateLiteral), .of(columns.container), .of(columns.volume), .of(columns.issue),
      .of(columns.pages), .of(columns.publisher), .of(columns.place), .of(columns.language), .of(columns.note),
      .of(prepared.extra), .text(now), .text(now))
    let paper = database.lastInsertedRowID
    let recordID = try insert(record, source, paper: paper, .new)
    try insertAuthors(columns.authors, keys: prepared.nameKeys, of: paper)
    try insertIdentifiers(record.identifiers, of: paper, recordID)
    try insertVersions(record, of: paper)
    for link in record.links { try insert(link, record, of: paper, recordID) }
    for mention in record.mentions { try insert(mention, record, of: paper, recordID) }
    for member in prepared.members {
      try origin(member, record, paper, recordID, "first", by: statements.insertOrigin)
    }
    let tags = try insertTags(record.tags, of: paper, origin: "import")
    if prepared.isUnspaced {
      try index(paper)
    } else {
      index(
        paper, [columns.title, columns.abstract ?? "", prepared.authors, columns.container ?? "", tags, ""])
    }
    changes += 1
  }

  private func insertIdentifiers(
    _ identifiers: [ImportRecord.Identifier], of paper: Int64, _ record: Int64
  ) throws {
    for identifier in identifiers {
      try statements.insertIdentifier.run(
        .text(identifier.scheme), .text(identifier.value), .integer(paper), .integer(record))
    }
  }

  private func insertVersions(_ record: ImportRecord, of paper: Int64) throws {
    for version in record.versions {
      try statements.insertVersion.run(
        .integer(paper), .text(version.kind), .text(version.label), .of(version.identifier?.scheme),
        .of(version.identifier?.value), .of(version.date))
    }
  }

  private func insert(_ link: ImportRecord.Link, _ record: ImportRecord, of paper: Int64, _ recordID: Int64) throws {
    try statements.insertLink.run(
      .integer(paper), .text(link.kind), .of(link.url), .text(link.urlRaw), .text(link.status),
      .of(link.span.lowerBound), .of(link.span.upperBound), .of(record.field(of: link.span)), .integer(recordID))
  }

  private func insert(
    _ mention: (identifier: ImportRecord.Identifier, span: Range<Int>), _ record: ImportRecord, of paper: Int64,
    _ recordID: Int64
  ) throws {
    try statements.insertMention.run(
      .integer(paper), .text(mention.identifier.scheme), .text(mention.identifier.value),
      .of(mention.span.lowerBound), .of(mention.span.upperBound), .of(record.field(of: mention.span)),
      .integer(recordID))
  }

  private func insert(
    _ record: ImportRecord, _ source: SourceRow, paper: Int64?, _ decision: ImportDecision
  ) throws -> Int64 {
    let fields = record.prepared?.fields ?? record.fields.text
    // The same place of the same source, read otherwise by a later parser: the row stays, since others point to it.
    if let known = try statements.recordAt.firstInteger(.integer(source.id), .of(record.ordinal)) {
      try execute("DELETE FROM warning WHERE record_id = ?", [known])
      try statements.updateRecord.run(
        .of(record.span.lowerBound), .of(record.span.upperBound), .of(record.localKey), .of(record.rawType),
        .text(fields), .of(paper), .text(decision.rawValue), .integer(known))
      for warning in record.warnings { try insert(warning, source: source.id, record: known, paper: paper) }
      return known
    }
    try statements.insertRecord.run(
      .integer(source.id), .of(record.ordinal), .of(record.span.lowerBound), .of(record.span.upperBound),
      .of(record.localKey), .of(record.rawType), .text(fields), .of(paper), .text(decision.rawValue))
    let id = database.lastInsertedRowID
    for warning in record.warnings { try insert(warning, source: source.id, record: id, paper: paper) }
    return id
  }

  private func insert(_ warning: ImportRecord.Warning, source: Int64, record: Int64?, paper: Int64?) throws {
    try statements.insertWarning.run(
      .integer(source), .of(record), .of(paper), .text(warning.code), .text(warning.severity),
      .of(warning.span.lowerBound), .of(warning.span.upperBound),
      .text(JSON.object(["message": .string(warning.message)]).text))
  }

  private func origin(
    _ member: String, _ record: ImportRecord, _ paper: Int64, _ recordID: Int64, _ rule: String,
    by statement: BoundStatement
  ) throws {
    let span = record.span(of: member)
    try statement.run(
      .integer(paper), .text(member), .integer(recordID), .of(span.lowerBound), .of(span.upperBound), .text(rule))
  }
}
