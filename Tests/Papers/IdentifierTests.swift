import TestSupport
import Testing

@testable import Papers

struct IdentifierTests {
  private static let schemes: [IdentifierScheme] = [.doi, .arxiv, .pmid, .pmcid, .isbn, .orcid]

  /// One row of a table of identifiers.
  private struct Row {
    var mode: String
    var input: String
    var expected: String?
    var version: String?

    init?(_ line: Substring) {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(Self.unescaped)
      guard columns.count >= 6, columns[4] == "id", columns[5] == "0" else { return nil }
      mode = columns[0]
      input = columns[1]
      expected = columns[2] == "\u{0}" ? nil : columns[2]
      version = columns[3].isEmpty ? nil : columns[3]
    }

    /// `\N` becomes NUL.
    static func unescaped(_ text: Substring) -> String {
      var result = ""
      var isEscaped = false
      for character in text {
        if isEscaped {
          result.append(["t": "\t", "n": "\n", "r": "\r", "N": "\u{0}"][character] ?? character)
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else {
          result.append(character)
        }
      }
      return result
    }
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)), arguments: schemes)
  func theTablesAreAnsweredWholly(scheme: IdentifierScheme) throws {
    let table = String(decoding: try SharedData.bytes("formats/identifiers/\(scheme.rawValue).tsv"), as: UTF8.self)
    let rows = table.split(separator: "\n").dropFirst().compactMap(Row.init)
    #expect(rows.count > 8)
    for row in rows {
      let found =
        switch row.mode {
        case "whole": scheme.read(row.input)
        case "clean": scheme.readDamaged(row.input)
        default: IdentifierFinder.first(scheme, in: row.input)
        }
      #expect(found?.value == row.expected, "\(row.mode) \(row.input)")
      if row.expected != nil, let version = row.version { #expect(found?.version == version, "\(row.input)") }
    }
  }

  @Test func anIdentifierIsThePapersOwnOnlyWhereTheTextSaysSo() throws {
    let own = [
      "We study drift. DOI: 10.1234/abc.5", "This paper is available at https://arxiv.org/abs/2401.01234v2.",
      "We study drift. arXiv:2401.01234 [cs.LG]",
      "The published version of this article appeared as doi:10.1234/abc.5.",
    ]
    for text in own {
      var reading = FieldReading()
      _ = reading.read(try flow(text))
      #expect(reading.identifiers.count == 1 && reading.mentions.isEmpty, "\(text)")
    }
    let others = [
      "We extend the method of arXiv:2401.01234 to trees.", "This paper extends hep-th/9901001 in two ways.",
      "Following Smith (https://doi.org/10.1234/abc.5), we fold sheets.",
    ]
    for text in others {
      var reading = FieldReading()
      _ = reading.read(try flow(text))
      #expect(reading.identifiers.isEmpty && reading.mentions.count == 1, "\(text)")
      #expect(reading.links.isEmpty)
    }
  }

  private func flow(_ text: String) throws -> FlowedText {
    let source = try SourceText(Array(text.utf8))
    var flow = FlowedText()
    flow.append(source, 0..<source.bytes.count)
    return flow
  }

  @Test func twoNumbersAreNoPMID() {
    #expect(IdentifierScheme.pmid.readDamaged("12 34") == nil)
    #expect(IdentifierScheme.pmid.readDamaged("PMID: [12082125]")?.value == "12082125")
  }
}
