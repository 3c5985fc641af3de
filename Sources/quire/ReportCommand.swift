import ArgumentParser
import JSON
import Kernel

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the last results of a notebook as one HTML file.",
    discussion: """
      The file needs no network and holds no script; nothing is run.

      Example:
        quire report study.quire.md --output study.html
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The notebook, NAME.quire.md.", completion: Completions.notebooks)
  var notebook: String

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String

  func run() throws {
    try telling {
      let session = NotebookSession(options, notebook, alsoReading: [Path.folder(of: Path.absolute(output))])
      let opened = try session.open()
      let written = try session.kernel.perform(
        "notebook/report", ["notebook": .string(opened.id), "output": .string(Path.absolute(output))], session.caller())
      if !options.quiet { printOut("\(written["path"]?.string ?? output)  \(written["bytes"]?.int ?? 0) bytes") }
    }
  }
}
