import ArgumentParser
import JSON
import Kernel

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn a notebook into a Jupyter notebook, or back.",
    discussion: """
      What was not edited in between gives the same bytes back. Code of other kernels becomes plain blocks.

      Example:
        quire convert study.quire.md study.ipynb
        quire convert study.ipynb study.quire.md
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "NAME.quire.md or NAME.ipynb.", completion: .file())
  var from: String

  @Argument(help: "The file to write, of the other kind.", completion: .file())
  var to: String

  func validate() throws {
    guard from.hasSuffix(".ipynb") != to.hasSuffix(".ipynb") else {
      throw ValidationError("one of the two files ends in .ipynb, and the other in .quire.md")
    }
  }

  func run() throws {
    try telling {
      let kernel = options.kernel(near: Path.folder(of: Path.absolute(from)))
      let written = try kernel.perform(
        "notebook/convert",
        [
          "path": .string(Path.absolute(from)), "format": to.hasSuffix(".ipynb") ? "ipynb" : "quire",
          "output": .string(Path.absolute(to)),
        ], options.caller)
      if !options.quiet { printOut("\(written["path"]?.string ?? to)  \(written["bytes"]?.int ?? 0) bytes") }
    }
  }
}
