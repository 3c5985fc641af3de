import ArgumentParser
import Kernel

/// The command line: one subcommand a file, each a thin use of the kernel.
@main
struct Quire: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quire",
    abstract: "A research-notebook kernel: one method a cell, every run in a log that can be verified.",
    discussion: """
      Examples:
        quire run Examples/concept-in-papers.quire.md --report report.html
        quire call papers.parse '{"source":{"$file":"papers.txt"}}'
        quire log verify
      """,
    version: "quire \(Kernel.version)",
    subcommands: [
      RunCommand.self, CheckCommand.self, CallCommand.self, ServeCommand.self, LogCommand.self, PluginCommand.self,
    ])
}
