import Foundation
import JSON
import TestSupport
import Testing

/// The text of the fence of that kind in README.md.
private func fence(_ kind: String) throws -> String {
  let readme = try String(contentsOf: SharedData.packageRoot.appendingPathComponent("README.md"), encoding: .utf8)
  let start = try #require(readme.range(of: "```\(kind)\n"))
  let end = try #require(readme.range(of: "\n```", range: start.upperBound..<readme.endIndex))
  return String(readme[start.upperBound..<end.lowerBound]) + "\n"
}

@Test func theSessionOfTheReadmeRunsAsItStands() throws {
  let folder = try TemporaryFolder()
  let session = try fence("jsonl")
  #expect(session.split(separator: "\n").count == 10)
  let outcome = try Program.run(arguments: ["serve"], in: folder.path, input: session)
  try check(outcome.output.split(separator: "\n").map { try JSON.parse(String($0)) }, outcome.status)
}

@Test func theSessionOfTheReadmeRunsWithHeadersToo() throws {
  let folder = try TemporaryFolder()
  let lines = try fence("jsonl").split(separator: "\n")
  let framed = lines.map { "Content-Length: \($0.utf8.count)\r\n\r\n\($0)" }.joined()
  let outcome = try Program.run(arguments: ["serve"], in: folder.path, input: framed)
  let bodies = outcome.output.split(separator: "Content-Length: ").compactMap { part in
    part.firstIndex { $0 == "{" || $0 == "[" }.map { String(part[$0...]) }
  }
  try check(bodies.map { try JSON.parse($0.trimmingCharacters(in: .whitespacesAndNewlines)) }, outcome.status)
}

private func check(_ lines: [JSON], _ status: Int32) throws {
  let answers = lines.flatMap { $0.array ?? [$0] }
  func answer(_ id: Int) throws -> JSON { try #require(answers.first { $0["id"]?.int == id }, "no answer \(id)") }
  #expect(status == 0)
  #expect(lines.count == 9)
  #expect(try answer(1)["result"]?["serverInfo"]?["name"] == "quire")
  #expect(try answer(2)["result"]?["payload"] == "still there?")
  #expect(try answer(3)["result"]?["params"]?["properties"]?["source"] != nil)
  #expect(try answer(4)["result"]?["count"] == 1)
  // Cancelled, unless it was done before the cancel came.
  #expect(try answer(5)["result"]?["rows"] == 3 || answer(5)["error"]?["code"] == -32800)
  #expect(try answer(6)["error"]?["data"]?["hint"]?.string?.contains("source") == true)
  #expect(try answer(7)["result"]?["ok"] == true || answer(7)["error"]?["data"]?["kind"] == "store.io")
  #expect(try answer(8)["result"]?["items"]?.array?.contains { $0["family"] == "papers" } == true)
  #expect(try answer(9)["result"]?["items"] != nil)
  #expect(try answer(10)["error"]?["code"] == -32601)
}
