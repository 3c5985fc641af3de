import ArgumentParser
import Kernel

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what is wrong with a notebook; runs nothing.",
    discussion: """
      Faults are printed as file:line:column: error: …; the exit status is 1 when there are some.

      Example:
        quire check study.quire.md
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The notebook, NAME.quire.md.", completion: Completions.notebooks)
  var notebook: String

  func run() throws {
    try telling {
      let lines = try NotebookSession(options, notebook).open().diagnosticLines(notebook)
      for line in lines { printOut(line) }
      if !lines.isEmpty { throw Ending.failed }
      if !options.quiet { printError("\(notebook): no faults") }
    }
  }
}
