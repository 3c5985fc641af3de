import Data
import Features
import Foundation
import JSON
import Linear
import Papers
import PluginKit
import Probe
import RunLog
import Synchronization
import TestSupport
import Testing

@testable import Kernel

private let study =
  cell("load", "", "method: data.load\nparams:\n  source: $file:x.csv")
  + cell("split", "seed=2", "method: data.split\nparams:\n  features: $load\n  test: 0.5")
  + cell(
    "fit", "", "method: probe.logistic\nparams:\n  features: $load\n  labels: \(labels)\n  split: $split")

private let labels = "[" + (0..<24).map { $0 % 2 == 0 ? "a" : "b" }.joined(separator: ", ") + "]"
private let csv =
  "x,y,z\n" + (0..<24).map { "\($0 % 7),\(Double(($0 * 5) % 11) / 3),\($0 % 3)" }.joined(separator: "\n") + "\n"

private func bench() throws -> NotebookBench { try NotebookBench(study, files: ["x.csv": csv]) }

/// A method under the name of `data.load` whose result grows with every call.
private struct DriftingLoad: PluginKit.Method {
  static let name = "data.load"
  static let calls = Mutex(0)

  struct Parameters: Decodable, Sendable {
    var source: JSON
    var dtype: JSON
  }
  struct Output: Encodable, Sendable {
    var numbers: [Double]
    var call: Int
  }

  func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let call = Self.calls.withLock { calls in
      calls += 1
      return calls
    }
    return Output(numbers: [1, 2], call: call)
  }
}

private enum DriftingData: Plugin {
  static let name = "data"
  static let version = "0.0.1"
  static let summary = "for tests"
  static let methods: [any PluginKit.Method.Type] = [DriftingLoad.self]
}

struct ReplayTests {
  @Test(arguments: [1, 4]) func aWholeNotebookReplaysBitByBit(_ jobs: Int) throws {
    let bench = try bench()
    try bench.run()
    let kernel = bench.kernel(jobs: jobs)
    defer { kernel.workspace.close() }
    let artifacts = try kernel.workspace.log().artifacts.hashes()
    let value = try kernel.perform("log/replay", ["strict": true], bench.caller)
    #expect(value["same"] == 3 && value["different"] == [] && value["cannot"] == [], "\(value.prettyText)")
    let verdicts = Set((value["outputs"]?.array ?? []).map { $0["verdict"]?.string })
    #expect(verdicts == ["bit-equal"])
    #expect((value["outputs"]?.array ?? []).count >= 5)
    // Nothing is kept but a note.
    #expect(try kernel.workspace.log().artifacts.hashes() == artifacts)
    #expect(try kernel.perform("log/list", [:], bench.caller)["items"]?.array?.count == 3)
    #expect(try kernel.perform("log/verify", [:], bench.caller)["ok"] == true)
  }

  @Test func anInputThatIsNoLongerAsItWasIsSaid() throws {
    let bench = try bench()
    try bench.run()
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    try bench.write("x.csv", csv + "1,2,3\n")
    let changed = try kernel.perform("log/replay", ["cell": "load"], bench.caller)
    #expect(changed["cannot"]?[0]?["reason"] == "file x.csv changed or missing")
    try FileManager.default.removeItem(at: bench.folder.file("x.csv"))
    let missing = try kernel.perform("log/replay", ["cell": "load"], bench.caller)
    #expect(missing["cannot"]?[0]?["reason"] == "file x.csv changed or missing")
    // What read its artifact needs no file.
    #expect(try kernel.perform("log/replay", ["cell": "fit"], bench.caller)["same"] == 1)
  }

  private enum OtherVersion: Plugin {
    static let name = "probe"
    static let version = "77.0.0"
    static let summary = "for tests"
    static let methods = ProbePlugin.methods
  }

  @Test func anotherVersionOfThePluginIsNoReplay() throws {
    let bench = try bench()
    try bench.run()
    let kernel = bench.kernel([DataPlugin.self, OtherVersion.self])
    defer { kernel.workspace.close() }
    let value = try kernel.perform("log/replay", ["cell": "fit"], bench.caller)
    let reason = value["cannot"]?[0]?["reason"]?.string ?? ""
    #expect(reason.contains("plugin probe \(ProbePlugin.version) is not installed"), "\(reason)")
  }

  @Test func aResultThatDriftsIsNamedWithItsFirstDifferenceAndAsADefect() throws {
    let bench = try NotebookBench(cell("a", "", "method: data.load\nparams:\n  source: [[1]]"))
    let kernel = bench.kernel([DriftingData.self])
    defer { kernel.workspace.close() }
    let ran = try bench.run(kernel)
    let value = try kernel.perform("log/replay", [:], bench.caller)
    let different = try #require(value["different"]?[0])
    #expect(different["run"] == ran["cells"]?[0]?["run"])
    #expect(different["path"] == "value/call")
    #expect(different["now"]?.int == (different["was"]?.int ?? 0) + 1)
    #expect(different["why"]?.string?.contains("defect") == true)
    #expect(different["kind"] == "log.diverged")
  }

  // MARK: - Classes

  private let before = try? ScratchArtifacts()
  private let after = try? ScratchArtifacts()

  private func matrix(_ numbers: [Double]) throws -> [UInt8] {
    try ArrayWriter.bytes { sink in
      try MatrixFile.write(Matrix(rows: numbers.count / 2, columns: 2, elements: numbers), rowIDs: nil) { try sink($0) }
    }
  }

  private func verdict(
    _ was: [UInt8], _ now: [UInt8], _ media: String, _ determinism: String, rtol: Double? = nil, atol: Double? = nil,
    oneLibrary: Bool = true
  ) throws -> Verdict {
    let (before, after) = (try #require(before).artifacts, try #require(after).artifacts)
    let logged = try before.put(was)
    let output = LoggedOutput(
      name: "x", hash: logged.hash, bytes: logged.bytes, media: media, determinism: determinism,
      relativeTolerance: rtol, absoluteTolerance: atol)
    return try OutputComparison(was: before, now: after, hasOneLibrary: oneLibrary).verdict(output, after.put(now).hash)
  }

  @Test func eachClassDemandsWhatItPromises() throws {
    let (one, near, far) = (try matrix([1, 2, 3, 4]), try matrix([1, 2, 3, 4 + 1e-12]), try matrix([1, 2, 3, 4.1]))
    let media = "application/x-npz"
    #expect(try verdict(one, one, media, "exact").kind == .bitEqual)
    for (determinism, oneLibrary, nearKind) in [
      ("exact", false, Verdict.Kind.differs), ("bitwise", true, .differs), ("bitwise", false, .withinTolerance),
      ("tolerance", true, .withinTolerance), ("none", true, .notCompared),
    ] {
      let found = try verdict(one, near, media, determinism, oneLibrary: oneLibrary)
      #expect(found.kind == nearKind, "\(determinism)")
      if nearKind == .withinTolerance { #expect(found.maxRelative == abs(4 - (4 + 1e-12)) / 4) }
    }
    let off = try verdict(one, far, media, "tolerance")
    #expect(off.kind == .differs)
    #expect(off.place?.path == "matrix[1,1]")
    #expect(off.place?.was == 4 && off.place?.now == 4.1)
    #expect(try verdict(one, far, media, "tolerance", rtol: 0.1).kind == .withinTolerance)
    #expect(try verdict(one, far, media, "tolerance", atol: 0.11).kind == .withinTolerance)
    #expect(try verdict(one, far, media, "bitwise", atol: 0.11).kind == .differs, "a tolerance is of its class alone")
    #expect(try verdict(one, matrix([1, 2, 3, .nan]), media, "tolerance", rtol: 1).kind == .differs)
    #expect(try verdict(matrix([1, .nan]), matrix([1, .nan]), media, "tolerance").kind == .bitEqual)
    #expect(try verdict(one, matrix([1, 2]), media, "tolerance", rtol: 1).place?.now == "float64 1×2")
  }

  @Test func valuesAreComparedByPointerWithIntegersAndTextsExact() throws {
    func json(_ value: JSON) throws -> [UInt8] { try value.canonicalBytes() }
    let value: JSON = ["a": [1.5, 1000], "n": 3, "s": "x", "m": ["$artifact": "sha256:00"]]
    func found(_ other: JSON) throws -> Verdict {
      try verdict(json(value), json(other), "application/json", "tolerance")
    }
    #expect(
      try found(["a": [1.500_000_001, 1000], "n": 3, "s": "x", "m": ["$artifact": "sha256:11"]]).kind
        == .withinTolerance)
    #expect(try found(["a": [1.6, 1000], "n": 3, "s": "x", "m": ["$artifact": "sha256:00"]]).place?.path == "/a/0")
    #expect(try found(["a": [1.5, 1000], "n": 4, "s": "x", "m": ["$artifact": "sha256:00"]]).place?.path == "/n")
    #expect(try found(["a": [1.5, 1000], "n": 3, "s": "y", "m": ["$artifact": "sha256:00"]]).place?.path == "/s")
    // Zero but for rounding is nothing beside the other numbers, and whole ones do not count among these.
    let (tiny, other): (JSON, JSON) = (["gap": 3.286e-28, "loss": 0.5], ["gap": 3.327e-28, "loss": 0.5])
    #expect(try verdict(json(tiny), json(other), "application/json", "tolerance").kind == .withinTolerance)
    let (count, off): (JSON, JSON) = (["p": 1e-5, "n": 1_000_000], ["p": 2e-5, "n": 1_000_000])
    #expect(try verdict(json(count), json(off), "application/json", "tolerance").place?.path == "/p")
    #expect(try found(["a": [1.5], "n": 3, "s": "x", "m": ["$artifact": "sha256:00"]]).place?.path == "/a")
    let lines = try verdict(Array("a\nb\n".utf8), Array("a\nc\n".utf8), "text/plain", "exact")
    #expect(lines.place == Verdict.Place(path: "line 2", was: "b", now: "c"))
  }
}

struct DiffTests {
  @Test func twoStatesOfANotebookDifferByTheEditedCellAndWhatReadsIt() throws {
    let bench = try bench()
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    try bench.run(kernel)
    let count = try kernel.perform("log/verify", ["quick": true], bench.caller)["count"]?.int ?? 0
    try bench.edit { $0 = $0.replacingOccurrences(of: "seed=2", with: "seed=3") }
    try bench.edit { $0 += cell("new", "", "method: data.load\nparams:\n  source: [[1]]") }
    try bench.run(kernel)
    let value = try kernel.perform(
      "log/diff", ["a": .string("a.quire.md@\(count)"), "b": "a.quire.md"], bench.caller)
    #expect(value["added"] == ["new"] && value["removed"] == [] && value["same"] == 1, "\(value.prettyText)")
    let changed = value["changed"]?.array ?? []
    #expect(changed.map { $0["cell"]?.string } == ["fit", "split"])
    #expect(changed[1]["key"] == [["part": "seed", "was": 2, "now": 3]])
    #expect(changed[0]["key"]?.array?.count == 1)
    #expect(changed[0]["key"]?[0]?["part"] == "inputs/split")
    let outputs = changed[0]["outputs"]?.array ?? []
    #expect(outputs.contains { $0["kind"] == "json" && ($0["count"]?.int ?? 0) > 0 })
    #expect(try kernel.perform("log/diff", ["a": ".", "b": "."], bench.caller)["changed"] == [])
  }

  @Test func matricesDifferByShapeAndDistance() throws {
    let bench = try NotebookBench("")
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    var caller = bench.caller
    caller.wantsRunDetails = true
    func run(_ rows: JSON) throws -> JSON {
      try kernel.perform("data.load", ["source": rows], caller)["_meta"]?["run"] ?? .null
    }
    let (a, b, c) = (try run([[1, 2], [3, 4]]), try run([[1, 2], [3, 5]]), try run([[1, 2]]))
    func arrays(_ a: JSON, _ b: JSON) throws -> JSON? {
      let value = try kernel.perform("log/diff", ["a": a, "b": b], bench.caller)
      return value["changed"]?[0]?["outputs"]?.array?.first { $0["kind"] == "arrays" }?["arrays"]?[0]
    }
    let distance = try #require(try arrays(a, b))
    #expect(distance["maxAbsolute"] == 1 && distance["maxRelative"] == 0.25 && distance["differing"] == 1)
    #expect(try arrays(a, c)?["now"]?.string?.hasSuffix("1×2") == true)
    #expect(throws: Fault.self) { try kernel.perform("log/diff", ["a": "nothing", "b": a], bench.caller) }
  }

  @Test func aUnifiedDiffIsThatOfDiff() {
    let was = (1...20).map(String.init)
    var now = was
    now[2] = "three"
    now.remove(at: 9)
    now.append("21")
    let lines = UnifiedDiff.lines(was.joined(separator: "\n"), now.joined(separator: "\n"), limit: 100)
    #expect(
      lines == [
        "@@ -1,13 +1,12 @@", " 1", " 2", "-3", "+three", " 4", " 5", " 6", " 7", " 8", " 9", "-10", " 11", " 12", " 13",
        "@@ -18,3 +17,4 @@", " 18", " 19", " 20", "+21",
      ])
    #expect(UnifiedDiff.lines("a\nb", "a\nb", limit: 10).isEmpty)
  }
}

struct WhyTests {
  private func why(_ bench: NotebookBench, _ kernel: Kernel, _ cell: String) throws -> JSON {
    try kernel.perform("cell/why", ["notebook": .string(bench.open(kernel)), "cell": .string(cell)], bench.caller)
  }

  @Test func eachEditIsNamedByThePartOfTheKeyThatItChanges() throws {
    let bench = try bench()
    try bench.run()
    let kernel = bench.kernel()
    defer { kernel.workspace.close() }
    #expect(try why(bench, kernel, "fit")["parts"] == [])
    try bench.edit { $0 = $0.replacingOccurrences(of: "seed=2", with: "seed=9") }
    #expect(try why(bench, kernel, "split")["parts"] == [["part": "seed", "was": 2, "now": 9]])
    let below = try why(bench, kernel, "fit")
    #expect(below["state"] == "stale" && below["parts"] == [])
    #expect(below["needs"]?[0]?["cell"] == "split")
    try bench.run(kernel)
    #expect(try why(bench, kernel, "fit")["parts"] == [])
    try bench.edit { $0 = $0.replacingOccurrences(of: "split: $split", with: "split: $split\n  C: 0.25") }
    #expect(try why(bench, kernel, "fit")["parts"] == [["part": "params/C", "was": 1, "now": 0.25]])
    try bench.write("x.csv", csv + "0,0,0\n")
    let file = try why(bench, kernel, "load")
    #expect(file["parts"]?.array?.map { $0["part"]?.string } == ["inputs/source"])
    #expect(try why(bench, kernel, "fit")["needs"]?.array?.map { $0["cell"]?.string } == ["load", "split"])
    #expect(throws: Fault.self) { try why(bench, kernel, "fitt") }
  }
}
