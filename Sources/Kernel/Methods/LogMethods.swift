import Glibc
import JSON
import RunLog

/// `log/verify`
struct LogVerify: KernelMethod {
  static let name = "log/verify"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var quick: Bool
    var checkpoint: String?
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    var checkpoint: Checkpoint?
    if let path = parameters.checkpoint {
      let real = try FileAccess(call.caller).existing(path, at: "/checkpoint")
      let text = String(
        decoding: try readFile(real, shownAs: path, limit: 1 << 20, pointer: "/checkpoint"), as: UTF8.self)
      guard let read = Checkpoint(text: text) else {
        throw Fault(
          1053, "file.format", "'\(path)' is no checkpoint", path: "/checkpoint",
          hint: "write one with quire log checkpoint")
      }
      checkpoint = read
    }
    func verify() throws -> Verification {
      try LogStore.verify(
        workspace: call.kernel.workspace.root, checkpoint: checkpoint, quick: parameters.quick)
    }
    var verification = try verify()
    // A log that another thread or process is just making lacks its first files until its maker lets go of it.
    for _ in 0..<5 where !verification.ok && verification.count < 2 {
      usleep(50_000)
      try LogStore.waitForWriter(workspace: call.kernel.workspace.root, seconds: 5)
      verification = try verify()
    }
    let found = verification.json
    var answer: JSON.Object = [:]
    for member in ["ok", "errors", "warnings", "count", "hash"] { answer[member] = found[member] ?? .null }
    answer["artifacts"] = found["artifactsChecked"]
    answer["bytes"] = found["bytesChecked"]
    return .object(answer)
  }
}

/// `log/list`
struct LogList: KernelMethod {
  static let name = "log/list"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var method, notebook, since, cursor: String?
    var limit: Int
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let log = try call.kernel.workspace.log()
    let cursor = try parameters.cursor.map { text in
      guard let number = Int(text) else { throw Fault.parameter("/cursor", "expected a cursor of log/list") }
      return number
    }
    let runs = try log.runs(
      method: parameters.method, since: parameters.since, notebook: parameters.notebook, cursor: cursor,
      limit: parameters.limit + 1)
    let page = runs.prefix(parameters.limit)
    let items = page.map { run -> JSON in
      var item: JSON.Object = [
        "run": .string(run.run), "method": .string(run.method), "time": .string(run.time),
        "elapsedMs": run.elapsedMilliseconds.map(JSON.real) ?? .null,
        "state": .string(run.state?.rawValue ?? "running"),
      ]
      item["cell"] = run.cell.map(JSON.string)
      item["notebook"] = run.notebook.map(JSON.string)
      return .object(item)
    }
    let next = runs.count > page.count ? page.last.map { JSON.string("\($0.seq)") } ?? .null : .null
    return ["items": .array(items), "next": next]
  }
}

/// `log/show`
struct LogShow: KernelMethod {
  static let name = "log/show"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var run: String
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let record = try call.kernel.workspace.log().run(parameters.run)
    return ["entries": .array([record.start.json] + (record.finish.map { [$0.json] } ?? []))]
  }
}

/// `log/checkpoint`
struct LogCheckpoint: KernelMethod {
  static let name = "log/checkpoint"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var place: String?

    enum CodingKeys: String, CodingKey { case place = "where" }
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let log = try call.kernel.workspace.log()
    let checkpoint = try log.checkpoint()
    if let place = parameters.place { try log.append([.checkpoint(checkpoint, where: place)]) }
    var answer = checkpoint.json
    answer["note"] = .string(checkpoint.note)
    return answer
  }
}
