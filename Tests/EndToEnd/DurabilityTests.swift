import Foundation
import JSON
import TestSupport
import Testing

/// `quire log verify` in a folder.
private func verify(_ folder: TemporaryFolder) throws -> Program.Outcome {
  try Program.run(arguments: ["log", "verify"], in: folder.path)
}

/// A folder with three runs in its log.
private func folderWithRuns() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  for row in 1...3 {
    let outcome = try Program.run(
      arguments: ["call", "data.load", #"{"source":[[\#(row),2],[3,4]]}"#], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
  return folder
}

@Test func verifyAcceptsWhatWasWrittenAndNamesWhatWasChanged() throws {
  let folder = try folderWithRuns()
  let good = try verify(folder)
  #expect(good.status == 0)
  #expect(good.output.contains("verified"))

  let store = folder.url.appendingPathComponent(".quire")
  let artifacts = try FileManager.default.subpathsOfDirectory(atPath: store.appendingPathComponent("artifacts").path)
    .filter { $0.count > 40 }.map { "artifacts/\($0)" }
  #expect(artifacts.count >= 6)
  for name in ["log/00000001.jsonl", "log/HEAD", artifacts[0]] {
    let file = store.appendingPathComponent(name)
    let before = try Data(contentsOf: file)
    var changed = before
    changed[changed.count / 2] ^= 1
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    try changed.write(to: file)
    let outcome = try verify(folder)
    #expect(outcome.status == 1, "\(name)")
    #expect(outcome.output.contains("error: "), "\(name)")
    if name.hasPrefix("artifacts") {
      let hash = name.dropFirst(10).replacingOccurrences(of: "/", with: "")
      #expect(outcome.output.contains(hash.prefix(12)), "\(outcome.output)")
    }
    try before.write(to: file)
  }
  try FileManager.default.removeItem(at: store.appendingPathComponent(artifacts[1]))
  #expect(try verify(folder).status == 1)
}

@Test func nothingThatWasAnsweredIsLostWhenTheHostIsKilled() throws {
  let folder = try TemporaryFolder()
  var answered: [String] = []
  for round in 0..<12 {
    let client = try Client(in: folder.path)
    for row in 0..<8 {
      try client.request(
        "data.load", ["source": [[.integer(Int64(round)), .integer(Int64(row))]], "_meta": ["run": true]])
    }
    // Killed in the middle, later each round.
    for id in 2..<(2 + round % 7) {
      let run = try client.answer(id)["result"]?["_meta"]?["run"]?.string
      answered.append(try #require(run))
    }
    client.program.send(signal: SIGKILL)
    _ = try client.program.wait()
  }
  let verified = try verify(folder)
  #expect(verified.status == 0, "\(verified.output)")
  let client = try Client(in: folder.path)
  for run in answered {
    let entries = try client.call("log/show", ["run": .string(run)])["entries"]?.array ?? []
    #expect(entries.last?["state"] == "ok", "\(run)")
  }
  // The next write completes what the kills left, and says so.
  _ = try client.call("data.load", ["source": [[99]]])
  #expect(try client.end() == 0)
  #expect(try verify(folder).status == 0)
}

@Test func twoProcessesOnOneWorkspaceBothWork() throws {
  let folder = try TemporaryFolder()
  let clients = try [Client(in: folder.path), Client(in: folder.path, .headers)]
  var ids: [[Int]] = [[], []]
  for row in 0..<10 {
    for (number, client) in clients.enumerated() {
      ids[number].append(try client.request("data.load", ["source": [[JSON(number), JSON(row)]]]))
    }
  }
  for (number, client) in clients.enumerated() {
    for id in ids[number] { #expect(try client.answer(id)["result"]?["rows"] == 1) }
    #expect(try client.end() == 0)
  }
  #expect(try verify(folder).status == 0)
  let runs = try JSON.parse(
    Program.run(arguments: ["log", "list", "--limit", "100", "--json"], in: folder.path).output)
  #expect(runs["items"]?.array?.count == 20)
}

@Test(.withoutSanitizer) func aFullDiskIsToldAndLeavesNothingHalfWritten() throws {
  let folder = try TemporaryFolder()
  let rows = (0..<3000).map { "[\($0),2.5,3.5]" }.joined(separator: ",")
  try #"{"source":[\#(rows)]}"#.write(to: folder.file("params.json"), atomically: true, encoding: .utf8)
  // Files may grow to 32 KiB: the matrix of 72 kB does not fit.
  let outcome = try Program.run(
    arguments: ["call", "data.load", "@params.json"], in: folder.path, fileLimit: 32 << 10)
  #expect(outcome.status == 1, "\(outcome.output)")
  #expect(outcome.errors.contains("error"), "\(outcome.errors)")
  #expect(!outcome.output.contains("$artifact"))
  let staged = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/.quire/artifacts/tmp")) ?? []
  #expect(staged.isEmpty)
  let again = try Program.run(arguments: ["call", "data.load", "@params.json"], in: folder.path)
  #expect(again.status == 0, "\(again.errors)")
  #expect(try verify(folder).status == 0)
}

@Test(.withoutSanitizer) func aFullDiskDuringAnImportRollsBackAndTheNextOneCompletesIt() throws {
  let folder = try TemporaryFolder()
  let papers = SharedData.packageRoot.appendingPathComponent("Examples/papers.txt").path
  let outcome = try Program.run(arguments: ["import", papers], in: folder.path, fileLimit: 100 << 10)
  #expect(outcome.status == 1, "\(outcome.output)")
  #expect(outcome.errors.contains("disk"), "\(outcome.errors)")
  let info = try JSON.parse(Program.run(arguments: ["store", "info", "--json"], in: folder.path).output)
  #expect(info["papers"] == 0)
  let again = try Program.run(arguments: ["import", papers, "--json"], in: folder.path)
  #expect(try JSON.parse(again.output)["counts"]?["new"] == 96, "\(again.errors)")
  #expect(try verify(folder).status == 0)
}

@Test func aStoreOfANewerVersionIsRefusedByName() throws {
  let folder = try folderWithRuns()
  let format = folder.url.appendingPathComponent(".quire/format.json")
  let text = try String(contentsOf: format, encoding: .utf8)
  try text.replacingOccurrences(of: "\"version\":1", with: "\"version\":2")
    .write(to: format, atomically: true, encoding: .utf8)
  let outcome = try Program.run(arguments: ["call", "data.load", #"{"source":[[1]]}"#], in: folder.path)
  #expect(outcome.status == 1)
  #expect(outcome.errors.contains("newer") || outcome.errors.contains("version 2"), "\(outcome.errors)")
}

@Test(.enabled(if: getuid() != 0 || FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv"), "needs setpriv"))
func aReadOnlyWorkspaceSaysWhatToDo() throws {
  let folder = try folderWithRuns()
  let chmod = { (mode: String) in
    _ = try Program.run("/bin/chmod", arguments: ["-R", mode, folder.path], in: "/")
  }
  try chmod("a-w,a+rX")
  defer { try? chmod("u+w") }
  // Root may write anywhere, so the test becomes nobody.
  let program = getuid() == 0 ? "/usr/bin/setpriv" : Program.quire
  let prefix = getuid() == 0 ? ["--reuid=65534", "--regid=65534", "--clear-groups", Program.quire] : []
  let outcome = try Program.run(
    program, arguments: prefix + ["call", "data.load", #"{"source":[[7]]}"#], in: folder.path)
  #expect(outcome.status == 1)
  #expect(outcome.errors.contains("may not be written"), "\(outcome.errors)")
  #expect(outcome.errors.contains("hint"), "\(outcome.errors)")
  let log = try Program.run(program, arguments: prefix + ["log", "verify"], in: folder.path)
  #expect(log.status == 0, "\(log.output)\(log.errors)")
}
