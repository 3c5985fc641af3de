import Glibc
import JSON
import Notebook
import Testing

/// What this thread has used of a processor.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

struct DocumentTests {
  private func faults(_ text: String) -> [String] {
    NotebookDocument(text).diagnostics.map { "\($0.code.rawValue) \($0.line):\($0.column)" }
  }

  // MARK: - Info strings

  @Test(arguments: [
    ("id=1a", "E106 1:13"), ("id=\"a b\"", "E106 1:14"), ("id=a id=b", "E105 1:15"), ("sed=1", "E105 1:10"),
    ("seed=x", "E105 1:15"),
    ("timeout=1d", "E105 1:18"), ("timeout=0s", "E105 1:18"), ("cache=no", "E105 1:16"), ("run=never", "E105 1:14"),
    ("hide=x", "E105 1:15"),
    ("threads=0", "E105 1:18"), ("after=a,,b", "E106 1:16"), ("id=\"a", "E105 1:13"), ("id=\"a\"x", "E105 1:16"),
    ("id=a(b)", "E105 1:14"),
    ("a b", "E105 1:10"), ("id=" + String(repeating: "a", count: 65), "E106 1:13"),
  ])
  func faultyAttributeHasItsColumn(_ info: String, _ expected: String) {
    let all = faults("```quire \(info)\nmethod: m.f\n```\n")
    #expect(all.first == expected, "\(all)")
  }

  @Test func misspeltAttributeHasASuggestion() {
    let document = NotebookDocument("```quire sede=1 foo=2\nmethod: m.f\n```\n")
    #expect(
      document.diagnostics.map(\.hint?) == [
        "did you mean 'seed'?", "known: id, seed, cache, timeout, run, after, hide, threads",
      ])
  }

  // MARK: - Files

  @Test func fileThatIsNoTextHasOneBlockAndOneFault() {
    let bytes: [UInt8] = Array("```quire id=a\nmethod: m.f\n".utf8) + [0xFF, 0xFE] + Array("\n```\n".utf8)
    let document = NotebookDocument(bytes)
    #expect(document.diagnostics.map(\.code) == [.notUTF8])
    #expect((document.diagnostics[0].line, document.diagnostics[0].byte) == (3, 26))
    #expect(document.cells.isEmpty && document.blocks.count == 1 && !document.isSound)
    #expect(
      NotebookDocument([0xEF, 0xBB, 0xBF] + Array("---\ntitle: x\n---\n".utf8)).diagnostics.map(\.code) == [.notUTF8])
  }

  @Test func wellFormedUTF8IsThatOfTheStandardLibrary() {
    var generator = Generator(2)
    for _ in 0..<20_000 {
      let bytes = (0..<(1 + generator.below(6))).map { _ in
        generator.pick(
          [0x41, 0x80, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xA0, 0xED, 0x9F, 0xEF, 0xF0, 0x90, 0xF4, 0x8F, 0xF5, 0xFF]
            as [UInt8])
      }
      let isText = String(validating: bytes, as: UTF8.self) != nil
      #expect(NotebookDocument(bytes).diagnostics.contains { $0.code == .notUTF8 } == !isText, "\(bytes)")
    }
  }

  @Test func carriageReturnsAloneAreAFault() {
    #expect(faults("a\rb\r") == ["E107 1:2"])
    #expect(faults("a\r\nb\r\n") == [])
  }

  @Test func atMostAHundredFaultsInTheOrderOfTheFile() {
    var text = ""
    for cell in 0..<150 { text += "```quire id=c\(cell)\nmethod: m.f\nparams: {a: $nope\(cell), b: yes}\n```\n" }
    let diagnostics = NotebookDocument(text).diagnostics
    #expect(diagnostics.count == 100)
    #expect(diagnostics.map(\.byte) == diagnostics.map(\.byte).sorted())
    #expect(diagnostics.prefix(4).map(\.code) == [.unknownCell, .ambiguousScalar, .unknownCell, .ambiguousScalar])
    #expect(diagnostics.allSatisfy { $0.message.utf8.count < 200 })
  }

  @Test func columnsCountScalarsWhateverTheUnitOfTheEditor() {
    let source = SourceText("ab\nä😀x\r\nlast")
    let x = source.offset(line: 2, column: 3)
    #expect(source.lineAndColumn(at: x, in: .scalars) == (2, 3))
    #expect(source.lineAndColumn(at: x, in: .utf16) == (2, 4))
    #expect(source.lineAndColumn(at: x, in: .utf8) == (2, 7))
    #expect(source.offset(line: 2, column: 4, in: .utf16) == x)
    #expect(source.offset(line: 2, column: 7, in: .utf8) == x)
    #expect(source.offset(line: 2, column: 99) == x + 1)
    #expect(source.offset(line: 99, column: 1) == source.bytes.count)
    #expect(source.lineAndColumn(at: 999) == (3, 5))
  }

  @Test func cellsAreFoundByLineAndOffset() {
    let document = NotebookDocument("x\n  ```quire id=a\n  method: m.f\n  ```\ny\n```quire id=b\nmethod: m.g\n```\n")
    #expect((1...9).map { document.cell(atLine: $0)?.id } == [nil, "a", "a", "a", nil, "b", "b", "b", nil])
    let cell = document.cells[0]
    let method = document.source.offset(line: 3, column: 3)
    #expect(cell.bodyOffset(of: method) == 0)
    #expect(cell.bodyOffset(of: method - 1) == nil)
    #expect(document.methodPosition(of: cell).column == 11)
  }

  // MARK: - Any input

  private static let pieces = [
    "---\n", "title: x\n", "```quire\n", "```quire id=a\n", "~~~quire id=b seed=1\n", "```\n", "~~~\n", "method: m.f\n",
    "params:\n", "  a: 1\n",
    "  b: $a.x\n", "- ", "> ", "\r\n", "\r", "\n", "\u{0}", "ä", "😀", "\t", " ", "{", "[", "\"", "'", ": ", "|\n", "&",
    "*", "#", "<!--", "-->",
    "after=", "id=", ",", "%", "$", "\u{2028}", "\u{FEFF}", "yes", "1", "outputs: [x]\n",
  ]

  @Test func anyBytesAreReadWithoutLossAndWithTruePlaces() {
    var generator = Generator(21)
    for round in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<generator.below(30) {
        if generator.chance(round % 2 == 0 ? 2 : 30) { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
        bytes += generator.pick(Self.pieces).utf8
      }
      // A body and an override are read without a file around them too.
      #expect(CellBody(bytes).diagnostics.count <= 100)
      _ = try? ParameterOverride(parsing: "a.b=" + String(decoding: bytes, as: UTF8.self))
      let document = NotebookDocument(bytes)
      #expect(document.blocks.flatMap { bytes[$0.range] } == bytes)
      #expect(
        zip(document.blocks, document.blocks.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound })
      #expect(
        zip(document.blocks, document.blocks.dropFirst()).allSatisfy { $0.lines.upperBound == $1.lines.lowerBound })
      #expect(document.diagnostics.count <= 100)
      for fault in document.diagnostics {
        #expect(fault.position.bytes.upperBound <= bytes.count && fault.column >= 1 && fault.endColumn >= fault.column)
        #expect(document.source.lineAndColumn(at: fault.byte) == (fault.line, fault.column))
        #expect(fault.message.utf8.count < 200)
      }
      #expect(document.graph.order.sorted() == Array(document.cells.indices))
      for cell in document.cells {
        // What a cell says of its body is what the body alone says.
        #expect(CellBody(cell.body.source.bytes).value == cell.body.value)
        #expect(cell.fence.closing == nil || !cell.isSound || cell.body.method != nil)
      }
      // Reading again after an edit is reading anew.
      let start = generator.below(bytes.count + 1)
      let edit = TextEdit(start..<min(bytes.count, start + generator.below(9)), generator.pick(Self.pieces))
      let edited = document.applying([edit])
      let anew = NotebookDocument(TextEdit.apply([edit], to: bytes))
      #expect(edited.diagnostics == anew.diagnostics && edited.cells.map(\.id) == anew.cells.map(\.id))
    }
  }

  @Test func cutFilesNeverCrash() {
    let bytes = Array(EditTests.text.utf8)
    for end in 0...bytes.count {
      let document = NotebookDocument(Array(bytes[..<end]))
      #expect(document.blocks.flatMap { document.bytes[$0.range] } == Array(bytes[..<end]))
    }
  }

  @Test func hostileBodiesTakeLinearTime() {
    func seconds(_ piece: String, _ length: Int) -> Double {
      let body = "method: m.f\nparams:\n  k: " + String(repeating: piece, count: length / piece.utf8.count)
      let began = processorSeconds()
      _ = NotebookDocument("```quire id=a\n" + body + "\n```\n").diagnostics
      return processorSeconds() - began
    }
    for piece in [
      "a\n", "a: 1\n", "- ", "- a\n", "[", "{a: ", "\"", "'a' ", "a: |\n", "a:\n", " \n", "#\n", "&a ", "a: b\n c\n",
      "[a,\n", "> ", "````\n", "<b ",
      "a: yes\n", "```quire id=b\n", "- ```quire id=x\n\n", "$a.b ", "a: {b: }\n", "\\", "\r\n", "? a\n", "k\u{1}: ",
      "\t", "- - -\n", "a: [\n",
    ] {
      // Eight times the length takes eight times as long, or 64 times when it is quadratic.
      let (short, long) = (seconds(piece, 20_000), seconds(piece, 160_000))
      #expect(long < 24 * short + 0.05, "\(piece.debugDescription): \(short) s, \(long) s")
    }
  }
}
