import JSON
import TestSupport
import Testing

@testable import Papers

/// What is exported is imported again as the same item.
struct BibTeXRoundTripTests {
  private func read(_ bytes: [UInt8]) throws -> [PaperRecord] { try PaperFormat.read(bytes, as: .bibtex).records }

  @Test(arguments: 0..<12)
  func generatedItemsComeBackAsTheyWere(seed: Int) throws {
    var generator = HostileItems(seed: UInt64(seed))
    let items = (0..<30).map { _ in generator.item() }
    let bytes = BibTeXWriter.write(items.map { ExportedPaper(item: $0) })
    let records = try read(bytes)
    #expect(records.count == items.count)
    for (item, record) in zip(items, records) where record.item != item {
      Issue.record("\(JSON.object(item).text)\n\(JSON.object(record.item).text)")
    }
  }

  @Test func ordinaryItemsNeedNoCarriedMembers() throws {
    let item: JSON.Object = [
      "id": "knuth1984", "type": "article-journal", "title": "Literate Programming & the WEB: 50% of C++",
      "author": [
        ["family": "Knuth", "given": "Donald E."],
        ["family": "Beethoven", "given": "Ludwig", "dropping-particle": "van"],
      ],
      "issued": ["date-parts": [[1984, 5, 1]]], "container-title": "The Computer Journal", "volume": "27", "issue": "2",
      "page": "97-111", "DOI": "10.1093/comjnl/27.2.97", "URL": "https://example.org/~knuth/a_b?c=%20",
      "abstract": "The author and his associates — see {braces}, $5, x^2 and C:\\temp.",
      "custom": ["entry_type": "article"],
    ]
    let bytes = BibTeXWriter.write([ExportedPaper(item: item)])
    #expect(!String(decoding: bytes, as: UTF8.self).contains("csl-item"))
    #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("@article{knuth1984,\n  title = {Literate"))
    #expect(try read(bytes).first?.item == item)
  }

  @Test func keysAreKeptAndOnlyNumberedWhereTheyRepeat() throws {
    let items: [JSON.Object] = ["a:b/c+d", "Müller:2004", "a:b/c+d", "with blank", ""].map {
      ["id": .string($0), "type": "book"]
    }
    let records = try read(BibTeXWriter.write(items.map { ExportedPaper(item: $0) }))
    #expect(records.map(\.key) == ["a:b/c+d", "Müller:2004", "a:b/c+d-2", "with_blank", "entry"])
    #expect(records.map { $0.item["id"]?.string } == ["a:b/c+d", "Müller:2004", "a:b/c+d", "with blank", ""])
  }

  @Test func writingIsDeterministic() {
    var generator = HostileItems(seed: 7)
    let papers = (0..<10).map { _ in ExportedPaper(item: generator.item()) }
    #expect(BibTeXWriter.write(papers) == BibTeXWriter.write(papers))
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
  func realBibliographiesComeBackAsTheyWere() throws {
    let manifest = String(decoding: try SharedData.bytes("formats/bibtex-robust/MANIFEST.tsv"), as: UTF8.self)
    for row in manifest.split(separator: "\n").dropFirst() {
      let name = String(row.prefix { $0 != "\t" })
      let first = try read(try SharedData.bytes("formats/bibtex-robust/in/\(name)"))
      let second = try read(BibTeXWriter.write(first.map { ExportedPaper($0) }))
      #expect(first.map(\.item) == second.map(\.item), "\(name)")
    }
  }
}
