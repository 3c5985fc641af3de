/// Which paper a record is of, by the rules of identity: the same record, an entry of the same key in an earlier
/// state of the source, an identifier, the same bytes, then title, year and first author together.
struct PaperMatch {
  enum Outcome {
    /// This very record was imported before; no paper when it could not be one.
    case sameRecord(paper: Int64?)
    /// The entry was edited in its source.
    case edited(Int64)
    case paper(Int64)
    /// The record names both papers, one by its DOI and one by its arXiv identifier: they are one work.
    case bridge(winner: Int64, loser: Int64)
    case conflict
    case unknown
  }

  var outcome: Outcome
  var evidence: String

  static func find(_ record: ImportRecord, uid: String, source: Int64, _ writer: PaperWriter) throws -> PaperMatch {
    let statements = writer.statements
    var isKnown = false
    var paper: Int64?
    try statements.findRecord.forEachRow(
      .integer(source), .of(record.ordinal), .of(record.span.lowerBound), .of(record.span.upperBound)
    ) { columns in
      isKnown = true
      paper = columns.integer(0)
    }
    if isKnown { return PaperMatch(outcome: .sameRecord(paper: paper), evidence: "record") }

    if let key = record.localKey,
      let paper = try statements.findLocalKey.firstInteger(.integer(source), .text(key))
    {
      return PaperMatch(outcome: .edited(try writer.living(paper)), evidence: "key \(key)")
    }

    var found: [(paper: Int64, identifier: ImportRecord.Identifier)] = []
    for identifier in record.identifiers {
      let paper = try statements.findIdentifier.firstInteger(.text(identifier.scheme), .text(identifier.value))
      if let paper, !found.contains(where: { $0.paper == paper }) { found.append((paper, identifier)) }
    }
    let evidence = found.map { "identifier \($0.identifier.scheme) \($0.identifier.value)" }.sorted()
      .joined(separator: ", ")
    switch found.count {
    case 0: break
    case 1: return PaperMatch(outcome: .paper(found[0].paper), evidence: evidence)
    case 2 where try areBridged(found.map(\.paper), found.map(\.identifier.scheme), writer):
      let papers = found.map(\.paper).sorted()
      return PaperMatch(outcome: .bridge(winner: papers[0], loser: papers[1]), evidence: evidence)
    default: return PaperMatch(outcome: .conflict, evidence: evidence)
    }

    if let known = try statements.findUID.firstInteger(.text(uid)) {
      return PaperMatch(outcome: .paper(known), evidence: "bytes")
    }
    if let paper = try byTitle(record, writer) { return PaperMatch(outcome: .paper(paper), evidence: "title") }
    return PaperMatch(outcome: .unknown, evidence: "")
  }

  /// A DOI and an arXiv identifier come from different services, so one work may have become two papers, each known by
  /// one of them. Papers that have identifiers of one scheme with different values are two works.
  private static func areBridged(_ papers: [Int64], _ schemes: [String], _ writer: PaperWriter) throws -> Bool {
    guard Set(schemes) == ["doi", "arxiv"] else { return false }
    let known = try papers.map(writer.identifiers)
    return !known[0].contains { own in known[1].contains { $0.scheme == own.scheme } }
  }

  /// Equal normalised title, years within one, the same first author, and no identifiers of one scheme that differ.
  private static func byTitle(_ record: ImportRecord, _ writer: PaperWriter) throws -> Int64? {
    let key = PaperTitle.normalised(record.title)
    guard !PaperTitle.isTooCommon(key) else { return nil }
    var candidates: [(paper: Int64, year: Int64?, author: String?)] = []
    try writer.statements.findTitle.forEachRow(.text(key)) { columns in
      if let paper = columns.integer(0) { candidates.append((paper, columns.integer(1), columns.text(2))) }
    }
    let author = record.authors.first { $0.role == "author" }?.nameKey
    for candidate in candidates {
      if let year = candidate.year, let own = record.year, abs(Int(year) - own) > 1 { continue }
      if let first = candidate.author, let author, first != author { continue }
      let known = try writer.identifiers(of: candidate.paper)
      let differs = record.identifiers.contains { own in
        known.contains { $0.scheme == own.scheme } && !known.contains(own)
      }
      if !differs { return candidate.paper }
    }
    return nil
  }
}
