import ArgumentParser
import Glibc
import JSON
import Kernel

/// The options that all subcommands share.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that holds .quire/ (default: the nearest upward, else the current one; QUIRE_WORKSPACE before that).",
      valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Option(
    name: .customLong("plugin"),
    help: ArgumentHelp("The folder of a plugin that is a program of its own; may be repeated.", valueName: "dir"),
    completion: .directory)
  var plugins: [String] = []

  @Option(help: ArgumentHelp("Threads for numeric work (default: the cores).", valueName: "n"))
  var jobs: Int?

  @Flag(help: "Say nothing on standard error but errors.")
  var quiet = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs takes a number from 1 on") }
  }

  var kernel: Kernel { kernel(near: Path.currentFolder) }

  /// The kernel of the workspace that was named, else of the nearest one above a folder.
  ///
  /// - Parameter pluginLog: gets what plugins that are programs of their own write to standard error.
  func kernel(near folder: String, pluginLog: @escaping @Sendable (String) -> Void = { printError($0) }) -> Kernel {
    let silence: @Sendable (String) -> Void = { _ in }
    return Kernel(
      named: workspace, near: folder, jobs: jobs, pluginFolders: plugins, pluginLog: quiet ? silence : pluginLog)
  }

  /// A person at a terminal, in the current folder, who may name any file.
  var caller: Caller {
    var caller = Caller(roots: [Path.currentFolder])
    caller.mayNameAnyFile = true
    return caller
  }

  var progressBar: ProgressBar { ProgressBar(isQuiet: quiet) }
}

extension Kernel {
  /// The kernel with the built-in plugins.
  ///
  /// - Parameters:
  ///   - workspace: the folder that holds `.quire/`; when nil, that of `QUIRE_WORKSPACE`, else the nearest above
  ///     `folder`.
  ///   - jobs: threads for numeric work; when nil, one a core.
  convenience init(
    named workspace: String?, near folder: String, jobs: Int? = nil, pluginFolders: [String] = [],
    pluginLog: @escaping @Sendable (String) -> Void
  ) {
    var settings = Kernel.Settings(jobs: jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    settings.pluginFolders = pluginFolders
    settings.pluginLog = pluginLog
    let named = workspace ?? getenv("QUIRE_WORKSPACE").map { String(cString: $0) } ?? ""
    let root = named.isEmpty ? Workspace.nearest(from: folder) : Path.absolute(named)
    self.init(workspace: Workspace(root: root), plugins: builtInPlugins, settings: settings)
  }
}
