import JSON
import Notebook
import Testing

/// A notebook of cells with ids, each written as (id, info behind it, params).
func notebook(_ cells: [(String, String, String)]) -> NotebookDocument {
  NotebookDocument(
    cells.map { id, info, params in
      "```quire id=\(id)\(info.isEmpty ? "" : " " + info)\nmethod: m.f\nparams: {\(params)}\n```\n"
    }.joined())
}

struct GraphTests {
  private func ids(_ document: NotebookDocument, _ numbers: some Sequence<Int>) -> [String] {
    numbers.map { document.cells[$0].id }
  }

  @Test func orderPutsInputsFirstAndThenFollowsTheFile() {
    let document = notebook([
      ("d", "", "x: $b, y: $c"), ("c", "", "x: $a.m"), ("b", "after=e", ""), ("a", "", ""), ("e", "", ""),
      ("f", "", ""),
    ])
    #expect(document.diagnostics == [])
    #expect(ids(document, document.graph.order) == ["a", "c", "e", "b", "d", "f"])
    #expect(ids(document, document.graph.dependencies(of: 0)) == ["c", "b"])
    #expect(ids(document, document.graph.dependents(of: 4)) == ["b"])
    #expect(document.graph.inputs(of: 2).isEmpty)
    #expect(ids(document, document.graph.ancestors(of: 0)) == ["a", "c", "e", "b"])
    #expect(ids(document, document.graph.descendants(of: 3)) == ["c", "d"])
    #expect(document.graph.standings.allSatisfy { $0 == .sound })
  }

  @Test func unknownReferenceBlocksTheCellAndWhatNeedsIt() {
    let document = notebook([
      ("features", "", ""), ("fit", "", "x: $featuers.matrix"), ("audit", "", "x: $fit"), ("z", "", ""),
    ])
    let fault = document.diagnostics[0]
    #expect(document.diagnostics.count == 1)
    #expect(fault.code == .unknownCell)
    #expect(fault.kind.rawValue == "notebook.reference")
    #expect(fault.kind.number == 1306)
    #expect(fault.hint == "did you mean 'features'?")
    #expect((fault.line, fault.column, fault.endColumn) == (7, 13, 22))
    #expect(fault.cell == "fit")
    #expect(
      fault.data(file: "demo.quire.md") == [
        "kind": "notebook.reference", "code": "E301", "file": "demo.quire.md", "line": 7, "column": 13,
        "end_column": 22,
        "byte": JSON(fault.byte), "cell": "fit", "hint": "did you mean 'features'?",
      ])
    #expect(document.graph.standings == [.sound, .blocked(by: nil), .blocked(by: 1), .sound])
  }

  @Test func cellWithoutIDCannotBeReferenced() {
    let document = NotebookDocument(
      "```quire\nmethod: m.f\n```\n```quire id=a\nmethod: m.f\nparams: {x: $c-1277dffd}\n```\n")
    #expect(document.diagnostics.map(\.code) == [.unknownCell])
    #expect(document.diagnostics[0].hint?.contains("id=") == true)
    #expect(document.graph.standings[1] == .blocked(by: nil))
  }

  @Test func duplicateIDsPutBothCellsInError() {
    let document = notebook([("a", "", ""), ("b", "", "x: $a"), ("a", "", "y: 1"), ("a", "", "y: 2")])
    #expect(document.diagnostics.map(\.code) == [.duplicateID, .duplicateID, .duplicateID])
    #expect(document.diagnostics.map(\.line) == [7, 9, 13])
    #expect(document.diagnostics[1].related.map(\.position.line) == [1])
    #expect(document.graph.standings == [.invalid, .blocked(by: nil), .invalid, .invalid])
    #expect(throws: NotebookError.self) { try document.cell("a") }
  }

  @Test func cycleIsListedWholeAndWhatIsOutsideRuns() {
    let document = notebook([
      ("a", "", "x: $c"), ("b", "", "x: $a"), ("c", "after=b", ""), ("d", "", "x: $a"), ("e", "", ""),
    ])
    #expect(document.diagnostics.count == 1)
    let fault = document.diagnostics[0]
    #expect(fault.code == .cycle)
    #expect(fault.kind.rawValue == "cell.cycle")
    #expect(fault.message == "these cells need each other: a → c → b → a")
    #expect(fault.related.map(\.cell) == ["a", "c", "b"])
    #expect(fault.related.map(\.position.line) == [3, 9, 7])
    #expect(document.graph.standings == [.invalid, .invalid, .invalid, .blocked(by: 0), .sound])
    #expect(document.graph.order.count == 5)
  }

  @Test func everyCellOnSomeCycleIsInvalid() {
    // Two cycles that share a cell, and a third far away.
    let document = notebook([
      ("a", "", "x: $b, y: $c"), ("b", "", "x: $a"), ("c", "", "x: $a"), ("p", "", "x: $q"), ("q", "", "x: $p"),
      ("z", "", "x: $q"),
    ])
    #expect(document.diagnostics.map(\.code) == [.cycle, .cycle, .cycle])
    #expect(document.graph.standings.prefix(5).allSatisfy { $0 == .invalid })
    #expect(document.graph.standings[5] == .blocked(by: 4))
  }

  @Test func referenceToItselfAndUnknownAfterHaveTheirNumbers() {
    let document = notebook([("a", "", "x: $a.y"), ("b", "after=b", ""), ("c", "after=nope,a", "")])
    #expect(document.diagnostics.map(\.code) == [.selfReference, .selfReference, .unknownAfter])
    #expect((document.diagnostics[2].line, document.diagnostics[2].column) == (9, 21))
    #expect(document.graph.standings == [.invalid, .invalid, .blocked(by: nil)])
  }

  @Test func orderIsTopologicalAndTheSmallestForRandomGraphs() {
    var generator = Generator(3)
    for _ in 0..<200 {
      let count = 1 + generator.below(12)
      // Edges of a random order, so there is no cycle.
      let rank = Array(0..<count).shuffled(using: &generator)
      var needs = [[Int]](repeating: [], count: count)
      for cell in 0..<count {
        for other in 0..<count where rank[other] < rank[cell] && generator.chance(25) { needs[cell].append(other) }
      }
      let document = notebook(
        (0..<count).map { cell in
          ("c\(cell)", "", needs[cell].enumerated().map { "p\($0): $c\($1)" }.joined(separator: ", "))
        })
      // By definition: again and again the first cell in the file whose inputs are all placed.
      var expected: [Int] = []
      while expected.count < count {
        guard let next = (0..<count).first(where: { !expected.contains($0) && needs[$0].allSatisfy(expected.contains) })
        else { break }
        expected.append(next)
      }
      #expect(document.diagnostics == [])
      #expect(document.graph.order == expected)
      for cell in 0..<count {
        #expect(Set(document.graph.ancestors(of: cell)) == closureOf(cell, needs))
      }
    }
  }

  private func closureOf(_ cell: Int, _ needs: [[Int]]) -> Set<Int> {
    needs[cell].reduce(into: []) { all, next in all.formUnion(closureOf(next, needs).union([next])) }
  }

  @Test func cyclesAreThoseOfReachability() {
    var generator = Generator(4)
    for _ in 0..<200 {
      let count = 1 + generator.below(9)
      let needs = (0..<count).map { cell in (0..<count).filter { $0 != cell && generator.chance(18) } }
      let document = notebook(
        (0..<count).map { cell in
          ("c\(cell)", "", needs[cell].enumerated().map { "p\($0): $c\($1)" }.joined(separator: ", "))
        })
      var reach = needs.map(Set.init)
      for _ in 0..<count { for cell in 0..<count { for next in reach[cell] { reach[cell].formUnion(reach[next]) } } }
      for cell in 0..<count {
        let isOnCycle = reach[cell].contains(cell)
        #expect((document.graph.standings[cell] == .invalid) == isOnCycle)
        let needsCycle = reach[cell].contains { reach[$0].contains($0) }
        if !isOnCycle { #expect((document.graph.standings[cell] != .sound) == needsCycle) }
      }
      for fault in document.diagnostics {
        let cells = fault.related.compactMap { document.graph.number(of: $0.cell) }
        for (cell, next) in zip(cells, cells.dropFirst() + cells.prefix(1)) { #expect(needs[cell].contains(next)) }
      }
      #expect(document.graph.order.sorted() == Array(0..<count))
    }
  }

  @Test func longChainsAndCyclesNeedNoDeepStack() {
    let count = 20_000
    var text = ""
    for cell in 0..<count { text += "```quire id=c\(cell)\nmethod: m.f\nparams: {x: $c\((cell + 1) % count)}\n```\n" }
    let document = NotebookDocument(text)
    #expect(document.diagnostics.map(\.code) == [.cycle])
    #expect(document.diagnostics[0].related.count == count)
    #expect(document.diagnostics[0].message.utf8.count < 200)
  }

  // MARK: - References

  @Test func pathsReadAndWriteAlike() throws {
    for text in ["a", "fit.report", "a-1_b.out.x[2][10].y", "a.0", "a.ü"] {
      #expect(try ReferencePath(text).description == text)
    }
    for text in [
      "", "1a", "a.", "a..b", "a[0]", "a.b[", "a.b[]", "a.b[1", "a.b[x]", "a.b]", "a b", "a.b c", ".a",
      "a.b[99999999999999999999]", "a.b[0]c",
    ] {
      #expect(throws: ReferencePath.Failure.self, "\(text)") { try ReferencePath(text) }
    }
  }

  @Test func pathsSelectInsideAValueAndStopAtArtifacts() throws {
    let value: JSON = [
      "report": ["folds": [["acc": 0.5], ["acc": 0.75]]], "matrix": ["$artifact": "sha256:00"], "accuracy": 0.9,
    ]
    func resolve(_ text: String, _ primary: String? = nil) throws -> JSON {
      try ReferencePath(text).resolve(in: value, primary: primary)
    }
    #expect(try resolve("c") == value)
    #expect(try resolve("c", "accuracy") == 0.9)
    #expect(try resolve("c.report.folds[1].acc") == 0.75)
    #expect(try resolve("c.matrix") == ["$artifact": "sha256:00"])
    func failure(_ text: String) -> ReferencePath.Failure? {
      do { _ = try resolve(text) } catch { return error as? ReferencePath.Failure }
      return nil
    }
    #expect(failure("c.matrix.rows")?.code == .pathIntoArtifact)
    #expect(failure("c.acuracy")?.code == .unknownOutput)
    #expect(failure("c.acuracy")?.hint == "did you mean 'accuracy'?")
    #expect(failure("c.report.folds[2]")?.code == .unknownOutput)
    #expect(failure("c.accuracy.x")?.code == .unknownOutput)
  }

  @Test func resolvedParamsHoldTheValues() throws {
    let document = notebook([
      ("a", "", ""), ("b", "", "x: $a.m, y: [1, $a], z: {\"$ref\": \"a.n[0]\"}, f: $file:x.npy"),
    ])
    let cell = document.cells[1]
    #expect(cell.references.map(\.path.description) == ["a.m", "a", "a.n[0]"])
    #expect(cell.references.map(\.pointer.description) == ["/x", "/y/1", "/z"])
    let resolved = try cell.resolvedParams { path, pointer in .string("\(path)@\(pointer)") }
    #expect(resolved == ["x": "a.m@/x", "y": [1, "a@/y/1"], "z": "a.n[0]@/z", "f": ["$file": "x.npy"]])
  }
}
