/// A kind of source, told by its content.
enum PaperFormat: String, Sendable, CaseIterable {
  case list
  case bibtex
  case cslJSON = "csl-json"
  case ris
  case webOfScience = "wos"
  case arxivAtom = "arxiv-atom"
  case openAlex = "openalex"
  case semanticScholar = "s2"
  case crossref
  case jats
  case tei
  case records = "jsonl"
  case pdf

  /// What a person calls it.
  var title: String {
    switch self {
    case .list: "a plain list of titles and abstracts"
    case .bibtex: "BibTeX"
    case .cslJSON: "CSL-JSON"
    case .ris: "RIS"
    case .webOfScience: "Web of Science tagged text"
    case .arxivAtom: "an arXiv Atom feed"
    case .openAlex: "OpenAlex JSON"
    case .semanticScholar: "Semantic Scholar JSON"
    case .crossref: "Crossref JSON"
    case .jats: "JATS XML"
    case .tei: "TEI XML"
    case .records: "papers as JSON lines, as they are exported"
    case .pdf: "PDF"
    }
  }

  /// The reader of a format that is read as a whole; `nil` for others.
  var reader: (any FormatReader.Type)? {
    switch self {
    case .list: PlainListReader.self
    case .bibtex: BibTeXReader.self
    default: nil
    }
  }

  /// The reader of a format that is read in pieces; `nil` for others.
  var pieceReader: (any PieceReader.Type)? {
    switch self {
    case .cslJSON, .openAlex, .semanticScholar, .crossref, .records: JSONReader.self
    case .ris: RISReader.self
    case .arxivAtom, .jats, .tei: XMLReader.self
    default: nil
    }
  }

  static var readable: [PaperFormat] {
    allCases.filter { $0.reader != nil || $0.pieceReader != nil || $0 == .pdf }
  }

  /// Reads a source that is in memory. The format is told by the content unless one is named.
  ///
  /// A reader never gives up over a fault inside the source; only what is not that format at all is an error.
  static func read(_ bytes: [UInt8], as named: PaperFormat? = nil) throws(FormatError) -> PaperDocument {
    let format = if let named { named } else { try detect(bytes) }
    if format.pieceReader != nil { return try PaperDocument(reading: bytes, as: format) }
    guard let reader = format.reader else { throw .unreadable(format) }
    return try reader.read(try SourceText(bytes))
  }

  /// Reads a source of a format that is read as a whole and hands over each record as it is made; the document that
  /// it gives has all but the records.
  ///
  /// - Throws: `FormatError`, and what `take` throws.
  static func read(
    _ bytes: [UInt8], as format: PaperFormat, _ take: (PaperRecord) throws -> Void
  ) throws -> PaperDocument {
    guard let reader = format.reader else { throw FormatError.unreadable(format) }
    return try reader.read(try SourceText(bytes), take)
  }

  /// The format by its name in params.
  static func named(_ name: String) throws(FormatError) -> PaperFormat {
    guard let format = PaperFormat(rawValue: name) else { throw .unknownName(name) }
    return format
  }

  /// The name that a person meant who wrote a file's ending or a part of a name.
  static func near(_ name: String, among names: [String]) -> String? {
    let wanted = name.lowercased()
    let endings = [
      "bib": "bibtex", "biblatex": "bibtex", "json": "csl-json", "csl": "csl-json", "csljson": "csl-json",
      "jsonlines": "jsonl", "ndjson": "jsonl", "records": "jsonl", "atom": "arxiv-atom", "arxiv": "arxiv-atom",
      "nxml": "jats", "txt": "list", "isi": "wos", "semantic-scholar": "s2", "semanticscholar": "s2",
    ]
    let meant = endings[wanted] ?? names.first { !wanted.isEmpty && ($0.hasPrefix(wanted) || wanted.hasPrefix($0)) }
    return meant.flatMap { names.contains($0) ? $0 : nil }
  }
}

/// Reads one format as a whole into records, typed warnings with byte spans, and the regions that account for every
/// byte.
protocol FormatReader {
  static func read(_ source: SourceText) throws(FormatError) -> PaperDocument

  /// The same, with each record handed over as it is made: the document that it gives has all but the records.
  static func read(_ source: SourceText, _ take: (PaperRecord) throws -> Void) throws -> PaperDocument
}

extension FormatReader {
  static func read(_ source: SourceText, _ take: (PaperRecord) throws -> Void) throws -> PaperDocument {
    var document = try read(source)
    for record in document.records { try take(record) }
    document.records = []
    return document
  }
}

/// A source that cannot be read as papers at all.
enum FormatError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No bytes, or white space alone.
  case empty
  /// Not text; `found` says what it looks like.
  case notText(found: String)
  /// Recognised, but nothing here reads it.
  case unreadable(PaperFormat)
  case unknownName(String)

  private static var readable: String { PaperFormat.readable.map(\.rawValue).joined(separator: ", ") }

  var description: String {
    switch self {
    case .empty: "the source is empty; expected papers as one of: \(Self.readable)"
    case .notText(let found): "the source is no text (\(found)); expected UTF-8 text as one of: \(Self.readable)"
    case .unreadable(let format): "the source is \(format.title), which is not read; give one of: \(Self.readable)"
    case .unknownName(let name):
      PaperFormat.near(name, among: PaperFormat.readable.map(\.rawValue)).map {
        "no format is called “\(name)”; did you mean “\($0)”?"
      } ?? "no format is called “\(name)”; give one of: \(Self.readable)"
    }
  }
}
