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

/// What bash offers at the end of a line.
private func bashOffers(_ line: String, _ folder: TemporaryFolder) throws -> [String] {
  let script = try quire(folder, "completions", "bash").output
  try script.write(to: folder.file("completions.bash"), atomically: true, encoding: .utf8)
  let words = line.split(separator: " ", omittingEmptySubsequences: false)
  let driver = """
    quire() { "\(Program.quire)" "$@"; }
    . ./completions.bash
    COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
    COMP_LINE='\(line)'; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
    _quire quire "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\n' "${COMPREPLY[@]}"
    """
  let outcome = try Program.run("/bin/bash", arguments: ["-c", driver], in: folder.path)
  #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  return outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
}

@Test func aShellCompletesTheNamesThatAreKnownHere() throws {
  let folder = try TemporaryFolder()
  #expect(try bashOffers("quire call probe.log", folder) == ["probe.logistic"])
  #expect(try bashOffers("quire call log/ver", folder) == ["log/verify"])
  #expect(try bashOffers("quire plugin describe era", folder).contains("erase"))
  #expect(try bashOffers("quire plugin serve top", folder) == ["topics"])
  #expect(try bashOffers("quire export --format bi", folder) == ["bibtex"])
  #expect(try bashOffers("quire import --format cross", folder) == ["crossref"])
  #expect(try bashOffers("quire log export --format ro", folder) == ["ro-crate"])
  #expect(
    !FileManager.default.fileExists(atPath: folder.path + "/.quire"), "a completion made a workspace")

  let notebook = "```quire id=first\nmethod: data.load\n```\n\n```quire id=second\nmethod: data.load\n```\n"
  try notebook.write(to: folder.file("work.quire.md"), atomically: true, encoding: .utf8)
  #expect(try bashOffers("quire why work.quire.md s", folder) == ["second"])
  #expect(try bashOffers("quire run work.quire.md --cell fi", folder) == ["first"])
  _ = try quire(folder, "call", "data.load", #"{"source":[[1,2]]}"#)
  let list = try JSON.parse(quire(folder, "log", "list", "--json").output)
  let run = try #require(list["items"]?.array?.first?["run"]?.string)
  #expect(try bashOffers("quire log show ", folder) == [run])
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
