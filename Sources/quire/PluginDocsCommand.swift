import ArgumentParser
import JSON
import Kernel
import Report

struct PluginDocsCommand: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case markdown, html }

  static let configuration = CommandConfiguration(
    commandName: "docs", abstract: "Write the reference of every method, from the schemas.",
    discussion: """
      As Markdown, README.md and a page a method; as HTML, one file index.html that needs no network.

      Example:
        quire plugin docs --output Documentation
        quire plugin docs --format html --output Documentation --plugin ./readability
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(
    help: ArgumentHelp("The folder to write to; it is made when it is missing.", valueName: "dir"),
    completion: .directory)
  var output: String

  @Option(help: "markdown or html.")
  var format = Format.markdown

  func run() throws {
    try telling {
      let kernel = options.kernel
      var sections: [Section] = []
      for plugin in try kernel.perform("plugin/list", [:], options.caller)["items"]?.array ?? [] {
        guard plugin["problem"] == nil else { continue }
        let methods = (plugin["methods"]?.array ?? []).compactMap(\.string)
        sections.append(
          try section(kernel, plugin["family"]?.string ?? "", plugin["summary"]?.string ?? "", methods))
      }
      let all = try kernel.perform("rpc.discover", [:], options.caller)["methods"]?.array ?? []
      let own = all.compactMap { $0["name"]?.string }.filter {
        $0.contains("/") || !$0.contains(".") || $0 == "rpc.discover"
      }
      sections.append(
        try section(kernel, "The kernel's own", "Sessions, notebooks, cells, artifacts, the log and the store.", own))
      let first = try format == .markdown ? writeMarkdown(sections) : writeHTML(sections)
      if !options.quiet { printError("wrote \(first)\(format == .markdown ? " and a page for every method" : "")") }
    }
  }

  private struct Section {
    let title, summary: String
    var methods: [(name: String, summary: String, page: String)]
  }

  private func section(
    _ kernel: Kernel, _ title: String, _ summary: String, _ methods: [String]
  ) throws -> Section {
    Section(
      title: title, summary: summary,
      methods: try methods.map { method in
        let value = try kernel.perform("plugin/describe", ["name": .string(method)], options.caller)
        return (method, value["summary"]?.string ?? "", MethodPage(value).text)
      })
  }

  private func writeMarkdown(_ sections: [Section]) throws -> String {
    var index = "# Methods\n"
    for section in sections {
      index += "\n## \(section.title)\n\n\(section.summary)\n\n"
      for method in section.methods {
        let page = "\(method.name.replacing("/", with: ".")).md"
        try writeFile("\(output)/\(page)", method.page + "\n")
        index += "- [\(method.name)](\(page)): \(method.summary)\n"
      }
    }
    try writeFile("\(output)/README.md", index)
    return "\(output)/README.md"
  }

  private func writeHTML(_ sections: [Section]) throws -> String {
    let page = ReferencePage(
      title: "Methods",
      sections: sections.map { section in
        ReferencePage.Section(
          title: section.title, summary: section.summary,
          entries: section.methods.map { .init(name: $0.name, summary: $0.summary, markdown: $0.page) })
      })
    try writeFile("\(output)/index.html", page.html)
    return "\(output)/index.html"
  }
}
