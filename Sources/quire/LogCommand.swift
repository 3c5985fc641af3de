import ArgumentParser
import JSON
import Kernel

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Look at the run log, verify it, run it again.",
    discussion: """
      Example:
        quire log verify
        quire log list
        quire log show 0192f0c4-…
        quire log replay --all
      """,
    subcommands: [
      LogListCommand.self, LogShowCommand.self, LogVerifyCommand.self, LogCheckpointCommand.self,
      LogReplayCommand.self, LogDiffCommand.self, LogExportCommand.self,
    ])
}

struct LogVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every entry of the log and every artifact.",
    discussion: """
      Exit status 0 when all is as it was written, 1 when anything was changed, removed or cut.

      Example:
        quire log verify
      """)

  @OptionGroup var options: WorkspaceOptions

  @Flag(help: "The chain only, for a log that came without its artifacts.")
  var quick = false

  @Option(help: ArgumentHelp("A point of the log that was kept elsewhere.", valueName: "file"), completion: .file())
  var checkpoint: String?

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let kernel = options.kernel
      var params: JSON.Object = ["quick": .bool(quick)]
      params["checkpoint"] = checkpoint.map { .string(Path.absolute($0)) }
      let found = try kernel.perform("log/verify", .object(params), options.caller)
      let ok = found["ok"]?.bool ?? false
      if json {
        printOut(found.prettyText)
      } else {
        for finding in found["errors"]?.array ?? [] { printOut("error: " + Self.line(finding)) }
        for finding in found["warnings"]?.array ?? [] { printOut("warning: " + Self.line(finding)) }
        let artifacts = quick ? "artifacts left out" : "\(found["artifacts"]?.int ?? 0) artifacts"
        let size = (found["bytes"]?.double ?? 0) / 1e6
        printOut(
          "\(ok ? "verified" : "NOT as it was written"): \(found["count"]?.int ?? 0) entries, \(artifacts), "
            + "\((size * 10).rounded() / 10) MB hashed; last hash \(found["hash"]?.string?.prefix(16) ?? "none")")
      }
      if !ok { throw Ending.failed }
    }
  }

  private static func line(_ finding: JSON) -> String {
    let places = [finding["seq"]?.int.map { "entry \($0)" }, finding["name"]?.string].compactMap { $0 }
    let place = places.isEmpty ? "" : places.joined(separator: ", ") + ": "
    return "\(place)\(finding["code"]?.string ?? "")  \(finding["detail"]?.string ?? "")"
  }
}

struct LogCheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Print the log's end, to be kept elsewhere.",
    discussion: """
      Put it where nobody can change it together with the log: a commit, a mail, a paper's appendix.

      Example:
        quire log checkpoint > checkpoint.json
        quire log verify --checkpoint checkpoint.json
      """)

  @OptionGroup var options: WorkspaceOptions

  @Flag(help: "Print the three lines of a C2SP checkpoint.")
  var note = false

  @Option(name: .customLong("where"), help: ArgumentHelp("Note in the log where it is kept.", valueName: "words"))
  var place: String?

  func run() throws {
    try telling {
      var params: JSON.Object = [:]
      params["where"] = place.map(JSON.string)
      let kernel = options.kernel
      defer { kernel.workspace.close() }
      let value = try kernel.perform("log/checkpoint", .object(params), options.caller)
      if note {
        write(value["note"]?.string ?? "", to: 1)
      } else {
        printOut(
          JSON.object([
            "count": value["count"] ?? .null, "hash": value["hash"] ?? .null,
            "store": value["store"] ?? .null,
          ]).text)
      }
    }
  }
}

struct LogListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs, the newest first.",
    discussion: """
      Example:
        quire log list --method probe.logistic
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(help: "Only runs of this method.", completion: Completions.methods)
  var method: String?

  @Option(help: "At most so many.")
  var limit = 20

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      var params: JSON.Object = ["limit": JSON(limit)]
      params["method"] = method.map(JSON.string)
      let value = try options.kernel.perform("log/list", .object(params), options.caller)
      if json {
        printOut(value.prettyText)
        return
      }
      let rows = (value["items"]?.array ?? []).map { item in
        ["run", "time", "method", "cell", "state"].map { item[$0]?.string ?? "" }
          + [item["elapsedMs"]?.double.map { "\(Int($0.rounded())) ms" } ?? ""]
      }
      printOut(table(["run", "time", "method", "cell", "state", "took"], rows))
    }
  }
}

struct LogShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the entries of a run.",
    discussion: """
      Example:
        quire log show 0192f0c4-…
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The run's id, as 'quire log list' shows it.", completion: Completions.runs)
  var id: String

  func run() throws {
    try telling {
      printOut(try options.kernel.perform("log/show", ["run": .string(id)], options.caller).prettyText)
    }
  }
}
