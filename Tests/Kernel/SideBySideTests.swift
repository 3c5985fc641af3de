import Data
import Dispatch
import Foundation
import JSON
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Kernel

/// A method under the name of `data.load` that does what a test tells it by the numbers in its source: it notes that
/// it began, and waits until as many others have begun.
private struct GatedLoad: PluginKit.Method {
  static let name = "data.load"

  struct Parameters: Decodable, Sendable {
    var source: JSON
    var dtype: JSON
  }

  struct Output: Encodable, Sendable {
    var matrix: Int
  }

  static let gates = Mutex<[Int: Gate]>([:])

  func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    // [[gate, how many must have begun, fails]]
    let row = (parameters.source[0]?.array ?? []).compactMap(\.int)
    guard row.count >= 2, let gate = Self.gates.withLock({ $0[row[0]] }) else { return Output(matrix: 0) }
    gate.arrive()
    while gate.count < row[1] {
      try context.checkCancellation()
      usleep(1000)
    }
    if row.count > 2, row[2] == 1 { throw MethodError.internal("told to fail") }
    return Output(matrix: row[1])
  }
}

private final class Gate: Sendable {
  private let arrived = Mutex(0)
  let number: Int

  init(_ number: Int) {
    self.number = number
    GatedLoad.gates.withLock { $0[number] = self }
  }

  func arrive() { arrived.withLock { $0 += 1 } }
  var count: Int { arrived.withLock { $0 } }
}

private enum GatedData: Plugin {
  static let name = "data"
  static let version = "0.0.1"
  static let summary = "for tests"
  static let methods: [any PluginKit.Method.Type] = [GatedLoad.self]
}

private func gated(_ id: String, _ gate: Gate, _ count: Int, _ more: String = "", after: String = "") -> String {
  cell(
    id, after.isEmpty ? "" : "after=\(after)",
    "method: data.load\nparams:\n  source: [[\(gate.number), \(count)\(more)]]\n  dtype: \(id == "b" ? "float32" : "float64")"
  )
}

/// What was told of cells, in order.
private final class Journal: Sendable {
  private let all = Mutex<[JSON]>([])
  var events: [JSON] { all.withLock { $0 } }

  func caller(_ bench: NotebookBench) -> Caller {
    var caller = bench.caller
    caller.notify = { [self] _, params, _ in all.withLock { $0.append(params) } }
    return caller
  }

  /// `cell state`, in order.
  var lines: [String] { events.map { "\($0["cell"]?.string ?? "") \($0["state"]?.string ?? "")" } }
}

struct SideBySideTests {
  @Test(.timeLimit(.minutes(1))) func independentCellsOfOneRunGoSideBySide() throws {
    let gate = Gate(1)
    // Each waits until all three have begun.
    let bench = try NotebookBench(
      gated("a", gate, 3) + gated("b", gate, 3) + gated("c", gate, 3, ", 0") + gated("d", gate, 0, after: "a,b,c"))
    let kernel = bench.kernel([GatedData.self], jobs: 4)
    defer { kernel.workspace.close() }
    let journal = Journal()
    let notebook = try bench.open(kernel)
    let value = try kernel.perform("notebook/run", ["notebook": .string(notebook)], journal.caller(bench))
    #expect(value["ran"] == 4, "\(value.text)")
    #expect(value["cells"]?.array?.compactMap { $0["cell"]?.string } == ["a", "b", "c", "d"])
    #expect(journal.events.map { $0["seq"]?.int } == Array(1...8))
    for id in ["a", "b", "c", "d"] {
      #expect(journal.lines.filter { $0.hasPrefix(id) } == ["\(id) running", "\(id) fresh"])
    }
    #expect(journal.lines.suffix(2) == ["d running", "d fresh"])
  }

  @Test(.timeLimit(.minutes(1))) func withOneJobCellsGoInTheOrderOfTheFile() throws {
    let gate = Gate(2)
    let bench = try NotebookBench(gated("a", gate, 1) + gated("b", gate, 2) + gated("c", gate, 3))
    let kernel = bench.kernel([GatedData.self], jobs: 1)
    defer { kernel.workspace.close() }
    let journal = Journal()
    let notebook = try bench.open(kernel)
    _ = try kernel.perform("notebook/run", ["notebook": .string(notebook)], journal.caller(bench))
    #expect(
      journal.lines == ["a running", "a fresh", "b running", "b fresh", "c running", "c fresh"])
  }

  @Test(.timeLimit(.minutes(1))) func aFailureStopsWhatDependsOnItWhileOthersGoOn() throws {
    let gate = Gate(3)
    let bench = try NotebookBench(
      gated("a", gate, 2, ", 1") + gated("b", gate, 2) + gated("c", gate, 0, after: "a")
        + gated("d", gate, 0, ", 0", after: "b"))
    let kernel = bench.kernel([GatedData.self], jobs: 4)
    defer { kernel.workspace.close() }
    let value = try bench.run(kernel)
    #expect(value.states == ["a": "failed", "b": "fresh", "c": "blocked", "d": "fresh"])
  }

  @Test(.timeLimit(.minutes(1))) func aCancelledRunEndsWhatRunsAndStartsNothing() throws {
    let gate = Gate(4)
    // Two wait for ever; the third stands behind them.
    let bench = try NotebookBench(gated("a", gate, 99) + gated("b", gate, 99) + gated("c", gate, 0, after: "a,b"))
    let kernel = bench.kernel([GatedData.self], jobs: 4)
    defer { kernel.workspace.close() }
    let notebook = try bench.open(kernel)
    let cancellation = Cancellation()
    DispatchQueue.global().async {
      while gate.count < 2 { usleep(1000) }
      cancellation.cancel()
    }
    let summaries = try kernel.runCells(notebook, ["notebook": .string(notebook)], bench.caller, cancellation) { _ in }
    #expect(summaries.map(\.state) == ["cancelled", "cancelled"])
    let runs = try kernel.perform("log/list", [:], bench.caller)["items"]?.array ?? []
    #expect(runs.map { $0["state"] } == ["cancelled", "cancelled"])
    let view = try kernel.perform("notebook/get", ["notebook": .string(notebook)], bench.caller)
    #expect(view["cells"]?.array?.map { $0["state"] } == ["cancelled", "cancelled", "blocked"])
  }

  @Test(.timeLimit(.minutes(1))) func anEditOfARunningCellCancelsItAndAnEditBesideItDoesNot() throws {
    let gate = Gate(5)
    let bench = try NotebookBench(gated("a", gate, 3) + gated("b", gate, 3))
    let kernel = bench.kernel([GatedData.self], jobs: 4)
    defer { kernel.workspace.close() }
    let notebook = try bench.open(kernel)
    let done = DispatchSemaphore(value: 0)
    let value = Mutex(JSON.null)
    DispatchQueue.global().async {
      let result = try? kernel.perform("notebook/run", ["notebook": .string(notebook)], bench.caller)
      value.withLock { $0 = result ?? .null }
      done.signal()
    }
    while gate.count < 2 { usleep(1000) }
    // Looking and writing prose leave both alone; the edit of a's params stops a.
    try bench.edit { $0 = "# Prose\n\n" + $0 }
    _ = try bench.open(kernel)
    try bench.edit {
      $0 = $0.replacingOccurrences(of: "[[5, 3]]\n  dtype: float64", with: "[[5, 3, 7]]\n  dtype: float64")
    }
    let view = try kernel.perform("notebook/get", ["notebook": .string(bench.open(kernel))], bench.caller)
    #expect(view["cells"]?[1]?["state"] == "running")
    usleep(100_000)
    // Now the other one may end.
    gate.arrive()
    done.wait()
    #expect(value.withLock { $0.states } == ["a": "cancelled", "b": "fresh"])
  }

  /// What a run comes to does not depend on looks at another text meanwhile.
  @Test(.timeLimit(.minutes(1))) func aRunGoesOnWithTheTextThatItBeganWith() throws {
    let gate = Gate(6)
    let bench = try NotebookBench(
      gated("a", gate, 1) + gated("b", gate, 3, after: "a") + gated("c", gate, 0, after: "b"))
    let kernel = bench.kernel([GatedData.self], jobs: 2)
    defer { kernel.workspace.close() }
    let notebook = try bench.open(kernel)
    let done = DispatchSemaphore(value: 0)
    let value = Mutex(JSON.null)
    DispatchQueue.global().async {
      let result = try? kernel.perform("notebook/run", ["notebook": .string(notebook)], bench.caller)
      value.withLock { $0 = result ?? .null }
      done.signal()
    }
    while gate.count < 2 { usleep(1000) }
    // The first cell, which has ended, is stale in the new text; the second waits behind it there.
    try bench.edit { $0 = $0.replacingOccurrences(of: "[[6, 1]]", with: "[[6, 0, 0]]") }
    let view = try kernel.perform("notebook/get", ["notebook": .string(bench.open(kernel))], bench.caller)
    #expect(view["cells"]?[0]?["state"] == "stale")
    gate.arrive()
    done.wait()
    #expect(value.withLock { $0.states } == ["a": "fresh", "b": "fresh", "c": "fresh"])
  }
}
