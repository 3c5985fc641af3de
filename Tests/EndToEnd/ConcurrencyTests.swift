import Foundation
import JSON
import TestSupport
import Testing

/// A `.npy` of rows of noise, n × d, and labels that are hard to learn: a fit on them takes a while.
private func longWork(in folder: TemporaryFolder, rows: Int = 40_000, columns: Int = 300) throws {
  var state: UInt64 = 7
  func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53 - 0.5
  }
  func npy(_ type: String, _ shape: String, _ bytes: Data) -> Data {
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let length = UInt16(header.utf8.count)
    return Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]) + Data(header.utf8)
      + bytes
  }
  let features = (0..<rows * columns).map { _ in next() }
  let labels = (0..<rows).map { _ in Int64(next() > 0 ? 1 : 0) }
  try npy("<f8", "\(rows), \(columns)", features.withUnsafeBytes { Data($0) }).write(to: folder.file("x.npy"))
  try npy("<i8", "\(rows),", labels.withUnsafeBytes { Data($0) }).write(to: folder.file("y.npy"))
}

private let fit: JSON = [
  "features": ["$file": "x.npy"], "labels": ["$file": "y.npy"], "C": 1e6, "tol": 1e-12, "maxIter": 100_000,
]

@Test func aLongRunBlocksNothingAndIsCancelled() throws {
  let folder = try TemporaryFolder()
  try longWork(in: folder)
  let client = try Client(in: folder.path)
  var params = fit
  params["workDoneToken"] = "t"
  let long = try client.request("probe.logistic", params)
  // Pings and other calls go through while it runs.
  for _ in 0..<20 { #expect(try client.call("ping") == [:]) }
  #expect(try client.call("data.load", ["source": [[1, 2]]])["rows"] == 1)
  try client.notify("$/cancelRequest", ["id": JSON(long)])
  let began = Date()
  let answer = try client.answer(long)
  #expect(answer["error"]?["code"] == -32800)
  #expect(Date().timeIntervalSince(began) < 5, "a cancelled call must not run to its end")

  let progress = client.notifications.filter { $0["method"] == "$/progress" }.compactMap { $0["params"]?["value"] }
  #expect(progress.first?["kind"] == "begin")
  #expect(progress.last?["kind"] == "end")
  let percentages = progress.compactMap { $0["percentage"]?.int }
  #expect(percentages == percentages.sorted())
  // The answer may leave before the run has ended; its end is logged all the same.
  var state: JSON?
  for _ in 0..<300 where state != "cancelled" {
    usleep(100_000)
    state = try client.call("log/list", ["method": "probe.logistic"])["items"]?[0]?["state"]
  }
  #expect(state == "cancelled")
  #expect(try client.end() == 0)
}

@Test func shutdownCancelsWhatRuns() throws {
  let folder = try TemporaryFolder()
  try longWork(in: folder)
  let client = try Client(in: folder.path)
  let long = try client.request("probe.logistic", fit)
  _ = try client.call("ping")
  #expect(try client.end() == 0)
  #expect(try client.answer(long)["error"]?["code"] == -32802)
}

@Test func aClientThatIsGoneEndsTheHost() throws {
  let folder = try TemporaryFolder()
  try longWork(in: folder)
  let client = try Client(in: folder.path)
  try client.request("probe.logistic", fit)
  _ = try client.call("ping")
  client.program.closeOutput()
  #expect(try client.program.wait(seconds: 10) == 4)
}

@Test func aTokenInUseIsRefused() throws {
  let folder = try TemporaryFolder()
  try longWork(in: folder)
  let client = try Client(in: folder.path)
  var params = fit
  params["workDoneToken"] = 7
  let first = try client.request("probe.logistic", params)
  #expect(try client.error("data.load", ["source": [[1]], "workDoneToken": 7])["code"] == -32602)
  try client.notify("$/cancelRequest", ["id": JSON(first)])
  _ = try client.answer(first)
  #expect(try client.end() == 0)
}
