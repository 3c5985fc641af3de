import Foundation
import JSON
import TestSupport
import Testing

private let threeBytes = "sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"

@Test func whatIsPutIsListedAndReadAgain() throws {
  let folder = try TemporaryFolder()
  try Data([1, 2, 3]).write(to: folder.file("three.bin"))
  let client = try Client(in: folder.path)
  let data = try client.call("artifact/put", ["data": "AQID", "media": "application/x-three"])
  #expect(data == ["hash": .string(threeBytes), "bytes": 3])
  #expect(try client.call("artifact/put", ["path": "three.bin"])["hash"]?.string == threeBytes)
  let text = try client.call("artifact/put", ["text": "größer", "media": "text/plain"])
  let read = try client.call("artifact/read", ["hash": text["hash"] ?? .null, "as": "text"])
  #expect(read["text"] == "größer" && read["media"] == "text/plain")
  let three = try client.call("artifact/read", ["hash": .string(threeBytes)])
  #expect(three["data"] == "AQID" && three["media"] == "application/x-three")
  let listed = try client.call("artifact/list")
  #expect(listed["items"]?.array?.count == 2 && listed["next"] == .null)
  let first = try client.call("artifact/list", ["limit": 1])
  let second = try client.call("artifact/list", ["limit": 1, "cursor": first["next"] ?? .null])
  #expect((first["items"]?.array ?? []) + (second["items"]?.array ?? []) == listed["items"]?.array)
  #expect(try client.call("artifact/list", ["media": "text/plain"])["items"]?.array?.count == 1)
  for wrong in ["AQI", "AQ=D", "AQID\n", "AR==", "====", "A==="] {
    #expect(try client.error("artifact/put", ["data": .string(wrong)])["data"]?["path"] == "/data", "\(wrong)")
  }
  #expect(try client.error("artifact/put", ["path": "/etc/passwd"])["code"] == 1052)
  #expect(try client.error("artifact/put", ["data": "AQID", "text": "x"])["code"] == -32602)
  let verified = try client.call("log/verify")
  #expect(verified["ok"] == true && verified["warnings"] == [], "\(verified.text)")
  #expect(try client.end() == 0)
}

@Test func aPutArtifactServesAsAnInput() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  let loaded = try client.call("data.load", ["source": [[1, 2], [3, 4]]])
  let matrix = try #require(loaded["matrix"]?["$artifact"]?.string ?? loaded["array"]?["$artifact"]?.string)
  let bytes = try client.call("artifact/read", ["hash": .string(matrix)])
  let other = try TemporaryFolder()
  let second = try Client(in: other.path)
  let put = try second.call("artifact/put", ["data": bytes["data"] ?? .null, "media": bytes["media"] ?? .null])
  #expect(put["hash"]?.string == matrix)
  let again = try second.call("data.load", ["source": ["$artifact": .string(matrix)]])
  #expect(again["rows"] == 2)
  #expect(try client.end() == 0)
  #expect(try second.end() == 0)
}

@Test func theCollectorTakesOnlyWhatNobodyNeeds() throws {
  let folder = try TemporaryFolder()
  let notebook = "```quire id=a\nmethod: data.load\nparams:\n  source: [[1, 2, 3]]\n```\n"
  try notebook.write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  let client = try Client(in: folder.path)
  let id = try #require(try client.call("notebook/open", ["path": "a.quire.md"])["notebook"])
  _ = try client.call("notebook/run", ["notebook": id])
  let old = try client.call("data.load", ["source": [[7, 8, 9]]])
  // A file that no entry names.
  let orphan = folder.path + "/.quire/artifacts/03/9058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"
  try FileManager.default.createDirectory(
    atPath: (orphan as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  try Data([1, 2, 3]).write(to: URL(fileURLWithPath: orphan))
  #expect(try client.call("artifact/collect", ["dryRun": true]) == ["removed": 1, "bytes": 3])
  #expect(FileManager.default.fileExists(atPath: orphan))
  #expect(try client.call("artifact/collect") == ["removed": 1, "bytes": 3])
  #expect(!FileManager.default.fileExists(atPath: orphan))
  #expect(try client.call("artifact/collect")["removed"] == 0)
  // Beyond a limit the old result of a direct call goes; what the cell shows stays.
  let removed = try client.call("artifact/collect", ["maxBytes": 0])["removed"]?.int ?? 0
  #expect(removed >= 2)
  let verified = try client.call("log/verify")
  #expect(verified["ok"] == true, "\(verified.text)")
  let cell = try client.call("cell/outputs", ["notebook": id, "cell": "a"])
  #expect(cell["value"]?["rows"] == 1)
  #expect(try client.call("notebook/run", ["notebook": id])["cached"] == 1)
  // What was removed is computed again when it is asked for.
  #expect(try client.call("data.load", ["source": [[7, 8, 9]]]) == old)
  #expect(try client.end() == 0)
}
