/// What a value is worth when two sources give different ones: a person's edit, then the publisher's metadata, then
/// services, reference managers, preprint servers, and last what was guessed from a PDF.
public enum SourceRank {
  static let user = 9

  static func of(format: String?) -> Int {
    switch format {
    case "crossref", "jats": 6
    case "openalex", "s2": 5
    case "bibtex", "ris", "csl-json", "jsonl", "wos": 4
    case "arxiv-atom": 3
    case "list": 2
    case "tei", "pdf": 1
    default: 0
    }
  }
}

/// What becomes of a known paper's fields when a record gives other values.
public enum MergePolicy: String, Sendable, CaseIterable, Codable {
  /// Absent fields are filled in; a source of higher rank replaces.
  case ranked
  /// Absent fields are filled in.
  case fill
  /// The record's values replace all but a person's edits.
  case replace
  /// Known papers stay as they are.
  case keep
}
