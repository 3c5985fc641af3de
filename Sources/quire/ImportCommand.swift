import ArgumentParser
import JSON
import Kernel

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Bring papers into the store.",
    discussion: """
      Says how many papers were new and how many known, and what was odd about them.

      Example:
        quire import papers.txt
        quire import papers.txt --dry-run
        quire import library.bib --tag thesis --merge-policy fill
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "Files of papers.", completion: .file())
  var files: [String]

  @Option(
    help: "The format, when the content is not to decide it.",
    completion: Completions.values(of: "papers.import", "format"))
  var format: String?

  @Option(help: ArgumentHelp("A tag that all papers get; may be given several times.", valueName: "name"))
  var tag: [String] = []

  @Option(
    help: "What becomes of known papers' fields: ranked, fill, replace, keep.",
    completion: Completions.values(of: "papers.import", "mergePolicy"))
  var mergePolicy: String?

  @Flag(help: "Only say what would be done.")
  var dryRun = false

  @Flag(help: "Print the value of papers.import as JSON.")
  var json = false

  func run() throws {
    try telling {
      let interrupt = Interrupt()
      let kernel = options.kernel
      let bar = options.progressBar
      var caller = options.caller
      caller.progress = { bar.show($0) }
      var rows: [[String]] = []
      for file in files {
        var params: JSON.Object = ["source": ["$file": .string(file)], "dryRun": .bool(dryRun)]
        params["format"] = format.map(JSON.string)
        params["mergePolicy"] = mergePolicy.map(JSON.string)
        if !tag.isEmpty { params["tags"] = JSON(tag) }
        let value = try kernel.perform(
          "papers.import", .object(params), caller, cancellation: interrupt.cancellation)
        bar.finish()
        if json {
          printOut(value.prettyText)
          continue
        }
        let count = { (name: String) in "\(value["counts"]?[name]?.int ?? 0)" }
        let warnings = (value["warnings"]?.object?.members ?? []).map { "\($0.key) \($0.value["count"]?.int ?? 0)" }
        rows.append(
          [
            file, count("new"), count("same"), count("update"), count("merge"), count("conflict"), count("skip"),
            warnings.joined(separator: ", "),
          ])
      }
      if !json {
        printOut(table(["file", "new", "known", "updated", "merged", "conflicts", "skipped", "warnings"], rows))
      }
      if dryRun, !json, !options.quiet { printError("nothing was written: --dry-run") }
    }
  }
}
