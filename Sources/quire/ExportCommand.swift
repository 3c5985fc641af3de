import ArgumentParser
import Glibc
import JSON
import Kernel

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write papers of the store as a file that other programs read.",
    discussion: """
      Example:
        quire export --format csl-json --output library.json
        quire export --query 'tag:thesis'
      """)

  @OptionGroup var options: WorkspaceOptions

  @Option(help: "The format of the file.", completion: Completions.values(of: "papers.export", "format"))
  var format = "csl-json"

  @Option(help: "Only papers that the query finds (see quire search).")
  var query: String?

  @Option(help: ArgumentHelp("The file to write (default: standard output).", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Print the value of papers.export as JSON.")
  var json = false

  func run() throws {
    try telling {
      let interrupt = Interrupt()
      let kernel = options.kernel
      var caller = options.caller
      let bar = options.progressBar
      caller.progress = { bar.show($0) }
      var params: JSON.Object = ["format": .string(format)]
      params["query"] = query.map(JSON.string)
      let value = try kernel.perform("papers.export", .object(params), caller, cancellation: interrupt.cancellation)
      bar.finish()
      if json {
        printOut(value.prettyText)
        if output == nil { return }
      }
      let hash = value["file"]?["$artifact"]?.string ?? ""
      let file = try kernel.perform("artifact/read", ["hash": .string(hash), "as": "path"], caller)
      try copy(file["path"]?.string ?? "", to: output)
      if let output, !options.quiet { printError("\(value["count"]?.int ?? 0) papers in \(output)") }
    }
  }

  /// Copies a file to another one, or to standard output.
  private func copy(_ path: String, to output: String?) throws {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw Fault(1401, "artifact.notFound", "the exported file is gone") }
    defer { close(source) }
    var target = STDOUT_FILENO
    if let output {
      target = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
      guard target >= 0 else {
        throw Fault(1007, "store.io", "cannot write '\(output)': \(String(cString: strerror(errno)))")
      }
    }
    defer { if output != nil { close(target) } }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(source, &chunk, chunk.count)
      guard count > 0 else { return }
      var rest = chunk[..<count]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
        guard written > 0 else {
          throw Fault(1007, "store.io", "cannot write the file: \(String(cString: strerror(errno)))")
        }
        rest = rest.dropFirst(written)
      }
    }
  }
}
