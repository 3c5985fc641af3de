import Foundation
import JSON
import TestSupport
import Testing

private func folder(_ notebook: String) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try notebook.write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  try "x,y\n1,2\n3,4\n5,6\n".write(to: folder.file("x.csv"), atomically: true, encoding: .utf8)
  return folder
}

private func cell(_ id: String, _ body: String) -> String { "```quire id=\(id)\n\(body)\n```\n\n" }

private let chain =
  "# Two cells\n\n" + cell("load", "method: data.load\nparams:\n  source: $file:x.csv")
  + cell("again", "method: data.load\nparams:\n  source: $load\n  dtype: float32")

@Test func aNotebookRunsOnceAndIsFreshTheSecondTime() throws {
  let folder = try folder(chain)
  let first = try Program.run(arguments: ["run", "a.quire.md"], in: folder.path)
  #expect(first.status == 0, "\(first.errors)")
  #expect(first.output.contains("load") && first.output.contains("ran") && first.output.contains("rows 3"))
  let second = try Program.run(arguments: ["run", "a.quire.md", "--json"], in: folder.path)
  #expect(try JSON.parse(second.output)["cached"] == 2)
  // A comment changes nothing; the file does.
  let commented = chain.replacingOccurrences(of: "params:", with: "params:  # of the file")
  try commented.write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  let third = try Program.run(arguments: ["run", "a.quire.md", "--json"], in: folder.path)
  #expect(try JSON.parse(third.output)["cached"] == 2)
  try "x,y\n1,2\n".write(to: folder.file("x.csv"), atomically: true, encoding: .utf8)
  let fourth = try Program.run(arguments: ["run", "a.quire.md", "--json"], in: folder.path)
  #expect(try JSON.parse(fourth.output)["ran"] == 2)
}

@Test func earlyCutOffLeavesWhatReadsAnUnchangedResult() throws {
  let folder = try folder(chain)
  _ = try Program.run(arguments: ["run", "a.quire.md"], in: folder.path)
  // Another file of the same numbers: the first cell runs, the second reads the same artifact.
  try "x,y\n1.0,2.0\n3.0,4\n5,6\n".write(to: folder.file("x.csv"), atomically: true, encoding: .utf8)
  let again = try Program.run(arguments: ["run", "a.quire.md", "--json"], in: folder.path)
  let cells = try JSON.parse(again.output)["cells"]?.array ?? []
  #expect(cells.map { $0["cached"] } == [false, true])
}

@Test func aNotebookOverTheWireTellsItsCellsAndRunsThem() throws {
  let folder = try folder(chain)
  let client = try Client(in: folder.path, initialized: false)
  _ = try client.call("initialize", ["capabilities": ["cellEvents": true]])
  let opened = try client.call("notebook/open", ["path": "a.quire.md"])
  #expect(opened["cells"]?.array?.map { $0["state"] } == ["new", "new"])
  #expect(opened["cells"]?[1]?["dependsOn"] == ["load"])
  #expect(!FileManager.default.fileExists(atPath: folder.path + "/.quire"))
  let notebook = try #require(opened["notebook"])
  let ran = try client.call("cell/run", ["notebook": notebook, "cell": "again"])
  #expect(ran["state"] == "fresh")
  let states = client.notifications.filter { $0["method"] == "cell/state" }.compactMap { $0["params"] }
  #expect(states.map { $0["cell"]?.string } == ["load", "load", "again", "again"])
  #expect(states.map { $0["seq"]?.int } == [1, 2, 3, 4])
  let outputs = try client.call("cell/outputs", ["notebook": notebook, "cell": "again"])
  #expect(outputs["value"]?["dtype"] == "float32")
  let all = try client.call("notebook/run", ["notebook": notebook])
  #expect(all["cached"] == 2)
  #expect(try client.call("cell/graph", ["notebook": notebook])["edges"] == [["load", "again"]])
  #expect(try client.error("cell/run", ["notebook": notebook, "cell": "agian"])["code"] == 1302)
  #expect(try client.end() == 0)
}

/// Each fault of a notebook: what stands in it, where it is, and what the message must say.
@Test(arguments: [
  ("method: data.laod", 4, "data.load", "E204"),
  ("method: data.load\nparams:\n  source: $file:x.csv\n  dtype: 7", 7, "float64", "E205"),
  ("method: data.load\nparams:\n  sourec: $file:x.csv", 6, "source", "E203"),
  ("method: data.load\nparams:\n  source: $nowhere", 6, "nowhere", "E301"),
  ("method: data.load\nparams:\n  source: $a", 6, "itself", "E305"),
  ("method: data.load\nparams:\n source: x\n   dtype: y", 7, "indentation", "E201"),
  ("method: data.load\nparams:\n  source: yes", 6, "quotes", "E206"),
])
func everyFaultOfANotebookNamesItsPlace(_ body: String, _ line: Int, _ word: String, _ code: String) throws {
  let folder = try folder("# Title\n\n" + cell("a", body))
  let checked = try Program.run(arguments: ["check", "a.quire.md"], in: folder.path)
  #expect(checked.status == 1)
  let lines = checked.output.split(separator: "\n")
  #expect(
    lines.contains { $0.hasPrefix("a.quire.md:\(line):") && $0.contains("error: ") && $0.contains(code) },
    "\(checked.output)")
  #expect(checked.output.contains(word), "\(checked.output)")
  let ran = try Program.run(arguments: ["run", "a.quire.md"], in: folder.path)
  #expect(ran.status == 1)
  #expect(!FileManager.default.fileExists(atPath: folder.path + "/.quire/log"), "something was logged")
}

@Test func cyclesAndFrontMatterAreFaultsToo() throws {
  let cycle =
    "---\ntitle: [\n---\n" + cell("a", "method: data.load\nparams:\n  source: $b")
    + cell("b", "method: data.load\nparams:\n  source: $a")
  let folder = try folder(cycle)
  let checked = try Program.run(arguments: ["check", "a.quire.md"], in: folder.path)
  #expect(checked.status == 1)
  #expect(checked.output.contains("E102") && checked.output.contains("E304"), "\(checked.output)")
}

@Test func aFailureStopsWhatDependsOnItAndNothingElse() throws {
  let notebook =
    cell("bad", "method: data.load\nparams:\n  source: $file:missing.csv")
    + cell("below", "method: data.load\nparams:\n  source: $bad")
    + cell("other", "method: data.load\nparams:\n  source: $file:x.csv")
  let folder = try folder(notebook)
  let outcome = try Program.run(arguments: ["run", "a.quire.md", "--json"], in: folder.path)
  #expect(outcome.status == 1)
  let cells = try JSON.parse(outcome.output)["cells"]?.array ?? []
  #expect(cells.map { $0["state"] } == ["failed", "blocked", "fresh"])
  #expect(outcome.errors.contains("missing.csv"), "\(outcome.errors)")
  #expect(outcome.errors.contains("a.quire.md:4:"), "\(outcome.errors)")
}

@Test func wrongFilesGetAnErrorThatSaysWhatToDo() throws {
  let folder = try folder(chain)
  func run(_ arguments: String...) throws -> Program.Outcome { try Program.run(arguments: arguments, in: folder.path) }
  let missing = try run("run", "nothing.quire.md")
  #expect(missing.status == 1 && missing.errors.contains("nothing.quire.md"), "\(missing.errors)")
  try "".write(to: folder.file("empty.quire.md"), atomically: true, encoding: .utf8)
  let empty = try run("run", "empty.quire.md")
  #expect(empty.status == 1 && empty.errors.contains("no cell"), "\(empty.errors)")
  let unknown = try run("call", "data.laod", "{}")
  #expect(unknown.status == 2 && unknown.errors.contains("data.load"), "\(unknown.errors)")
  let notJSON = try run("call", "data.load", "{source}")
  #expect(notJSON.status == 2 && notJSON.errors.contains("line 1"), "\(notJSON.errors)")
  let binary = try run("call", "papers.parse", #"{"source":{"$file":"/bin/true"}}"#)
  #expect(binary.status == 1 && binary.errors.contains("no text"), "\(binary.errors)")
  let nothing = try run("call", "papers.parse", #"{"source":{"$file":"empty.quire.md"}}"#)
  #expect(nothing.status == 1 && nothing.errors.contains("empty"), "\(nothing.errors)")
  #expect(try run("run").status == 2)
  #expect(try run("nonsense").status == 2)
}

@Test func aParamIsSetForOneRunAndAnUnknownCellIsToldBySpelling() throws {
  let folder = try folder(chain)
  let set = try Program.run(arguments: ["run", "a.quire.md", "--set", "again.dtype=float64"], in: folder.path)
  #expect(set.status == 0, "\(set.errors)")
  let wrong = try Program.run(arguments: ["run", "a.quire.md", "--set", "agian.dtype=float64"], in: folder.path)
  #expect(wrong.status != 0)
  #expect(wrong.errors.contains("again"), "\(wrong.errors)")
}
