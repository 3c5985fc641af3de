import Foundation
import JSON
import TestSupport
import Testing

@Test func aLongRunBlocksNothingAndIsCancelled() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  var params = LongWork.fit
  params["workDoneToken"] = "t"
  let long = try client.request("probe.logistic", params)
  // Pings and other calls go through while it runs.
  for _ in 0..<20 { #expect(try client.call("ping") == [:]) }
  #expect(try client.call("data.load", ["source": [[1, 2]]])["rows"] == 1)
  // What is cancelled before its method runs leaves no entry in the log.
  let isRunning = { client.notifications.contains { $0["params"]?["value"]?["kind"] == "report" } }
  for _ in 0..<3000 where !isRunning() {
    usleep(10_000)
    _ = try client.call("ping")
  }
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
  let client = try LongWork.client(in: folder)
  let long = try client.request("probe.logistic", LongWork.fit)
  _ = try client.call("ping")
  #expect(try client.end() == 0)
  #expect(try client.answer(long)["error"]?["code"] == -32802)
}

@Test func aClientThatIsGoneEndsTheHost() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  try client.request("probe.logistic", LongWork.fit)
  _ = try client.call("ping")
  client.program.closeOutput()
  #expect(try client.program.wait(seconds: 10) == 4)
}

@Test func aTokenInUseIsRefused() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  var params = LongWork.fit
  params["workDoneToken"] = 7
  let first = try client.request("probe.logistic", params)
  #expect(try client.error("data.load", ["source": [[1]], "workDoneToken": 7])["code"] == -32602)
  try client.notify("$/cancelRequest", ["id": JSON(first)])
  _ = try client.answer(first)
  #expect(try client.end() == 0)
}
