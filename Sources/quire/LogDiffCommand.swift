import ArgumentParser
import JSON
import Kernel

struct LogDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two runs, two states of a notebook, or two workspaces.",
    discussion: """
      A state of a notebook is what its cells had given when the log had so many entries: NOTEBOOK@COUNT, or NOTEBOOK
      for now. A workspace is the folder that holds .quire/.

      Example:
        quire log diff 0192f0c4-… 0192f0d1-…
        quire log diff study.quire.md@120 study.quire.md
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "A run, NOTEBOOK[@COUNT], or a workspace's folder.", completion: Completions.runs)
  var a: String

  @Argument(help: "What to compare it with.", completion: Completions.runs)
  var b: String

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let value = try options.kernel.perform("log/diff", ["a": .string(a), "b": .string(b)], options.caller)
      if json {
        printOut(value.prettyText)
        return
      }
      for cell in value["removed"]?.array ?? [] { printOut("removed \(cell.string ?? "")") }
      for cell in value["added"]?.array ?? [] { printOut("added \(cell.string ?? "")") }
      for item in value["changed"]?.array ?? [] { show(item) }
      printOut("\(value["changed"]?.array?.count ?? 0) changed, \(value["same"]?.int ?? 0) same")
    }
  }

  private func show(_ item: JSON) {
    printOut("changed \(item["cell"]?.string ?? item["now"]?.string ?? "")")
    for part in item["key"]?.array ?? [] {
      printOut("  \(part["part"]?.string ?? "")  \(part["was"]?.text ?? "") → \(part["now"]?.text ?? "")")
    }
    for output in item["outputs"]?.array ?? [] {
      printOut("  \(output["output"]?.string ?? "")  \(output["kind"]?.string ?? "")")
      for place in output["places"]?.array ?? [] {
        printOut("    \(place["path"]?.string ?? "")  \(place["was"]?.text ?? "") → \(place["now"]?.text ?? "")")
      }
      for array in output["arrays"]?.array ?? [] {
        let shapes = "\(array["was"]?.string ?? "") → \(array["now"]?.string ?? "")"
        let distance = array["maxAbsolute"].map {
          "  max abs \($0.text), max rel \(array["maxRelative"]?.text ?? ""), \(array["differing"]?.int ?? 0) elements"
        }
        printOut("    \(array["array"]?.string ?? "")  \(shapes)\(distance ?? "")")
      }
      for line in output["diff"]?.array ?? [] { printOut("    \(line.string ?? "")") }
      if let rows = output["rows"]?.array, let columns = output["columns"]?.array, let counts = output["counts"]?.array
      {
        let lines = zip(rows, counts).map { row, counts in
          ["    " + (row.string ?? "")] + (counts.array ?? []).map(\.text)
        }
        printOut(table(["    "] + columns.map { $0.string ?? "" }, lines))
      }
    }
  }
}
