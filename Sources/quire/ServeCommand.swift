import ArgumentParser
import JSONRPC
import Kernel
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

  @Option(help: ArgumentHelp("The largest message that is read, in bytes.", valueName: "bytes"))
  var maxMessage: Int?

  func run() {
    Serve.run(
      options.kernel, framing: Framing(rawValue: framing.rawValue), messageLimit: maxMessage,
      roots: [Path.currentFolder])
  }
}
