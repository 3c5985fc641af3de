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
