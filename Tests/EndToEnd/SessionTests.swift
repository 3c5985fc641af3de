import Foundation
import JSON
import TestSupport
import Testing

@Test(arguments: Client.Framing.allCases)
func aSessionBeginsAnswersAndEndsInBothFramings(_ framing: Client.Framing) throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, framing, initialized: false)
  #expect(try client.call("ping") == [:])
  #expect(try client.error("plugin/list")["code"] == -32002)
  #expect(try client.error("nonsense")["code"] == -32601)
  let greeting = try client.call("initialize", ["clientInfo": ["name": "ü"], "capabilities": ["unknown": true]])
  #expect(greeting["protocolVersion"] == 1)
  #expect(try client.error("initialize")["code"] == -32600)
  #expect(try client.call("ping", ["echo": true, "payload": ["x", -0.0]])["payload"] == ["x", 0])
  #expect(try client.error("ping", [1])["data"]?["kind"] == "params.positional")
  #expect(try client.end() == 0)
}

@Test func nothingIsWrittenUntilSomethingIsCalled() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  _ = try client.call("plugin/list")
  #expect(try client.end() == 0)
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
}

@Test func endOfInputIsANormalEndAndEverythingAcceptedIsAnswered() throws {
  let folder = try TemporaryFolder()
  let lines = """
    {"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}
    {"jsonrpc":"2.0","id":2,"method":"data.load","params":{"source":[[1,2],[3,4]]}}
    {"jsonrpc":"2.0","id":"last","method":"ping"}
    """
  let outcome = try Program.run(arguments: ["serve"], in: folder.path, input: lines)
  #expect(outcome.status == 0)
  let answers = try outcome.output.split(separator: "\n").map { try JSON.parse(String($0)) }
  #expect(answers.count == 3)
  #expect(answers.first { $0["id"] == 2 }?["result"]?["rows"] == 2)
  #expect(answers.contains { $0["id"] == "last" })
}

@Test func exitWithoutShutdownIsStatusOne() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  try client.notify("exit")
  #expect(try client.program.wait() == 1)
}

@Test(arguments: [(SIGTERM, Int32(0)), (SIGINT, Int32(130)), (SIGHUP, Int32(4))])
func signalsEndTheHostWithTheirStatus(_ signal: Int32, _ status: Int32) throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  client.program.send(signal: signal)
  #expect(try client.program.wait(seconds: 10) == status)
}

@Test func anErrorOfParamsNamesThePointer() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  let wrong = try client.error("data.load", ["source": [[1, 2], [3, 4]], "dtype": "float46"])
  #expect(wrong["code"] == -32602)
  #expect(wrong["data"]?["path"] == "/dtype")
  let misspelt = try client.error("data.load", ["sourec": [[1, 2]]])
  #expect(misspelt["data"]?["hint"]?.string?.contains("source") == true)
  let missing = try client.error("data.load", ["source": ["$file": "nowhere.npy"]])
  #expect(missing["code"] == 1051)
  #expect(missing["data"]?["path"] == "/source")
  let outside = try client.error("data.load", ["source": ["$file": "/etc/hostname"]])
  #expect(outside["code"] == 1052)
  let ragged = try client.error("data.load", ["source": [[1, 2], [3]]])
  #expect(ragged["data"]?["path"] == "/source/1")
}

@Test func theSameCallAgainComesFromTheCache() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  let params: JSON = ["source": [[1, 2], [3, 4]], "_meta": ["run": true]]
  let first = try client.call("data.load", params)
  let second = try client.call("data.load", params)
  #expect(first["_meta"]?["cached"] == false)
  #expect(second["_meta"]?["cached"] == true)
  var (a, b) = (first, second)
  a["_meta"] = nil
  b["_meta"] = nil
  #expect(a.text == b.text)
  let hash = try #require(first["matrix"]?["$artifact"]?.string)
  let artifact = try client.call("artifact/read", ["hash": .string(hash), "as": "path"])
  #expect(FileManager.default.fileExists(atPath: artifact["path"]?.string ?? ""))
  #expect(artifact["media"] == "application/x-npz")
  let verified = try client.call("log/verify")
  #expect(verified["ok"] == true)
  #expect(verified["artifacts"]?.int ?? 0 >= 2)
  #expect(try client.end() == 0)
}
