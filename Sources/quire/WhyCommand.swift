import ArgumentParser
import JSON
import Kernel

struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say which part of a cell's key differs from its last result.",
    discussion: """
      Runs nothing.

      Example:
        quire why study.quire.md probe
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The notebook, NAME.quire.md.", completion: Completions.notebooks)
  var notebook: String

  @Argument(help: "The cell's id.", completion: Completions.cells)
  var cell: String

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let session = NotebookSession(options, notebook)
      let opened = try session.open()
      let value = try session.kernel.perform(
        "cell/why", ["notebook": .string(opened.id), "cell": .string(cell)], session.caller())
      if json {
        printOut(value.prettyText)
        return
      }
      let state = value["state"]?.string ?? ""
      printOut("\(cell): \(state)" + (value["reason"]?.string.map { ", \($0)" } ?? ""))
      if let run = value["run"]?.string { printOut("  last result: run \(run) of \(value["time"]?.string ?? "")") }
      let rows = (value["parts"]?.array ?? []).map { part in
        [
          "  " + (part["part"]?.string ?? ""), Self.text(part["was"]), "→", Self.text(part["now"]),
          part["from"]?.string.map { "(from \($0))" } ?? "",
        ]
      }
      if !rows.isEmpty { printOut(table(rows)) }
      for need in value["needs"]?.array ?? [] {
        let reason = need["reason"]?.string.map { ", \($0)" } ?? ""
        printOut("  needs \(need["cell"]?.string ?? ""): \(need["state"]?.string ?? "")\(reason)")
      }
    }
  }

  private static func text(_ value: JSON?) -> String {
    guard let value, !value.isNull else { return "nothing" }
    let text = value.text
    return text.count > 60 ? text.prefix(59) + "…" : text
  }
}
