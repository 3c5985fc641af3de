import Foundation
import JSON
import TestSupport
import Testing

/// Everything that the log's segments hold after cells failed in the ways in which messages could name a place.
private func logOfFailures(_ folder: TemporaryFolder) throws -> String {
  try "x,y\n1,oops\n".write(to: folder.file("bad.csv"), atomically: true, encoding: .utf8)
  try FileManager.default.createDirectory(at: folder.file("sub"), withIntermediateDirectories: true)
  try Data([0x93, 0x4E, 0x55]).write(to: folder.file("sub/short.npy"))
  func cell(_ id: String, _ source: String) -> String {
    "```quire id=\(id)\nmethod: data.load\nparams:\n  source: \(source)\n```\n\n"
  }
  let text =
    cell("relative", "$file:nowhere.npy") + cell("absolute", "$file:\(folder.path)/sub/short.npy")
    + cell("short", "$file:sub/short.npy") + cell("folder", "$file:sub") + cell("bad", "$file:bad.csv")
    + cell("good", "[[1, 2]]")
  try text.write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  let ran = try Program.run(arguments: ["run", "a.quire.md", "--keep-going"], in: folder.path)
  #expect(ran.status == 1, "\(ran.output)\(ran.errors)")
  _ = try Program.run(
    arguments: ["call", "papers.import", #"{"source":{"$file":"sub/short.npy"}}"#], in: folder.path)
  return try String(contentsOf: folder.file(".quire/log/00000001.jsonl"), encoding: .utf8)
}

@Test func theLogOfFailingCellsHoldsNoAbsolutePathAndNothingOfTheEnvironment() throws {
  let folder = try TemporaryFolder()
  let log = try logOfFailures(folder)
  #expect(log.contains("\"state\":\"failed\""), "nothing failed: \(log)")
  let real = folder.url.resolvingSymlinksInPath().path
  // An absolute name that a person typed into a cell is kept by its name from the workspace's folder.
  #expect(log.contains("sub/short.npy"))
  for place in Set([folder.path, real, FileManager.default.currentDirectoryPath, NSHomeDirectory()])
  where place.count > 1 {
    let line = log.split(separator: "\n").first { $0.contains(place) }
    #expect(line == nil, "\(place)")
  }
  let environment = ProcessInfo.processInfo.environment
  for (name, value) in environment where value.count > 12 {
    #expect(!log.contains(value), "the value of \(name)")
  }
  #expect(!log.contains(ProcessInfo.processInfo.hostName) || ProcessInfo.processInfo.hostName.count < 5)
}

@Test func whatAPluginSaysLastIsLoggedWithoutItsPlaces() throws {
  let folder = try TemporaryFolder()
  let plugin = SharedData.packageRoot.appendingPathComponent("Tests/EndToEnd/Plugin").path
  let ran = try Program.run(
    arguments: ["call", "--plugin", plugin, "trial.behave", #"{"mode":"fall"}"#], in: folder.path)
  #expect(ran.status == 1 && ran.errors.contains(plugin), "the person at the terminal sees them: \(ran.errors)")
  let log = try String(contentsOf: folder.file(".quire/log/00000001.jsonl"), encoding: .utf8)
  let finish = try #require(log.split(separator: "\n").last { $0.contains("run.finish") })
  let tail = try JSON.parse(Array(finish.utf8))["stderr_tail"]?.string ?? ""
  #expect(tail.contains("plugin.py") && tail.contains("ValueError"), "\(finish)")
  #expect(!log.contains(plugin) && !log.contains("/usr/"), "\(finish)")
}
