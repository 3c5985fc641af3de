import ArgumentParser
import Glibc
import JSON
import Kernel

struct LogReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run entries of the log again, and compare.",
    discussion: """
      Exit status 0 when nothing differs, 1 when something does or could not be run again.

      Example:
        quire log replay --all
        quire log replay --cell probe --strict
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "Runs, as 'quire log list' shows them.", completion: Completions.runs)
  var runs: [String] = []

  @Option(help: "The newest run of this cell.")
  var cell: String?

  @Flag(help: "The newest good run of every key.")
  var all = false

  @Flag(help: "Accept equal bytes only.")
  var strict = false

  @Option(
    help: ArgumentHelp("Compute with the kernels of another core type: Haswell, SkylakeX, ….", valueName: "name"))
  var core: String?

  @Flag(help: "Print the value as JSON.")
  var json = false

  func validate() throws {
    let ways = [!runs.isEmpty, cell != nil, all].count { $0 }
    if ways != 1 { throw ValidationError("name runs, or a --cell, or say --all") }
  }

  func run() throws {
    try telling {
      if let core { try CoreType.use(core) }
      let interrupt = Interrupt()
      let bar = options.progressBar
      var caller = options.caller
      caller.progress = { bar.show($0) }
      var params: JSON.Object = ["strict": .bool(strict)]
      if !runs.isEmpty { params["runs"] = JSON(runs) }
      params["cell"] = cell.map(JSON.string)
      let kernel = options.kernel
      let value = try kernel.perform(
        "log/replay", .object(params), caller, cancellation: interrupt.cancellation)
      bar.finish()
      kernel.workspace.close()
      let different = value["different"]?.array ?? []
      let cannot = value["cannot"]?.array ?? []
      if json { printOut(value.prettyText) } else { show(value, different, cannot) }
      // What was not to be run again is no difference.
      let failed = cannot.contains { $0["reason"]?.string != Self.writesStore }
      if !different.isEmpty || failed { throw Ending.failed }
    }
  }

  private static let writesStore = "it changes the paper store"

  private func show(_ value: JSON, _ different: [JSON], _ cannot: [JSON]) {
    let rows = (value["outputs"]?.array ?? []).map { output in
      [Self.name(output), output["output"]?.string ?? "", output["words"]?.string ?? ""]
    }
    if !rows.isEmpty { printOut(table(rows)) }
    for item in cannot { printOut("\(Self.name(item))  cannot (\(item["reason"]?.string ?? ""))") }
    for item in different {
      printError(
        "quire: error: run \(item["run"]?.string ?? "") gave another result at \(item["path"]?.string ?? ""): "
          + "\(item["was"]?.text ?? "") then, \(item["now"]?.text ?? "") now (\(item["why"]?.string ?? ""))")
    }
    printOut("\(value["same"]?.int ?? 0) same, \(different.count) different, \(cannot.count) not run")
  }

  private static func name(_ item: JSON) -> String { item["cell"]?.string ?? item["method"]?.string ?? "" }
}

/// The core type whose kernels OpenBLAS uses: fixed when the library is loaded, so the program begins anew with it.
enum CoreType {
  /// What a processor must know for each (`/proc/cpuinfo`), those that OpenBLAS takes on x86-64.
  private static let needs: [String: [String]] = [
    "Prescott": ["pni"], "Nehalem": ["sse4_2"], "Sandybridge": ["avx"], "Haswell": ["avx2", "fma"],
    "Zen": ["avx2", "fma"], "SkylakeX": ["avx512f", "avx512dq", "avx512bw", "avx512vl"],
    "Cooperlake": ["avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_bf16"],
  ]

  /// Starts the program again under the core type, unless it runs so already. Returns only then.
  static func use(_ name: String) throws(Fault) {
    guard let flags = needs[name] else {
      throw Fault(
        -32602, "params.value", "no core type '\(name)'",
        hint: "there are \(needs.keys.sorted().joined(separator: ", "))")
    }
    if let now = getenv("OPENBLAS_CORETYPE"), String(cString: now) == name { return }
    let known = Set(processorFlags().split(separator: " ").map(String.init))
    guard flags.allSatisfy(known.contains) else {
      throw Fault(1206, "math.memory", "this processor has no \(flags.joined(separator: ", ")), which \(name) needs")
    }
    setenv("OPENBLAS_CORETYPE", name, 1)
    var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    throw Fault(-32603, "internal", "cannot start the program again: \(String(cString: strerror(errno)))")
  }

  private static func processorFlags() -> Substring {
    let descriptor = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let text = String(decoding: (try? readAll(descriptor, name: "/proc/cpuinfo")) ?? [], as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") }
    return line.flatMap { $0.split(separator: ":", maxSplits: 1).last } ?? ""
  }
}
