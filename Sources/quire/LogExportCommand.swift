import ArgumentParser
import JSON
import Kernel

struct LogExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the runs in a form that others read.",
    discussion: """
      ro-crate: a folder with results, inputs and the log (Process Run Crate). prov: W3C PROV as JSON. ipynb: the
      notebook of the newest run. csl-json and bibtex: the papers of the methods that were used.

      Example:
        quire log export --format ro-crate --output study-crate
        quire log export --format bibtex --output methods.bib
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(
    help: ArgumentHelp("ro-crate, prov, ipynb, csl-json or bibtex.", valueName: "name"),
    completion: Completions.values(of: "log/export", "format"))
  var format: String

  @Option(help: ArgumentHelp("The file, or for ro-crate the folder, to write.", valueName: "path"), completion: .file())
  var output: String

  @Option(help: "Only runs of this notebook, as 'quire log list' names it.")
  var notebook: String?

  @Option(help: ArgumentHelp("Who ran it, for the crate.", valueName: "name"))
  var agent: String?

  func run() throws {
    try telling {
      var params: JSON.Object = ["format": .string(format), "output": .string(Path.absolute(output))]
      params["notebook"] = notebook.map(JSON.string)
      params["agent"] = agent.map(JSON.string)
      let written = try options.kernel.perform("log/export", .object(params), options.caller)
      if !options.quiet { printOut(written["path"]?.string ?? output) }
    }
  }
}
