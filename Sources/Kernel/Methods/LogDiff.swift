import JSON
import RunLog

/// `log/diff`
struct LogDiff: KernelMethod {
  static let name = "log/diff"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var a: String
    var b: String
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let before = try Side(parameters.a, call, at: "/a")
    let after = try Side(parameters.b, call, at: "/b")
    guard before.kind == after.kind else {
      throw Fault.parameter(
        "/b", "'\(parameters.a.cut(toBytes: 60))' is a \(before.kind) and this a \(after.kind)",
        hint: "compare two runs, two states of notebooks, or two workspaces")
    }
    var changed: [JSON] = []
    var same = 0
    let names = Set(before.runs.keys).intersection(after.runs.keys).sorted()
    for name in names {
      guard let one = before.runs[name], let other = after.runs[name] else { continue }
      try call.cancellation.check()
      let difference = RunDifference(was: .init(run: one, log: before.log), now: .init(run: other, log: after.log))
      if difference.isNothing {
        same += 1
        continue
      }
      var item = try difference.json()
      if !name.isEmpty { item["cell"] = .string(name) }
      changed.append(.object(item))
    }
    return [
      "added": JSON(after.runs.keys.filter { before.runs[$0] == nil }.sorted()),
      "removed": JSON(before.runs.keys.filter { after.runs[$0] == nil }.sorted()),
      "same": JSON(same), "changed": .array(changed),
    ]
  }

  /// What one of the two params names.
  private struct Side {
    enum Kind: String { case run, notebook, workspace }

    let kind: Kind
    let log: LogStore
    /// By cell; by notebook and cell of a workspace; one without a name for a run.
    let runs: [String: RunRecord]

    /// - Parameter text: a run's id, `NOTEBOOK[@COUNT]` for what its cells had given when the log had so many entries,
    ///   or a folder with a `.quire/`.
    init(_ text: String, _ call: KernelCall, at pointer: String) throws {
      let own = try call.kernel.workspace.log()
      let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts[0].hasSuffix(".quire.md") {
        let count = try parts.dropFirst().first.map { part in
          guard let count = Int(part), count >= 0 else {
            throw Fault.parameter(pointer, "behind @ stands a number of entries", hint: "as in study.quire.md@120")
          }
          return count
        }
        let name = try Self.notebookName(parts[0], call)
        (kind, log) = (.notebook, own)
        runs = try Self.results(own, before: count) { $0 == name }.reduce(into: [:]) { $0[$1.cell ?? ""] = $1 }
        guard !runs.isEmpty else {
          throw Fault(
            1502, "log.notFound", "the log has no run of '\(name.cut(toBytes: 80))' there", path: pointer,
            hint: "'quire log list' shows the runs and their notebooks")
        }
      } else if let record = try? own.run(text) {
        (kind, log, runs) = (.run, own, ["": record])
      } else if let folder = try? FileAccess(call.caller).existing(text, at: pointer), Path.isFolder(folder + "/.quire")
      {
        var options = LogStore.Options()
        options.isReadOnly = true
        let isOwn = Path.resolved(call.kernel.workspace.root) == folder
        (kind, log) = (.workspace, isOwn ? own : try LogStore.open(workspace: folder, options))
        runs = try Self.results(log, before: nil) { $0 != nil }
          .reduce(into: [:]) { $0["\($1.notebook ?? "")/\($1.cell ?? "")"] = $1 }
      } else {
        throw Fault(
          1502, "log.notFound", "'\(text.cut(toBytes: 80))' is no run, no notebook and no workspace", path: pointer,
          hint: "'quire log list' shows the runs")
      }
    }

    /// The name under which the notebook's runs are logged.
    private static func notebookName(_ path: String, _ call: KernelCall) throws -> String {
      let root = Path.resolved(call.kernel.workspace.root) ?? call.kernel.workspace.root
      guard let real = try? FileAccess(call.caller).existing(path, at: "") else { return path }
      return Path.relative(real, to: root)
    }

    /// The newest result of each cell among the first `count` entries.
    private static func results(
      _ log: LogStore, before count: Int?, of isWanted: (String?) -> Bool
    ) throws -> [RunRecord] {
      var seen = Set<String>()
      var found: [RunRecord] = []
      var cursor = count
      while true {
        let page = try log.runs(cursor: cursor, limit: 1000)
        guard let last = page.last else { return found }
        cursor = last.seq
        for run in page where isWanted(run.notebook) && (run.state == .ok || run.state == .cached) {
          guard let cell = run.cell, !seen.contains("\(run.notebook ?? "")/\(cell)") else { continue }
          let record = try log.run(run.run)
          // A run that began among the first entries may have ended behind them.
          if let count, let finish = record.finish, finish.seq >= count { continue }
          seen.insert("\(run.notebook ?? "")/\(cell)")
          found.append(record)
        }
      }
    }
  }
}
