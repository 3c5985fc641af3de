import ArgumentParser
import Glibc
import JSON
import Kernel

struct ArtifactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "artifact",
    abstract: "List, read and collect the artifacts.",
    discussion: """
      Example:
        quire artifact list
        quire artifact read sha256:039058c6… --head 20
        quire artifact collect --dry-run
      """,
    subcommands: [ArtifactListCommand.self, ArtifactReadCommand.self, ArtifactCollectCommand.self])
}

struct ArtifactListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the artifacts that the log names.",
    discussion: """
      Example:
        quire artifact list --media application/x-npz
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(
    name: .customLong("run"), help: ArgumentHelp("Only what this run gave.", valueName: "run"),
    completion: Completions.runs)
  var ofRun: String?

  @Option(help: ArgumentHelp("Only of this media type.", valueName: "type"))
  var media: String?

  @Option(help: ArgumentHelp("At most so many (1–1000).", valueName: "n"))
  var limit = 100

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      var params: JSON.Object = ["limit": JSON(limit)]
      params["run"] = ofRun.map(JSON.string)
      params["media"] = media.map(JSON.string)
      let value = try options.kernel.perform("artifact/list", .object(params), options.caller)
      if json {
        printOut(value.prettyText)
        return
      }
      let rows = (value["items"]?.array ?? []).map { item in
        [
          item["hash"]?.string ?? "", "\(item["bytes"]?.int ?? 0)", item["media"]?.string ?? "",
          item["name"]?.string ?? "",
        ]
      }
      printOut(table(["artifact", "bytes", "media", "name"], rows))
      if value["next"]?.string != nil { printError("there are more: raise --limit, or use --json and its cursor") }
    }
  }
}

struct ArtifactReadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read", abstract: "Write an artifact to standard output.",
    discussion: """
      A unique beginning of the hash is enough.

      Example:
        quire artifact read sha256:039058c6f2c0 > matrix.npz
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(
    help: ArgumentHelp("sha256: and the hash, or a unique beginning of it.", valueName: "ref"),
    completion: Completions.artifacts)
  var reference: String

  @Option(help: ArgumentHelp("Only so many lines.", valueName: "n"))
  var head: Int?

  func run() throws {
    try telling {
      let kernel = options.kernel
      let hash = try whole(reference, kernel)
      let value = try kernel.perform(
        "artifact/read", ["hash": .string(hash), "as": "path"], options.caller)
      let path = value["path"]?.string ?? ""
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw Fault(1401, "artifact.notFound", "cannot read \(hash): \(String(cString: strerror(errno)))")
      }
      defer { close(descriptor) }
      try copy(descriptor)
    }
  }

  /// The hash that begins so.
  private func whole(_ text: String, _ kernel: Kernel) throws -> String {
    let start = text.hasPrefix("sha256:") ? text : "sha256:" + text
    guard start.utf8.count < 71 else { return start }
    var found: [String] = []
    var cursor = JSON.null
    repeat {
      var params: JSON.Object = ["limit": 1000]
      if cursor != .null { params["cursor"] = cursor }
      let page = try kernel.perform("artifact/list", .object(params), options.caller)
      found += (page["items"]?.array ?? []).compactMap { $0["hash"]?.string }.filter { $0.hasPrefix(start) }
      cursor = page["next"] ?? .null
    } while cursor != .null && found.count < 2
    guard let only = found.first else {
      throw Fault(
        1401, "artifact.notFound", "no artifact begins with \(start)", hint: "'quire artifact list' shows them")
    }
    guard found.count == 1 else {
      throw Fault(-32602, "params.value", "several artifacts begin with \(start)", hint: "give more of the hash")
    }
    return only
  }

  private func copy(_ descriptor: Int32) throws {
    var lines = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      var piece = chunk[..<count]
      if let head {
        var end = piece.startIndex
        while end < piece.endIndex, lines < head {
          if piece[end] == 0x0A { lines += 1 }
          end += 1
        }
        piece = piece[..<end]
      }
      guard write(piece, to: STDOUT_FILENO) else { return }
      if let head, lines >= head { return }
    }
  }
}

struct ArtifactCollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect", abstract: "Remove the artifacts that no entry of the log names.",
    discussion: """
      With --max-bytes older results go too, the longest unused first; what the cells show stays.

      Example:
        quire artifact collect --dry-run
        quire artifact collect --max-bytes 10000000000
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(help: ArgumentHelp("How much the artifacts may take.", valueName: "n"))
  var maxBytes: Int?

  @Flag(help: "Only say what would be removed.")
  var dryRun = false

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      var params: JSON.Object = ["dryRun": .bool(dryRun)]
      params["maxBytes"] = maxBytes.map { JSON($0) }
      let kernel = options.kernel
      let value = try kernel.perform("artifact/collect", .object(params), options.caller)
      kernel.workspace.close()
      if json {
        printOut(value.prettyText)
      } else {
        let verb = dryRun ? "would remove" : "removed"
        printOut("\(verb) \(value["removed"]?.int ?? 0) artifacts, \(value["bytes"]?.int ?? 0) bytes")
      }
    }
  }
}
