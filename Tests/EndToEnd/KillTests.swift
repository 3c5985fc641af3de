import Foundation
import JSON
import TestSupport
import Testing

/// How often the host is killed: a handful of times, and a thousand under `QUIRE_SOAK`.
private let rounds = ProcessInfo.processInfo.environment["QUIRE_SOAK"] == nil ? 8 : 1000

private func verify(_ folder: TemporaryFolder) throws -> Program.Outcome {
  try Program.run(arguments: ["log", "verify"], in: folder.path)
}

/// Files in the artifact store whose content is not what their names say.
private func wronglyNamed(_ folder: TemporaryFolder) throws -> String {
  let script = """
    cd .quire/artifacts 2>/dev/null || exit 0
    for file in ??/*; do
      [ -f "$file" ] || continue
      sum=$(sha256sum "$file"); sum=${sum%% *}
      [ "$sum" = "${file%/*}${file#*/}" ] || echo "$file"
    done
    """
  return try Program.run("/bin/sh", arguments: ["-c", script], in: folder.path).output
}

/// All runs of the log that ended well, by their ids.
private func goodRuns(_ client: Client) throws -> [String] {
  var runs: [String] = []
  var cursor: JSON?
  repeat {
    var params: JSON = ["limit": 1000]
    if let cursor { params["cursor"] = cursor }
    let page = try client.call("log/list", params)
    runs += (page["items"]?.array ?? []).filter { $0["state"] == "ok" }.compactMap { $0["run"]?.string }
    cursor = page["next"]?.string.map(JSON.string)
  } while cursor != nil
  return runs
}

@Test func aKillAtAnyInstantLosesNothingThatWasAnswered() throws {
  let folder = try TemporaryFolder()
  var answered = Set<String>()
  for round in 0..<rounds {
    let client = try Client(in: folder.path, initialized: false)
    _ = try client.request("initialize", [:])
    for row in 0..<30 {
      _ = try client.request(
        "data.load", ["source": [[JSON(round), JSON(row), 0.5]], "_meta": ["run": true]])
    }
    let process = client.program
    DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(Int.random(in: 0...400_000))) {
      process.send(signal: SIGKILL)
    }
    // Until the stream ends, in the middle of a message or between two.
    while let message = try? client.receive() {
      if let run = message["result"]?["_meta"]?["run"]?.string { answered.insert(run) }
    }
    _ = try client.program.wait()
    if round % 50 == 7 || round == rounds - 1, FileManager.default.fileExists(atPath: folder.path + "/.quire/log/HEAD")
    {
      let verified = try verify(folder)
      #expect(verified.status == 0, "round \(round): \(verified.output)")
      #expect(try wronglyNamed(folder) == "")
    }
  }
  let client = try Client(in: folder.path)
  _ = try client.call("data.load", ["source": [[0.25]]])
  let runs = try goodRuns(client)
  #expect(Set(runs).count == runs.count)
  #expect(answered.subtracting(runs).isEmpty)
  #expect(try client.end() == 0)
  let verified = try verify(folder)
  #expect(verified.status == 0 && !verified.output.contains("no end in the log"), "\(verified.output)")
}

@Test func tenProcessesOnOneWorkspaceAllFinishAndDoubleNothing() throws {
  let folder = try TemporaryFolder()
  let papers = (0..<12).map { "A title of number \($0)\nWe say what \($0) means in a sentence.\n" }.joined(
    separator: "\n")
  try papers.write(to: folder.file("papers.txt"), atomically: true, encoding: .utf8)
  let clients = try (0..<10).map { try Client(in: folder.path, $0 % 2 == 0 ? .lines : .headers) }
  var ids: [[Int]] = clients.map { _ in [] }
  for step in 0..<4 {
    for (number, client) in clients.enumerated() {
      ids[number].append(
        try client.request("data.load", ["source": [[JSON(number), JSON(step), 0.5]], "_meta": ["run": true]]))
      if step == 1 {
        ids[number].append(
          try client.request("papers.import", ["source": ["$file": "papers.txt"], "_meta": ["run": true]]))
      }
    }
  }
  var runs: [String] = []
  for (number, client) in clients.enumerated() {
    for id in ids[number] {
      let answer = try client.answer(id)
      runs.append(try #require(answer["result"]?["_meta"]?["run"]?.string, "\(answer.text)"))
    }
    #expect(try client.end() == 0)
  }
  #expect(Set(runs).count == 50)
  let verified = try verify(folder)
  #expect(verified.status == 0, "\(verified.output)")
  #expect(try wronglyNamed(folder) == "")
  let client = try Client(in: folder.path)
  #expect(try Set(goodRuns(client)) == Set(runs))
  #expect(try client.call("store/info")["papers"] == 12)
  #expect(try client.end() == 0)
}
