import Foundation
import JSON
import TestSupport
import Testing

private let text = """
  # Two cells

  ```quire id=load
  method: data.load   # of the file
  params:
    source: [[1, 2], [3, 4]]
  ```

  Prose between.

  ```quire id=again
  method: data.load
  params:
    dtype: float32
    source: $load
  ```

  """

/// A folder with a notebook, a session in it, and the notebook opened.
private func opened() throws -> (folder: TemporaryFolder, client: Client, notebook: JSON) {
  let folder = try TemporaryFolder()
  try text.write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  let client = try Client(in: folder.path, initialized: false)
  _ = try client.call("initialize", ["capabilities": ["cellEvents": true]])
  let notebook = try #require(try client.call("notebook/open", ["path": "a.quire.md"])["notebook"])
  return (folder, client, notebook)
}

private func onDisk(_ folder: TemporaryFolder) throws -> String {
  try String(contentsOf: folder.file("a.quire.md"), encoding: .utf8)
}

@Test func editsLeaveWhatTheyDoNotTouchByteForByte() throws {
  let (folder, client, notebook) = try opened()
  let answer = try client.call(
    "notebook/update",
    [
      "notebook": notebook, "version": 1, "withText": true,
      "edits": [
        ["set": ["cell": "again", "path": "/dtype", "value": "float64"]],
        ["rename": ["cell": "load", "to": "numbers"]],
        [
          "insert": ["after": "numbers", "text": "```quire id=third\nmethod: data.load\nparams:\n  source: [[5]]\n```"]
        ],
        ["replaceBody": ["cell": "third", "text": "method: data.load\nparams: {source: [[6]]}\n"]],
      ],
    ])
  let expected =
    text.replacingOccurrences(of: "float32", with: "float64").replacingOccurrences(of: "id=load", with: "id=numbers")
    .replacingOccurrences(of: "$load", with: "$numbers")
    .replacingOccurrences(
      of: "\n```\n\nProse",
      with: "\n```\n\n```quire id=third\nmethod: data.load\nparams: {source: [[6]]}\n```\n\nProse")
  #expect(answer["text"]?.string == expected)
  #expect(answer["version"] == 2)
  #expect(answer["cells"]?.array?.compactMap { $0["id"]?.string } == ["numbers", "third", "again"])
  #expect(try onDisk(folder) == text, "nothing is written before it is saved")
  // The whole text, or some bytes of it.
  let back = try client.call("notebook/update", ["notebook": notebook, "version": 2, "text": .string(text)])
  #expect(back["version"] == 3)
  let some = try client.call(
    "notebook/update",
    [
      "notebook": notebook, "version": 3, "withText": true,
      "edits": [["replace": ["start": 2, "end": 5, "text": "Zwei größere"]]],
    ])
  #expect(some["text"]?.string?.hasPrefix("# Zwei größere cells\n") == true)
  #expect(try client.end() == 0)
}

@Test func editsOfAnotherVersionOrInPartAreRefusedAsAWhole() throws {
  let (folder, client, notebook) = try opened()
  defer { withExtendedLifetime(folder) {} }
  func update(_ version: Int, _ edits: JSON) throws -> JSON {
    try client.error("notebook/update", ["notebook": notebook, "version": JSON(version), "edits": edits])
  }
  let old = try update(7, [])
  #expect(old["code"] == -32801 && old["data"]?["version"] == 1)
  let half = try update(1, [["delete": ["cell": "again"]], ["delete": ["cell": "laod"]]])
  #expect(half["code"] == 1302 && half["data"]?["path"] == "/edits/1", "\(half.text)")
  #expect(half["data"]?["hint"]?.string?.contains("load") == true, "\(half.text)")
  let nowhere = try update(1, [["replace": ["start": 10_000, "end": 10_001, "text": ""]]])
  #expect(nowhere["code"] == -32602)
  #expect(try update(1, [["set": ["cell": "load", "path": "source", "value": 1]]])["code"] == 1301)
  #expect(try update(1, [[:]])["code"] == -32602)
  #expect(try client.call("notebook/get", ["notebook": notebook, "withText": true])["text"]?.string == text)
  #expect(try client.end() == 0)
}

@Test func anEditTellsWhichCellsItMadeStale() throws {
  let (folder, client, notebook) = try opened()
  defer { withExtendedLifetime(folder) {} }
  _ = try client.call("notebook/run", ["notebook": notebook])
  let before = client.notifications.count
  let answer = try client.call(
    "notebook/update",
    ["notebook": notebook, "version": 1, "edits": [["set": ["cell": "load", "path": "/source/0/0", "value": 9]]]])
  #expect(answer["cells"]?.array?.map { $0["state"] } == ["stale", "stale"])
  let events = client.notifications.dropFirst(before).filter { $0["method"] == "cell/state" }
  #expect(events.map { $0["params"]?["cell"] } == ["load", "again"])
  // Edited back: fresh again without a run.
  let back = try client.call("notebook/update", ["notebook": notebook, "version": 2, "text": .string(text)])
  #expect(back["cells"]?.array?.map { $0["state"] } == ["fresh", "fresh"])
  #expect(try client.end() == 0)
}

@Test func anEditAnswersOnlyWhatItChangedWhenItIsAskedTo() throws {
  let (folder, client, notebook) = try opened()
  defer { withExtendedLifetime(folder) {} }
  _ = try client.call("notebook/run", ["notebook": notebook])
  _ = try client.call("notebook/get", ["notebook": notebook])
  func update(_ version: Int, _ edit: JSON) throws -> JSON {
    try client.call(
      "notebook/update",
      ["notebook": notebook, "version": JSON(version), "edits": [edit], "onlyChanged": true])
  }
  let below = try update(1, ["set": ["cell": "again", "path": "/dtype", "value": "float64"]])
  #expect(below["partial"] == true && below["cells"]?.array?.map { $0["id"] } == ["again"], "\(below.text)")
  let above = try update(2, ["set": ["cell": "load", "path": "/source/0/0", "value": 9]])
  #expect(above["cells"]?.array?.map { $0["id"] } == ["load"], "'again' was stale already")
  let moved = try update(3, ["insert": ["text": "One more line.\n\n"]])
  #expect(moved["cells"]?.array?.map { $0["id"] } == ["load", "again"], "their lines are others: \(moved.text)")
  let nothing = try update(4, ["set": ["cell": "load", "path": "/source/0/0", "value": 9]])
  #expect(nothing["cells"] == [] && nothing["partial"] == true)
  let gone = try update(4, ["delete": ["cell": "again"]])
  #expect(gone["partial"] == nil && gone["cells"]?.array?.map { $0["id"] } == ["load"], "\(gone.text)")
  #expect(try client.end() == 0)
}

@Test func savingNeverOverwritesWhatAnotherProgramWrote() throws {
  let (folder, client, notebook) = try opened()
  let edit: JSON = ["set": ["cell": "again", "path": "/dtype", "value": "float64"]]
  _ = try client.call("notebook/update", ["notebook": notebook, "version": 1, "edits": .array([edit])])
  #expect(try client.call("notebook/list")["items"]?[0]?["unsaved"] == true)
  try #require(chmod(folder.file("a.quire.md").path, 0o640) == 0)
  let saved = try client.call("notebook/save", ["notebook": notebook])
  #expect(try onDisk(folder) == text.replacingOccurrences(of: "float32", with: "float64"))
  #expect(saved["bytes"]?.int == text.utf8.count)
  let mode = try FileManager.default.attributesOfItem(atPath: folder.file("a.quire.md").path)[.posixPermissions]
  #expect(mode as? Int == 0o640)
  #expect(try client.call("notebook/list")["items"]?[0]?["unsaved"] == false)
  // Another program writes.
  try "# Mine\n".write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  _ = try client.call("notebook/update", ["notebook": notebook, "version": 2, "text": "# Yours\n"])
  let refused = try client.error("notebook/save", ["notebook": notebook])
  #expect(refused["code"] == 1307 && refused["data"]?["kind"] == "notebook.changed", "\(refused.text)")
  #expect(try onDisk(folder) == "# Mine\n")
  _ = try client.call("notebook/save", ["notebook": notebook, "force": true])
  #expect(try onDisk(folder) == "# Yours\n")
  // A copy goes elsewhere, but not over a file, and not outside the roots.
  _ = try client.call("notebook/save", ["notebook": notebook, "path": "copy.quire.md"])
  #expect(try String(contentsOf: folder.file("copy.quire.md"), encoding: .utf8) == "# Yours\n")
  try "x".write(to: folder.file("other.md"), atomically: true, encoding: .utf8)
  #expect(try client.error("notebook/save", ["notebook": notebook, "path": "other.md"])["code"] == 1002)
  #expect(try client.error("notebook/save", ["notebook": notebook, "path": "/tmp/other.md"])["code"] == 1052)
  #expect(try client.end() == 0)
}

@Test func aCellIsCheckedWithoutANotebook() throws {
  let (folder, client, notebook) = try opened()
  defer { withExtendedLifetime(folder) {} }
  let body = try client.call("cell/check", ["text": "method: data.load\nparams:\n  source: $other\n  dtpye: float32"])
  #expect(body["method"] == "data.load")
  let faults = body["diagnostics"]?.array ?? []
  #expect(faults.map { $0["code"] } == ["E203"], "\(body.text)")
  #expect(faults.first?["line"] == 4 && faults.first?["column"] == 3, "\(body.text)")
  #expect(faults.first?["hint"]?.string?.contains("dtype") == true, "\(body.text)")
  let whole = try client.call("cell/check", ["text": "```quire\nmethod: data.laod\n```\n"])
  #expect(whole["diagnostics"]?[0]?["code"] == "E204" && whole["diagnostics"]?[0]?["line"] == 2, "\(whole.text)")
  let good = try client.call("cell/check", ["notebook": notebook, "cell": "again"])
  #expect(good["diagnostics"] == [] && good["method"] == "data.load")
  #expect(try client.error("cell/check", ["notebook": notebook, "cell": "agian"])["code"] == 1302)
  #expect(try client.end() == 0)
}

/// A run is of the text as it was when it was asked for, whatever is edited while it waits.
@Test func aRunIsOfTheTextThatWasThereWhenItWasAskedFor() throws {
  let (folder, client, notebook) = try opened()
  defer { withExtendedLifetime(folder) {} }
  let run = try client.request("notebook/run", ["notebook": notebook])
  let edit = try client.request(
    "notebook/update", ["notebook": notebook, "version": 1, "text": "# Nothing left\n"])
  #expect(try client.answer(run)["result"]?["ran"] == 2)
  #expect(try client.answer(edit)["result"]?["cells"] == [])
  #expect(try client.end() == 0)
}
