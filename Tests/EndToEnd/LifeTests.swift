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

@Test func theFirstInterruptAtATerminalOnlyCancels() throws {
  let folder = try TemporaryFolder()
  let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
  defer { close(terminal) }
  // TIOCSPTLCK and TIOCGPTN, macros that Swift does not see: open the other side, and tell its number.
  var (lock, number): (Int32, Int32) = (0, -1)
  #expect(ioctl(terminal, 0x4004_5431, &lock) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
  let host = try Program(
    "/bin/sh", ["-c", "exec \"$0\" serve <\"$1\"", Program.quire, "/dev/pts/\(number)"], in: folder.path)
  func send(_ message: JSON) {
    let line = message.bytes + [0x0A]
    #expect(write(terminal, line, line.count) == line.count)
  }
  func answer() throws -> JSON { try JSON.parse(try #require(try host.readLine(seconds: 60))) }
  let roots: JSON = [.string(try LongWork.folder)]
  send(["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ["roots": roots]])
  #expect(try answer()["id"] == 1)
  send(["jsonrpc": "2.0", "id": 2, "method": "probe.logistic", "params": LongWork.fit])
  send(["jsonrpc": "2.0", "id": 3, "method": "ping"])
  #expect(try answer()["id"] == 3)
  host.send(signal: SIGINT)
  let cancelled = try answer()
  #expect(cancelled["id"] == 2 && cancelled["error"]?["code"] == -32800, "\(cancelled.text)")
  send(["jsonrpc": "2.0", "id": 4, "method": "ping"])
  #expect(try answer()["id"] == 4)
  host.send(signal: SIGINT)
  #expect(try host.wait(seconds: 10) == 130)
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
