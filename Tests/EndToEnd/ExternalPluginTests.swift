import Foundation
import JSON
import TestSupport
import Testing

private let folder = SharedData.packageRoot.appendingPathComponent("Tests/EndToEnd/Plugin").path

/// A session with the trial plugin.
private struct Session {
  let workspace: TemporaryFolder
  let client: Client

  init(_ plugin: String = folder) throws {
    workspace = try TemporaryFolder()
    client = try Client(in: workspace.path, arguments: ["--plugin", plugin])
  }

  func behave(_ mode: String, _ more: JSON.Object = [:]) throws -> JSON {
    var params = more
    params["mode"] = .string(mode)
    return try client.call("trial.behave", .object(params))
  }

  func fault(_ mode: String) throws -> JSON { try client.error("trial.behave", ["mode": .string(mode)]) }

  /// Waits until a run has said so.
  func waitForProgress(_ message: String) throws {
    while !client.notifications.contains(where: { $0["params"]?["value"]?["message"]?.string == message }) {
      _ = try client.call("ping")
      usleep(10_000)
    }
  }

  func end() throws { #expect(try client.end() == 0) }
}

/// Whether a process lives.
private func lives(_ process: Int) -> Bool { kill(pid_t(process), 0) == 0 }

@Test func aPluginOfItsOwnIsListedDescribedRunAndLogged() throws {
  let session = try Session()
  let listed = try session.client.call("plugin/list")["items"]?.array?.first { $0["family"] == "trial" }
  #expect(
    listed?["builtIn"] == false && listed?["methods"] == ["trial.behave", "trial.change", "trial.look"]
      && listed?["problem"] == nil)
  #expect(try session.client.call("plugin/describe", ["name": "trial.behave"])["title"] == "Behave")
  let value = try session.behave("nothing", ["seed": 5, "_meta": ["run": true]])
  #expect(value["seed"] == 5 && value["_meta"]?["cached"] == false, "\(value.text)")
  #expect(try session.behave("nothing", ["seed": 5, "_meta": ["run": true]])["_meta"]?["cached"] == true)
  let run = try #require(value["_meta"]?["run"])
  let start = try session.client.call("log/show", ["run": run])["entries"]?[0]
  #expect(start?["plugin"]?["id"] == "trial" && start?["plugin"]?["build"]?.string?.utf8.count == 64)
  #expect(try session.client.error("trial.behave", ["mdoe": "x"])["code"] == -32602)
  #expect(try session.client.call("log/verify")["ok"] == true)
  try session.end()
}

@Test func filesGoToThePluginByPathAndItsFilesComeBackAsArtifacts() throws {
  let session = try Session()
  try "a,b\n1,2\n3,4\n".write(to: session.workspace.file("x.csv"), atomically: true, encoding: .utf8)
  let sum = try session.behave("sum", ["numbers": ["$file": "x.csv"]])
  #expect(sum["total"] == 10 && sum["told"]?["media"] == "text/csv", "\(sum.text)")
  let made = try session.behave("artifact", ["_meta": ["run": true]])
  let hash = try #require(made["file"]?["$artifact"])
  let read = try session.client.call("artifact/read", ["hash": hash, "as": "text"])
  #expect(read["text"] == "made outside\n" && read["media"] == "text/plain")
  #expect(made["_meta"]?["warnings"]?[0]?["code"] == "plugin.note")
  #expect(made["_meta"]?["displays"]?[0]?["title"] == "words")
  #expect(try session.fault("unnamed")["code"] == 1103)
  let left = try FileManager.default.contentsOfDirectory(atPath: session.workspace.path + "/.quire/tmp")
  #expect(left.isEmpty, "\(left)")
  try session.end()
}

@Test func progressOfThePluginReachesTheClientInOrder() throws {
  let session = try Session()
  _ = try session.behave("progress", ["workDoneToken": "t"])
  let values = session.client.notifications.filter { $0["method"] == "$/progress" }.compactMap {
    $0["params"]?["value"]
  }
  #expect(values.first?["kind"] == "begin" && values.last?["kind"] == "end")
  let percentages = values.compactMap { $0["percentage"]?.int }
  #expect(percentages == percentages.sorted())
  try session.end()
}

@Test func whatAPluginAnswersIsHeldAgainstItsSchema() throws {
  let session = try Session()
  #expect(try session.fault("lie")["code"] == 1103)
  let refused = try session.fault("refuse")
  #expect(refused["code"] == -32602 && refused["data"]?["path"] == "/mode", "\(refused.text)")
  #expect(try session.fault("memory")["data"]?["kind"] == "math.memory")
  try session.end()
}

@Test func aCrashFailsItsOwnRunsAndTheNextCallStartsThePluginAgain() throws {
  let session = try Session()
  let first = try #require(try session.behave("pid")["pid"]?.int)
  let sleeping = try session.client.request("trial.behave", ["mode": "sleep", "workDoneToken": "s"])
  try session.waitForProgress("sleeping")
  let fallen = try session.fault("crash")
  #expect(fallen["data"]?["kind"] == "plugin.crashed", "\(fallen.text)")
  #expect(fallen["message"]?.string?.contains("status 3") == true, "\(fallen.text)")
  #expect(fallen["data"]?["hint"]?.string?.contains("about to fall") == true, "\(fallen.text)")
  #expect(try session.client.answer(sleeping)["error"]?["data"]?["kind"] == "plugin.crashed")
  #expect(try session.client.call("data.load", ["source": [[1]]])["rows"] == 1)
  let second = try #require(try session.behave("pid", ["seed": 1])["pid"]?.int)
  #expect(first != second && lives(second))
  // Three crashes within a minute: it is left alone until somebody restarts it.
  _ = try session.fault("crash")
  _ = try session.fault("crash")
  let broken = try session.fault("nothing")
  #expect(broken["data"]?["hint"]?.string?.contains("plugin/restart") == true, "\(broken.text)")
  let restarted = try session.client.call("plugin/restart", ["family": "trial"])
  #expect(lives(restarted["pid"]?.int ?? -1))
  #expect(try session.behave("nothing")["mode"] == "nothing")
  #expect(try session.client.error("plugin/restart", ["family": "data"])["code"] == -32602)
  try session.end()
  #expect(!lives(restarted["pid"]?.int ?? 1), "an orphan")
}

@Test func aCancelIsObeyedOrThePluginIsEnded() throws {
  let session = try Session()
  for mode in ["sleep", "deaf"] {
    let pid = try #require(try session.behave("pid", ["seed": .integer(mode == "deaf" ? 1 : 0)])["pid"]?.int)
    let request = try session.client.request("trial.behave", ["mode": .string(mode)])
    #expect(try session.client.call("ping") == [:])
    try session.client.notify("$/cancelRequest", ["id": JSON(request)])
    #expect(try session.client.answer(request)["error"]?["code"] == -32800, "\(mode)")
    if mode == "sleep" { #expect(lives(pid)) }
  }
  #expect(try session.behave("nothing")["mode"] == "nothing")
  try session.end()
}

@Test func aStrayPrintEndsTheRunAndIsShown() throws {
  let session = try Session()
  let stray = try session.fault("print")
  #expect(stray["data"]?["kind"] == "plugin.failed")
  #expect(stray["message"]?.string?.contains("debugging here") == true, "\(stray.text)")
  #expect(try session.behave("nothing")["mode"] == "nothing")
  try session.end()
}

@Test func theEndOfTheHostEndsThePlugin() throws {
  let session = try Session()
  let pid = try #require(try session.behave("pid")["pid"]?.int)
  _ = try session.client.request("trial.behave", ["mode": "deaf"])
  kill(session.client.program.processID, SIGTERM)
  #expect(try session.client.program.wait() == 0)
  for _ in 0..<100 where lives(pid) { usleep(20_000) }
  #expect(!lives(pid))
}

/// Each fault of a manifest, and what its message must say.
@Test(arguments: [
  (#"{"name": "trial""#, "line 1"),
  (
    #"{"name": "Trial", "version": "0.1.0", "protocol": 1, "summary": "x", "command": ["x"], "methods": ["m.json"]}"#,
    "name"
  ),
  (
    #"{"name": "trial", "version": "1", "protocol": 1, "summary": "x", "command": ["x"], "methods": ["m.json"]}"#,
    "version"
  ),
  (
    #"{"name": "trial", "version": "0.1.0", "protocol": 2, "summary": "x", "command": ["x"], "methods": ["m.json"]}"#,
    "protocol"
  ),
  (
    #"{"name": "trial", "version": "0.1.0", "protocol": 1, "summary": "x", "command": ["x"], "methods": ["../m.json"]}"#,
    "m.json"
  ),
  (
    #"{"name": "data", "version": "0.1.0", "protocol": 1, "summary": "x", "command": ["x"], "methods": ["m.json"]}"#,
    "data.METHOD"
  ),
])
func aWrongManifestIsToldAndTheHostGoesOn(_ manifest: String, _ word: String) throws {
  let plugin = try TemporaryFolder()
  try manifest.write(to: plugin.file("quire-plugin.json"), atomically: true, encoding: .utf8)
  try FileManager.default.copyItem(
    at: URL(fileURLWithPath: folder + "/trial.behave.json"), to: plugin.file("m.json"))
  let session = try Session(plugin.path)
  let problems = try session.client.call("plugin/list")["items"]?.array?.compactMap { $0["problem"]?.string } ?? []
  #expect(problems.count == 1 && problems[0].contains(word), "\(problems)")
  #expect(try session.client.call("data.load", ["source": [[1]]])["rows"] == 1)
  try session.end()
}

@Test func aProgramThatIsMissingOrSlowIsToldWithItsName() throws {
  let plugin = try TemporaryFolder()
  for name in ["trial.behave.json", "plugin.py"] {
    try FileManager.default.copyItem(at: URL(fileURLWithPath: "\(folder)/\(name)"), to: plugin.file(name))
  }
  func manifest(_ command: String) throws {
    let text = """
      {"name": "trial", "version": "0.1.0", "protocol": 1, "summary": "x", "command": [\(command)],
       "methods": ["trial.behave.json"], "limits": {"startSeconds": 0.5}}
      """
    try text.write(to: plugin.file("quire-plugin.json"), atomically: true, encoding: .utf8)
  }
  try manifest(#""no-such-program-anywhere""#)
  let missing = try Session(plugin.path)
  #expect(try missing.fault("nothing")["message"]?.string?.contains("no-such-program-anywhere") == true)
  try missing.end()
  try manifest(#""sleep", "60""#)
  let slow = try Session(plugin.path)
  #expect(try slow.fault("nothing")["message"]?.string?.contains("within 0.5 s") == true)
  try slow.end()
}

@Test func aNotebookThatNamesAPluginNeitherFetchesNorStartsIt() throws {
  let workspace = try TemporaryFolder()
  let plugin = workspace.file(".quire/plugins/trial")
  try FileManager.default.createDirectory(
    at: plugin.deletingLastPathComponent(), withIntermediateDirectories: true)
  try FileManager.default.copyItem(at: URL(fileURLWithPath: folder), to: plugin)
  let manifest = plugin.appendingPathComponent("quire-plugin.json")
  var text = try JSON.parse(Array(Data(contentsOf: manifest)))
  text["command"] = ["sh", "-c", "touch started; exec python3 plugin.py"]
  try text.text.write(to: manifest, atomically: true, encoding: .utf8)
  let started = plugin.appendingPathComponent("started").path
  let notebook = """
    ---
    plugins: [https://example.org/nowhere.git, ./elsewhere]
    ---

    ```quire id=known
    method: trial.behave
    params:
      mode: nothing
    ```

    ```quire id=missing
    method: nowhere.count
    params: {}
    ```

    """
  try notebook.write(to: workspace.file("a.quire.md"), atomically: true, encoding: .utf8)
  let client = try Client(in: workspace.path)
  let opened = try client.call("notebook/open", ["path": "a.quire.md"])
  let name = try #require(opened["notebook"])
  #expect(opened["diagnostics"]?.text.contains("nowhere.count") == true, "\(opened.text)")
  _ = try client.call("cell/check", ["notebook": name, "cell": "known"])
  _ = try client.call("plugin/describe", ["name": "trial.behave"])
  #expect(!FileManager.default.fileExists(atPath: started))
  _ = try client.call("cell/run", ["notebook": name, "cell": "known"])
  #expect(FileManager.default.fileExists(atPath: started))
  #expect(try client.end() == 0)
}

@Test func pluginsThatCannotBeUsedAreToldInTheListByTheDoctorAndOnCells() throws {
  let workspace = try TemporaryFolder()
  let plugins = workspace.file(".quire/plugins")
  try FileManager.default.createDirectory(at: plugins, withIntermediateDirectories: true)
  func plant(_ name: String, _ command: String, schema: String? = nil) throws {
    let place = plugins.appendingPathComponent(name)
    try FileManager.default.copyItem(at: URL(fileURLWithPath: folder), to: place)
    let file = place.appendingPathComponent("quire-plugin.json")
    var manifest = try JSON.parse(Array(Data(contentsOf: file)))
    manifest["command"] = [.string(command)]
    manifest["name"] = .string(name)
    manifest["methods"] = ["m.json"]
    try manifest.text.write(to: file, atomically: true, encoding: .utf8)
    let text = schema ?? #"{"name": "\#(name).go", "params": {"type": "object"}, "result": {}}"#
    try text.write(to: place.appendingPathComponent("m.json"), atomically: true, encoding: .utf8)
  }
  try plant("absent", "no-such-program-anywhere")
  try plant("noschema", "sh", schema: #"{"name": "noschema.go", "params": {"type": "objekt"}, "result": {}}"#)
  try plant("nojson", "sh", schema: "{")
  try plant("stranger", "sh", schema: #"{"name": "other.go", "params": {}, "result": {}}"#)
  try plant("data", "sh")
  let words = ["no-such-program-anywhere", "m.json", "line 1", "stranger.METHOD", "another plugin has this name"]
  let list = try Program.run(arguments: ["plugin", "list"], in: workspace.path)
  let doctor = try Program.run(arguments: ["doctor"], in: workspace.path)
  for word in words {
    #expect(list.output.contains(word), "\(word): \(list.output)")
    #expect(doctor.output.contains(word), "\(word): \(doctor.output)")
  }
  #expect(list.status == 0 && doctor.status == 1)
  let notebook = "```quire id=a\nmethod: absent.go\nparams: {}\n```\n"
  try notebook.write(to: workspace.file("a.quire.md"), atomically: true, encoding: .utf8)
  let check = try Program.run(arguments: ["check", "a.quire.md"], in: workspace.path)
  #expect(check.status == 1 && (check.output + check.errors).contains("no-such-program-anywhere"), "\(check)")
}
