import Foundation
import Glibc
import JSON
import TestSupport
import Testing

private func ping(_ id: JSON) -> String { JSON.object(["jsonrpc": "2.0", "id": id, "method": "ping"]).text }

private func block(_ body: String) -> String { "Content-Length: \(body.utf8.count)\r\n\r\n\(body)" }

/// The whole input of a process in headers framing, and the ids and error codes of its answers.
private let streams: [(String, [String])] = [
  ("Content-Length: -5\r\n\r\n" + block(ping(1)), ["null -32700", "1"]),
  ("Content-Length: 5x\r\n\r\n{}{}{" + block(ping(1)), ["null -32700", "1"]),
  ("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + block(ping(1)), ["null -32700", "1"]),
  ("Content-Type: x; charset=utf-16\r\nX: 2\r\n\r\n" + block(ping(1)), ["null -32700", "1"]),
  ("Content-Type: a/b; charset=\"UTF-8\"\r\n" + block(ping(1)) + block(ping(2)), ["1", "2"]),
  ("content-LENGTH:\t0\(ping(1).utf8.count) \nX-Other: y\n\n\(ping(1))", ["1"]),
  ("Content-Length: 0\r\n\r\n" + block(ping(1)), ["null -32700", "1"]),
  ("Content-Length: 999999999999999999\r\n\r\n" + block(ping(1)), ["null -32003", "1"]),
  ("Content-Length: 9\r\n\r\n\(ping(1))" + block(ping(2)), ["null -32700", "2"]),
  ("Content-Length: 60\r\n\r\n\(ping(1))" + block(ping(2)) + block(ping(3)), ["null -32700", "2", "3"]),
  ("X: " + String(repeating: "h", count: 100_000) + "\r\n\r\n" + block(ping(1)), ["null -32700", "1"]),
  (String(repeating: "X: y\r\n", count: 50_000) + "\r\n" + block(ping(1)), ["null -32700", "1"]),
  ("\u{FEFF}\r\n" + block(ping(1)), ["1"]),
  // Cut at the end: dropped, and no error.
  (block(ping(1)) + "Content-Length: 100\r\n\r\n{\"jsonrpc\"", ["1"]), (block(ping(1)) + "Content-Le", ["1"]),
  (block(ping(1)) + "Content-Length: 100\r\n", ["1"]),
  // Lines.
  ("\u{FEFF}\(ping(1))\r\n\n \t \r\n\(ping(2))", ["1", "2"]), ("rubbish\n\(ping(1))\n", ["null -32700", "1"]),
  (String(repeating: "r", count: 9000) + "\n\(ping(1))\n", ["null -32700", "1"]),
  (String(repeating: "\n \r\n", count: 50_000) + ping(1), ["1"]),
  ("{\"jsonrpc\":\"2.0\",\"id\":1,\n\(ping(2))", ["null -32700", "2"]), ("", []), ("\n\n", []),
  ("Con", ["null -32700"]),
]

@Test func everyStreamIsReadToItsEndAndOneFaultCostsOneError() throws {
  let folder = try TemporaryFolder()
  for (input, wanted) in streams {
    let outcome = try Program.run(arguments: ["serve"], in: folder.path, input: input)
    // In both framings one text a line is left when the headers are cut away.
    let texts = outcome.output.replacing(#/Content-Length: \d+\r\n\r\n/#, with: "\n").split(separator: "\n")
    let found = try texts.map { text -> String in
      let answer = try JSON.parse(String(text))
      return [answer["id"], answer["error"]?["code"]].compactMap { $0?.text }.joined(separator: " ")
    }
    #expect(found == wanted, "\(input.prefix(80).debugDescription)")
    #expect(outcome.status == 0)
  }
}

@Test func aCutMessageIsOneLineOfTheLog() throws {
  let folder = try TemporaryFolder()
  let outcome = try Program.run(arguments: ["serve"], in: folder.path, input: "Content-Length: 10\r\n\r\n{}")
  #expect(outcome.status == 0)
  #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
}

@Test(arguments: Client.Framing.allCases)
func messagesOverTheLimitAreRefusedAndSkipped(_ framing: Client.Framing) throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, framing, arguments: ["--max-message", "1000"])
  for size in [1000, 100_000, 1_000_000] {
    try client.send([
      "jsonrpc": "2.0", "id": 1, "method": "ping", "params": ["x": .string(String(repeating: "y", count: size))],
    ])
    let answers = try client.answersUntilPing()
    #expect(answers.map { $0["error"]?["code"] } == [-32003], "\(size)")
    #expect(answers.first?["id"]?.isNull == true)
  }
  #expect(try client.end() == 0)
}

@Test func aMessageOfMoreThan256MiBIsSkippedAndNeverHeld() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, .headers)
  let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
  try client.program.write("Content-Length: \((256 << 20) + 1)\r\n\r\nx")
  for _ in 0..<256 { try client.program.write(piece) }
  let answers = try client.answersUntilPing()
  #expect(answers.map { $0["error"]?["code"] } == [-32003])
  let status = try String(contentsOfFile: "/proc/\(client.program.processID)/status", encoding: .utf8)
  let peak = try #require(status.firstMatch(of: #/VmHWM:\s+(\d+) kB/#).flatMap { Int($0.1) })
  #expect(peak < 150_000, "\(peak) kB")
  #expect(try client.end() == 0)
}

@Test(arguments: [nil, "1000"])
func twentyThousandPingsThatNobodyReadsYetAreAllAnsweredInOrder(_ unread: String?) throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, arguments: unread.map { ["--max-unread", $0] } ?? [])
  let count = 20_000
  let text = (1...count).map { ping(.integer(Int64($0))) + "\n" }.joined()
  let program = client.program
  let writer = Thread { try? program.write(text) }
  writer.start()
  if unread == nil {
    // All of it is taken although nothing is read.
    while !writer.isFinished { usleep(1000) }
  } else {
    usleep(100_000)
  }
  for number in 1...count {
    let answer = try client.receive()
    guard answer["id"]?.int == number else {
      Issue.record("\(answer.text) where \(number) was expected")
      return
    }
  }
  while !writer.isFinished { usleep(1000) }
  #expect(try client.end() == 0)
}

@Test func standardErrorThatNobodyReadsStopsNothing() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, arguments: ["--log-level", "debug"], errors: .unread)
  // Each is a line of the log, far more than a pipe holds.
  for _ in 0..<20 {
    for _ in 0..<500 { try client.send(text: Array("nothing that is JSON, and long enough to fill a pipe soon".utf8)) }
    #expect(try client.answersUntilPing().count == 500)
  }
  #expect(try client.end() == 0)
}

@Test func aClosedStandardErrorIsNoStreamForSomebodyElse() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, arguments: ["--log-level", "trace"], errors: .closed)
  try client.send(text: Array("rubbish".utf8))
  #expect(try client.answersUntilPing().count == 1)
  #expect(try client.call("data.load", ["source": [[1]]])["rows"] == 1)
  #expect(try client.end() == 0)
}

@Test func theLogGoesToAFileInTheFormThatWasAsked() throws {
  let folder = try TemporaryFolder()
  let file = folder.file("log.jsonl")
  let client = try Client(
    in: folder.path, arguments: ["--log", file.path, "--log-format", "json", "--log-level", "info"])
  try client.send(text: Array("rubbish".utf8))
  try client.notify("nobody/knows")
  _ = try client.answersUntilPing()
  #expect(try client.end() == 0)
  let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try JSON.parse(String($0)) }
  #expect(lines.contains { $0["text"]?.string?.contains("json.syntax") == true })
  #expect(lines.contains { $0["text"]?.string?.contains("nobody/knows") == true })
  #expect(lines.allSatisfy { $0["time"] != nil && $0["level"] == "info" && $0["area"] == "session" })
  #expect(client.program.errorText.isEmpty)
}

@Test func wrongLimitsAreWrongUsage() throws {
  let folder = try TemporaryFolder()
  for arguments in [["--max-message", "0"], ["--max-pending", "-1"], ["--log-level", "loud"], ["--framing", "xml"]] {
    #expect(try Program.run(arguments: ["serve"] + arguments, in: folder.path).status == 2, "\(arguments)")
  }
}
