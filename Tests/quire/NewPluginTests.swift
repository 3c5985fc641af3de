import Foundation
import JSON
import TestSupport
import Testing

@testable import Kernel
@testable import quire

private let client = SharedData.packageRoot.appendingPathComponent("Clients/python/src").path

/// A session of a person who has `quire` on the `PATH` and the Python package installed.
private var environment: [String: String] {
  let before = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
  return [
    "PATH": URL(fileURLWithPath: Program.quire).deletingLastPathComponent().path + ":" + before,
    "PYTHONPATH": client, "PYTHONDONTWRITEBYTECODE": "1", "QUIRE_CHECKOUT": SharedData.packageRoot.path,
  ]
}

@Test func aNewPythonPluginPassesItsTestsAndTheCheck() throws {
  let folder = try TemporaryFolder()
  let made = try Program.run(
    arguments: ["plugin", "new", "demo", "--language", "python"], in: folder.path, environment: environment)
  #expect(made.status == 0, "\(made)")
  let plugin = folder.path + "/demo"
  let tests = try Program.run(
    "/usr/bin/env", arguments: ["python3", "-m", "unittest"], in: plugin, environment: environment)
  #expect(tests.status == 0 && tests.errors.contains("Ran 5 tests"), "\(tests)")
  let check = try Program.run(arguments: ["plugin", "check", "demo"], in: folder.path, environment: environment)
  #expect(check.status == 0, "\(check)")
  let call = try Program.run(
    arguments: [
      "call", "demo.length", #"{"papers": [{"id": "a", "title": "A few words"}]}"#, "--plugin", "demo",
    ], in: folder.path, environment: environment)
  #expect(try JSON.parse(call.output)["mean"] == 3, "\(call)")
}

/// Without the package the program says how to get it, and the check shows that.
@Test func aPythonPluginSaysHowToGetThePackage() throws {
  let folder = try TemporaryFolder()
  _ = try Program.run(
    arguments: ["plugin", "new", "demo", "--language", "python", "--quire", "/opt/quire"], in: folder.path)
  var environment = environment
  environment["PYTHONPATH"] = "/nowhere"
  let run = try Program.run(
    "/usr/bin/env", arguments: ["python3", "-I", "-S", "plugin.py"], in: folder.path + "/demo", environment: environment
  )
  #expect(run.status != 0 && run.errors.contains("pip install /opt/quire/Clients/python"), "\(run)")
}

@Test func aNewPluginTakesNoNameThatIsTakenAndNoFolderThatIsUsed() throws {
  let folder = try TemporaryFolder()
  for name in ["Demo", "1demo", "my-plugin", "data", "quire"] {
    let refused = try Program.run(arguments: ["plugin", "new", name, "--language", "python"], in: folder.path)
    #expect(refused.status == 2, "\(name): \(refused)")
  }
  try "mine".write(to: folder.file("note"), atomically: true, encoding: .utf8)
  let refused = try Program.run(
    arguments: ["plugin", "new", "demo", "--language", "swift", "--folder", "."], in: folder.path)
  #expect(refused.status == 1 && refused.errors.contains("not an empty folder"), "\(refused)")
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["note"])
}

/// Builds all that PluginKit stands on, so it is one of the slow proofs.
@Test(.enabled(if: ProcessInfo.processInfo.environment["QUIRE_SOAK"] != nil, "slow: make soak"))
func aNewSwiftPluginBuildsAndPassesItsTestsAndTheCheckSoakTests() throws {
  let folder = try TemporaryFolder()
  let made = try Program.run(
    arguments: ["plugin", "new", "demo", "--language", "swift", "--quire", SharedData.packageRoot.path],
    in: folder.path)
  #expect(made.status == 0, "\(made)")
  for words in [["build"], ["test"]] {
    let outcome = try Program.run(
      "/usr/bin/env", arguments: ["swift"] + words, in: folder.path + "/demo", seconds: 1800)
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000)) \(outcome.errors.suffix(1000))")
  }
  let check = try Program.run(arguments: ["plugin", "check", "demo"], in: folder.path)
  #expect(check.status == 0, "\(check)")
}

@Test func everyNewPluginHasAContractThatTheHostTakes() throws {
  for files in [PluginTemplate.python, PluginTemplate.swift] {
    let folder = try TemporaryFolder()
    let template = PluginTemplate(name: "demo", checkout: nil)
    for file in files.map(template.filled) {
      #expect(!file.text.contains("{{") && !file.path.contains("{{"), "\(file.path)")
      let url = folder.file(file.path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try file.text.write(to: url, atomically: true, encoding: .utf8)
    }
    let manifest = try PluginManifest(folder: folder.path)
    #expect(manifest.methods.map(\.name) == ["demo.length"])
  }
}

/// The author's page, followed word by word.
@Test func thePageForAuthorsRunsAsItStands() throws {
  let page = try String(
    contentsOf: SharedData.packageRoot.appendingPathComponent("PLUGINS.md"), encoding: .utf8)
  var commands: [String] = []
  var fence: (end: String, lines: [Substring])?
  for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
    if let open = fence {
      if line == open.end {
        commands.append(open.lines.joined(separator: "\n"))
        fence = nil
      } else {
        fence?.lines.append(line)
      }
    } else if line.hasPrefix("```"), line.hasSuffix("sh") {
      fence = (String(line.dropLast(2)), [])
    }
  }
  #expect(commands.count == 4)
  let folder = try TemporaryFolder()
  // What needs a network has another test; here the package is on the path.
  let script =
    "set -e\n"
    + commands.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    .filter { !$0.contains("pip install") && !$0.contains("venv") }.joined(separator: "\n")
  let outcome = try Program.run(
    "/bin/sh", arguments: ["-c", script], in: folder.path, environment: environment, seconds: 240)
  #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
  #expect(outcome.errors.contains("Ran 5 tests"), "\(outcome.errors)")
  let reference = try String(contentsOf: folder.file("readable/reference/index.html"), encoding: .utf8)
  #expect(reference.contains("id=\"readable.sentences\"") && reference.contains("id=\"probe.logistic\""))
  #expect(reference.contains("id=\"notebook.run\"") && !reference.contains("<script"))
}
