import JSON
import PluginKit

/// The key phrases of each paper. Words, defaults and limits of its params stand in its schema file.
public struct Extract: Method {
  public static let name = "keywords.extract"

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let most: Int
    let longest: Int
  }

  public struct Output: Encodable, Sendable {
    struct Paper: Encodable, Sendable {
      let id: String
      let phrases: [Phrase]
    }
    struct Phrase: Encodable, Sendable {
      let phrase: String
      let score: Double
      let count: Int
    }
    /// A phrase that several papers share.
    struct Shared: Encodable, Sendable {
      let phrase: String
      let papers: Int
    }

    let papers: [Paper]
    let shared: [Shared]
    let warnings: [Warning]
  }

  private static let mostShared = 20

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let papers = try context.papers(parameters.papers).papers
    guard !papers.isEmpty else {
      throw MethodError.data(.tooFewSamples, pointer: "/papers", message: "at least one paper is needed")
    }
    let cutter = Phrases(longest: parameters.longest)
    var found: [Output.Paper] = []
    var holders: [String: Int] = [:]
    for (done, paper) in papers.enumerated() {
      try context.checkCancellation()
      context.progress(done, of: papers.count, "reading papers")
      let phrases = cutter.phrases(of: paper.title + ".\n" + (paper.abstract ?? ""))
      let ranked = PhraseScores(phrases).ranked.prefix(min(parameters.most, PhraseScores.usual(for: phrases)))
      for scored in ranked { holders[scored.phrase, default: 0] += 1 }
      found.append(
        .init(id: paper.id, phrases: ranked.map { .init(phrase: $0.phrase, score: $0.score, count: $0.count) }))
    }
    let shared = holders.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .prefix(Self.mostShared).map { Output.Shared(phrase: $0.key, papers: $0.value) }
    let warnings = warnings(found)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let rows = found.map { paper in
      [.string(paper.id), .string(paper.phrases.prefix(5).map(\.phrase).joined(separator: " · "))] as [JSON]
    }
    context.display("Key phrases", .table(.init(columns: ["paper", "phrases, best first"], rows: rows)))
    return Output(papers: found, shared: Array(shared), warnings: warnings)
  }

  private func warnings(_ papers: [Output.Paper]) -> [Warning] {
    let empty = papers.filter { $0.phrases.isEmpty }.map(\.id)
    if empty.isEmpty { return [] }
    let named = empty.prefix(3).joined(separator: ", ") + (empty.count > 3 ? ", …" : "")
    return [Warning("no-phrases", "\(empty.count) of \(papers.count) papers have no phrase of their own: \(named)")]
  }
}
