import ArgumentParser
import JSON
import Kernel

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find papers in the store by words.",
    discussion: """
      All words must occur. "a phrase", begin*, -without, a OR b, and title: abstract: author: tag: venue: year: doi:
      arxiv: has: narrow it; whatever else is typed is a word.

      Example:
        quire search 'sparse probing'
        quire search 'author:bengio year:2020-2025 has:code -vision'
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The query.")
  var query: [String]

  @Option(help: ArgumentHelp("At most so many papers, from 1 to 1000.", valueName: "n"))
  var limit = 20

  @Flag(help: "Print the value of papers.search as JSON.")
  var json = false

  func run() throws {
    try telling {
      let params: JSON = ["query": .string(query.joined(separator: " ")), "limit": JSON(limit)]
      let value = try options.kernel.perform("papers.search", params, options.caller)
      if json {
        printOut(value.prettyText)
        return
      }
      let items = value["items"]?.array ?? []
      for item in items {
        let authors = (item["authors"]?.array ?? []).compactMap(\.string)
        let names = authors.count > 3 ? "\(authors[0]) et al." : authors.joined(separator: ", ")
        let year = item["year"]?.int.map { " (\($0))" } ?? ""
        printOut("\(item["id"]?.string ?? "")  \(item["title"]?.string ?? "")")
        if !names.isEmpty || !year.isEmpty { printOut("  \(names)\(year)") }
        let snippet = plain(item["snippet"]?.string ?? "")
        if !snippet.isEmpty { printOut("  \(snippet)") }
      }
      guard !options.quiet else { return }
      let total = value["total"]?.int ?? 0
      let relaxed = value["relaxed"]?.bool == true ? "; no paper has all words, these have some" : ""
      printError("\(items.count) of \(total) papers\(relaxed)")
    }
  }

  /// A snippet for a terminal: without markup, on one line.
  private func plain(_ snippet: String) -> String {
    var text = snippet
    for (mark, plain) in [
      ("<mark>", ""), ("</mark>", ""), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&"),
    ] {
      text = text.replacing(mark, with: plain)
    }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
