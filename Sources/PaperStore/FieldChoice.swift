import GRDB
import JSON

/// Where the value that a paper shows came from.
struct FieldOrigin {
  var rank: Int
  var record: Int64?
  var localKey, source: String?
}

/// Whose value a field gets when a paper and a record, or two papers, both have one.
enum FieldChoice {
  /// The rule by which the new value is taken; `nil` when the old one stays.
  static func rule(
    _ member: String, _ old: JSON?, _ oldRank: Int, _ new: JSON, _ newRank: Int, _ policy: MergePolicy
  ) -> String? {
    guard policy != .keep else { return nil }
    guard let old else { return "missing" }
    // The key is the paper's name in its first source; another source's key stays with that source's record.
    guard member != "id", old != new, oldRank < SourceRank.user else { return nil }
    switch policy {
    case .keep, .fill: return nil
    case .replace: return "replaced"
    case .ranked:
      if newRank > oldRank { return "ranked" }
      guard newRank == oldRank, member == "abstract" else { return nil }
      return (new.string?.utf8.count ?? 0) > (old.string?.utf8.count ?? 0) ? "longer" : nil
    }
  }
}

extension PaperWriter {
  /// The origins of a paper's fields by name.
  func origins(of paper: Int64) throws -> [String: FieldOrigin] {
    var origins: [String: FieldOrigin] = [:]
    try statements.originsOfPaper.forEachRow(.integer(paper)) { columns in
      guard let field = columns.text(0) else { return }
      let isUser = columns.text(1) == "user"
      origins[field] = FieldOrigin(
        rank: isUser ? SourceRank.user : SourceRank.of(format: columns.text(2)), record: columns.integer(3),
        localKey: columns.text(4), source: columns.text(5))
    }
    return origins
  }

  /// What a record changes in a paper that is known.
  func changes(
    in paper: Int64, by record: ImportRecord, from source: SourceRow, isEdit: Bool
  ) throws -> [FieldChange] {
    guard policy != .keep else { return [] }
    let item = try item(of: paper)
    let origins = try origins(of: paper)
    let rank = SourceRank.of(format: source.format)
    var changes: [FieldChange] = []
    for member in record.columns.item.members {
      let old = item[member.key]
      // A paper's kind is as well known as its title.
      let origin = origins[member.key] ?? (member.key == "type" ? origins["title"] : nil)
      var rule = FieldChoice.rule(member.key, old, origin?.rank ?? 0, member.value, rank, policy)
      if isEdit, let old, old != member.value, let origin, origin.rank < SourceRank.user,
        origin.localKey == record.localKey, origin.source == source.name
      {
        rule = "edited"
      }
      if let rule { changes.append(FieldChange(field: member.key, old: old, new: member.value, rule: rule)) }
    }
    return try changes + listChanges(in: paper, by: record)
  }

  /// Identifiers, links and mentions are joined, never replaced.
  private func listChanges(in paper: Int64, by record: ImportRecord) throws -> [FieldChange] {
    var changes: [FieldChange] = []
    func add(_ field: String, _ known: Set<String>, _ given: [String]) {
      let added = given.filter { !known.contains($0) }
      guard !added.isEmpty else { return }
      changes.append(
        FieldChange(field: field, old: JSON(known.sorted()), new: JSON(known.sorted() + added), rule: "joined"))
    }
    if !record.identifiers.isEmpty {
      add(
        "identifiers", Set(try identifiers(of: paper).map { "\($0.scheme):\($0.value)" }),
        record.identifiers.map { "\($0.scheme):\($0.value)" })
    }
    if !record.links.isEmpty {
      add("links", try texts(statements.linksOfPaper, paper), record.links.map { $0.url ?? $0.urlRaw })
    }
    if !record.mentions.isEmpty {
      add(
        "mentions", try texts(statements.mentionsOfPaper, paper),
        record.mentions.map { "\($0.identifier.scheme):\($0.identifier.value)" })
    }
    return changes
  }

  func texts(_ statement: BoundStatement, _ paper: Int64) throws -> Set<String> {
    var texts: Set<String> = []
    try statement.forEachRow(.integer(paper)) { if let text = $0.text(0) { texts.insert(text) } }
    return texts
  }
}
