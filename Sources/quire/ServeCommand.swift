import ArgumentParser
import Glibc
import JSONRPC
import Kernel
import Logging
import Server

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer JSON-RPC 2.0 on standard input and output.",
    discussion: """
      Messages are lines of JSON or have Content-Length headers; which one is found from the first bytes.

      Example:
        printf '%s\\n' '{"jsonrpc":"2.0","id":1,"method":"ping"}' | quire serve
      """)

  enum FramingChoice: String, ExpressibleByArgument, CaseIterable { case auto, headers, lines }

  @OptionGroup var options: WorkspaceOptions

  @Option(help: "How messages are framed.")
  var framing = FramingChoice.auto

  @Option(help: ArgumentHelp("The largest message that is read.", valueName: "bytes"))
  var maxMessage = 256 << 20

  @Option(help: ArgumentHelp("Requests that may wait for their answers.", valueName: "n"))
  var maxPending = 10_000

  @Option(
    help: ArgumentHelp("Output that the client has not read; above it the host reads no more.", valueName: "bytes"))
  var maxUnread = 256 << 20

  @Option(help: ArgumentHelp("Where the log goes (default: standard error).", valueName: "file"), completion: .file())
  var log: String?

  @Option(help: "The least severe lines of the log.")
  var logLevel = Logger.Level.warning

  @Option(help: "The form of the log's lines.")
  var logFormat = Log.Format.text

  func validate() throws {
    for (name, value) in [("message", maxMessage), ("pending", maxPending), ("unread", maxUnread)] where value < 1 {
      throw ValidationError("--max-\(name) takes a number from 1 on")
    }
  }

  func run() throws {
    let streams = StandardStreams.take()
    var settings = Serve.Options(roots: [Path.currentFolder])
    settings.framing = Framing(rawValue: framing.rawValue)
    settings.messageLimit = maxMessage
    settings.pendingLimit = maxPending
    settings.unreadLimit = maxUnread
    let log = Log(try logDescriptor(), level: logLevel, format: logFormat)
    let plugins = log.logger("plugin")
    Serve.run(options.kernel(near: Path.currentFolder) { plugins.warning("\($0)") }, streams, log, settings)
  }

  /// `quire serve` without options, as editors start it: the same as `run`, without the parser of arguments, which
  /// costs a fifth of the time to the first answer and megabytes of memory for the whole life of the host.
  static func runPlainly() {
    let streams = StandardStreams.take()
    let log = Log(STDERR_FILENO, level: .warning, format: .text)
    let plugins = log.logger("plugin")
    let kernel = Kernel(named: nil, near: Path.currentFolder) { plugins.warning("\($0)") }
    Serve.run(kernel, streams, log, Serve.Options(roots: [Path.currentFolder]))
  }

  private func logDescriptor() throws -> Int32 {
    guard let log else { return STDERR_FILENO }
    let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      printError("quire: error: cannot write the log '\(log)': \(String(cString: strerror(errno)))")
      throw Ending.usage
    }
    return descriptor
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension Log.Format: ExpressibleByArgument {}
