import JSON
import TestSupport
import Testing

@testable import Papers

/// Real bibliographies with the items that other people's programs expect of them.
@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct BibTeXCorpusTests {
  /// The files of a corpus, with their class.
  private func files(_ corpus: String) throws -> [(name: String, kind: String)] {
    let manifest = String(decoding: try SharedData.bytes("formats/\(corpus)/MANIFEST.tsv"), as: UTF8.self)
    return manifest.split(separator: "\n").dropFirst().map { row in
      let columns = row.split(separator: "\t", omittingEmptySubsequences: false)
      return (String(columns[0]), String(columns[2]))
    }
  }

  /// Scores of all files and of the clean ones.
  private func score(_ corpus: String) throws -> (all: ItemScore, clean: ItemScore) {
    var all = ItemScore()
    var clean = ItemScore()
    for (name, kind) in try files(corpus) {
      let expected = try JSON.parse(try SharedData.bytes("formats/\(corpus)/expected/\(name).json")).array ?? []
      let document = try PaperFormat.read(try SharedData.bytes("formats/\(corpus)/in/\(name)"), as: .bibtex)
      let found = document.records.map { JSON.object($0.item) }
      all.add(expected: expected, found: found)
      if kind == "clean" { clean.add(expected: expected, found: found) }
    }
    return (all, clean)
  }

  @Test func bibliographiesAsPeopleWriteThemAreRead() throws {
    let (all, clean) = try score("bibtex")
    #expect(clean.entries.percent >= 99.9)
    #expect(clean.titles.percent >= 97.5)
    #expect(clean.foldedTitles.percent >= 99)
    #expect(clean.authors.percent >= 98.5)
    #expect(clean.years.percent >= 99.7)
    #expect(clean.dois.percent == 100)
    #expect(all.entries.percent >= 99.5)
    #expect(all.foldedTitles.percent >= 98.5)
    #expect(all.authors.percent >= 98)
    #expect(all.entries.all == 1480)
    #expect(all.extra <= 5)
  }

  @Test func itemsOfZoteroAgree() throws {
    let all = try score("bibtex-zotero").all
    #expect(all.entries.percent >= 99.8)
    #expect(all.foldedTitles.percent >= 99)
    #expect(all.authors.percent >= 99.7)
    #expect(all.dois.percent == 100)
  }

  @Test func itemsOfTheCSLMappingAgree() throws {
    let all = try score("bibtex-csl").all
    for share in [all.entries, all.titles, all.foldedTitles, all.authors, all.years] { #expect(share.percent == 100) }
    #expect(all.extra == 0)
  }

  @Test func everyByteOfEveryFileIsAccountedFor() throws {
    for corpus in ["bibtex", "bibtex-zotero", "bibtex-robust"] {
      for (name, _) in try files(corpus) {
        let bytes = try SharedData.bytes("formats/\(corpus)/in/\(name)")
        guard let document = try? PaperFormat.read(bytes, as: .bibtex) else { continue }
        var position = 0
        for region in document.regions {
          #expect(region.span.start == position && region.span.end > position, "\(name)")
          position = region.span.end
        }
        #expect(position == bytes.count, "\(name)")
      }
    }
  }
}
