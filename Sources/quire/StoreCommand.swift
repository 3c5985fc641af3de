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
        quire store check
        quire store backup papers-backup.sqlite
      """,
    subcommands: [StoreInfoCommand.self, StoreCheckCommand.self, StoreBackupCommand.self])
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

struct StoreCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say whether the papers' file is sound.",
    discussion: """
      Ends with status 1 when something is wrong.

      Example:
        quire store check
        quire store check --quick
      """)

  @OptionGroup var options: WorkspaceOptions

  @Flag(help: "Leave out what takes long: index entries, kept sources, identifiers.")
  var quick = false

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let value = try options.kernel.perform("store/check", ["deep": .bool(!quick)], options.caller)
      let isSound = value["ok"]?.bool == true
      if json {
        printOut(value.prettyText)
      } else if isSound {
        printOut("the papers' file is sound")
      } else {
        for problem in value["problems"]?.array ?? [] {
          printOut("\(problem["kind"]?.string ?? ""): \(problem["detail"]?.string ?? "")")
        }
      }
      if !isSound { throw Ending.failed }
    }
  }
}

struct StoreBackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Write a copy of the papers' file.",
    discussion: """
      To restore it, put the copy in the place of .quire/quire.sqlite and remove the files quire.sqlite-wal and
      quire.sqlite-shm beside it.

      Example:
        quire store backup papers-backup.sqlite
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The file to write; it must not exist.", completion: .file())
  var file: String

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let value = try options.kernel.perform("store/backup", ["path": .string(file)], options.caller)
      printOut(
        json
          ? value.prettyText
          : "\(value["path"]?.string ?? ""): \(value["bytes"]?.int ?? 0) bytes, \(value["hash"]?.string ?? "")")
    }
  }
}
