import ArgumentParser
import JSON
import Kernel

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Look at the workspace's data.",
    discussion: """
      Example:
        quire store info
      """,
    subcommands: [StoreInfoCommand.self])
}

struct StoreInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Say where the data are and how many.",
    discussion: """
      Example:
        quire store info --json
      """)

  @OptionGroup var options: WorkspaceOptions

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let value = try options.kernel.perform("store/info", [:], options.caller)
      if json {
        printOut(value.prettyText)
        return
      }
      printOut(table((value.object?.members ?? []).map { [$0.key, $0.value.string ?? $0.value.text] }))
    }
  }
}
