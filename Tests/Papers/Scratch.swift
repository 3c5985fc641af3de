import Foundation
import TestSupport
import Testing

@testable import Papers

func seedList() throws -> PaperList {
  let document = try PaperFormat.read(Array(String(decoding: try SharedData.bytes("seed/page.txt"), as: UTF8.self).replacingOccurrences(of: "GeM- AP", with: "GeM-AP").replacingOccurrences(of: "Spatio- F", with: "Spatio-F").utf8))
  return PaperList(papers: document.records.map { ExpectedPaper(title: $0.title?.plain ?? "", abstract: $0.abstract?.plain ?? "") })
}
func seedRaw() throws -> PaperList {
  let document = try PaperFormat.read(Array(String(decoding: try SharedData.bytes("seed/page.txt"), as: UTF8.self).replacingOccurrences(of: "GeM- AP", with: "GeM-AP").replacingOccurrences(of: "Spatio- F", with: "Spatio-F").utf8))
  return PaperList(papers: document.records.map { ExpectedPaper(title: String(decoding: $0.title?.raw ?? [], as: UTF8.self), abstract: String(decoding: $0.abstract?.raw ?? [], as: UTF8.self)) })
}

struct Doc { var lines: [(text: String, paper: Int)] }

@Test func report() throws {
  let bytes = try SharedData.bytes("seed/page.txt")
  var best = Duration.seconds(100)
  for _ in 0..<20 {
    let t = ContinuousClock.now
    _ = try PaperFormat.read(bytes)
    best = min(best, ContinuousClock.now - t)
  }
  print("time", best)
  var t = ContinuousClock.now
  let source = try SourceText(bytes)
  print("  source", ContinuousClock.now - t); t = .now
  let layout = ListLayout(source)
  print("  layout", ContinuousClock.now - t); t = .now
  let document = PlainListReader.read(source)
  print("  all", ContinuousClock.now - t)
  _ = layout; _ = document
  let raw = try seedRaw()
  let plain = try seedList().papers
  func show(_ name: String, _ bytes: [UInt8], allowed: Set<Int> = [], extra: Int = 0) throws -> Int {
    let c = try Comparison(bytes, plain)
    let bad = c.lost.filter { !allowed.contains($0) }
    if !bad.isEmpty || c.extra > extra { print(name, "lost", c.lost.count, c.lost.prefix(12), "bad", bad.prefix(10), "extra", c.extra) }
    return c.lost.count
  }
  // base documents
  var bases: [(String, [(String, Int)])] = []
  bases.append(("plain", raw.papers.enumerated().flatMap { [($1.title, $0), ($1.abstract, $0)] }))
  for w in [45, 60, 72, 80, 100, 120, 200] {
    for wr in PaperList.Wrapping.allCases {
      let a = raw.papers.enumerated().flatMap { i, p in (PaperList.wrap(p.title, w, wr) + PaperList.wrap(p.abstract, w, wr)).map { ($0, i) } }
      bases.append(("wrap\(w)\(wr)", a))
      let spaced = raw.papers.enumerated().flatMap { i, p in (PaperList.wrap(p.title, w, wr) + PaperList.wrap(p.abstract, w, wr)).map { ($0, i) } + [("", i)] }
      bases.append(("wrapspaced\(w)\(wr)", spaced))
      let para = raw.papers.enumerated().flatMap { i, p in PaperList.wrap(p.title, w, wr).map { ($0, i) } + [("", i)] + PaperList.wrap(p.abstract, w, wr).map { ($0, i) } + [("", i)] }
      bases.append(("wrappara\(w)\(wr)", para))
    }
  }
  bases.append(("between", raw.papers.enumerated().flatMap { [($1.title, $0), ($1.abstract, $0), ("", $0)] }))
  bases.append(("all", raw.papers.enumerated().flatMap { [($1.title, $0), ("", $0), ($1.abstract, $0), ("", $0)] }))
  for (name, lines) in bases {
    let n = lines.count
    let clean = try show("\(name)", PaperList.text(lines.map(\.0)))
    _ = try show("\(name) crlf", PaperList.text(lines.map(\.0), end: "\r\n"))
    _ = try show("\(name) bom no final", [0xEF, 0xBB, 0xBF] + PaperList.text(lines.map(\.0), last: false))
    _ = try show("\(name) trailing blanks", PaperList.text(lines.map { $0.0 + "  \t" }))
    var random = TestRandom(7)
    // banners anywhere
    for round in 0..<6 {
      var l = lines
      for _ in 0..<12 { l.insert((PaperList.banners.randomElement(using: &random)!, -1), at: Int.random(in: 0...l.count, using: &random)) }
      _ = try show("\(name) banners \(round)", PaperList.text(l.map(\.0)))
      // glued
      var g = raw.papers
      _ = g
      g = []
    }
    // duplicates appended
    let dup = lines.filter { $0.1 < 5 }
    _ = try show("\(name) appended", PaperList.text((lines + dup).map(\.0)), extra: 5)
    // one deleted / doubled line at sampled places
    let step = max(1, n / 60)
    var worstDel = 0, worstDbl = 0
    for k in stride(from: 0, to: n, by: step) {
      var d = lines
      let p = d[k].1
      d.remove(at: k)
      worstDel = max(worstDel, try show("\(name) del \(k)", PaperList.text(d.map(\.0)), allowed: [p - 1, p, p + 1], extra: 2 + clean))
      d = lines
      d.insert(d[k], at: k)
      worstDbl = max(worstDbl, try show("\(name) dbl \(k)", PaperList.text(d.map(\.0)), allowed: [p - 1, p, p + 1], extra: 1 + clean))
    }
    print(name, "clean", clean, "worst del", worstDel, "dbl", worstDbl)
  }
  // several missing titles/abstracts in unwrapped
  var random = TestRandom(3)
  for share in [0.05, 0.2, 0.4] {
    var l: [String] = [], expected: [ExpectedPaper] = []
    for (i, p) in raw.papers.enumerated() {
      let x = Double.random(in: 0..<1, using: &random)
      if x < share / 2 { l.append(p.title); expected.append(.init(title: plain[i].title, abstract: "")) }
      else if x < share { l.append(p.abstract); expected.append(.init(title: "", abstract: plain[i].abstract)) }
      else { l += [p.title, p.abstract]; expected.append(plain[i]) }
    }
    let c = try Comparison(PaperList.text(l), expected)
    print("missing", share, "lost", c.lost.count, c.lost, "extra", c.extra)
  }
  // all titles missing, all abstracts missing
  print("only abstracts", try Comparison(PaperList.text(raw.papers.map(\.abstract)), plain.map { .init(title: "", abstract: $0.abstract) }).lost.count)
  print("only titles", try Comparison(PaperList.text(raw.papers.map(\.title)), plain.map { .init(title: $0.title, abstract: "") }).lost.count)
}
