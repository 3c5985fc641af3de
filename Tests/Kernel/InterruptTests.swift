import Data
import Foundation
import Glibc
import JSON
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Kernel

/// A method under the name of `data.load` that raises its run's cancellation at the stage that its source names, and
/// writes an artifact.
private struct InterruptedLoad: PluginKit.Method {
  static let name = "data.load"
  static let runs = Mutex<[Int: Cancellation]>([:])

  struct Parameters: Decodable, Sendable {
    var source: JSON
    var dtype: JSON
  }

  struct Output: Encodable, Sendable {
    var matrix: ArtifactReference
  }

  func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    // [[run, stage]]
    let row = (parameters.source[0]?.array ?? []).compactMap(\.int)
    let cancellation = Self.runs.withLock { row.count == 2 ? $0[row[0]] : nil }
    let stage = row.count == 2 ? row[1] : 0
    if stage == 1 {
      cancellation?.cancel()
      try context.checkCancellation()
    }
    let matrix = try context.artifact("matrix", .text) { writer in
      try writer.write("half of \(row) ")
      if stage == 2 { cancellation?.cancel() }
      try writer.write("and all of it\n")
    }
    if stage == 3 { cancellation?.cancel() }
    return Output(matrix: matrix)
  }
}

private enum InterruptedData: Plugin {
  static let name = "data"
  static let version = "0.0.1"
  static let summary = "for tests"
  static let methods: [any PluginKit.Method.Type] = [InterruptedLoad.self]
}

struct InterruptTests {
  private func states(_ bench: NotebookBench, _ kernel: Kernel, _ notebook: String) throws -> [String] {
    let view = try kernel.perform("notebook/get", ["notebook": .string(notebook)], bench.caller)
    return view["cells"]?.array?.compactMap { $0["state"]?.string } ?? []
  }

  /// Stage 0 is before the run, 1 in the middle of the work, 2 while an artifact is written, 3 when the method is done
  /// and its result is not yet kept.
  @Test(arguments: 0..<4) func anInterruptAtAnyStageKeepsNothingOfTheCell(_ stage: Int) throws {
    let bench = try NotebookBench(
      cell("first", "", "method: data.load\nparams:\n  source: [[1]]")
        + cell("hit", "after=first", "method: data.load\nparams:\n  source: [[\(stage), \(stage)]]")
        + cell("below", "after=hit", "method: data.load\nparams:\n  source: [[2]]"))
    let kernel = bench.kernel([InterruptedData.self], jobs: 2)
    defer { kernel.workspace.close() }
    let notebook = try bench.open(kernel)
    let cancellation = Cancellation()
    InterruptedLoad.runs.withLock { $0[stage] = cancellation }
    if stage == 0 { cancellation.cancel() }
    let ended = try kernel.runCells(notebook, ["notebook": .string(notebook)], bench.caller, cancellation) { _ in }
    #expect(ended.map { "\($0.id) \($0.state)" } == (stage == 0 ? [] : ["first fresh", "hit cancelled"]))
    let expected = stage == 0 ? ["new", "new", "new"] : ["fresh", "cancelled", "blocked"]
    #expect(try states(bench, kernel, notebook) == expected)
    let runs = try kernel.perform("log/list", [:], bench.caller)["items"]?.array ?? []
    #expect(runs.map { $0["state"]?.string } == (stage == 0 ? [] : ["cancelled", "ok"]))
    #expect(try kernel.perform("log/verify", [:], bench.caller)["ok"] == true)
    // Nothing of it is taken for a result: it is computed when it is asked for again.
    InterruptedLoad.runs.withLock { $0[stage] = nil }
    #expect(try bench.run(kernel).computed == (stage == 0 ? ["first", "hit", "below"] : ["hit", "below"]))
  }

  /// A file of so many bytes takes seconds to hash; it has holes only.
  @Test func anInterruptWhileAFileIsHashedEndsTheRunBeforeItBegins() throws {
    let bench = try NotebookBench(cell("a", "", "method: data.load\nparams:\n  source: [[1]]"), files: ["x.npy": ""])
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    let notebook = try bench.open(kernel)
    try #require(truncate(bench.folder.path + "/x.npy", 64 << 30) == 0)
    let cancellation = Cancellation()
    Thread { [cancellation] in
      usleep(100_000)
      cancellation.cancel()
    }.start()
    let ended = try kernel.runCells(
      notebook, ["notebook": .string(notebook), "set": ["a": ["source": ["$file": "x.npy"]]]], bench.caller,
      cancellation
    ) { _ in }
    #expect(ended.map(\.state) == ["cancelled"])
    #expect(try kernel.perform("log/list", [:], bench.caller)["items"] == [])
    // So does one while the look after an edit hashes it.
    try bench.edit { $0 = $0.replacingOccurrences(of: "[[1]]", with: "$file:x.npy") }
    let looking = Cancellation()
    Thread { [looking] in
      usleep(100_000)
      looking.cancel()
    }.start()
    #expect(throws: Fault.self) {
      try kernel.perform(
        "notebook/open", ["path": .string(bench.folder.path + "/a.quire.md")], bench.caller, cancellation: looking)
    }
  }
}
