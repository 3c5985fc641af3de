import JSON
import RunLog

/// `log/replay`
struct LogReplay: KernelMethod {
  static let name = "log/replay"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var runs: [String]?
    var notebook: String?
    var cell: String?
    var strict: Bool
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let log = try call.kernel.workspace.log()
    let records = try chosen(parameters, log)
    let replay = Replay(kernel: call.kernel, caller: call.caller, cancellation: call.cancellation)
    var outcomes: [Replay.Outcome] = []
    for (number, record) in records.enumerated() {
      call.caller.progress?(
        Progress(fraction: Double(number) / Double(max(1, records.count)), message: record.cell ?? record.method))
      outcomes.append(try replay.replay(record))
    }
    let isSame: (Replay.Outcome) -> Bool = { parameters.strict ? $0.isBitEqual : $0.isSame }
    let different = outcomes.filter { $0.obstacle == nil && !isSame($0) }
    let same = outcomes.count(where: isSame)
    let obstacles = outcomes.filter { $0.obstacle != nil }
    if case .readWrite = log.access, !outcomes.isEmpty {
      let library = Kernel.numericLibrary
      try log.append([
        .note(
          "replay of \(outcomes.count) runs on \(library.library) \(library.version), core \(library.core): "
            + "\(same) same, \(different.count) different, \(obstacles.count) not run")
      ])
    }
    return [
      "same": JSON(same),
      "different": .array(different.compactMap { difference($0, parameters.strict) }),
      "cannot": .array(
        obstacles.map { outcome in
          var item = head(outcome.run)
          item["reason"] = .string(outcome.obstacle ?? "")
          return .object(item)
        }),
      "outputs": .array(outcomes.flatMap(lines)),
    ]
  }

  /// The runs that were named; else the newest good run of each key, oldest first.
  private static func chosen(_ parameters: Parameters, _ log: LogStore) throws -> [RunRecord] {
    if let runs = parameters.runs {
      return try runs.map { id in
        let record = try log.run(id)
        // A remembered result is replayed as the run that computed it.
        guard record.state == .cached, let origin = record.cachedFrom else { return record }
        return try log.run(origin)
      }
    }
    var keys = Set<String>()
    var found: [RunRecord] = []
    var cursor: Int?
    while true {
      let page = try log.runs(notebook: parameters.notebook, cursor: cursor, limit: 1000)
      guard let last = page.last else { return found.reversed() }
      cursor = last.seq
      for run in page where run.state == .ok && (parameters.cell == nil || run.cell == parameters.cell) {
        guard keys.insert(run.key ?? run.run).inserted else { continue }
        found.append(try log.run(run.run))
      }
    }
  }

  private static func head(_ run: RunRecord) -> JSON.Object {
    var item: JSON.Object = ["run": .string(run.run), "method": .string(run.method)]
    item["cell"] = run.cell.map(JSON.string)
    return item
  }

  /// The first output that is not as it was.
  private static func difference(_ outcome: Replay.Outcome, _ isStrict: Bool) -> JSON? {
    let found = outcome.outputs.first { output in
      isStrict ? output.verdict.kind != .bitEqual : [.differs, .cannot].contains(output.verdict.kind)
    }
    guard let found else { return nil }
    var item = head(outcome.run)
    let place = found.verdict.place
    item["path"] = .string(found.name + (place.map { $0.path.hasPrefix("/") ? $0.path : "/" + $0.path } ?? ""))
    item["was"] = place?.was ?? .null
    item["now"] = place?.now ?? .null
    item["why"] = .string(found.verdict.reason ?? found.verdict.words)
    item["kind"] = "log.diverged"
    return .object(item)
  }

  private static func lines(_ outcome: Replay.Outcome) -> [JSON] {
    outcome.outputs.map { output in
      var item = head(outcome.run)
      item["output"] = .string(output.name)
      item["verdict"] = .string(output.verdict.kind.rawValue)
      item["words"] = .string(output.verdict.words)
      item["maxRelative"] = output.verdict.maxRelative.map { $0.isFinite ? JSON($0) : "Infinity" }
      return .object(item)
    }
  }
}
