import ArgumentParser
import Glibc
import JSONRPC
import Kernel
import Logging
import ModelContext
import Server

struct McpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp",
    abstract: "Serve the Model Context Protocol on standard input and output.",
    discussion: """
      A dozen tools find, describe and call every method. Files are read below the workspace that --workspace names, \
      else below the current folder.

      Example:
        claude mcp add quire -- quire mcp --workspace ~/study
        quire mcp --tools core,probe,erase --read-only
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(
    help: ArgumentHelp(
      "Which tools: core, all, or families of methods (core,probe).", valueName: "families"))
  var tools = "core"

  @Flag(help: "Refuse what changes papers, notebooks or files; analyses still enter the log.")
  var readOnly = false

  @Option(
    help: "Pictures as links to read, as SVG images (many hosts take no SVG), or not at all.")
  var pictures = PictureForm.link

  @Option(help: "The least severe lines of the log.")
  var logLevel = Logger.Level.warning

  func run() throws {
    let streams = StandardStreams.take()
    let log = Log(STDERR_FILENO, level: logLevel, format: .text)
    let plugins = log.logger("plugin")
    let kernel = options.kernel(near: Path.currentFolder) { plugins.warning("\($0)") }
    // A host may start us anywhere, also in the root of the file system.
    let isNamed = options.workspace != nil || getenv("QUIRE_WORKSPACE") != nil
    var settings = ServeModelContext.Options(roots: [isNamed ? kernel.workspace.root : Path.currentFolder])
    settings.tools = try telling { try ToolChoice(tools, kernel) }
    settings.isReadOnly = readOnly
    settings.pictures = pictures
    ServeModelContext.run(kernel, streams, log, settings)
  }
}

extension PictureForm: ExpressibleByArgument {}
