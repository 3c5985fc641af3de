import JSON

/// A paper as a writer gets it: the canonical item, and what is known of the paper beside it.
struct ExportedPaper: Sendable {
  /// The paper's handle in the store (`paper:…`).
  var id: String?
  /// The CSL-JSON item; its member `id` is the citation key that the paper came with.
  var item: JSON.Object
  /// Title and abstract as their source wrote them, where that differs from the plain form in the item.
  var titleRaw, abstractRaw: String?
  var identifiers: [PaperRecord.Identifier] = []
  /// Addresses, promises without one included.
  var links: [PaperRecord.Link] = []
  var mentions: [PaperRecord.Mention] = []
  var tags: [String] = []

  init(id: String? = nil, item: JSON.Object) { (self.id, self.item) = (id, item) }

  /// What reading a record gave, to be written out again.
  init(_ record: PaperRecord) {
    self.init(item: record.item)
    (identifiers, links, mentions) = (record.identifiers, record.links + record.promises, record.mentions)
    let raw = { (field: PaperRecord.Field?) -> String? in
      guard let field else { return nil }
      let text = String(decoding: field.raw, as: UTF8.self)
      return text.utf8.elementsEqual(field.plain.utf8) ? nil : text
    }
    (titleRaw, abstractRaw) = (raw(record.title), raw(record.abstract))
  }
}

/// Writes papers as one format, paper by paper: `begin`, then `write` once a paper, then `end`.
///
/// What it writes, the reader of its format reads back into the same item.
protocol FormatWriter {
  init()

  /// What stands before the first paper.
  mutating func begin() -> [UInt8]

  mutating func write(_ paper: ExportedPaper) -> [UInt8]

  /// What stands behind the last paper.
  mutating func end() -> [UInt8]
}

extension FormatWriter {
  mutating func begin() -> [UInt8] { [] }
  mutating func end() -> [UInt8] { [] }

  /// All papers in one piece.
  static func write(_ papers: [ExportedPaper]) -> [UInt8] {
    var writer = Self()
    var bytes = writer.begin()
    for paper in papers { bytes += writer.write(paper) }
    return bytes + writer.end()
  }
}

/// A format in which papers can be written out.
enum ExportFormat: String, Sendable, CaseIterable {
  case cslJSON = "csl-json"
  case bibtex
  case ris
  case records = "jsonl"

  var writer: any FormatWriter.Type {
    switch self {
    case .cslJSON: CSLJSONWriter.self
    case .bibtex: BibTeXWriter.self
    case .ris: RISWriter.self
    case .records: RecordLineWriter.self
    }
  }
}
