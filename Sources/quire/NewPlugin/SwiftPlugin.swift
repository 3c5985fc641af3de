/// A plugin in Swift: a package on Quire's library PluginKit.
extension PluginTemplate {
  static let swift =
    [
      File("Package.swift", package), File("Sources/{{name}}/Main.swift", main),
      File("Sources/{{Name}}Methods/{{Name}}Plugin.swift", plugin),
      File("Sources/{{Name}}Methods/Length.swift", method),
      File("Sources/{{Name}}Methods/WordCount.swift", wordCount),
      File("Tests/{{Name}}Tests/WordCountTests.swift", tests), File("README.md", swiftReadme),
      File(".gitignore", ".build/\n.quire/\n"),
    ] + contract([".build/debug/{{name}}"])

  private static let package = #"""
    // swift-tools-version: 6.1
    import PackageDescription

    let package = Package(
      name: "{{name}}",
      dependencies: [
        {{quire}}
      ],
      targets: [
        .target(name: "{{Name}}Methods", dependencies: [.product(name: "PluginKit", package: "quire")]),
        .executableTarget(
          name: "{{name}}", dependencies: ["{{Name}}Methods", .product(name: "PluginKit", package: "quire")]),
        .testTarget(name: "{{Name}}Tests", dependencies: ["{{Name}}Methods"]),
      ],
      swiftLanguageModes: [.v6]
    )

    """#

  private static let main = #"""
    import Glibc
    import PluginKit
    import {{Name}}Methods

    @main
    enum Main {
      static func main() { exit(StandardInputPlugin.run({{Name}}Plugin.self)) }
    }

    """#

  private static let plugin = #"""
    import PluginKit

    public enum {{Name}}Plugin: Plugin {
      public static let name = "{{name}}"
      /// Raised with every change of a result; the same as in quire-plugin.json.
      public static let version = "0.1.0"
      public static let summary = "Measures how long papers are"
      public static let methods: [any Method.Type] = [Length.self]
    }

    """#

  private static let method = #"""
    import JSON
    import Linear
    import PluginKit

    /// Counts the words of papers. Words, defaults and limits of its params stand in its schema file.
    public struct Length: Method {
      public static let name = "{{name}}.length"

      public struct Parameters: Decodable, Sendable {
        let papers: PapersReference
        let shortest: Int
      }

      public struct Output: Encodable, Sendable {
        let mean: Double
        let longest: String
        let counts: ArtifactReference
        let warnings: [Warning]
      }

      public init() {}

      public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
        let papers = try context.papers(parameters.papers).papers
        guard let first = papers.first else {
          throw MethodError.data(.tooFewSamples, pointer: "/papers", message: "at least one paper is needed")
        }
        var counts: [Int] = []
        var longest = (id: first.id, words: -1)
        for (done, paper) in papers.enumerated() {
          try context.checkCancellation()
          context.progress(done, of: papers.count, "counting")
          let words = wordCount(of: paper.text, shortest: parameters.shortest)
          counts.append(words)
          if words > longest.words { longest = (paper.id, words) }
        }
        let rows = zip(papers, counts).map { paper, words in [.string(paper.id), .integer(Int64(words))] as [JSON] }
        context.display("Words a paper", .table(.init(columns: ["paper", "words"], rows: rows)))
        let matrix = Matrix(rows: counts.count, columns: 1, elements: counts.map(Double.init))
        return Output(
          mean: Double(counts.reduce(0, +)) / Double(counts.count), longest: longest.id,
          counts: try context.save(matrix, "counts", rowIDs: papers.map(\.id)), warnings: [])
      }
    }

    """#

  private static let wordCount = #"""
    /// The words of a text that have so many letters; a word is what stands between blanks.
    func wordCount(of text: String, shortest: Int) -> Int {
      text.split(whereSeparator: \.isWhitespace).count { $0.count >= shortest }
    }

    """#

  private static let tests = #"""
    import Testing

    @testable import {{Name}}Methods

    @Test func shortWordsDoNotCount() {
      #expect(wordCount(of: "to be\n read", shortest: 1) == 3)
      #expect(wordCount(of: "to be read", shortest: 3) == 1)
      #expect(wordCount(of: "", shortest: 1) == 0)
    }

    """#

  private static let swiftReadme = #"""
    # {{name}}

    A plugin of Quire, in Swift 6. In this folder:

        swift build
        swift test
        quire plugin check .
        quire call {{name}}.length '{"papers": [{"id": "a", "title": "A few words"}]}' --plugin .

    `Sources/{{Name}}Methods` holds the methods, `schemas/` says of each what it takes and gives. A method's mathematics stand in plain functions beside it, where they are tested without a host. Raise the version, in the code and in the manifest, with every change of a result: it is part of every cache key.

    For work with large data build with `swift build -c release` and name `.build/release/{{name}}` as the command in `quire-plugin.json`.

    """#
}
