import Foundation
import Glibc
import JSON
import RunLog
import TestSupport
import Testing

/// The slow proofs, which `make soak` runs: `QUIRE_SOAK` says how many rounds.
private let rounds = ProcessInfo.processInfo.environment["QUIRE_SOAK"].flatMap { Int($0) }

@Suite(.serialized, .enabled(if: rounds != nil, "slow: make soak"))
struct SoakTests {
  private func verify(_ folder: TemporaryFolder) throws -> Program.Outcome {
    try Program.run(arguments: ["log", "verify"], in: folder.path)
  }

  /// Each file in the artifact store bears the hash of its content as its name; `tmp` is not looked at.
  private func expectWholeArtifacts(_ folder: TemporaryFolder, _ when: String) throws {
    let root = folder.path + "/.quire/artifacts"
    for shelf in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] where shelf.count == 2 {
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(shelf)") {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(shelf)/\(name)"))
        #expect(ContentHash(of: Array(bytes)).hex == shelf + name, "\(when)")
      }
    }
  }

  @Test func killsAtRandomInstantsLoseNothingThatWasAnswered() throws {
    let folder = try TemporaryFolder()
    var random = SystemRandomNumberGenerator()
    var answered: [String] = []
    // The instants lie within the time that the answers take, however busy the machine is: it is found by and by.
    var microseconds = 200_000.0
    for round in 0..<(rounds ?? 0) {
      let client = try Client(in: folder.path)
      let program = client.program
      let requests = (0..<20).map { row in
        let source: JSON = [[.integer(Int64(round)), .integer(Int64(row))]]
        let params: JSON = ["source": source, "_meta": ["run": true]]
        return (["jsonrpc": "2.0", "id": .integer(Int64(row)), "method": "data.load", "params": params] as JSON).text
          + "\n"
      }
      let writing = Thread { for request in requests { try? program.write(request) } }
      writing.start()
      let process = program.processID
      let instant = useconds_t.random(in: 0...useconds_t(microseconds), using: &random)
      let before = answered.count
      let killing = Thread {
        usleep(instant)
        kill(process, SIGKILL)
      }
      killing.start()
      while let answer = try? client.receive(seconds: 10) {
        if let run = answer["result"]?["_meta"]?["run"]?.string { answered.append(run) }
      }
      switch answered.count - before {
      case 0: microseconds = min(microseconds * 1.1, 10_000_000)
      case requests.count: microseconds = max(microseconds / 1.1, 10_000)
      default: break
      }
      while !writing.isFinished || !killing.isFinished { usleep(500) }
      _ = try client.program.wait()
      if round % 100 == 99 {
        let outcome = try verify(folder)
        #expect(outcome.status == 0, "round \(round): \(outcome.output)")
        try expectWholeArtifacts(folder, "round \(round)")
      }
    }
    #expect(answered.count > (rounds ?? 0), "most hosts must live long enough to answer")
    let client = try Client(in: folder.path)
    for run in answered {
      let entries = try client.call("log/show", ["run": .string(run)])["entries"]?.array ?? []
      #expect(entries.last?["state"] == "ok" || entries.last?["state"] == "cached", "\(run)")
    }
    _ = try client.call("data.load", ["source": [[-1]]])
    #expect(try client.end() == 0)
    #expect(try verify(folder).status == 0)
    try expectWholeArtifacts(folder, "at the end")
    let staged = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/.quire/artifacts/tmp")) ?? []
    #expect(staged == [], "the next start clears what a kill left half written")
    let log = try String(contentsOf: folder.file(".quire/log/00000001.jsonl"), encoding: .utf8)
    #expect(log.contains("\"code\":\"E404\""), "a run that a kill ended is told by the next session")
  }

  @Test func tenProcessesShareOneWorkspace() throws {
    let folder = try TemporaryFolder()
    let clients = try (0..<10).map { try Client(in: folder.path, $0 % 2 == 0 ? .lines : .headers) }
    let perClient = max(10, (rounds ?? 0) / 10)
    var ids: [[Int]] = Array(repeating: [], count: clients.count)
    for row in 0..<perClient {
      for (number, client) in clients.enumerated() {
        // Some calls are the same in all processes, so that they meet in the cache.
        let source: JSON = row % 3 == 0 ? [[JSON(row)]] : [[JSON(number), JSON(row)]]
        ids[number].append(try client.request("data.load", ["source": source]))
      }
    }
    for (number, client) in clients.enumerated() {
      for id in ids[number] { #expect(try client.answer(id)["result"]?["rows"] == 1) }
    }
    for client in clients { #expect(try client.end() == 0) }
    #expect(try verify(folder).status == 0)
    let log = try Program.run(arguments: ["log", "list", "--json", "--limit", "1"], in: folder.path)
    #expect(log.status == 0)
  }

  @Test(arguments: Client.Framing.allCases)
  func aMessageOf256MiBIsTakenWhole(_ framing: Client.Framing) throws {
    let folder = try TemporaryFolder()
    let client = try Client(in: folder.path, framing)
    let before = Array(#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":""#.utf8)
    let after = Array(#""}}"#.utf8)
    let filling = [UInt8](repeating: UInt8(ascii: "x"), count: (256 << 20) - before.count - after.count)
    try client.send(text: before + filling + after)
    #expect(try client.receive(seconds: 120) == ["jsonrpc": "2.0", "id": 7, "result": [:]])
    #expect(try client.end() == 0)
  }

  @Test func aLongSessionOfMixedCallsKeepsItsMemory() throws {
    let folder = try TemporaryFolder()
    try "A Title of a Paper\nAn abstract of it, a sentence long.\n".write(
      to: folder.file("papers.txt"), atomically: true, encoding: .utf8)
    let client = try Client(in: folder.path, .headers)
    let count = max(2000, 10 * (rounds ?? 0))
    var early = 0
    for number in 0..<count {
      switch number % 10 {
      case 0:
        let rows = JSON.array((0..<50).map { [.integer(Int64(number)), .integer($0)] })
        #expect(try client.call("data.load", ["source": rows])["rows"] == 50)
      case 1: #expect(try client.error("data.load", ["sourec": 1])["code"] == -32602)
      case 2: _ = try client.call("plugin/describe", ["name": "probe.logistic"])
      case 3: _ = try client.call("log/list", ["limit": 5])
      case 4: _ = try client.call("papers.parse", ["source": ["$file": "papers.txt"], "workDoneToken": JSON(number)])
      case 5:
        try client.send(text: Array("rubbish \(number)".utf8))
        _ = try client.answersUntilPing()
      case 6: _ = try client.call("ping", ["x": .string(String(repeating: "ü\\n", count: 50_000))])
      case 7:
        let id = try client.request("data.load", ["source": [[JSON(number)]]])
        try client.notify("$/cancelRequest", ["id": JSON(id)])
        _ = try client.answer(id)
      default: _ = try client.call("ping")
      }
      client.forgetNotifications()
      if number == count / 4 { early = try resident(client.program.processID) }
    }
    let late = try resident(client.program.processID)
    #expect(late < early + early / 5 + (8 << 10), "resident: \(early) kB after a quarter, \(late) kB at the end")
    #expect(try client.end() == 0)
    #expect(try verify(folder).status == 0)
  }

  /// Resident memory in kB.
  private func resident(_ process: pid_t) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }
}
