import GRDB

/// Which paper a record is of, by the rules of identity: the same record, an identifier, the same bytes, then title,
/// year and first author together.
struct PaperMatch {
  enum Outcome {
    /// This very record was imported before.
    case sameRecord(paper: Int64)
    case paper(Int64)
    case conflict
    case unknown
  }

  var outcome: Outcome
  var evidence: String

  static func find(_ record: ImportRecord, source: Int64, _ writer: PaperWriter) throws -> PaperMatch {
    let known = try Int64.fetchOne(
      writer.cached(
        "SELECT paper_id FROM record WHERE source_id = ? AND ordinal = ? AND span_start = ? AND paper_id IS NOT NULL"),
      arguments: [source, record.ordinal, record.span.lowerBound])
    if let known { return PaperMatch(outcome: .sameRecord(paper: known), evidence: "record") }

    var found: [Int64: String] = [:]
    for identifier in record.identifiers {
      let paper = try Int64.fetchOne(
        writer.cached("SELECT paper_id FROM identifier WHERE scheme = ? AND value = ?"),
        arguments: [identifier.scheme, identifier.value])
      if let paper { found[paper] = "identifier \(identifier.scheme) \(identifier.value)" }
    }
    if found.count > 1 {
      return PaperMatch(outcome: .conflict, evidence: found.values.sorted().joined(separator: ", "))
    }
    if let (paper, evidence) = found.first { return PaperMatch(outcome: .paper(paper), evidence: evidence) }

    let sameBytes = try Int64.fetchOne(
      writer.cached("SELECT coalesce(merged_into, id) FROM paper WHERE uid = ?"),
      arguments: [PaperUID.make(from: record.bytes)])
    if let sameBytes { return PaperMatch(outcome: .paper(sameBytes), evidence: "bytes") }
    if let paper = try byTitle(record, writer) { return PaperMatch(outcome: .paper(paper), evidence: "title") }
    return PaperMatch(outcome: .unknown, evidence: "")
  }

  /// Equal normalised title, years within one, the same first author, and no identifiers of one scheme that differ.
  private static func byTitle(_ record: ImportRecord, _ writer: PaperWriter) throws -> Int64? {
    let key = PaperTitle.normalised(record.title)
    guard !PaperTitle.isTooCommon(key) else { return nil }
    let candidates = try Row.fetchAll(
      writer.cached(
        """
        SELECT p.id, p.year, (SELECT name_key FROM author a WHERE a.paper_id = p.id AND a.role = 'author' AND a.pos = 0)
          AS first_author
        FROM paper p WHERE p.title_key = ? AND p.merged_into IS NULL AND p.deleted_at IS NULL ORDER BY p.id
        """), arguments: [key])
    let author = record.authors.first { $0.role == "author" }?.nameKey
    for row in candidates {
      let paper: Int64 = row["id"]
      let year: Int? = row["year"]
      let first: String? = row["first_author"]
      if let year, let own = record.year, abs(year - own) > 1 { continue }
      if let first, let author, first != author { continue }
      let known = try writer.identifiers(of: paper)
      let differs = record.identifiers.contains { own in
        known.contains { $0.scheme == own.scheme } && !known.contains(own)
      }
      if !differs { return paper }
    }
    return nil
  }
}
