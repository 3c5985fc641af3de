import Foundation
import JSON
import TestSupport
import Testing

@testable import Papers

struct FormatDetectionTests {
  @Test func emptyAndBinarySourcesAreTypedErrors() {
    #expect(throws: FormatError.empty) { try PaperFormat.read([]) }
    #expect(throws: FormatError.empty) { try PaperFormat.read(Array("\u{FEFF} \r\n\t".utf8)) }
    #expect(throws: FormatError.unreadable(.pdf)) { try PaperFormat.read(Array("%PDF-1.7\n".utf8)) }
    #expect(throws: FormatError.notText(found: "PNG")) { try PaperFormat.read([0x89, 0x50, 0x4E, 0x47, 0x0D]) }
    #expect(throws: FormatError.notText(found: "UTF-16 text; save it as UTF-8")) {
      try PaperFormat.read([0xFF, 0xFE, 0x41, 0x00])
    }
    #expect(throws: FormatError.notText(found: "20 control characters")) {
      try PaperFormat.read(Array(repeating: 0, count: 20) + Array(repeating: 0x61, count: 400))
    }
    #expect("\(FormatError.empty)".contains("expected papers as one of: list"))
  }

  @Test(arguments: ["papers/parse.json", "papers/import.json"]) func schemasNameEveryFormat(_ path: String) throws {
    let schema = try JSON.parse(
      Array(Data(contentsOf: SharedData.packageRoot.appendingPathComponent("Schemas/" + path))))
    let named = schema["params"]?["properties"]?["format"]?["examples"]?.array?.compactMap(\.string)
    #expect(named == PaperFormat.allCases.map(\.rawValue))
  }

  @Test func oneControlCharacterMakesNoBinaryFile() throws {
    let document = try PaperFormat.read(Array("A Title With\0 a Zero in It\n".utf8))
    #expect(document.records.first?.title?.plain == "A Title With a Zero in It")
    #expect(document.records.first?.warnings.contains { $0.code == .control } == true)
  }

  @Test(arguments: [
    ("@article{a,\n title={X}}", PaperFormat.bibtex), ("% comment\n\n@comment(x)", .bibtex),
    ("TY  - JOUR\nER  - \n", .ris),
    ("{\"title\": 1}", .cslJSON), ("[{\"paperId\":\"x\"}]", .semanticScholar),
    ("<feed xmlns=\"http://www.w3.org/2005/Atom\"/>", .arxivAtom), ("<?xml version='1.0'?><TEI/>", .tei),
    ("{\\it A} Title Whose First Word is Slanted", .list), ("[Re] Reproducing a Result", .list),
    ("user@host is mail", .list),
    ("TY is no tag here", .list), ("{\"identifiers\":[],\"item\":{\"title\":\"x\"}}\n", .records),
    ("{\"hash\":\"0\",\"id\":\"paper:a\",\"title\":\"x\"}\n", .records),
    ("{\"identifiers\": [], \"item\": {\"title\": \"x\"}}\n", .records),
    ("{\"status\":\"ok\",\"message-type\":\"work\",\"message\":{}}", .crossref),
    ("{\"data\":[{\"paperId\":\"a\"}]}", .semanticScholar),
    ("{\"meta\":{},\"results\":[{\"id\":\"https://openalex.org/W1\"}]}", .openAlex),
    ("<article><front><article-meta/></front></article>", .jats), ("%PDF-1.5\n", .pdf),
    ("FN Clarivate\nVR 1.0\nPT J\n", .webOfScience),
  ])
  func formatsAreToldByContent(text: String, format: PaperFormat) throws {
    #expect(try PaperFormat.detect(Array(text.utf8)) == format)
  }

  @Test func aNamedFormatIsTakenAtItsWord() throws {
    #expect(try PaperFormat.named("bibtex") == .bibtex)
    #expect(throws: FormatError.unknownName("word")) { try PaperFormat.named("word") }
    let document = try PaperFormat.read(Array("@article{a}\n".utf8), as: .list)
    #expect(document.records.count == 1)
  }

  @Test(arguments: [
    ("bib", "bibtex"), ("BibTeX", "bibtex"), ("json", "csl-json"), ("records", "jsonl"), ("arxiv", "arxiv-atom"),
  ])
  func whoNamesAFormatByItsEndingIsToldItsName(name: String, meant: String) {
    #expect(FormatError.unknownName(name).description == "no format is called “\(name)”; did you mean “\(meant)”?")
    #expect(throws: FormatError.unknownName(name)) { try PaperFormat.named(name) }
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
  func theCorporaAreTold() throws {
    let folders: [(String, PaperFormat)] = [
      ("bibtex", .bibtex), ("bibtex-csl", .bibtex), ("ris", .ris), ("arxiv-atom", .arxivAtom), ("jats", .jats),
      ("tei", .tei), ("openalex", .openAlex), ("s2", .semanticScholar), ("csl-json", .cslJSON),
    ]
    for (folder, format) in folders {
      let manifest = String(decoding: try SharedData.bytes("formats/\(folder)/MANIFEST.tsv"), as: UTF8.self)
      let rows = manifest.split(separator: "\n").dropFirst().prefix(60)
      for row in rows {
        let file = row.prefix { $0 != "\t" }
        let found = try? PaperFormat.detect(try SharedData.bytes("formats/\(folder)/in/\(file)"))
        // The corpus of RIS holds Web of Science text too, which is another format.
        let expected = row.contains("\tweb-of-science\t") ? .webOfScience : format
        #expect(found == expected, "\(folder)/\(file)")
      }
    }
  }
}
