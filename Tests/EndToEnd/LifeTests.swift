import Foundation
import Glibc
import JSON
import TestSupport
import Testing

@Test func afterShutdownOnlyExitIsTaken() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  #expect(try client.call("shutdown", nil).isNull)
  #expect(try client.error("ping")["data"]?["kind"] == "session.shutDown")
  try client.notify("initialized")
  try client.notify("exit")
  #expect(try client.program.wait() == 0)
}

@Test func beforeInitializeOnlyAFewMethodsWork() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, initialized: false)
  #expect(try client.call("rpc.discover")["openrpc"]?.string?.hasPrefix("1.3") == true)
  #expect(try client.call("ping") == [:])
  #expect(try client.error("data.load", ["source": [[1]]])["code"] == -32002)
  #expect(try client.error("store/info")["code"] == -32002)
  try client.notify("$/cancelRequest", ["id": 1])
  #expect(try client.call("shutdown").isNull)
  try client.notify("exit")
  #expect(try client.program.wait() == 0)
}

@Test func initializeSaysWhatItCannotDo() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, arguments: ["--max-pending", "7"], initialized: false)
  #expect(try client.error("initialize", ["protocolVersion": 0])["code"] == -32602)
  #expect(try client.error("initialize", ["processId": "1"])["code"] == -32602)
  #expect(try client.error("initialize", ["wrong": 1])["code"] == -32602)
  // What clients of other protocols send, and a version that is not there yet.
  let greeting = try client.call(
    "initialize",
    [
      "processId": nil, "rootUri": nil, "rootPath": nil, "workspaceFolders": nil, "locale": "de", "trace": "off",
      "initializationOptions": ["a": 1], "protocolVersion": 99, "_meta": ["x": 1],
      "capabilities": ["textDocument": ["hover": [:]]],
    ])
  #expect(greeting["protocolVersion"] == 1)
  #expect(greeting["capabilities"]?["limits"]?["pending"] == 7)
  #expect(try client.end() == 0)
}

@Test func theHostEndsWithTheProcessThatItWatches() throws {
  let folder = try TemporaryFolder()
  let watched = try Program("/bin/sleep", ["1000"], in: "/")
  let greeting: JSON = ["processId": JSON(Int(watched.processID))]
  let client = try Client(in: folder.path, greeting: greeting)
  #expect(try client.call("ping") == [:])
  watched.send(signal: SIGKILL)
  _ = try watched.wait()
  #expect(try client.program.wait(seconds: 10) == 6)
  // One that has gone before, or cannot be.
  for id in [Int(watched.processID), Int(Int32.max), 1 << 40] {
    let late = try Client(in: folder.path, greeting: ["processId": JSON(id)])
    #expect(try late.program.wait(seconds: 10) == 6, "\(id)")
  }
}

@Test func sigpipeIsNoReasonToEnd() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  client.program.send(signal: SIGPIPE)
  #expect(try client.call("ping") == [:])
  #expect(try client.end() == 0)
}

@Test func aSecondSignalDoesNotWait() throws {
  let folder = try TemporaryFolder()
  for (signal, status) in [(SIGTERM, Int32(143)), (SIGINT, 130)] {
    let client = try Client(in: folder.path)
    // More answers than the pipe holds and nobody who reads them: the first signal waits for the reader.
    for number in 0..<5000 { try client.send(["jsonrpc": "2.0", "id": JSON(number), "method": "ping"]) }
    usleep(200_000)
    client.program.send(signal: signal)
    usleep(200_000)
    client.program.send(signal: signal)
    #expect(try client.program.wait(seconds: 10) == status)
  }
}

@Test func aSignalEndsAHostWhoseAnswersNobodyReads() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  for number in 0..<5000 { try client.send(["jsonrpc": "2.0", "id": JSON(number), "method": "ping"]) }
  client.program.send(signal: SIGTERM)
  #expect(try client.program.wait(seconds: 10) == 0)
}

@Test func aSignalAnswersWhatRuns() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  let long = try client.request("probe.logistic", LongWork.fit)
  _ = try client.call("ping")
  client.program.send(signal: SIGTERM)
  #expect(try client.answer(long)["error"]?["code"] == -32802)
  #expect(try client.program.wait(seconds: 10) == 0)
}

@Test func exitWithoutShutdownEndsWhatRuns() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  try client.request("probe.logistic", LongWork.fit)
  try client.notify("exit")
  #expect(try client.program.wait(seconds: 10) == 1)
}

@Test func aLargeLastMessageIsAnsweredAtTheEndOfTheInput() throws {
  let folder = try TemporaryFolder()
  let rows = "[" + Array(repeating: "[1,2,3]", count: 3000).joined(separator: ",") + "]"
  let long = String(repeating: "x", count: 1_000_000)
  let input = """
    {"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}
    {"jsonrpc":"2.0","id":2,"method":"ping","params":{"x":"\(long)","echo":true,"payload":7}}
    {"jsonrpc":"2.0","id":3,"method":"data.load","params":{"source":\(rows),"_meta":{"x":"\(long)"}}}
    """
  let outcome = try Program.run(arguments: ["serve"], in: folder.path, input: input)
  #expect(outcome.status == 0)
  let answers = try outcome.output.split(separator: "\n").map { try JSON.parse(String($0)) }
  #expect(Set(answers.compactMap { $0["id"]?.int }) == [1, 2, 3])
  #expect(answers.first { $0["id"] == 2 }?["result"]?["payload"] == 7)
  #expect(answers.first { $0["id"] == 3 }?["result"]?["rows"] == 3000)
}
