import Foundation
import JSON
import TestSupport
import Testing

@Test func requestsOfOneIDAreBothAnsweredAndBothCancelled() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  for _ in 0..<2 {
    try client.send(["jsonrpc": "2.0", "id": "same", "method": "probe.logistic", "params": LongWork.fit])
  }
  try client.notify("$/cancelRequest", ["id": "same"])
  for _ in 0..<2 {
    let answer = try client.receive()
    #expect(answer["id"] == "same")
    #expect(answer["error"]?["code"] == -32800)
  }
  #expect(try client.answersUntilPing().isEmpty)
  #expect(try client.end() == 0)
}

/// A list of papers that takes the store a while.
private func papers(_ count: Int, in folder: TemporaryFolder, _ name: String) throws {
  let text = (0..<count).map { number in
    "The Title of the Paper of Number \(number) \(name)\nAn abstract that says how the paper \(number) was written.\n"
  }.joined()
  try text.write(to: folder.file(name), atomically: true, encoding: .utf8)
}

@Test func aWaitingWriteIsCancelledAtOnceAndARunningOneIsRolledBack() throws {
  let folder = try TemporaryFolder()
  try papers(20_000, in: folder, "long.txt")
  try papers(3, in: folder, "short.txt")
  let client = try Client(in: folder.path)
  let running = try client.request("papers.import", ["source": ["$file": "long.txt"]])
  let waiting = try client.request("papers.import", ["source": ["$file": "short.txt"]])
  try client.notify("$/cancelRequest", ["id": JSON(waiting)])
  // The one that waits is answered first.
  let first = try client.receive()
  #expect(first["id"]?.int == waiting)
  #expect(first["error"]?["code"] == -32800)
  try client.notify("$/cancelRequest", ["id": JSON(running)])
  #expect(try client.answer(running)["error"]?["code"] == -32800)
  // A read that comes after sees all of it undone.
  #expect(try client.call("store/info")["papers"] == 0)
  #expect(try client.end() == 0)
}

@Test func aDeadlineOfTheCallersOwnEndsTheCall() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  for milliseconds in [0, 100] {
    var params = LongWork.fit
    params["_meta"] = ["deadlineMs": JSON(milliseconds)]
    let error = try client.error("probe.logistic", params)
    #expect(error["code"] == -32006)
    #expect(error["data"]?["kind"] == "request.deadline")
  }
  let params: JSON = ["source": [[1, 2]], "_meta": ["deadlineMs": 600_000]]
  #expect(try client.call("data.load", params)["rows"] == 1)
  #expect(try client.end() == 0)
}

@Test func progressBeginsOnceNeverFallsAndEndsBeforeTheAnswer() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  for token in ["t", 7] as [JSON] {
    var params = LongWork.fit
    params["_meta"] = ["progressToken": token, "deadlineMs": 1500]
    let began = Date()
    let id = try client.request("probe.logistic", params)
    var values: [JSON] = []
    var answer: JSON?
    while answer == nil {
      let message = try client.receive()
      if message["method"] == "$/progress", message["params"]?["token"] == token {
        values.append(message["params"]?["value"] ?? nil)
      } else if message["id"]?.int == id {
        answer = message
      }
    }
    #expect(answer?["error"]?["code"] == -32006)
    let kinds = values.compactMap { $0["kind"]?.string }
    #expect(kinds.first == "begin" && kinds.last == "end")
    #expect(kinds.dropFirst().dropLast().allSatisfy { $0 == "report" })
    let percentages = values.compactMap { $0["percentage"]?.int }
    #expect(percentages == percentages.sorted() && percentages.allSatisfy { (0...100).contains($0) })
    #expect(Double(kinds.count - 2) <= Date().timeIntervalSince(began) * 10 + 1)
    // Nothing of this token comes after.
    usleep(300_000)
    #expect(try client.answersUntilPing().isEmpty)
  }
  #expect(try client.end() == 0)
}

@Test func aFailedCallEndsItsProgressToo() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  let id = try client.request("data.load", ["source": ["$file": "nowhere.npy"], "workDoneToken": "t"])
  #expect(try client.answer(id)["error"]?["code"] == 1051)
  let kinds = client.notifications.compactMap { $0["params"]?["value"]?["kind"]?.string }
  #expect(kinds == ["begin", "end"])
  // The token is free again.
  #expect(try client.call("data.load", ["source": [[1]], "workDoneToken": "t"])["rows"] == 1)
  #expect(try client.end() == 0)
}

@Test func tooManyRequestsAreRefusedByIDWhileCancelAndPingGoOn() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder, arguments: ["--max-pending", "2"])
  let ids = try [client.request("probe.logistic", LongWork.fit), client.request("probe.logistic", LongWork.fit)]
  let busy = try client.answer(client.request("data.load", ["source": [[1]]]))
  #expect(busy["error"]?["code"] == -32004)
  #expect(busy["error"]?["data"]?["kind"] == "busy")
  #expect(busy["error"]?["data"]?["retryAfterMs"]?.int ?? 0 > 0)
  #expect(try client.call("ping") == [:])
  try client.notify("$/cancelRequest", ["id": JSON(ids[0])])
  #expect(try client.answer(ids[0])["error"]?["code"] == -32800)
  #expect(try client.call("data.load", ["source": [[1]]])["rows"] == 1)
  try client.notify("$/cancelRequest", ["id": JSON(ids[1])])
  #expect(try client.answer(ids[1])["error"]?["code"] == -32800)
  #expect(try client.end() == 0)
}

@Test func aRequestInsideALargeBatchIsCancelledBeforeItIsKnown() throws {
  let folder = try TemporaryFolder()
  let client = try LongWork.client(in: folder)
  // Numbers are slow to read, so the cancel comes while they are being read.
  let numbers = JSON.array((0..<400_000).map { .real(Double($0) + 0.5) })
  try client.send([
    ["jsonrpc": "2.0", "id": "slow", "method": "ping", "params": ["x": numbers]],
    ["jsonrpc": "2.0", "id": "long", "method": "probe.logistic", "params": LongWork.fit],
  ])
  try client.notify("$/cancelRequest", ["id": "long"])
  let answers = try client.receive(seconds: 60).array ?? []
  #expect(answers.first { $0["id"] == "long" }?["error"]?["code"] == -32800)
  #expect(answers.first { $0["id"] == "slow" }?["result"] == [:])
  #expect(try client.end() == 0)
}
