import JSON
import Testing

@testable import Papers

/// Damage stays where it is, and nothing makes the reader crash or hang.
struct BibTeXFaultTests {
  private func items(_ bytes: [UInt8]) -> [String] {
    guard let document = try? PaperFormat.read(bytes, as: .bibtex) else { return [] }
    return document.records.map { JSON.object($0.item).text }
  }

  /// How many entries one of two readings has that the other has not, at most.
  private func difference(_ first: [String], _ second: [String]) -> Int {
    var counts: [String: Int] = [:]
    for item in first { counts[item, default: 0] += 1 }
    for item in second { counts[item, default: 0] -= 1 }
    return max(counts.values.reduce(0) { $0 + max(0, $1) }, counts.values.reduce(0) { $0 + max(0, -$1) })
  }

  /// Entries of every form, which do not depend on each other.
  private static let sample: String = (1...16).map { number in
    switch number % 4 {
    case 0:
      """
      @article{key\(number),
        title     = {The {B}ayesian \\emph{Kernel} No. \(number)},
        author    = {Garc{\\'\\i}a, Ana and van der Berg, Jos{\\'e}},
        abstract  = {We show that {braces {nest}} and
          that lines go on, with "quotes" in them.},
        year      = \(1990 + number), month = jan,
        doi       = {10.1000/x.\(number)},
      }

      """
    case 1:
      "@book(key\(number),\n  title = \"On \\\"Uber {\"}Quotes{\"} \(number)\",\n  year = {2000},\n  publisher = {P}\n)\n\n"
    case 2: "@misc{key\(number), title={One Line No. \(number)}, note={x}, year=2001}\n\n"
    default:
      "@comment{a note {with} braces}\nfree text\n@InProceedings{key\(number),\n  Title = {A Talk, \(number)} # { joined},\n"
        + "  booktitle = {Proceedings},\n  pages = {1--2}}\n\n"
    }
  }.joined()

  @Test func aChangedByteCostsAtMostThreeEntries() {
    let bytes = Array(Self.sample.utf8)
    let whole = items(bytes)
    #expect(whole.count == 16)
    let values = Array("{}\"@,=#()\\%\n a\0".utf8) + [0xFF]
    for (turn, position) in stride(from: 0, to: bytes.count, by: 3).enumerated() {
      var changed = bytes
      changed[position] = values[turn % values.count]
      #expect(difference(whole, items(changed)) <= 3, "byte \(position) became \(changed[position])")
    }
  }

  @Test func aLineRemovedOrDoubledCostsAtMostThreeEntries() {
    let lines = Self.sample.split(separator: "\n", omittingEmptySubsequences: false)
    let whole = items(Array(Self.sample.utf8))
    for place in lines.indices {
      var fewer = lines
      fewer.remove(at: place)
      #expect(difference(whole, items(Array(fewer.joined(separator: "\n").utf8))) <= 3, "without line \(place)")
      var more = lines
      more.insert(lines[place], at: place)
      #expect(difference(whole, items(Array(more.joined(separator: "\n").utf8))) <= 3, "line \(place) twice")
    }
  }

  @Test func aCutSourceKeepsAllEntriesBeforeTheCut() {
    let bytes = Array(Self.sample.utf8)
    let whole = items(bytes)
    for end in stride(from: 200, to: bytes.count, by: 61) {
      let read = items(Array(bytes[..<end]))
      #expect(read.count <= whole.count && zip(read, whole).count { $0 != $1 } <= 1, "cut at \(end)")
    }
  }

  private static let unterminated: [String] = [
    "@", "@article", "@article{", "@article(", "@article{k", "@article{k,", "@article{k,title", "@article{k,title=",
    "@article{k,title={", "@article{k,title=\"", "@article{k,title={x}#", "@article{k,title={x},", "@string{",
    "@string{a=",
    "@string{a={x", "@preamble{", "@preamble{\"", "@comment{", "@comment", "@@@@", "@{}", "@article{}", "@article{k}",
    "@()",
    "@article{k,title={\\", "@article{k,author={", "@article{k,title={$", "@article{k,title={\\'", "%",
    "@article{k,=},",
    "@article{k,date={/}}", "@article{k,date={-}}", "@article{k,author={,}}", "@article{k,author={{}}}",
    "@article{k,author={family=}}", "@article{k,title={}}}}}", "@article{k,doi={}}", "@article{,}",
    "@article{k,xdata={k},crossref={k}}",
  ]

  @Test(arguments: unterminated)
  func whateverEndsTooEarlyIsRead(text: String) throws {
    for tail in ["", "\n@misc{last, title={L}}\n"] {
      let bytes = Array((text + tail).utf8)
      let document = try PaperFormat.read(bytes, as: .bibtex)
      #expect(document.regions.last?.span.end == bytes.count)
      if !tail.isEmpty { #expect(document.records.last?.key == "last") }
    }
  }

  private static let hostile: [(String, Int)] = [
    ("{", 100_000), ("@a{", 20_000), ("@a{k,t={", 10_000), ("\n@a{k,t={", 10_000), ("@a{k,t=\"", 10_000),
    ("\n@a{k,\n t={\n", 5_000),
    ("\n x = {", 10_000), ("}", 100_000), ("\"", 100_000), ("@comment{", 10_000), ("\n@comment{", 10_000),
    ("@string{a={", 10_000),
    ("@", 100_000), ("\n@a{k,\n t=\"x\n", 5_000), ("@a{k,t={}}x", 10_000), ("#", 50_000), ("a={}},", 20_000),
    ("@a(k,t=\"{", 10_000),
  ]

  @Test(arguments: hostile)
  func repeatedFragmentsTakeLinearTime(fragment: String, count: Int) throws {
    // In quadratic time these would take minutes.
    let text = "@misc{first, title = {F},\n note = {" + String(repeating: fragment, count: count)
    let bytes = Array(text.utf8)
    let index = bytes.withUnsafeBufferPointer { BibTeXScanner.scan($0, from: 0) }
    #expect(index.blocks.first?.kind == .entry)
    #expect(Int(index.blocks.last?.span.end ?? 0) <= bytes.count)
  }

  private static let hostileTeX: [String] = [
    "{", "\\emph{", "$", "\\ensuremath{", "\\mbox{$", "\\(", "\\'{", "\\frac{", "^{", "$x^{", "\\href{", "\\url{", "``",
    "\\", "~",
    "\\textsuperscript{a ", "{\\em ", "}", "\\ensuremath{\\mbox{", "\\[\\mbox{\\(\\mbox{$\\mbox{", "and ", ",",
    "\\v\\v\\v",
  ]

  @Test(arguments: hostileTeX)
  func nestedCommandsNeitherCrashNorHang(fragment: String) {
    let bytes = Array(String(repeating: fragment, count: 20_000).utf8)
    var decoder = TeXDecoder()
    var splitter = NameSplitter()
    bytes.withUnsafeBufferPointer {
      decoder.decode($0)
      #expect(decoder.plain.count <= 8 * bytes.count)
      #expect(splitter.list($0).names.count <= bytes.count)
    }
  }

  @Test func zeroBytesAreNoText() throws {
    let document = try PaperFormat.read(Array("@misc{k\0, title = {A\0B}, ye\0ar = 2000}".utf8), as: .bibtex)
    #expect(document.records.first?.item["title"]?.string == "AB")
  }
}
