import ArgumentParser
import JSON
import Kernel
import PluginKit

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "List the plugins and describe their methods.",
    discussion: """
      Example:
        quire plugin list
        quire plugin describe probe.logistic
      """,
    subcommands: [
      PluginListCommand.self, PluginDescribeCommand.self, PluginNewCommand.self, PluginCheckCommand.self,
      PluginServeCommand.self, PluginDocsCommand.self,
    ])
}

struct PluginListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the plugins and their methods.",
    discussion: """
      Example:
        quire plugin list --json
      """)

  @OptionGroup var options: WorkspaceOptions

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let value = try options.kernel.perform("plugin/list", [:], options.caller)
      if json {
        printOut(value.prettyText)
        return
      }
      let rows = (value["items"]?.array ?? []).map { item in
        [
          item["family"]?.string ?? "", item["version"]?.string ?? "",
          (item["methods"]?.array ?? []).compactMap(\.string).joined(separator: " "), item["summary"]?.string ?? "",
        ]
      }
      printOut(table(["plugin", "version", "methods", "summary"], rows))
      for item in value["items"]?.array ?? [] {
        guard let problem = item["problem"]?.string, let folder = item["folder"]?.string else { continue }
        printOut("\n\(item["family"]?.string ?? "") cannot be used: \(problem)\n  hint: quire plugin check \(folder)")
      }
    }
  }
}

struct PluginDescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe", abstract: "Describe a plugin or a method: what it answers, takes and gives.",
    discussion: """
      Example:
        quire plugin describe probe.logistic
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "A method, or a family of methods.", completion: Completions.methodsAndPlugins)
  var name: String

  @Flag(help: "Print the value as JSON.")
  var json = false

  func run() throws {
    try telling {
      let value = try options.kernel.perform("plugin/describe", ["name": .string(name)], options.caller)
      printOut(json ? value.prettyText : MethodPage(value).text)
    }
  }
}

struct PluginServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run a built-in plugin as a program of its own.",
    discussion: """
      A host calls it over standard input and output, as it calls any external plugin.

      Example:
        quire plugin serve probe
      """)

  @Argument(help: "The plugin.", completion: Completions.builtIns)
  var name: String

  func run() throws {
    guard let plugin = builtInPlugins.first(where: { $0.name == name }) else {
      let names = builtInPlugins.map { $0.name }.joined(separator: ", ")
      throw ValidationError("no built-in plugin '\(name)'; there are \(names)")
    }
    throw ExitCode(StandardInputPlugin.run(plugin))
  }
}
