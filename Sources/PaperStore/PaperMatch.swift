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

  static func find(_ record: ImportRecord, source: SourceRow, _ writer: PaperWriter) throws -> PaperMatch {
    let statements = writer.statements
    var isKnown = false
    var paper: Int64?
    try statements.findRecord.forEachRow(
      .integer(source.id), .of(record.ordinal), .of(record.span.lowerBound), .of(record.span.upperBound)
    ) { columns in
      isKnown = true
      paper = columns.integer(0)
    }
    if isKnown { return PaperMatch(outcome: .sameRecord(paper: try paper.map(writer.living)), evidence: "record") }

    var found: [(paper: Int64, identifier: ImportRecord.Identifier)] = []
    for identifier in record.identifiers {
      let paper = try statements.findIdentifier.firstInteger(.text(identifier.scheme), .text(identifier.value))
      if let paper, !found.contains(where: { $0.paper == paper }) { found.append((paper, identifier)) }
    }
    if source.isNamed, let key = record.localKey,
      let paper = try statements.findLocalKey.firstInteger(.integer(source.id), .text(key)).map(writer.living)
    {
      // A key that was given to another work since is no edit.
      let isOther = try !found.contains { $0.paper == paper } && differs(record, from: paper, writer)
      if !isOther, found.allSatisfy({ $0.paper == paper }) {
        return PaperMatch(outcome: .edited(paper), evidence: "key \(key)")
      }
    }

    let evidence = found.map { "identifier \($0.identifier.scheme) \($0.identifier.value)" }.sorted()
      .joined(separator: ", ")
    switch found.count {
    case 0: break
    case 1: return PaperMatch(outcome: .paper(found[0].paper), evidence: evidence)
    case 2 where try areBridged(found.map(\.paper), found.map(\.identifier.scheme), writer):
      let papers = found.map(\.paper).sorted()
      return PaperMatch(outcome: .bridge(winner: papers[0], loser: papers[1]), evidence: evidence)
    default:
      let papers = try found.map { try writer.uid(of: $0.paper) ?? "" }.joined(separator: ", ")
      return PaperMatch(outcome: .conflict, evidence: "\(evidence): \(papers)")
    }

    if let known = try statements.paperByUID.firstInteger(.text(record.uid)) {
      return PaperMatch(outcome: .paper(try writer.living(known)), evidence: "bytes")
    }
    if let paper = try byTitle(record, writer) { return PaperMatch(outcome: .paper(paper), evidence: "title") }
    return PaperMatch(outcome: .unknown, evidence: "")
  }

  /// Whether both have identifiers of one scheme, with different values.
  private static func differs(_ record: ImportRecord, from paper: Int64, _ writer: PaperWriter) throws -> Bool {
    guard !record.identifiers.isEmpty else { return false }
    let known = try writer.identifiers(of: paper)
    return record.identifiers.contains { own in
      known.contains { $0.scheme == own.scheme } && !known.contains(own)
    }
  }

  /// A DOI and an arXiv identifier come from different services, so one work may have become two papers, each known by
  /// one of them. Papers that have identifiers of one scheme with different values are two works, and so are those
  /// that a person parted.
  private static func areBridged(_ papers: [Int64], _ schemes: [String], _ writer: PaperWriter) throws -> Bool {
    guard Set(schemes) == ["doi", "arxiv"], writer.policy != .keep else { return false }
    for paper in papers where try writer.isDeleted(paper) { return false }
    guard try !writer.isRefused(papers[0], papers[1]) else { return false }
    let known = try papers.map(writer.identifiers)
    return !known[0].contains { own in known[1].contains { $0.scheme == own.scheme } }
  }

  /// Equal normalised title, years within one, the same first author, and no identifiers of one scheme that differ.
  private static func byTitle(_ record: ImportRecord, _ writer: PaperWriter) throws -> Int64? {
    let key = record.prepared?.titleKey ?? PaperTitle.normalised(record.columns.title)
    guard !PaperTitle.isTooCommon(key) else { return nil }
    var candidates: [(paper: Int64, year: Int64?, author: String?)] = []
    try writer.statements.findTitle.forEachRow(.text(key)) { columns in
      if let paper = columns.integer(0) { candidates.append((paper, columns.integer(1), columns.text(2))) }
    }
    guard !candidates.isEmpty else { return nil }
    let author = record.columns.authors.first { $0.role == "author" }?.nameKey
    for candidate in candidates {
      if let year = candidate.year, let own = record.columns.year, abs(Int(year) - own) > 1 { continue }
      if let first = candidate.author, let author, !agree(first, author) { continue }
      if try !differs(record, from: candidate.paper, writer) { return candidate.paper }
    }
    return nil
  }

  /// Equal name keys, an initial that one of them lacks aside.
  private static func agree(_ left: String, _ right: String) -> Bool {
    left == right
      || (left.last == " " || right.last == " ") && left.split(separator: " ")[0] == right.split(separator: " ")[0]
  }
}
