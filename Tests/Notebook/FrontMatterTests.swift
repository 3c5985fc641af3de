import Notebook
import Testing

struct FrontMatterTests {
  private func read(_ yaml: String) -> NotebookDocument { NotebookDocument("---\n\(yaml)---\ntext\n") }

  private func faults(_ yaml: String) -> [String] {
    read(yaml).diagnostics.map { "\($0.code.rawValue) \($0.line):\($0.column)" }
  }

  @Test func knownKeysAreReadAndOthersIgnored() {
    let document = read(
      """
      title: "A study: part 1"
      quire: 1
      seed: 7
      reactive: on
      timeout: 10m
      store: ../.quire
      threads: 4
      jobs: 2
      numeric: fast
      kernelspec: {name: x, other: [1, &a 2, *a]}
      author:
        - name: Somebody

      """)
    var expected = FrontMatter()
    expected.title = "A study: part 1"
    expected.seed = 7
    expected.isReactive = true
    expected.timeout = .seconds(600)
    expected.store = "../.quire"
    expected.threads = 4
    expected.jobs = 2
    expected.numeric = .fast
    #expect(document.frontMatter == expected)
    #expect(document.diagnostics == [])
    #expect(document.isSound)
    #expect(document.blocks.map(\.kind) == [.frontMatter, .prose])
  }

  @Test func emptyAndAbsentFrontMatterAreTheDefaults() {
    #expect(read("").frontMatter == FrontMatter())
    #expect(read("# nothing\n").diagnostics == [])
    #expect(NotebookDocument("").diagnostics == [])
    #expect(NotebookDocument("").blocks.isEmpty)
    #expect(NotebookDocument("text\n---\ntitle: x\n---\n").frontMatter == FrontMatter())
    #expect(NotebookDocument("--- \ntitle: x\n---\t\n").frontMatter.title == "x")
    #expect(NotebookDocument("---\r\ntitle: x\r\n---\r\n").frontMatter.title == "x")
  }

  @Test(arguments: [
    ("quire: 2\n", "E102 2:8"), ("title: x\nseed: -1\n", "E102 3:7"), ("seed: 9007199254740992\n", "E102 2:7"),
    ("seed: \"1\"\n", "E102 2:7"),
    ("reactive: maybe\n", "E102 2:11"), ("timeout: 5\n", "E102 2:10"), ("threads: 65\nnumeric: fast\n", "E102 2:10"),
    ("threads: 2\n", "E102 2:10"),
    ("jobs: 0\n", "E102 2:7"), ("numeric: exact\n", "E102 2:10"), ("store: /abs\n", "E102 2:8"),
    ("title: [a]\n", "E102 2:8"),
    ("title: x\ntitle: y\n", "E102 3:1"), ("a: [\n", "E102 3:1"), ("ä: @x\n", "E102 2:4"), ("- a\n", "E102 2:1"),
    ("a: *b\n", "E102 2:4"),
    ("a: \u{7}\n", "E102 2:1"),
  ])
  func faultHasItsPlace(_ yaml: String, _ expected: String) {
    #expect(faults(yaml) == [expected], "\(yaml)")
    #expect(!read(yaml).isSound)
  }

  @Test func severalFaultsAreReportedAtOnce() {
    #expect(faults("seed: x\njobs: x\n") == ["E102 2:7", "E102 3:7"])
  }

  @Test func unclosedFrontMatterIsAFaultAndTheRestIsRead() {
    let document = NotebookDocument("---\ntitle: x\n\n```quire id=a\nmethod: m.f\n```\n")
    #expect(document.diagnostics.map(\.code) == [.frontMatter])
    #expect(document.cells.map(\.id) == ["a"])
  }

  @Test func hostileFrontMatterCostsLittle() {
    #expect(faults("a: " + String(repeating: "[", count: 60_000) + "\n").count == 1)
    #expect(faults(String(repeating: "- ", count: 30_000) + "\n").count == 1)
    #expect(faults(String(repeating: "x", count: 70_000) + ": 1\n") == ["E102 2:1"])
    let bomb = (1...12).map {
      "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]\n"
    }
    #expect(faults("a0: &a0 x\n" + bomb.joined() + "? *a12\n: 1\n").count == 1)
  }

  @Test func threadsOfACellNeedFastNumerics() {
    let cell = "```quire id=a threads=2\nmethod: m.f\n```\n"
    let document = NotebookDocument(cell)
    #expect(document.diagnostics.map { "\($0.code.rawValue) \($0.line):\($0.column)" } == ["E105 1:23"])
    #expect(!document.cells[0].isSound)
    let fast = NotebookDocument("---\nnumeric: fast\n---\n" + cell)
    #expect(fast.diagnostics == [])
    #expect(fast.threads(of: fast.cells[0]) == 2)
  }

  @Test func cellsTakeWhatTheyDoNotSayFromTheFrontMatter() {
    let document = NotebookDocument(
      "---\nseed: 3\ntimeout: 2h\n---\n```quire id=a\nmethod: m.f\n```\n```quire id=b seed=4 timeout=500ms run=manual hide=code cache=refresh after=\"a\"\nmethod: m.f\n```\n"
    )
    #expect(document.diagnostics == [])
    #expect(document.cells.map { document.seed(of: $0) } == [3, 4])
    #expect(document.cells.map { document.timeout(of: $0) } == [.seconds(7200), .milliseconds(500)])
    let attributes = document.cells[1].attributes
    #expect(attributes.run == .manual)
    #expect(attributes.hide == .code)
    #expect(attributes.cache == .refresh)
    #expect(attributes.after == ["a"])
  }
}
