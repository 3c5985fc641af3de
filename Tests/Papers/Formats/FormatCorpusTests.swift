import TestSupport
import Testing

@testable import Papers

/// The corpora of the formats, at the figures that are asked for.
@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct FormatCorpusTests {
  @Test(arguments: ["ris", "arxiv-atom", "crossref", "openalex", "s2", "jats", "tei", "csl-json"])
  func everyEntryIsReadWithTitleAuthorsYearAndDOI(corpus: String) throws {
    let score = try FormatScore(corpus: corpus, without: ["web-of-science", "error-feed"])
    #expect(score.expected > 0 && score.extra == 0)
    for figure in ["entries", "title", "year", "doi"] {
      #expect(score[figure] == 100, "\(corpus): \(score.wrong)")
    }
    #expect(score["authors"] >= (corpus == "ris" ? 99 : 100), "\(corpus): \(score.wrong)")
  }

  @Test func everyByteOfEveryFileIsAccountedForWhateverThePieces() throws {
    for (folder, format) in FormatSamples.folders {
      for file in try FormatSamples.files(folder) {
        let bytes = try SharedData.bytes("formats/\(folder)/in/\(file)")
        guard bytes.count < 130_000 else { continue }
        let whole = try FormatSamples.read(bytes, format, pieces: 1 << 16)
        FormatSamples.checkRegions(whole, bytes.count, "\(folder)/\(file)")
        guard bytes.count < 25_000 else { continue }
        for pieces in [97, 4096] {
          let other = try FormatSamples.read(bytes, format, pieces: pieces)
          #expect(other.records.map(\.json.text) == whole.records.map(\.json.text), "\(folder)/\(file)")
          #expect(other.regions == whole.regions, "\(folder)/\(file)")
        }
      }
    }
  }

  @Test func rawFieldsAreTheBytesOfTheirSpans() throws {
    for (folder, format) in FormatSamples.folders {
      for file in try FormatSamples.files(folder) {
        let bytes = try SharedData.bytes("formats/\(folder)/in/\(file)")
        guard bytes.count < 130_000 else { continue }
        for record in try PaperFormat.read(bytes, as: format).records {
          #expect(bytes[record.span.range].count > 0)
          for field in [record.title, record.abstract].compactMap({ $0 }) {
            #expect(bytes[field.span.range].elementsEqual(field.raw), "\(folder)/\(file)")
            #expect(record.span.start <= field.span.start && field.span.end <= record.span.end)
          }
          for warning in record.warnings {
            #expect(
              warning.span.start >= record.span.start && warning.span.end <= record.span.end, "\(file) \(warning)")
          }
        }
      }
    }
  }

  @Test func anErrorFeedIsNoPaperAndAnEmptyFeedNoError() throws {
    let error = try PaperFormat.read(try SharedData.bytes("formats/arxiv-atom/in/own-error-feed-5adad0f9.atom"))
    #expect(error.records.isEmpty && error.warnings.contains { $0.code == .feedError && $0.severity == .error })
    let file = "arxiv-py-id-0808-05394-s0-m100-7b0c7d0a7-c9bfb322.atom"
    let empty = try PaperFormat.read(try SharedData.bytes("formats/arxiv-atom/in/\(file)"))
    #expect(empty.records.isEmpty && empty.warnings.contains { $0.code == .emptyFeed && $0.severity == .info })
  }

  @Test func webOfScienceTextIsCalledByItsName() throws {
    let bytes = try SharedData.bytes("formats/ris/in/mrtango-rispy-example-wos-ris-90aa1be4.ris")
    #expect(throws: FormatError.unreadable(.webOfScience)) { try PaperFormat.read(bytes) }
  }
}
