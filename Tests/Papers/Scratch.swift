import Foundation
import TestSupport
import Testing

@testable import Papers

func seedList() throws -> PaperList {
  let document = try PaperFormat.read(try SharedData.bytes("seed/page.txt"))
  return PaperList(papers: document.records.map { ExpectedPaper(title: $0.title?.plain ?? "", abstract: $0.abstract?.plain ?? "") })
}
func seedRaw() throws -> PaperList {
  let document = try PaperFormat.read(try SharedData.bytes("seed/page.txt"))
  return PaperList(papers: document.records.map { ExpectedPaper(title: String(decoding: $0.title?.raw ?? [], as: UTF8.self), abstract: String(decoding: $0.abstract?.raw ?? [], as: UTF8.self)) })
}

@Test func report() throws {
  let bytes = try SharedData.bytes("seed/page.txt")
  let document = try PaperFormat.read(bytes)
  print("records", document.records.count, "links", document.records.flatMap(\.links).count, Dictionary(grouping: document.records.flatMap(\.links), by: \.kind.rawValue).mapValues(\.count), "warned", document.records.count { !$0.warnings.isEmpty })
  for r in document.records where !r.warnings.isEmpty {
    print(r.ordinal, r.warnings.map { "\($0.code.rawValue)[\(String(decoding: bytes[$0.span.range], as: UTF8.self).prefix(60))]" }.joined(separator: " | "))
  }
  print(document.warnings.map(\.code.rawValue))
  let layout = ListLayout(try SourceText(bytes))
  print("margins", layout.margins.filter(\.isFinite).sorted().prefix(12))
  let raw = try seedRaw()
  let plain = try seedList().papers
  func show(_ name: String, _ bytes: [UInt8]) throws {
    let c = try Comparison(bytes, plain)
    print(name, "lost", c.lost.count, c.lost.prefix(12), "extra", c.extra)
  }
  for wrapping in PaperList.Wrapping.allCases {
    for width in [30, 40, 50, 60, 72, 80, 100, 120, 160, 200, 300, 400, 600, 1000] {
      let all = raw.papers.flatMap { PaperList.wrap($0.title, width, wrapping) + PaperList.wrap($0.abstract, width, wrapping) }
      try show("wrap all \(wrapping) \(width)", PaperList.text(all))
      let abs = raw.papers.flatMap { [$0.title] + PaperList.wrap($0.abstract, width, wrapping) }
      try show("wrap abstracts \(wrapping) \(width)", PaperList.text(abs))
    }
  }
}
