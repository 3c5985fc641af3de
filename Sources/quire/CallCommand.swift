import ArgumentParser
import Glibc
import JSON
import Kernel

struct CallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "Make one call and print its value.",
    discussion: """
      PARAMS is JSON, @FILE, or - for standard input. Files in it are relative to the current folder.

      Example:
        quire call data.load '{"source":{"$file":"x.npy"}}'
        quire call probe.logistic '{"features":{"$file":"x.npy"},"labels":{"$file":"y.npy"}}'
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The method: plugin.name, or one of the kernel's own.", completion: Completions.methods)
  var method: String

  @Argument(help: "Its params as JSON.")
  var params = "{}"

  @Option(help: ArgumentHelp("The seed, for a method that uses one.", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Print the value on one line.")
  var json = false

  func run() throws {
    try telling {
      let params = try readParams()
      var caller = options.caller
      caller.seed = seed
      let bar = options.progressBar
      caller.progress = { bar.show($0) }
      let interrupt = Interrupt()
      defer { bar.finish() }
      let kernel = options.kernel
      defer { kernel.close() }
      let value = try kernel.perform(method, params, caller, cancellation: interrupt.cancellation)
      bar.finish()
      printOut(json ? value.text : value.prettyText)
    }
  }

  private func readParams() throws -> JSON {
    let bytes: [UInt8]
    switch params {
    case "-": bytes = try readAll(STDIN_FILENO, name: "standard input")
    case let name where name.hasPrefix("@"):
      bytes = try readAll(of: String(name.dropFirst()))
    default: bytes = Array(params.utf8)
    }
    do {
      return try JSON.parse(bytes)
    } catch {
      throw Fault(
        -32602, error.kind.rawValue, "the params are not JSON: \(error)", hint: "put the JSON into single quotes")
    }
  }
}

/// A file that was named on the command line, at most 256 MiB.
func readAll(of path: String) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw Fault(-32602, "file.notFound", "cannot read '\(path)': \(String(cString: strerror(errno)))")
  }
  defer { close(descriptor) }
  return try readAll(descriptor, name: path)
}

/// Everything that can be read from a descriptor, at most 256 MiB.
func readAll(_ descriptor: Int32, name: String) throws -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      throw Fault(1051, "file.notFound", "cannot read \(name): \(String(cString: strerror(errno)))")
    }
    bytes.append(contentsOf: chunk[..<count])
    guard bytes.count <= 256 << 20 else {
      throw Fault(-32003, "message.tooLarge", "\(name) holds more than 256 MiB", hint: "give large data as files")
    }
  }
}
