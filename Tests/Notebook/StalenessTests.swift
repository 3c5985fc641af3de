import JSON
import Notebook
import Testing

/// A kernel of the simplest kind: the key is the text of all that goes into it, the value a function of that.
private final class FakeKernel: ResultSource {
  var keysAsked: [String] = []
  var results: [String: CellResult] = [:]
  var histories: [String: CellHistory] = [:]
  /// The value of a cell, when it is not its key.
  var values: [String: String] = [:]
  var missingFiles: Set<String> = []

  func key(of cell: Cell, inputs: [CellInput]) -> String? {
    keysAsked.append(cell.id)
    if missingFiles.contains(cell.id) { return nil }
    return JSON.object(cell.params).text + "|" + inputs.map { "\($0.cell)=\($0.digest)" }.joined(separator: ",")
  }

  func result(of cell: Cell, key: String) -> CellResult? { results[cell.id + key] }
  func history(of cell: Cell) -> CellHistory { histories[cell.id] ?? CellHistory() }

  func succeed(_ id: String, _ key: String) {
    results[id + key] = CellResult(digest: values[id] ?? "#" + key, origin: .run)
    histories[id] = CellHistory(resultKey: key)
  }

  func end(_ id: String, _ key: String, _ outcome: CellHistory.Outcome) {
    histories[id] = CellHistory(resultKey: histories[id]?.resultKey, unfinishedKey: key, outcome: outcome)
  }
}

struct StalenessTests {
  private let kernel = FakeKernel()

  /// Runs all that is not fresh and can run, in order.
  private func runAll(_ table: inout Staleness, _ document: NotebookDocument) {
    for number in document.graph.order {
      let id = document.cells[number].id
      guard let status = table.status(of: id), status.state != .fresh, let key = status.key else { continue }
      kernel.succeed(id, key)
      _ = table.update(document, changed: [id], from: kernel)
    }
  }

  private func states(_ table: Staleness) -> [CellState] { table.statuses.map(\.status.state) }

  private let chain: [(String, String, String)] = [
    ("a", "", "v: 1"), ("b", "", "x: $a"), ("c", "", "x: $b"), ("d", "", "v: 2"),
  ]

  @Test func openingComputesKeysAndFindsWhatIsFresh() {
    var table = Staleness()
    let document = notebook(chain)
    let changes = table.update(document, from: kernel)
    #expect(changes.map(\.cell) == ["a", "b", "c", "d"])
    #expect(states(table) == [.new, .new, .new, .new])
    #expect(kernel.keysAsked == ["a", "d"])
    #expect(table.status(of: "b")?.reason == .ancestor("a"))
    runAll(&table, document)
    #expect(states(table) == [.fresh, .fresh, .fresh, .fresh])

    var later = Staleness()
    _ = later.update(document, from: kernel)
    #expect(states(later) == [.fresh, .fresh, .fresh, .fresh])
  }

  @Test func editMarksTheCellAndWhatIsBelowAndUndoMakesAllFreshAtOnce() {
    var table = Staleness()
    let document = notebook(chain)
    _ = table.update(document, from: kernel)
    runAll(&table, document)
    kernel.keysAsked = []
    var edited = chain
    edited[0].2 = "v: 9"
    let changed = NotebookDocument(notebook(edited).bytes, reusing: document)
    let changes = table.update(changed, from: kernel)
    #expect(changes.map(\.cell) == ["a", "b", "c"])
    #expect(states(table) == [.stale, .stale, .stale, .fresh])
    #expect(table.status(of: "a")?.reason == .edited)
    #expect(table.status(of: "c")?.reason == .ancestor("b"))
    #expect(kernel.keysAsked == ["a"])
    _ = table.update(NotebookDocument(document.bytes, reusing: changed), from: kernel)
    #expect(states(table) == [.fresh, .fresh, .fresh, .fresh])
  }

  @Test func equalResultLeavesWhatIsBelowFreshWithoutKeyingIt() {
    var table = Staleness()
    kernel.values["a"] = "same"
    let document = notebook(chain)
    _ = table.update(document, from: kernel)
    runAll(&table, document)
    var edited = chain
    edited[0].2 = "v: 9"
    let changed = NotebookDocument(notebook(edited).bytes, reusing: document)
    _ = table.update(changed, from: kernel)
    kernel.keysAsked = []
    let key = table.status(of: "a")?.key ?? ""
    kernel.succeed("a", key)
    _ = table.update(changed, changed: ["a"], from: kernel)
    #expect(states(table) == [.fresh, .fresh, .fresh, .fresh])
    #expect(kernel.keysAsked == ["a"])
    #expect(table.status(of: "b")?.key == "{\"x\":{\"$ref\":\"a\"}}|a=same")
  }

  @Test func changedResultNamesTheInputThatDiffers() {
    var table = Staleness()
    let document = notebook(chain)
    _ = table.update(document, from: kernel)
    runAll(&table, document)
    kernel.values["a"] = "other"
    kernel.succeed("a", table.status(of: "a")?.key ?? "")
    _ = table.update(document, changed: ["a"], from: kernel)
    #expect(states(table) == [.fresh, .stale, .stale, .fresh])
    #expect(table.status(of: "b")?.reason == .inputsChanged(["a"]))
  }

  @Test func failureBlocksWhatIsBelowUntilItIsEdited() {
    var table = Staleness()
    let document = notebook(chain)
    _ = table.update(document, from: kernel)
    let key = table.status(of: "a")?.key ?? ""
    kernel.end("a", key, .failed)
    _ = table.update(document, changed: ["a"], from: kernel)
    #expect(states(table) == [.failed, .blocked, .blocked, .new])
    #expect(table.status(of: "b")?.reason == .blocked(by: "a"))
    #expect(table.status(of: "c")?.reason == .blocked(by: "b"))
    // While it runs again nothing is blocked any more.
    #expect(table.setActivity(.running, of: "a")?.after?.state == .running)
    _ = table.update(document, from: kernel)
    #expect(states(table) == [.running, .new, .new, .new])
    #expect(table.setActivity(nil, of: "a")?.after?.state == .failed)
    var edited = chain
    edited[0].2 = "v: 9"
    _ = table.update(NotebookDocument(notebook(edited).bytes, reusing: document), from: kernel)
    #expect(states(table) == [.new, .new, .new, .new])
    kernel.end("a", table.status(of: "a")?.key ?? "", .cancelled)
    _ = table.update(NotebookDocument(notebook(edited).bytes), changed: ["a"], from: kernel)
    #expect(states(table) == [.cancelled, .blocked, .blocked, .new])
  }

  @Test func manualAncestorThatIsNotFreshBlocks() {
    var table = Staleness()
    let document = notebook([("a", "run=manual", "v: 1"), ("b", "", "x: $a"), ("c", "after=a", "")])
    _ = table.update(document, from: kernel)
    #expect(states(table) == [.new, .blocked, .blocked])
    kernel.succeed("a", table.status(of: "a")?.key ?? "")
    _ = table.update(document, changed: ["a"], from: kernel)
    #expect(states(table) == [.fresh, .new, .new])
    #expect(table.status(of: "c")?.key != nil)
  }

  @Test func cellsInErrorAreInvalidAndWhatNamesThemBlocked() {
    var table = Staleness()
    let document = notebook([
      ("a", "", "v: yes"), ("b", "", "x: $a"), ("c", "", "x: $nope"), ("d", "", "v: 1"), ("d", "", "v: 2"),
    ])
    _ = table.update(document, from: kernel)
    #expect(states(table) == [.invalid, .blocked, .blocked, .invalid, .invalid])
    #expect(table.status(of: "b")?.reason == .blocked(by: "a"))
    #expect(table.status(of: "c")?.reason == .blocked(by: nil))
    #expect(kernel.keysAsked.isEmpty)
  }

  @Test func missingFileLeavesTheKeyUnknown() {
    var table = Staleness()
    kernel.missingFiles = ["a"]
    let document = notebook([("a", "", "f: $file:x.npy")])
    _ = table.update(document, from: kernel)
    #expect(table.status(of: "a") == CellStatus(.new, reason: .inputUnavailable))
  }

  @Test func seedOfTheFrontMatterIsPartOfTheText() {
    var table = Staleness()
    let document = NotebookDocument(
      "---\nseed: 1\n---\n```quire id=a\nmethod: m.f\n```\n```quire id=b seed=5\nmethod: m.f\n```\n")
    _ = table.update(document, from: kernel)
    kernel.keysAsked = []
    let edited = NotebookDocument(
      Array(document.source.text.utf8).map { $0 == UInt8(ascii: "1") ? UInt8(ascii: "2") : $0 }, reusing: document)
    _ = table.update(edited, from: kernel)
    #expect(kernel.keysAsked == ["a"])
  }

  @Test func removedCellsAreReported() {
    var table = Staleness()
    _ = table.update(notebook(chain), from: kernel)
    let changes = table.update(notebook(Array(chain.prefix(1))), from: kernel)
    #expect(changes.map(\.cell) == ["b", "c", "d"])
    #expect(changes.allSatisfy { $0.after == nil })
  }

  /// After any sequence of edits, runs and failures the table kept up to date is the one computed anew.
  @Test func keptTableIsTheOneComputedAnew() {
    var generator = Generator(8)
    for _ in 0..<60 {
      let kernel = FakeKernel()
      var cells: [(String, String, String)] = (0..<8).map { ("c\($0)", $0 % 3 == 1 ? "run=manual" : "", "v: 0") }
      var table = Staleness()
      var document = notebook(cells)
      _ = table.update(document, from: kernel)
      for _ in 0..<30 {
        var changed: Set<String> = []
        switch generator.below(4) {
        case 0, 1:
          let number = generator.below(cells.count)
          let input = generator.below(cells.count)
          cells[number].2 =
            "v: \(generator.below(3))" + (generator.chance(60) && input != number ? ", x: $c\(input)" : "")
          document = NotebookDocument(notebook(cells).bytes, reusing: document)
        case 2:
          cells.swapAt(generator.below(cells.count), generator.below(cells.count))
          document = NotebookDocument(notebook(cells).bytes, reusing: document)
        default:
          let id = cells[generator.below(cells.count)].0
          guard let key = table.status(of: id)?.key else { continue }
          kernel.values[id] = generator.chance(50) ? "constant" : nil
          if generator.chance(75) { kernel.succeed(id, key) } else { kernel.end(id, key, .failed) }
          changed = [id]
        }
        _ = table.update(document, changed: changed, from: kernel)
        var anew = Staleness()
        _ = anew.update(document, from: kernel)
        #expect(states(table) == states(anew))
        #expect(table.statuses.map(\.status.key) == anew.statuses.map(\.status.key))
      }
    }
  }
}
