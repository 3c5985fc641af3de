import Foundation
import JSON
import TestSupport
import Testing

/// A client of `quire mcp` that sends lines and reads lines.
private final class ModelContextClient {
  let program: Program

  init(in folder: String, _ arguments: [String] = []) throws {
    program = try Program(Program.quire, ["mcp"] + arguments, in: folder)
  }

  func send(_ message: JSON) throws {
    var message = message
    message["jsonrpc"] = "2.0"
    try program.write(message.bytes + [0x0A])
  }

  func receive() throws -> JSON {
    guard let line = try program.readLine(seconds: 30) else { throw Program.Failure("the server closed its output") }
    return try JSON.parse(line)
  }

  /// The answer to a request; what comes before it is dropped.
  func ask(_ id: Int, _ method: String, _ params: JSON = [:]) throws -> JSON {
    try send(["id": JSON(id), "method": .string(method), "params": params])
    while true {
      let message = try receive()
      if message["id"]?.int == id { return message }
    }
  }

  func greet(_ version: String = "2025-11-25") throws -> JSON {
    try ask(0, "initialize", ["protocolVersion": .string(version), "capabilities": [:]])
  }
}

private let stateless: JSON = [
  "_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:]]
]

@Test(arguments: [
  ("2024-11-05", "2024-11-05"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
  ("1999-01-01", "2025-11-25"),
])
func aHandshakeAgreesOnAVersion(_ asked: String, _ answered: String) throws {
  let folder = try TemporaryFolder()
  let client = try ModelContextClient(in: folder.path)
  #expect(try client.greet(asked)["result"]?["protocolVersion"]?.string == answered)
  #expect(try client.ask(1, "ping")["result"] == [:])
  #expect(try client.ask(2, "logging/setLevel", ["level": "debug"])["result"] == [:])
  let tools = try client.ask(3, "tools/list")["result"]
  #expect(tools?["tools"]?.array?.count == 12)
  #expect(tools?["resultType"] == nil)
}

@Test func aRequestThatNamesItsVersionNeedsNoHandshake() throws {
  let folder = try TemporaryFolder()
  let client = try ModelContextClient(in: folder.path)
  let found = try client.ask(1, "server/discover", stateless)["result"]
  #expect(found?["supportedVersions"] == ["2026-07-28"])
  #expect(found?["resultType"] == "complete")
  #expect(found?["cacheScope"] == "private")
  #expect(found?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "quire")
  let tools = try client.ask(2, "tools/list", stateless)["result"]
  #expect(tools?["ttlMs"] == 60000)
  // This era has no ping.
  #expect(try client.ask(3, "ping", stateless)["error"]?["code"] == -32601)
  let unknown: JSON = ["_meta": ["io.modelcontextprotocol/protocolVersion": "2099-01-01"]]
  let refused = try client.ask(4, "tools/list", unknown)["error"]
  #expect(refused?["code"] == -32022)
  #expect(refused?["data"]?["supported"] == ["2026-07-28"])
  #expect(refused?["data"]?["requested"] == "2099-01-01")
}

@Test func whoeverProbesIsAnswered() throws {
  let folder = try TemporaryFolder()
  let client = try ModelContextClient(in: folder.path)
  #expect(try client.ask(1, "tools/list")["error"]?["code"] == -32600)
  #expect(try client.ask(2, "no/such")["error"]?["code"] == -32601)
  #expect(try client.ask(3, "ping")["result"] == [:])
  _ = try client.greet()
  #expect(try client.ask(4, "resources/read", ["uri": "quire://papers/none"])["error"]?["code"] == -32002)
  var params = stateless
  params["uri"] = "quire://papers/none"
  #expect(try client.ask(5, "resources/read", params)["error"]?["code"] == -32602)
  try client.program.write("[{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"ping\"}]\n")
  #expect(try client.receive()["error"]?["code"] == -32600)
  #expect(try client.ask(7, "tools/list", ["cursor": "x"])["error"]?["code"] == -32602)
}

@Test func aCancelledRequestGetsNoReply() throws {
  let client = try ModelContextClient(in: LongWork.folder)
  _ = try client.greet()
  try client.send([
    "id": 1, "method": "tools/call", "params": ["name": "method_call", "arguments": longCall],
  ])
  try client.send(["method": "notifications/cancelled", "params": ["requestId": 1]])
  try client.send(["method": "notifications/cancelled", "params": ["requestId": "no such"]])
  try client.send(["id": 2, "method": "ping"])
  #expect(try client.receive()["id"] == 2)
  // A call that does not obey would be answered after two seconds.
  usleep(2_500_000)
  // The id is free when the call has obeyed, and the next answer is of what was asked next.
  #expect(try client.ask(3, "tools/call", ["name": "methods_find", "arguments": ["words": "probe"]])["id"] == 3)
}

@Test func aSubscriptionIsAcknowledgedAndEndsQuietly() throws {
  let folder = try TemporaryFolder()
  let client = try ModelContextClient(in: folder.path)
  var params = stateless
  params["notifications"] = ["toolsListChanged": true]
  try client.send(["id": "s1", "method": "subscriptions/listen", "params": params])
  let note = try client.receive()
  #expect(note["method"] == "notifications/subscriptions/acknowledged")
  #expect(note["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "s1")
  try client.send(["method": "notifications/cancelled", "params": ["requestId": "s1"]])
  #expect(try client.ask(2, "server/discover", stateless)["result"] != nil)
}

@Test func theEndOfTheInputEndsTheServerEvenInALongCall() throws {
  let client = try ModelContextClient(in: LongWork.folder)
  _ = try client.greet()
  try client.send([
    "id": 1, "method": "tools/call", "params": ["name": "method_call", "arguments": longCall],
  ])
  #expect(try client.ask(2, "ping")["result"] == [:])
  client.program.closeInput()
  #expect(try client.program.wait(seconds: 10) == 0)
  #expect(try client.program.readLine() == nil)
}

@Test func linesFromAFileAreAnsweredBeforeTheEnd() throws {
  let folder = try TemporaryFolder()
  let lines: [JSON] = [
    ["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ["protocolVersion": "2025-11-25"]],
    ["jsonrpc": "2.0", "id": 2, "method": "tools/list"],
  ]
  let input = lines.map { $0.text + "\n" }.joined()
  let outcome = try Program.run(arguments: ["mcp"], in: folder.path, input: input)
  #expect(outcome.status == 0)
  #expect(outcome.output.split(separator: "\n").count == 2)
}

@Test func aFamilyThatIsNoneIsWrongUsage() throws {
  let folder = try TemporaryFolder()
  let outcome = try Program.run(arguments: ["mcp", "--tools", "nonsense"], in: folder.path)
  #expect(outcome.status == 2)
  #expect(outcome.errors.contains("no family 'nonsense'"))
}

/// A call that takes longer than any test waits, for a server in `LongWork.folder`.
private let longCall: JSON = ["name": "probe.logistic", "params": LongWork.fit]
