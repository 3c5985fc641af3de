import Foundation
import JSON
import TestSupport
import Testing

@testable import Papers

/// Lists of real titles and abstracts from other fields and decades: short abstracts, structured ones, title case and
/// sentence case, notes in place of abstracts.
@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct CorpusListTests {
  private let papers: [ListedPaper]
  private let expected: [ListedPaper]

  init() throws {
    var papers: [ListedPaper] = []
    var seen: Set<String> = []
    for folder in ["arxiv-atom", "bibtex", "crossref", "jats", "openalex", "ris", "s2"] {
      let url = SharedData.url("formats/\(folder)/expected")
      for name in try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() {
        let items = try JSON.parse(Array(try Data(contentsOf: url.appendingPathComponent(name)))).array ?? []
        for item in items {
          guard let title = item["title"]?.string.map(Self.folded),
            let abstract = item["abstract"]?.string.map(Self.folded),
            abstract.count > 80, seen.insert(title).inserted
          else { continue }
          papers.append(ListedPaper(title: title, abstract: abstract))
        }
      }
    }
    // A fixed shuffle, so that neighbours come from different places.
    var random = TestRandom(2)
    papers.shuffle(using: &random)
    self.papers = papers
    expected = try papers.map { ListedPaper(title: try plainText($0.title), abstract: try plainText($0.abstract)) }
  }

  private static func folded(_ text: String) -> String {
    var plain = ""
    var depth = 0
    for character in text {
      if character == "<" {
        depth += 1
      } else if character == ">", depth > 0 {
        depth -= 1
      } else if depth == 0 {
        plain.append(character)
      }
    }
    return plain.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func linesAsTheyAreGiveNearlyAllPapersBack() throws {
    #expect(papers.count > 250)
    #expect(try Comparison(ListText(papers).bytes(), expected).lost.count <= papers.count / 100)
  }

  /// At 60 characters one paper in fifteen has a boundary that nothing shows, at 100 one in thirty-five.
  @Test(arguments: [(60, 15), (80, 20), (100, 35), (200, 60)])
  func wrappedLinesGiveMostPapersBack(width: Int, oneIn: Int) throws {
    for wrapping in ListText.Wrapping.allCases {
      let lost = try Comparison(ListText(papers, wrappedAt: width, wrapping).bytes(), expected).lost
      #expect(lost.count <= papers.count / oneIn, "\(wrapping): \(lost.count) of \(papers.count)")
    }
    let parted = try Comparison(ListText(papers, wrappedAt: width, .blanks, blanks: true).bytes(), expected).lost
    #expect(parted.count <= papers.count / (2 * oneIn), "\(parted.count) of \(papers.count)")
  }
}
