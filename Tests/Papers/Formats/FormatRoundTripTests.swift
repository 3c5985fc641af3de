import JSON
import TestSupport
import Testing

@testable import Papers

/// What is written out is read back into the same item, field by field.
struct FormatRoundTripTests {
  @Test func itemsOfCSLJSONComeBackByteForByte() throws {
    var items = ItemGenerator(seed: 3)
    let all = (0..<300).map { _ in items.item() }
    let bytes = CSLJSONWriter.write(all.map { ExportedPaper(item: $0) })
    let document = try PaperFormat.read(bytes, as: .cslJSON)
    #expect(document.records.count == all.count)
    for (record, item) in zip(document.records, all) {
      #expect(JSON.object(record.item).text == JSON.object(item).text)
    }
    #expect(CSLJSONWriter.write(document.records.map(ExportedPaper.init)) == bytes)
  }

  @Test func jsonLinesBringBackTheItemAndWhatWasFoundInIt() throws {
    var items = ItemGenerator(seed: 4)
    let source = CSLJSONWriter.write((0..<300).map { _ in ExportedPaper(item: items.item()) })
    let first = try PaperFormat.read(source, as: .cslJSON)
    let lines = RecordLineWriter.write(first.records.map(ExportedPaper.init))
    let second = try PaperFormat.read(lines)
    #expect(second.format == .records && second.records.count == first.records.count)
    for (one, other) in zip(first.records, second.records) {
      #expect(JSON.object(one.item).text == JSON.object(other.item).text)
      #expect(one.identifiers == other.identifiers && one.key == other.key)
      #expect(one.links.map(\.facts) + one.promises.map(\.facts) == (other.links + other.promises).map(\.facts))
      #expect(one.mentions.map(\.identifier) == other.mentions.map(\.identifier))
      #expect(one.title?.raw == other.title?.raw && one.abstract?.raw == other.abstract?.raw)
    }
    #expect(RecordLineWriter.write(second.records.map(ExportedPaper.init)) == lines)
  }

  /// What RIS cannot say is lost at the first writing; what was read from RIS never is.
  @Test func itemsReadFromRISComeBackInEveryField() throws {
    var generator = RISGenerator(seed: 5)
    let source = (0..<400).map { _ in generator.entry() }.joined()
    try checkRIS(Array(source.utf8))
    var items = ItemGenerator(seed: 6)
    try checkRIS(RISWriter.write((0..<200).map { _ in ExportedPaper(item: items.item()) }))
  }

  private func checkRIS(_ source: [UInt8], _ name: String = "") throws {
    let first = try PaperFormat.read(source, as: .ris)
    #expect(!first.records.isEmpty)
    let written = RISWriter.write(first.records.map(ExportedPaper.init))
    let second = try PaperFormat.read(written, as: .ris)
    #expect(second.records.count == first.records.count)
    for (one, other) in zip(first.records, second.records) {
      #expect(difference(one.item, other.item).isEmpty, "\(name)")
      #expect(one.identifiers == other.identifiers, "\(name)")
    }
    #expect(RISWriter.write(second.records.map(ExportedPaper.init)) == written)
  }

  /// Members that differ, with both values.
  private func difference(_ one: JSON.Object, _ other: JSON.Object) -> [String] {
    Set(one.keys + other.keys).sorted().filter { one[$0] != other[$0] }.map {
      "\($0): \(one[$0]?.text ?? "none") and \(other[$0]?.text ?? "none")"
    }
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
  func theCorporaOfRISAndCSLJSONComeBack() throws {
    for file in try FormatSamples.files("ris") where !file.contains("wos") {
      try checkRIS(try SharedData.bytes("formats/ris/in/\(file)"), file)
    }
    for file in try FormatSamples.files("csl-json") {
      let items = try JSON.parse(try SharedData.bytes("formats/csl-json/in/\(file)")).array ?? []
      let bytes = CSLJSONWriter.write(items.compactMap { $0.object.map { ExportedPaper(item: $0) } })
      let read = try PaperFormat.read(bytes).records.map { JSON.object($0.item).text }
      #expect(read == items.map(\.text))
    }
  }

  @Test func aLineOfAPaperSetIsRead() throws {
    let line = """
      {"abstract":"We do.","authors":["Ada Ba"],"container":"J. X","hash":"00","id":"paper:abc",\
      "identifiers":[{"scheme":"doi","value":"10.1/x"}],"links":[],"title":"A Title","year":2020}

      """
    let document = try PaperFormat.read(Array(line.utf8))
    #expect(document.format == .records)
    let item = try #require(document.records.first).item
    #expect(item["title"] == "A Title" && item["DOI"] == "10.1/x" && item["issued"] == ["date-parts": [[2020]]])
  }
}

extension PaperRecord.Link {
  fileprivate var facts: [String] { [kind.rawValue, url ?? "", raw, status.rawValue] }
}

/// Items of CSL-JSON with hostile text in any place.
struct ItemGenerator {
  private var random: TestRandom

  init(seed: UInt64) { random = TestRandom(seed) }

  private static let words = [
    "matter", "“quoted”", "\"marks\"", "back\\slash", "{brace", "brace}", "%", "#", "& Co.", "<i>x</i>", "$k$",
    "\\alpha",
    "ER  - ", "TY  - JOUR", "doi:10.1/x", "https://example.org/a?b=c", "你好", "e\u{301}", "😀", "null", "a\tb", "a\nb",
    "a\r\nb",
    "  ", "-", "—", "\u{A0}", "\u{2028}", "A, B", "end.", "arXiv:2401.01234", "[x]", "},{", "\u{7}", "and others", ";",
  ]

  mutating func text() -> String {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in
      Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
    }.joined(separator: Bool.random(using: &random) ? " " : "")
  }

  mutating func item() -> JSON.Object {
    var item: JSON.Object = [
      "id": Bool.random(using: &random) ? .string(text()) : JSON(Int.random(in: 0..<99, using: &random))
    ]
    item["type"] = .string(Bool.random(using: &random) ? "article-journal" : "book")
    for member in CSLVocabulary.texts.sorted() + CSLVocabulary.numbers.sorted() + ["unknown-member", "custom2"]
    where Int.random(in: 0..<5, using: &random) == 0 {
      item[member] =
        Int.random(in: 0..<6, using: &random) == 0 ? JSON(Int.random(in: -5..<5000, using: &random)) : .string(text())
    }
    for member in ["author", "editor", "translator", "guest"] where Bool.random(using: &random) {
      item[member] = .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in name() })
    }
    for member in ["issued", "accessed"] where Bool.random(using: &random) { item[member] = date() }
    if Bool.random(using: &random) { item["custom"] = ["deep": [["x": .string(text())], nil, true, 1.5]] }
    return item
  }

  private mutating func name() -> JSON {
    var name: JSON.Object = [:]
    for part in ["family", "given", "suffix", "dropping-particle", "literal"] where Bool.random(using: &random) {
      name[part] = .string(text())
    }
    return .object(name)
  }

  private mutating func date() -> JSON {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return ["literal": .string(text())]
    case 1: return ["date-parts": [["2020", "3"]]]
    case 2: return ["date-parts": [[nil]]]
    default:
      return [
        "date-parts": [
          [JSON(Int.random(in: 1000..<2030, using: &random)), JSON(Int.random(in: 1...12, using: &random))]
        ]
      ]
    }
  }
}

/// Entries of RIS with all tags in any order and number.
struct RISGenerator {
  private var random: TestRandom
  private var texts: ItemGenerator

  init(seed: UInt64) { (random, texts) = (TestRandom(seed), ItemGenerator(seed: seed)) }

  mutating func entry() -> String {
    let types = RISTags.types.map(\.tag) + ["jour", "ODD"]
    var lines = ["TY  - \(types[Int.random(in: 0..<types.count, using: &random)])", "TI  - A title \(texts.text())"]
    let tags = RISTags.known.subtracting(["TY", "ER"]).sorted() + ["AU", "AU", "KW", "N1", "PY", "XX"]
    for _ in 0..<Int.random(in: 0..<14, using: &random) {
      let tag = tags[Int.random(in: 0..<tags.count, using: &random)]
      lines.append("\(tag)  - \(value(tag))")
    }
    return lines.joined(separator: "\r\n") + "\r\nER  - \r\n\r\n"
  }

  private mutating func value(_ tag: String) -> String {
    let text = texts.text().split(whereSeparator: \.isNewline).joined(separator: " ")
    let choices: [String]
    switch tag {
    case "PY", "Y1", "DA":
      choices = ["2015", "2015/09/10", "2015//", "2016/3/", "May 2011", "in press", "2009///Spring", text]
    case "SP", "EP": choices = ["12", "12-19", "e7", "S-1", "", text]
    case "SN": choices = ["1234-5679", "978-1-4822-5326-9", "0-306-40615-2", text]
    case "DO", "DI": choices = ["10.1/AbC", "doi:10.1/x", "http://dx.doi.org/10.2/y", text]
    case "UR":
      choices = ["https://doi.org/10.3/Z", "http://a.org; http://b.org", "https://arxiv.org/abs/2401.01234", text]
    case "AU", "A1", "ED", "A2": choices = ["Ba, Ada", "Ba,Ada,Jr.", "Ada Ba", "Team,", ", x", "Ba, , III", text]
    default: choices = [text]
    }
    return choices[Int.random(in: 0..<choices.count, using: &random)]
  }
}
