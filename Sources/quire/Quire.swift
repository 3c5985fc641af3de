import ArgumentParser
import Glibc
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
      RunCommand.self, CheckCommand.self, WhyCommand.self, ReportCommand.self, ConvertCommand.self, CallCommand.self,
      ImportCommand.self, SearchCommand.self, ExportCommand.self, ServeCommand.self, McpCommand.self,
      LogCommand.self, ArtifactCommand.self, PluginCommand.self, StoreCommand.self, DoctorCommand.self,
      CompletionsCommand.self,
    ])

  /// Wrong usage ends with status 2, where the parser's own habit is 64.
  static func main() {
    if CommandLine.arguments.dropFirst().elementsEqual(["serve"]) { return ServeCommand.runPlainly() }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      printError(fullMessage(for: error))
      Glibc.exit(Ending.usage.rawValue)
    }
  }
}
