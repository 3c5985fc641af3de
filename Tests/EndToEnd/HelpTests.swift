import TestSupport
import Testing

@Test func everySubcommandsHelpShowsAnExample() throws {
  let folder = try TemporaryFolder()
  func help(_ words: [String]) throws -> String {
    let outcome = try Program.run(arguments: words + ["--help"], in: folder.path)
    #expect(outcome.status == 0)
    return outcome.output
  }
  /// The names below SUBCOMMANDS of a help text.
  func subcommands(_ text: String) -> [String] {
    guard let start = text.range(of: "SUBCOMMANDS:\n") else { return [] }
    return text[start.upperBound...].split(separator: "\n").compactMap { line in
      line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.contains("See ")
        ? line.split(separator: " ").first.map(String.init) : nil
    }
  }
  var seen = 0
  var waiting: [[String]] = [[]]
  while let words = waiting.popLast() {
    let text = try help(words)
    #expect(text.contains("Example"), "quire \(words.joined(separator: " ")) --help")
    seen += 1
    waiting += subcommands(text).map { words + [$0] }
  }
  #expect(seen >= 15)
}
