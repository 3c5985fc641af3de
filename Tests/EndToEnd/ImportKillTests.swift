import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Papers as CSL-JSON, each with what an import keeps of it.
private func papers(_ count: Int) -> String {
  let items = (1...count).map { number in
    """
    {"id":"k\(number)","type":"article-journal","title":"Paper number \(number) of those that are brought in",\
    "author":[{"family":"Author\(number % 97)","given":"A."}],"issued":{"date-parts":[[\(1950 + number % 70)]]},\
    "DOI":"10.1234/q.\(number)","abstract":"Some words about the thing that has the number \(number)."}
    """
  }
  return "[\n" + items.joined(separator: ",\n") + "\n]\n"
}

private let isSoaking = ProcessInfo.processInfo.environment["QUIRE_SOAK"] != nil

/// An import that is killed at any instant leaves a sound store with whole batches, and importing again completes it:
/// a handful of kills here, a hundred when soaking.
@Test func anImportThatIsKilledLeavesWholeBatchesAndCanBeCompleted() throws {
  let count = isSoaking ? 22_000 : 6_000
  let batch = 5_000
  let kills = isSoaking ? 100 : 4
  let folder = try TemporaryFolder()
  try papers(count).write(to: folder.file("papers.json"), atomically: true, encoding: .utf8)
  func json(_ arguments: [String]) throws -> JSON {
    let outcome = try Program.run(arguments: arguments, in: folder.path)
    return try JSON.parse(Array(outcome.output.utf8))
  }
  func reset() { try? FileManager.default.removeItem(atPath: folder.path + "/.quire") }

  let began = Date()
  #expect(try json(["import", "papers.json", "--json"])["counts"]?["new"]?.int == count)
  let whole = Date().timeIntervalSince(began)
  reset()

  var partly = 0
  for kill in 0..<kills {
    let program = try Program(Program.quire, ["import", "papers.json", "--quiet"], in: folder.path)
    program.closeInput()
    usleep(UInt32(Double.random(in: 0..<whole) * 1e6))
    program.send(signal: SIGKILL)
    _ = try program.wait()
    let check = try json(["store", "check", "--json"])
    #expect(check["ok"] == true, "kill \(kill): \(check.text)")
    let found = try json(["store", "info", "--json"])["papers"]?.int ?? -1
    #expect(found % batch == 0 || found == count, "kill \(kill) left \(found) papers")
    if found > 0, found < count { partly += 1 }
    // Completed every other time, so that kills also meet what earlier ones left.
    guard kill % 2 == 1 || found == count else { continue }
    let counts = try json(["import", "papers.json", "--json"])["counts"]
    #expect(counts?["new"]?.int == count - found && counts?["same"]?.int == found, "\(counts?.text ?? "")")
    #expect(try json(["store", "info", "--json"])["papers"]?.int == count)
    #expect(try json(["store", "check", "--json"])["ok"] == true)
    #expect(try Program.run(arguments: ["log", "verify"], in: folder.path).status == 0)
    reset()
  }
  if isSoaking { #expect(partly > 0, "no kill fell between two batches") }
}

@Test func twoImportersAtOnceBothFinishAndNothingIsDoubled() throws {
  let count = 3_000
  let folder = try TemporaryFolder()
  try papers(count).write(to: folder.file("papers.json"), atomically: true, encoding: .utf8)
  try String(papers(count + 500)).write(to: folder.file("more.json"), atomically: true, encoding: .utf8)
  let programs = try ["papers.json", "more.json", "papers.json"].map { name in
    try Program(Program.quire, ["import", name, "--quiet"], in: folder.path)
  }
  for program in programs {
    program.closeInput()
    #expect(try program.wait(seconds: 120) == 0, "\(program.errorText)")
  }
  let info = try Program.run(arguments: ["store", "info", "--json"], in: folder.path)
  #expect(try JSON.parse(Array(info.output.utf8))["papers"]?.int == count + 500)
  #expect(try Program.run(arguments: ["store", "check"], in: folder.path).status == 0)
  #expect(try Program.run(arguments: ["log", "verify"], in: folder.path).status == 0)
}

@Test func aDiskThatIsFullIsSaidAndTheImportCanBeCompleted() throws {
  let folder = try TemporaryFolder()
  try papers(400).write(to: folder.file("few.json"), atomically: true, encoding: .utf8)
  try papers(2_000).write(to: folder.file("papers.json"), atomically: true, encoding: .utf8)
  func json(_ arguments: [String]) throws -> JSON {
    try JSON.parse(Array(try Program.run(arguments: arguments, in: folder.path).output.utf8))
  }
  #expect(try json(["import", "few.json", "--json"])["counts"]?["new"] == 400)
  let full = try Program.run(
    arguments: ["import", "papers.json", "--quiet"], in: folder.path, fileLimit: 1_500_000)
  #expect(full.status == 1 && full.errors.contains("disk"), "\(full.errors)")
  #expect(try json(["store", "check", "--json"])["ok"] == true)
  #expect(try json(["store", "info", "--json"])["papers"] == 400)
  let counts = try json(["import", "papers.json", "--json"])["counts"]
  #expect(counts?["new"] == 1_600 && counts?["same"] == 400, "\(counts?.text ?? "")")
  #expect(try json(["store", "check", "--json"])["ok"] == true)
}

@Test func aDamagedStoreIsSaidWithHowToRestoreIt() throws {
  let folder = try TemporaryFolder()
  try papers(300).write(to: folder.file("papers.json"), atomically: true, encoding: .utf8)
  #expect(try Program.run(arguments: ["import", "papers.json", "--quiet"], in: folder.path).status == 0)
  let file = folder.file(".quire/quire.sqlite")
  var bytes = try Data(contentsOf: file)
  for start in stride(from: 40 * 4096, to: bytes.count - 4096, by: 5 * 4096) {
    bytes.replaceSubrange(start..<start + 4096, with: Data(repeating: 0x55, count: 4096))
  }
  try bytes.write(to: file)
  let check = try Program.run(arguments: ["store", "check"], in: folder.path)
  #expect(check.status == 1 && check.output.contains("put a backup in its place"), "\(check.output)")
  #expect(check.output.split(separator: "\n").count < 40)
}
