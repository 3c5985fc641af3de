import Foundation
import JSON
import PluginKit
import TestSupport
import Testing

@testable import Kernel
@testable import quire

private let faulty = SharedData.packageRoot.appendingPathComponent("Tests/quire/Faulty")

/// A copy of the plugin in `Faulty/` with one fault.
private struct Planted: Sendable, CustomTestStringConvertible {
  /// What the program does wrong; its argument.
  var program: String?
  /// Edits of the manifest and of the schema file: a JSON Pointer and the value there, `nil` to take it out.
  var manifest: [String: JSON?] = [:]
  var schema: [String: JSON?] = [:]
  /// The whole text of the manifest.
  var text: String?
  /// The check that finds it, and words of what it says.
  let check: String
  let words: [String]
  /// A check that cannot be passed with this fault.
  var also: [String] = []

  init(
    _ program: String? = nil, manifest: [String: JSON?] = [:], schema: [String: JSON?] = [:], text: String? = nil,
    also: [String] = [], _ check: String, _ words: String...
  ) {
    (self.program, self.manifest, self.schema, self.text) = (program, manifest, schema, text)
    (self.check, self.words, self.also) = (check, words, also)
  }

  var testDescription: String {
    program ?? (Array(manifest.keys) + Array(schema.keys)).sorted().first ?? "no JSON"
  }

  func write() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(at: faulty.appendingPathComponent("plugin.py"), to: folder.file("plugin.py"))
    try edited("trial.count.json", schema).write(
      to: folder.file("trial.count.json"), atomically: true, encoding: .utf8)
    var manifest = manifest
    if let program {
      let command: JSON = ["python3", "plugin.py", .string(program)]
      manifest["/command"] = command
    }
    try (text ?? edited("quire-plugin.json", manifest)).write(
      to: folder.file("quire-plugin.json"), atomically: true, encoding: .utf8)
    return folder
  }

  private func edited(_ name: String, _ edits: [String: JSON?]) throws -> String {
    var document = try JSON.parse(Array(Data(contentsOf: faulty.appendingPathComponent(name))))
    for (pointer, value) in edits { document = set(document, pointer.split(separator: "/").map(String.init), value) }
    return document.prettyText
  }

  private func set(_ document: JSON, _ path: [String], _ value: JSON?) -> JSON {
    guard let first = path.first else { return value ?? .null }
    var document = document
    document[first] = path.count == 1 ? value : set(document[first] ?? [:], Array(path.dropFirst()), value)
    return document
  }
}

private let limits: JSON = ["memoryMiB": 512, "startSeconds": 0.5]

private let planted: [Planted] = [
  // Files.
  Planted(text: #"{"name": "trial""#, "manifest", "quire-plugin.json", "line 1"),
  Planted(manifest: ["/name": "Trial"], "manifest", "name"),
  Planted(manifest: ["/name": "data"], "manifest", "data.METHOD"),
  Planted(manifest: ["/version": "1"], "manifest", "version"),
  Planted(manifest: ["/protocol": 2], "manifest", "protocol"),
  Planted(manifest: ["/methods": ["trial.count.json", "trial.count.json"]], "manifest", "trial.count"),
  Planted(manifest: ["/methods": ["missing.json"]], "manifest", "missing.json"),
  Planted(manifest: ["/methods": ["../trial.count.json"]], "manifest", "trial.count.json"),
  Planted(schema: ["/name": "other.count"], "manifest", "trial.METHOD", "other.count"),
  Planted(schema: ["/params/properties/text/type": "strng"], "schema", "trial.count.json"),
  Planted(schema: ["/result/$ref": "https://example.org/x.json"], "schema", "trial.count.json"),
  Planted(schema: ["/description": nil], "words", "'description' is missing"),
  Planted(schema: ["/params/properties/text/description": nil], "words", "'text' has no description"),
  Planted(schema: ["/determinism": "mostly"], "contract", "exact, bitwise, none or tolerance"),
  Planted(schema: ["/effects": "deletesStore"], "contract", "none or writesStore"),
  Planted(schema: ["/errors": ["trial.alas"]], "contract", "trial.alas"),
  Planted(schema: ["/primary": "wrods"], "contract", "wrods"),
  Planted(schema: ["/usesSeed": nil], "contract", "'usesSeed' is missing"),
  Planted(schema: ["/params/properties/least/default": -1], also: ["repeat"], "contract", "default does not fit"),
  Planted(
    schema: ["/result/properties/warnings": ["type": "array"]], "warnings", "no member 'warnings'"),
  Planted(schema: ["/params/additionalProperties": true], "params", "an unknown param is taken"),
  Planted(schema: ["/examples": []], "examples", "there is no example"),
  Planted(schema: ["/examples": [["params": ["txet": "x"]]]], "params", "example 1 are refused"),
  // The start.
  Planted(manifest: ["/command": ["no-such-program-anywhere"]], "start", "no-such-program-anywhere"),
  Planted("start-name", "start", "tiral", "trial"),
  Planted("start-version", "start", "0.2.0"),
  Planted("start-protocol", "start", "protocol 2"),
  Planted("start-hang", manifest: ["/limits": limits], "start", "did not answer plugin/initialize"),
  Planted("start-slow", manifest: ["/limits": limits], "start", "the manifest allows 0.5 s"),
  Planted("start-crash", "start", "status 1"),
  // Runs.
  Planted("crash", "examples", "status 3"),
  Planted("hang", "examples", "no answer"),
  Planted("fails", "examples", "too few words", "math.tooFewSamples"),
  Planted(
    schema: ["/examples": [["params": ["text": "to be"], "result": ["words": 3]]]], "examples", "3"),
  Planted("lie", "result", "/words"),
  Planted("unmade", "result", "never made"),
  Planted("print", "stdout", "debugging here"),
  Planted("print-number", "stdout", "message"),
  Planted("nan", "stdout", "NaN"),
  Planted("writes", "rights", "host/papers.write"),
  Planted("reads", "rights", "host/papers.query"),
  Planted("unknown-call", "rights", "host/network"),
  Planted("unknown-error", "errors", "7777"),
  Planted("no-kind", "errors", "unheard.of"),
  Planted("silent-on-wrong-params", "errors", "not answered"),
  Planted("exits-on-wrong-params", "errors", "status 5"),
  Planted("memory", "memory", "no room"),
  Planted("memory-crash", "memory", "limits.memoryMiB"),
  Planted("progress-back", "progress", "0.75", "0.5"),
  Planted("progress-over", "progress", "none"),
  Planted("progress-late", "progress", "not on"),
  Planted("no-npy", "artifacts", "application/x-npy"),
  Planted("random", "repeat", "/letters", "exact"),
  Planted("set-order", "repeat", "/letters"),
  // The link.
  Planted("cancel-deaf", "cancel", "not obeyed"),
  Planted("cancel-wrong-code", "cancel", "1101"),
  Planted("answers-anything", "refusal", "unknown method"),
  Planted("unknown-call-ignored", "refusal", "not answered"),
  Planted("large", "large", "2 MiB"),
  Planted("shutdown-unanswered", "shutdown", "plugin/shutdown"),
  Planted("exit-ignored", "shutdown", "still ran"),
  Planted("exit-status", "shutdown", "status 7"),
  Planted("leaves-child", "shutdown", "a process behind"),
  Planted("orphan", "orphan", "standard input"),
]

private var checks: Conformance {
  var checks = Conformance(plugins: builtInPlugins)
  // Long for what comes at once, short for what never comes.
  checks.largeMessage = 2 << 20
  (checks.patience.example, checks.patience.answer, checks.patience.end) = (6, 3, 2)
  return checks
}

/// Each fault is found by the check that bears its name, said in words that show it, with a place and what to do.
@Test(arguments: planted) private func aPlantedFaultIsFoundAndNamed(_ fault: Planted) throws {
  let folder = try fault.write()
  let report = try checks.check(folder: folder.path)
  let found = report.lines.filter { !$0.findings.isEmpty }
  let finding = try #require(found.first { $0.check == fault.check }?.findings.first, "\(report.json.prettyText)")
  for word in fault.words { #expect(finding.message.contains(word), "\(finding.message)") }
  #expect(!finding.hint.isEmpty)
  #expect(
    finding.file != nil || finding.method != nil || ["refusal", "large", "shutdown", "orphan"].contains(fault.check))
  // One fault, one check: nobody is sent to the wrong place.
  #expect(found.map(\.check) == [fault.check] + fault.also, "\(report.json.prettyText)")
  #expect(!report.isGood)
}

@Test func aPluginInOrderPassesEveryCheck() throws {
  let report = try Conformance(plugins: builtInPlugins).check(folder: faulty.path)
  #expect(report.isGood, "\(report.json.prettyText)")
  #expect(report.lines.allSatisfy { $0.verdict.name == "ok" }, "\(report.json.prettyText)")
  #expect(report.lines.count == ConformanceCheck.all.count)
}

/// What is asked of others is asked of ours.
@Test(arguments: builtInPlugins.map { $0.name }) func aBuiltInPluginPassesTheSameChecks(_ name: String) throws {
  let plugin = try #require(builtInPlugins.first { $0.name == name })
  let report = try Conformance(plugins: builtInPlugins).check(plugin)
  for line in report.lines { #expect(line.findings.isEmpty, "\(line.check): \(line.findings)") }
}

/// `StandardInputPlugin` is what every plugin in Swift stands on, so one family stands for all.
@Test(.withoutSanitizer) func aBuiltInPluginPassesThemAsAProgramOfItsOwn() throws {
  let plugin = try #require(builtInPlugins.first { $0.name == "data" })
  let folder = try manifest(of: plugin)
  let report = try withExtendedLifetime(folder) {
    try Conformance(plugins: builtInPlugins).check(folder: folder.path, replaces: true)
  }
  for line in report.lines { #expect(line.findings.isEmpty, "\(line.check): \(line.findings)") }
  #expect(report.lines.first { $0.check == "orphan" }?.verdict.name == "ok")
}

@Test func theCommandTellsGoodFromBadByItsStatus() throws {
  let folder = try TemporaryFolder()
  let good = try Program.run(arguments: ["plugin", "check", faulty.path], in: folder.path)
  #expect(good.status == 0 && good.output.contains("trial 0.1.0: 21 checks passed, 0 failed"), "\(good)")
  let bad = try Planted("lie", "result").write()
  let told = try Program.run(arguments: ["plugin", "check", bad.path, "--json"], in: folder.path)
  #expect(told.status == 1)
  let report = try JSON.parse(told.output)
  let line = report["checks"]?.array?.first { $0["check"] == "result" }
  #expect(report["ok"] == false && line?["state"] == "fault" && line?["findings"]?[0]?["method"] == "trial.count")
  let words = try Program.run(arguments: ["plugin", "check", bad.path], in: folder.path)
  #expect(words.output.contains("hint: "), "\(words.output)")
  #expect(try Program.run(arguments: ["plugin", "check", "nothing-here"], in: folder.path).status == 2)
  #expect(!FileManager.default.fileExists(atPath: folder.path + "/.quire"))
}
