import JSON
import TestSupport
import Testing

@testable import Papers

/// Sources of each format, and how they are read in pieces.
enum FormatSamples {
  static let folders: [(String, PaperFormat)] = [
    ("ris", .ris), ("arxiv-atom", .arxivAtom), ("crossref", .crossref), ("openalex", .openAlex),
    ("s2", .semanticScholar), ("jats", .jats), ("tei", .tei), ("csl-json", .cslJSON),
  ]

  static func files(_ folder: String) throws -> [String] {
    let manifest = String(decoding: try SharedData.bytes("formats/\(folder)/MANIFEST.tsv"), as: UTF8.self)
    return manifest.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "\t" }) }
  }

  static func read(_ bytes: [UInt8], _ format: PaperFormat, pieces: Int = 1 << 16) throws -> PaperDocument {
    var reading = PaperReading(as: format)
    var document = PaperDocument(format: format, records: [], warnings: [], regions: [])
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      for event in try reading.read(Array(bytes[start..<min(bytes.count, start + pieces)])) { document.take(event) }
    }
    for event in try reading.finish() { document.take(event) }
    return document
  }

  /// Every byte is in exactly one region, and regions of records are where the records are.
  static func checkRegions(_ document: PaperDocument, _ count: Int, _ name: String) {
    var position = 0
    for region in document.regions {
      #expect(region.span.start == position, "\(name): a gap or an overlap at \(position)")
      position = region.span.end
      if case .record(let ordinal) = region.kind {
        let span = document.records[ordinal - 1].span
        #expect(span.start <= region.span.start && region.span.end <= span.end, "\(name): record \(ordinal)")
      }
    }
    #expect(position == count, "\(name): \(count - position) bytes at the end")
  }

  /// A source of each format with entries of different content.
  static func source(_ format: PaperFormat, count: Int, compact: Bool = false) -> [UInt8] {
    let entries = (1...count).map { number -> String in
      let title = "On Matter \(number) of \(["Clusters", "Probes", "Graphs & Trees", "Sums"][number % 4])"
      switch format {
      case .ris:
        return
          "TY  - JOUR\nID  - k\(number)\nTI  - \(title)\nAU  - Ba, Ada\nAU  - Li, B. C.\nPY  - \(1990 + number % 30)\n"
          + "AB  - We study matter \(number).\n  It goes on.\nDO  - 10.1234/m.\(number)\nER  - \n\n"
      case .arxivAtom:
        return "<entry>\n<id>http://arxiv.org/abs/2401.\(10_000 + number)v1</id>\n<title>\(title.xml)</title>\n"
          + "<summary>We study matter \(number).</summary>\n<author>\n<name>Ada Ba</name>\n</author>\n"
          + "<author>\n<name>B. C. Li</name>\n</author>\n<published>2024-01-02T00:00:00Z</published>\n</entry>\n"
      case .jats:
        return "<article>\n<front>\n<article-meta>\n<article-id pub-id-type=\"doi\">10.1234/m.\(number)</article-id>\n"
          + "<title-group>\n<article-title>\(title.xml)</article-title>\n</title-group>\n<contrib-group>\n"
          + "<contrib contrib-type=\"author\"><name><surname>Ba</surname><given-names>Ada</given-names></name></contrib>\n"
          + "</contrib-group>\n<abstract><p>We study matter \(number).</p></abstract>\n</article-meta>\n</front>\n</article>\n"
      default:
        let item: JSON = [
          "id": .string("k\(number)"), "type": "article-journal", "title": .string(title),
          "author": [["family": "Ba", "given": "Ada"], ["family": "Li", "given": "B. C."]],
          "issued": ["date-parts": [[JSON(1990 + number % 30)]]], "DOI": .string("10.1234/m.\(number)"),
          "abstract": .string("We study \"matter\" \(number)."),
        ]
        return compact ? item.text : item.prettyText
      }
    }
    switch format {
    case .ris: return Array(entries.joined().utf8)
    case .arxivAtom:
      return Array(
        ("<?xml version=\"1.0\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>x</title>\n" + entries.joined()
          + "</feed>\n").utf8)
    case .jats:
      return Array(("<?xml version=\"1.0\"?>\n<pmc-articleset>\n" + entries.joined() + "</pmc-articleset>\n").utf8)
    default: return Array(("[" + entries.joined(separator: compact ? "," : ",\n") + "]\n").utf8)
    }
  }

  /// Records that are in one document and not in the other, by their content.
  static func differing(_ one: PaperDocument, _ other: PaperDocument) -> Int {
    let first = Set(one.records.map(\.content))
    let second = Set(other.records.map(\.content))
    return max(first.subtracting(second).count, second.subtracting(first).count)
  }
}

extension PaperRecord {
  /// What the record says, wherever it stands.
  var content: String { JSON.object(item).text + identifiers.map { "\($0.scheme) \($0.value)" }.joined(separator: " ") }
}

extension String {
  fileprivate var xml: String { split(separator: "&", omittingEmptySubsequences: false).joined(separator: "&amp;") }
}
