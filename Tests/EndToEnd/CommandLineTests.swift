import Foundation
import JSON
import TestSupport
import Testing

private func quire(_ folder: TemporaryFolder, _ arguments: String...) throws -> Program.Outcome {
  try Program.run(arguments: arguments, in: folder.path)
}

@Test func theDoctorFindsADamagedLogAndSaysWhatToDo() throws {
  let folder = try TemporaryFolder()
  let healthy = try quire(folder, "doctor")
  #expect(healthy.status == 0 && healthy.output.contains("OpenBLAS"), "\(healthy.output)")
  #expect(!FileManager.default.fileExists(atPath: folder.path + "/.quire"), "looking made a store")
  _ = try quire(folder, "call", "data.load", #"{"source":[[1,2]]}"#)
  #expect(try quire(folder, "doctor").status == 0)
  let log = folder.file(".quire/log/00000001.jsonl")
  let text = try String(contentsOf: log, encoding: .utf8)
  try text.replacingOccurrences(of: "data.load", with: "data.laod").write(to: log, atomically: true, encoding: .utf8)
  let damaged = try quire(folder, "doctor")
  #expect(damaged.status == 1)
  #expect(damaged.output.contains("fault  run log") && damaged.output.contains("log verify"), "\(damaged.output)")
}

@Test(arguments: ["bash", "zsh", "fish"]) func everyShellGetsItsCompletions(_ shell: String) throws {
  let folder = try TemporaryFolder()
  let script = try quire(folder, "completions", shell)
  #expect(script.status == 0 && script.output.contains("doctor"))
  #expect(try quire(folder, "completions", "csh").status == 2)
}

@Test func artifactsAreReadByTheBeginningOfTheirHash() throws {
  let folder = try TemporaryFolder()
  try "one\ntwo\nthree\n".write(to: folder.file("lines.txt"), atomically: true, encoding: .utf8)
  let put = try quire(folder, "call", "artifact/put", #"{"path":"lines.txt","media":"text/plain"}"#, "--json")
  let hash = try #require(try JSON.parse(put.output)["hash"]?.string)
  let list = try quire(folder, "artifact", "list")
  #expect(list.output.contains(hash) && list.output.contains("text/plain"), "\(list.output)")
  #expect(try quire(folder, "artifact", "read", String(hash.prefix(20))).output == "one\ntwo\nthree\n")
  #expect(try quire(folder, "artifact", "read", hash, "--head", "2").output == "one\ntwo\n")
  let missing = try quire(folder, "artifact", "read", "sha256:zz")
  #expect(missing.status == 1 && missing.errors.contains("artifact list"), "\(missing.errors)")
  #expect(try quire(folder, "artifact", "collect").output == "removed 0 artifacts, 0 bytes\n")
}

@Test(arguments: ["run", "check", "report"]) func aNotebookThatIsNotThereIsNamedAsItWasGiven(_ command: String) throws {
  let folder = try TemporaryFolder()
  let more = command == "report" ? ["--output", "x.html"] : []
  let missing = try Program.run(arguments: [command, "nope"] + more, in: folder.path)
  #expect(missing.status != 0)
  #expect(missing.errors.contains("no file 'nope'"), "\(missing.errors)")
  #expect(!missing.errors.contains(folder.path) && !missing.errors.contains("first root"), "\(missing.errors)")
  try "# Here\n".write(to: folder.file("nope.quire.md"), atomically: true, encoding: .utf8)
  let near = try Program.run(arguments: [command, "nope"] + more, in: folder.path)
  #expect(near.errors.contains("did you mean 'nope.quire.md'?"), "\(near.errors)")
}
