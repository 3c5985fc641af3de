import Foundation

/// Writes one Swift file that holds the text of every schema: `EmbedSchemas FOLDER OUTPUT`.
@main
struct EmbedSchemas {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      FileHandle.standardError.write(Data("usage: EmbedSchemas FOLDER OUTPUT\n".utf8))
      exit(2)
    }
    let folder = URL(fileURLWithPath: arguments[1], isDirectory: true)
    var source = """
      // Made from Schemas/ by EmbedSchemas; not to be edited.
      extension EmbeddedSchema {
        static let all: [EmbeddedSchema] = [

      """
    for name in try schemaNames(folder) {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      // A raw literal with more signs than any run inside it needs no escapes.
      let signs = String(repeating: "#", count: 3)
      source += "    EmbeddedSchema(\"\(name)\", \(signs)\"\"\"\n\(text)\n\"\"\"\(signs)),\n"
    }
    source += "  ]\n}\n"
    // A file that stays as it was is not compiled again.
    guard (try? String(contentsOfFile: arguments[2], encoding: .utf8)) != source else { return }
    try source.write(toFile: arguments[2], atomically: true, encoding: .utf8)
  }

  /// Paths below the folder, in order.
  private static func schemaNames(_ folder: URL) throws -> [String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }
}
