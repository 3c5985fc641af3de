import CCMark
import Notebook
import Testing

/// Where cells begin and end, held to the reference implementation of CommonMark.
struct FenceTests {
  @Test func blocksTogetherAreTheFile() {
    let text = "---\ntitle: x\n---\n\n# Head\n\n```quire id=a\nmethod: m.f\n```\ntext\n~~~ quire\nmethod: m.g\n~~~\n"
    let document = NotebookDocument(text)
    #expect(document.blocks.map(\.kind) == [.frontMatter, .prose, .cell(0), .prose, .cell(1)])
    #expect(document.blocks.map { document.source[$0.range] }.joined() == text)
    #expect(document.cells.map(\.line) == [7, 11])
    #expect(document.cells.map(\.endLine) == [9, 13])
    #expect(document.diagnostics == [])
  }

  @Test func fenceInsideOtherCodeOrACommentIsText() {
    for text in [
      "````text\n```quire\nmethod: m.f\n```\n````\n",
      "<!--\n```quire\nmethod: m.f\n```\n-->\n",
      "<pre>\n```quire\nmethod: m.f\n```\n</pre>\n",
      "    ```quire\n    method: m.f\n    ```\n",
      "\t```quire\n",
      "~~~\n```quire\nmethod: m.f\n```\n~~~\n",
      "```quires\nmethod: m.f\n```\n",
      "`` `quire\n",
    ] {
      let document = NotebookDocument(text)
      #expect(document.cells.isEmpty, "\(text)")
      #expect(document.diagnostics == [], "\(text)")
    }
  }

  @Test func indentationOfTheFenceIsTakenOffTheBody() {
    let document = NotebookDocument("   ```quire id=a\n   method: m.f\n   params:\n     a: 1\n ```\n")
    #expect(document.cells.first?.body.source.text == "method: m.f\nparams:\n  a: 1\n")
    #expect(document.diagnostics == [])
    #expect(document.position(of: "/a", in: document.cells[0]).line == 4)
    #expect(document.position(of: "/a", in: document.cells[0]).column == 9)
  }

  @Test func unclosedFenceIsAnErrorAtTheFence() {
    let document = NotebookDocument("text\n\n```quire id=a\nmethod: m.f\n``\n")
    #expect(document.diagnostics.map(\.code) == [.unclosedFence])
    #expect(document.diagnostics.first?.line == 3)
    #expect(document.cells.first?.isSound == false)
    #expect(document.cells.first?.method == "m.f")
  }

  @Test func shorterOrOtherFenceDoesNotClose() {
    let document = NotebookDocument("````quire id=a\nmethod: m.f\n# ```\n````\n~~~~quire id=b\nmethod: m.f\n~~~~~\n")
    #expect(document.cells.map(\.id) == ["a", "b"])
    #expect(document.diagnostics == [])
  }

  @Test func listsAndQuotesHoldNoCells() {
    for text in [
      "- ```quire\n  method: m.f\n  ```\n",
      "1. text\n\n   ```quire\n   method: m.f\n   ```\n",
      "> ```quire\n> method: m.f\n> ```\n",
      "- a\n  - > b\n    > ```quire\n    > x\n",
    ] {
      let document = NotebookDocument(text)
      #expect(document.cells.isEmpty, "\(text)")
      #expect(document.diagnostics.map(\.code) == [.cellInContainer], "\(text)")
    }
    let after = NotebookDocument("- item\n```quire\nmethod: m.f\n```\n> quote\n```quire\nmethod: m.f\n```\n")
    #expect(after.cells.count == 2)
    #expect(after.diagnostics == [])
  }

  @Test func lineEndsAreKeptAndColumnsAreTheSame() {
    let text = "# x\n\n```quire id=a\nmethod: m.f\nparams:\n  a: yes\n  b: \"ä😀\" # x\n```\nend"
    let crlf = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    let documents = [NotebookDocument(text), NotebookDocument(crlf)]
    for document in documents {
      #expect(document.diagnostics.map(\.line) == [6])
      #expect(document.diagnostics.map(\.column) == [6])
      #expect(document.position(of: "/b", in: document.cells[0]).endColumn == 10)
      #expect(document.cells[0].params["b"] == "ä😀")
    }
    #expect(documents[1].source.text == crlf)
    #expect(documents[0].cells[0].body.value == documents[1].cells[0].body.value)
  }

  @Test func idsComeFromTheBodyWhateverItsLineEnds() {
    // printf 'method: m.f\n' | sha256sum
    let lf = NotebookDocument(
      "```quire\nmethod: m.f\n```\n\n```quire\nmethod: m.f\n```\n```quire id=c-x\nmethod: m.f\n```\n")
    #expect(lf.cells.map(\.id) == ["c-1277dffd", "c-1277dffd-2", "c-x"])
    let crlf = NotebookDocument("```quire\r\nmethod: m.f\r\n```\r\n")
    #expect(crlf.cells.map(\.id) == ["c-1277dffd"])
  }

  @Test func madeIdsStepAsideForGivenOnes() {
    let cell = "method: m.f\n```\n"
    let document = NotebookDocument(
      "```quire\n\(cell)```quire id=c-1277dffd-2\n\(cell)```quire\n\(cell)```quire\n\(cell)")
    #expect(document.cells.map(\.id) == ["c-1277dffd", "c-1277dffd-2", "c-1277dffd-3", "c-1277dffd-4"])
  }

  // MARK: - The reference implementation

  /// Line (1-based) and body of each quire fence outside all containers, as libcmark sees it.
  private func referenceCells(_ text: String) -> [String] {
    var cells: [String] = []
    guard let root = cmark_parse_document(text, text.utf8.count, CMARK_OPT_DEFAULT) else { return [] }
    defer { cmark_node_free(root) }
    var node = cmark_node_first_child(root)
    while let here = node {
      if cmark_node_get_type(here) == CMARK_NODE_CODE_BLOCK, let info = cmark_node_get_fence_info(here) {
        if String(cString: info).split(whereSeparator: { $0 == " " || $0 == "\t" }).first == "quire" {
          let body = cmark_node_get_literal(here).map { String(cString: $0) } ?? ""
          cells.append("\(cmark_node_get_start_line(here)): \(body)")
        }
      }
      node = cmark_node_next(here)
    }
    return cells
  }

  private static let pieces = [
    "```quire\n", "```\n", "~~~quire\n", "~~~\n", "````\n", "```\n", "  ```quire\n", "   ```\n", "    ```quire\n",
    "```quire id=a\n", "``` quire\n", "~~~ quire `\n", "``` quire `\n", "text\n", "\n", "\n", "- ", "> ", "1. ", "2) ",
    "* ", "- a\n", "   b\n", "  c\n", "> d\n", ">\n", "-\n", "# h\n", "===\n", "---\n", "* * *\n", "<!-- ", "-->\n",
    "<div>\n", "</div>\n", "<pre>\n", "</pre>\n", "<a href=\"x\">\n", "<b c>\n", "</b>\n", "<?x\n", "?>\n", "<!X\n",
    ">\n",
    "<![CDATA[\n", "]]>\n", "\t", " ", "  ", "    ", "a: 1\n", "`\n", "10. x\n", "+ y\n", "<span\n", "<x y='1' />\n",
    "1234567890. z\n", "-\tq\n", ">\t\tr\n", "- - s\n", "###### t\n", "#######\n", "#\n", "<style>\n", "</style> u\n",
  ]

  @Test func fencesAreThoseOfTheReferenceImplementation() {
    var generator = Generator(11)
    var cells = 0
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<generator.below(14) { text += generator.pick(Self.pieces) }
      if text.hasPrefix("---\n") { continue }
      if !text.hasSuffix("\n") { text += "\n" }
      let document = NotebookDocument(text)
      var found = document.cells.map { "\($0.line): \($0.body.source.text)" }
      var expected = referenceCells(text)
      if text.contains("\t") {
        // A tab that a fence's indentation would cut into is left whole here: it is a fault of the body anyway.
        found = found.map { String($0.prefix { $0 != ":" }) }
        expected = expected.map { String($0.prefix { $0 != ":" }) }
      }
      cells += expected.count
      #expect(found == expected, "\(text.debugDescription)")
      if found != expected { break }
    }
    #expect(cells > 4000)
  }
}
