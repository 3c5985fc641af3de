import Notebook
import Testing

@testable import Kernel

struct RunOrderTests {
  /// Cells by name, each with what it needs; `w` names write the store, `r` names read it.
  private func order(_ cells: [(String, [String])]) -> (RunOrder, NotebookDocument) {
    let text = cells.map { id, needs in
      "```quire id=\(id)" + (needs.isEmpty ? "" : " after=\(needs.joined(separator: ","))")
        + "\nmethod: data.load\n```\n"
    }.joined()
    let document = NotebookDocument(text)
    let order = RunOrder(document.graph.order, in: document.graph) { number in
      switch document.cells[number].id.first {
      case "w": .writes
      case "r": .reads
      default: .none
      }
    }
    return (order, document)
  }

  private func takeAll(_ order: inout RunOrder, _ document: NotebookDocument) -> [String] {
    var taken: [String] = []
    while let next = order.take() { taken.append(document.cells[next].id) }
    return taken
  }

  private func end(_ id: String, _ order: inout RunOrder, _ document: NotebookDocument) {
    order.end(document.graph.number(of: id) ?? -1)
  }

  @Test func cellsThatNeedNothingOfEachOtherStartTogether() {
    var (order, document) = order([("a", []), ("b", []), ("c", ["a"]), ("d", ["a", "b"])])
    #expect(takeAll(&order, document) == ["a", "b"])
    end("a", &order, document)
    #expect(takeAll(&order, document) == ["c"])
    end("b", &order, document)
    #expect(takeAll(&order, document) == ["d"])
    end("c", &order, document)
    #expect(!order.isDone)
    end("d", &order, document)
    #expect(order.isDone)
  }

  @Test func whatChangesTheStoreRunsAloneBehindAllThatIsEarlier() {
    var (order, document) = order([("a", []), ("w1", []), ("r1", []), ("b", []), ("w2", []), ("r2", [])])
    // Neither what reads the store later nor the later change starts; what has nothing to do with it may.
    #expect(takeAll(&order, document) == ["a", "b"])
    end("a", &order, document)
    #expect(takeAll(&order, document) == [], "w1 waits until b has ended, and nothing starts beside it")
    end("b", &order, document)
    #expect(takeAll(&order, document) == ["w1"])
    #expect(takeAll(&order, document) == [])
    end("w1", &order, document)
    #expect(takeAll(&order, document) == ["r1"])
    end("r1", &order, document)
    #expect(takeAll(&order, document) == ["w2"])
    end("w2", &order, document)
    #expect(takeAll(&order, document) == ["r2"])
  }

  /// Whatever ends first, every cell runs once, behind what it needs, and the store's cells in the file's order.
  @Test func everyOrderOfEndsRunsEveryCellOnce() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let count = Int.random(in: 1...14, using: &generator)
      let names = (0..<count).map { ["a", "r", "w"][Int.random(in: 0..<3, using: &generator)] + "\($0)" }
      let cells = names.indices.map { index in
        (names[index], names[..<index].filter { _ in Int.random(in: 0..<4, using: &generator) == 0 })
      }
      var (order, document) = order(cells)
      var (running, begun, ended): ([String], [String], Set<String>) = ([], [], [])
      while !order.isDone {
        for next in takeAll(&order, document) {
          #expect(cells.first { $0.0 == next }?.1.allSatisfy(ended.contains) == true)
          running.append(next)
          begun.append(next)
          #expect(running.count == 1 || !running.contains { $0.hasPrefix("w") }, "\(cells)")
        }
        guard let last = running.indices.randomElement(using: &generator) else {
          Issue.record("nothing runs and the run is not done: \(cells)")
          break
        }
        let done = running.remove(at: last)
        ended.insert(done)
        end(done, &order, document)
      }
      #expect(Set(begun) == Set(names) && begun.count == count)
      let writers = names.filter { $0.hasPrefix("w") }
      for writer in writers {
        let earlier = names[..<(names.firstIndex(of: writer) ?? 0)]
        let before = begun[..<(begun.firstIndex(of: writer) ?? 0)]
        #expect(earlier.allSatisfy(before.contains), "\(writer) of \(cells)")
        #expect(!before.contains { $0.hasPrefix("r") && !earlier.contains($0) })
      }
    }
  }
}
