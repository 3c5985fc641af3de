import Data
import Features
import Foundation
import JSON
import Papers
import PluginKit
import Probe
import TestSupport
import Testing

@testable import Kernel

/// What an edit must compute anew, and what it must not.
struct CacheTableTests {
  private static let rows = (0..<24).map { "\($0 % 7),\(($0 * 5) % 11),\($0 % 3)" }
  private static let csv = "x,y,z\n" + rows.joined(separator: "\n") + "\n"
  private static let papers = "Probing sentences\nWe probe what a sentence holds.\n\nErasing words\nWe erase words.\n"

  /// import → papers → words; load → narrow → fit ← split; alone.
  private static let notebook =
    "---\nseed: 3\n---\n\n# A study\n\nSome prose.\n\n"
    + cell("import", "", "method: papers.import\nparams:\n  source: $file:papers.txt")
    + cell("papers", "after=import", "method: papers.select\nparams:\n  query: words")
    + cell("words", "", "method: features.tfidf\nparams:\n  papers: $papers\n  minDf: 1")
    + cell("load", "", "method: data.load\nparams:\n  source: $file:x.csv")
    + cell("narrow", "", "method: data.load\nparams:\n  source: $load\n  dtype: float32")
    + cell("split", "", "method: data.split\nparams:\n  features: $load\n  test: 0.5")
    + cell(
      "fit", "",
      "method: probe.logistic\nparams:\n  features: $narrow\n  labels: \(labels)\n  split: $split\n  C: 1")
    + cell("alone", "", "method: data.load\nparams:\n  source: [[1, 2], [3, 4]]")

  private static let labels = "[" + (0..<24).map { $0 % 2 == 0 ? "a" : "b" }.joined(separator: ", ") + "]"

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    /// The cells that must be computed; the import is made anew each time that it is named, and is left out.
    var reruns: [String]
    var edit: @Sendable (NotebookBench) throws -> Void
    var testDescription: String { name }
  }

  private static func replacing(_ old: String, _ new: String) -> @Sendable (NotebookBench) throws -> Void {
    { bench in
      try bench.edit { text in
        #expect(text.contains(old))
        text = text.replacingOccurrences(of: old, with: new)
      }
    }
  }

  private static let table: [Row] = [
    Row(name: "nothing", reruns: []) { _ in },
    // What a key does not hold.
    Row(name: "a comment", reruns: [], edit: replacing("  C: 1", "  C: 1  # the weight of the losses")),
    Row(
      name: "the order of keys", reruns: [],
      edit: replacing("  features: $load\n  test: 0.5", "  test: 0.5\n  features: $load")),
    Row(name: "the way a number is written", reruns: [], edit: replacing("  C: 1\n", "  C: 1.0\n")),
    Row(name: "quotation marks", reruns: [], edit: replacing("dtype: float32", "dtype: \"float32\"")),
    Row(name: "flow for block style", reruns: [], edit: replacing("params:\n  query: words", "params: {query: words}")),
    Row(name: "a default written out", reruns: [], edit: replacing("  C: 1", "  C: 1\n  standardize: true")),
    Row(name: "prose", reruns: [], edit: replacing("Some prose.", "Other prose.")),
    Row(name: "hide and timeout", reruns: [], edit: replacing("id=fit", "id=fit hide=code timeout=1h")),
    Row(name: "a cell's name", reruns: [], edit: replacing("id=alone", "id=lonely")),
    Row(
      name: "the place of a cell", reruns: [],
      edit: { bench in
        try bench.edit { text in
          let moved = cell("alone", "", "method: data.load\nparams:\n  source: [[1, 2], [3, 4]]")
          text = text.replacingOccurrences(of: moved, with: "")
          text = text.replacingOccurrences(of: "# A study\n\n", with: "# A study\n\n" + moved)
        }
      }),
    Row(name: "the notebook's name", reruns: [], edit: { try $0.rename(to: "b.quire.md") }),
    Row(name: "a file's times", reruns: [], edit: { try $0.write("x.csv", csv) }),
    Row(
      name: "a file's name", reruns: [],
      edit: { bench in
        try bench.write("renamed.csv", csv)
        try replacing("$file:x.csv", "$file:renamed.csv")(bench)
      }),
    // What it holds.
    Row(name: "a param", reruns: ["fit"], edit: replacing("  C: 1", "  C: 0.5")),
    Row(name: "a param upstream", reruns: ["narrow", "fit"], edit: replacing("dtype: float32", "dtype: float64")),
    Row(name: "the method", reruns: ["alone"], edit: replacing("[[1, 2], [3, 4]]", "[[1, 2], [3, 5]]")),
    Row(name: "a cell's seed", reruns: ["split", "fit"], edit: replacing("id=split", "id=split seed=4")),
    Row(name: "the notebook's seed", reruns: ["split", "fit"], edit: replacing("seed: 3", "seed: 5")),
    Row(name: "the same seed said by the cell", reruns: [], edit: replacing("id=split", "id=split seed=3")),
    Row(
      name: "a file's content", reruns: ["load", "narrow", "split", "fit"],
      edit: { try $0.write("x.csv", csv.replacingOccurrences(of: "6,8,0", with: "6,8,5")) }),
    Row(
      name: "a file of the same numbers", reruns: ["load"],
      edit: { try $0.write("x.csv", csv.replacingOccurrences(of: "6,8,0", with: "6.0,8,0")) }),
    Row(
      name: "papers that the selection holds", reruns: ["papers", "words"],
      edit: { bench in
        try bench.write("papers.txt", papers + "\nA third title\nWe count words.\n")
      }),
    Row(
      name: "papers beside the selection", reruns: ["papers"],
      edit: { bench in
        try bench.write("papers.txt", papers + "\nZebra stripes\nWe count stripes.\n")
      }),
    Row(name: "cache=off", reruns: ["load"], edit: replacing("id=load", "id=load cache=off")),
    Row(name: "cache=refresh", reruns: ["load"], edit: replacing("id=load", "id=load cache=refresh")),
  ]

  private func bench() throws -> NotebookBench {
    try NotebookBench(Self.notebook, files: ["x.csv": Self.csv, "papers.txt": Self.papers])
  }

  @Test(arguments: table) func anEditComputesExactlyWhatItChanges(_ row: Row) throws {
    let bench = try bench()
    let first = try bench.run()
    #expect(first["failed"] == 0, "\(first.prettyText)")
    #expect(first.computed.count == 8)
    try row.edit(bench)
    let second = try bench.run()
    #expect(second["failed"] == 0, "\(second.prettyText)")
    #expect(second.computed.filter { $0 != "import" } == row.reruns)
  }

  @Test func anEditTakenBackIsFreshWithoutARun() throws {
    let bench = try bench()
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    try bench.run(kernel)
    try Self.replacing("  C: 1", "  C: 2")(bench)
    func states() throws -> [String: String] {
      let notebook = try bench.open(kernel)
      return try kernel.perform("notebook/get", ["notebook": .string(notebook)], bench.caller)["cells"]?.array?
        .reduce(into: [:]) { $0[$1["id"]?.string ?? ""] = $1["state"]?.string } ?? [:]
    }
    #expect(try states()["fit"] == "stale")
    #expect(try states().filter { $0.value != "fresh" }.map(\.key) == ["fit"])
    try Self.replacing("  C: 2", "  C: 1")(bench)
    #expect(try states().values.allSatisfy { $0 == "fresh" })
  }

  /// The same methods under another version, as after an upgrade.
  private enum NewerData: Plugin {
    static let name = DataPlugin.name
    static let version = "9.9.9"
    static let summary = DataPlugin.summary
    static let methods = DataPlugin.methods
  }

  @Test func anotherVersionOfAPluginComputesItsMethodsAnew() throws {
    let bench = try bench()
    try bench.run()
    let kernel = bench.kernel([PapersPlugin.self, NewerData.self, FeaturesPlugin.self, ProbePlugin.self])
    defer { kernel.workspace.close() }
    let second = try bench.run(kernel)
    // What reads their results finds them unchanged.
    #expect(second.computed.filter { $0 != "import" } == ["load", "narrow", "split", "alone"])
  }

  @Test func aMissingOrDamagedArtifactIsComputedAnewAndNeverBuiltUpon() throws {
    let bench = try bench()
    let before = try bench.run()
    let run = before["cells"]?.array?.first { $0["cell"] == "load" }?["run"]?.string ?? ""
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    try bench.run(kernel)
    let shown = try kernel.perform("log/show", ["run": .string(run)], bench.caller)
    let matrix = shown["entries"]?[1]?["outputs"]?.array?.first { $0["name"] != "value" }?["sha256"]?.string ?? ""
    let file = bench.folder.path + "/.quire/artifacts/\(matrix.prefix(2))/\(matrix.dropFirst(2))"
    for damage in [false, true] {
      try FileManager.default.removeItem(atPath: file)
      if damage { try Data(repeating: 7, count: 100).write(to: URL(fileURLWithPath: file)) }
      // The kernel knows the result by heart, but not the file.
      #expect(try bench.run(kernel).computed.filter { $0 != "import" } == ["load"])
      #expect(try kernel.perform("log/verify", [:], bench.caller)["ok"] == true)
    }
  }

  @Test func aCellThatFailedOnceFeedsItsDependantsWhenItSucceeds() throws {
    let slow = Self.rows.joined(separator: "\n")
    let bench = try NotebookBench(
      cell("a", "timeout=1ms", "method: data.load\nparams:\n  source: $file:x.csv")
        + cell("b", "", "method: data.load\nparams:\n  source: $a\n  dtype: float32"),
      files: ["x.csv": "x,y,z\n" + (0..<3000).map { _ in slow }.joined(separator: "\n") + "\n"])
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    let first = try bench.run(kernel)
    #expect(first.states == ["a": "failed", "b": "blocked"])
    #expect(first["cells"]?[0]?["error"]?["data"]?["code"] == "E402")
    // The timeout is no part of the key: the same key ends well now.
    try Self.replacing(" timeout=1ms", "")(bench)
    #expect(try bench.run(kernel).states == ["a": "fresh", "b": "fresh"])
  }

  @Test func aResultThatAnotherNotebookGaveIsSeenByTheNextLook() throws {
    let same = cell("x", "", "method: data.load\nparams:\n  source: [[1, 2]]")
    let bench = try NotebookBench(same + cell("y", "", "method: data.load\nparams:\n  source: $x"))
    try bench.write("other.quire.md", cell("z", "", "method: data.load\nparams:\n  source: [[1, 2]]"))
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    let notebook = try bench.open(kernel)
    func states() throws -> [String?] {
      let view = try kernel.perform("notebook/get", ["notebook": .string(notebook)], bench.caller)
      return view["cells"]?.array?.map { $0["state"]?.string } ?? []
    }
    #expect(try states() == ["new", "new"])
    // Another process runs the same call.
    let another = bench.kernel()
    defer { another.workspace.close() }
    let path: JSON = .string(bench.folder.path + "/other.quire.md")
    let other = try another.perform("notebook/open", ["path": path], bench.caller)["notebook"] ?? .null
    _ = try another.perform("notebook/run", ["notebook": other], bench.caller)
    #expect(try states() == ["fresh", "new"])
  }
}
