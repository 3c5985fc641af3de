import ArgumentParser
import Glibc
import JSON
import Kernel

struct PluginNewCommand: ParsableCommand {
  enum Language: String, ExpressibleByArgument, CaseIterable { case python, swift }

  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a plugin that works, with a test and a schema.",
    discussion: """
      What is written passes 'quire plugin check'; its README says how to build and test it.

      Example:
        quire plugin new readability --language python
      """)

  @Argument(help: "Its name: lower-case letters and digits; its methods are NAME.something.")
  var name: String

  @Option(help: "The language: python or swift.")
  var language: Language

  @Option(help: ArgumentHelp("The folder to write to (default: NAME, in the current one).", valueName: "dir"))
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "A checkout of Quire, which holds PluginKit and the Python package (default: the one that this program was built in).",
      valueName: "dir"))
  var quire: String?

  @Flag(help: "Say nothing on standard error but errors.")
  var quiet = false

  func validate() throws {
    guard PluginTemplate.isName(name) else {
      throw ValidationError("a plugin's name is a-z and 0-9, begins with a letter and has at most 31, found '\(name)'")
    }
    if name == "quire" || builtInPlugins.contains(where: { $0.name == name }) {
      throw ValidationError("a built-in plugin is called '\(name)'; choose another name")
    }
  }

  func run() throws {
    try telling {
      let template = PluginTemplate(name: name, checkout: quire.map { Path.absolute($0) } ?? PluginTemplate.ownCheckout)
      let folder = Path.absolute(folder ?? name)
      guard rmdir(folder) == 0 || errno == ENOENT else {
        throw Fault(
          1002, "store.exists", "'\(folder)' exists and is not an empty folder", hint: "name another one by --folder")
      }
      for file in language == .python ? PluginTemplate.python : PluginTemplate.swift {
        let file = template.filled(file)
        try makeFolders(Path.folder(of: "\(folder)/\(file.path)"))
        try writeFile("\(folder)/\(file.path)", file.text)
      }
      if !quiet { printError("wrote \(folder); its README.md says how to go on") }
    }
  }

  private func makeFolders(_ path: String) throws {
    if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path != "/" else {
      throw Fault(1007, "store.io", "cannot make the folder '\(path)': \(String(cString: strerror(errno)))")
    }
    try makeFolders(Path.folder(of: path))
    mkdir(path, 0o777)
  }
}
