import JSON
import PaperStore
import PluginKit

/// Suggests pairs of papers that may be one; merges none.
public struct FindDuplicates: Method {
  public static let name = "papers.duplicates"

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference?
    let threshold: Double
    let limit: Int
  }

  public struct Output: Encodable, Sendable {
    let pairs: [JSON]
    let count: Int
    let compared: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let ids = try parameters.papers.map { Set(try context.papers($0).ids) }
    var search = DuplicateSearch()
    let pairs = try context.readPapers { reader in
      try reader.forEachText(ids) { paper in
        search.add(paper)
        guard search.count % 200 == 0 else { return }
        try context.checkCancellation()
        context.progress(0, of: 0, "\(search.count) papers read")
      }
      return try search.pairs(reader, ids, threshold: parameters.threshold, context)
    }
    var warnings: [Warning] = []
    if search.isFull {
      warnings.append(
        Warning("too-many", "so many papers are alike that not all pairs were compared: ask for fewer papers at once"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      "May be one",
      .table(
        Display.Table(
          columns: ["similarity", "title", "and"],
          rows: pairs.prefix(parameters.limit).map { [.real($0.similarity), .string($0.a.title), .string($0.b.title)] })
      ))
    return Output(
      pairs: pairs.prefix(parameters.limit).map(\.json), count: pairs.count, compared: search.count,
      warnings: warnings)
  }
}

/// Looks for pairs over papers that come one by one; keeps some hundred bytes a paper.
private struct DuplicateSearch {
  struct Known {
    let uid, title: String
    let year: Int?
    let firstAuthor: String?
    /// The hash of the normalised title; `nil` for one that is too short or too common to tell papers apart.
    let titleKey: Int?
  }

  struct Pair {
    let a, b: Known
    let similarity: Double
    let isSameTitle: Bool
  }

  private var papers: [Known] = []
  /// A list a band.
  private var keys = [[UInt32]](repeating: [], count: MinHash.bands)
  private(set) var isFull = false

  var count: Int { papers.count }

  mutating func add(_ paper: PaperReader.PaperText) {
    let isTelling = !PaperTitle.isTooCommon(paper.titleKey)
    papers.append(
      Known(
        uid: paper.uid, title: paper.title, year: paper.year, firstAuthor: paper.firstAuthor,
        titleKey: isTelling ? Int(truncatingIfNeeded: MinHash.shingles(paper.titleKey).first ?? 0) : nil))
    let bands = MinHash.bandKeys(MinHash.shingles(paper.allText))
    for (band, key) in bands.enumerated() { keys[band].append(key) }
  }

  /// Pairs that are alike or have one title, the most alike first.
  mutating func pairs(
    _ reader: PaperReader, _ ids: Set<String>?, threshold: Double, _ context: Context
  ) throws -> [Pair] {
    var titles = CandidatePairs()
    titles.add(papers.indices.compactMap { place in papers[place].titleKey.map { ($0, place) } })
    var alike = CandidatePairs()
    for band in keys {
      try context.checkCancellation()
      alike.add(band.enumerated().map { (key: $1, place: $0) })
    }
    keys = []
    isFull = titles.isFull || alike.isFull
    let refused = Set(try reader.refusedPairs().flatMap { [[$0.0, $0.1], [$0.1, $0.0]] })
    let candidates = titles.pairs.union(alike.pairs).sorted().map { (Int($0 >> 32), Int($0 & 0xFFFF_FFFF)) }
    let texts = try shingles(of: Set(candidates.flatMap { [papers[$0.0].uid, papers[$0.1].uid] }), reader)
    return candidates.compactMap { first, second -> Pair? in
      let (a, b) = (papers[first], papers[second])
      guard !refused.contains([a.uid, b.uid]) else { return nil }
      let similarity = MinHash.similarity(texts[a.uid] ?? [], texts[b.uid] ?? [])
      let isSameTitle = a.titleKey != nil && a.titleKey == b.titleKey
      guard similarity >= threshold || isSameTitle else { return nil }
      return Pair(a: a, b: b, similarity: similarity, isSameTitle: isSameTitle)
    }
    .sorted { ($0.similarity, $1.a.uid, $1.b.uid) > ($1.similarity, $0.a.uid, $0.b.uid) }
  }

  private func shingles(of ids: Set<String>, _ reader: PaperReader) throws -> [String: [UInt64]] {
    guard !ids.isEmpty else { return [:] }
    var shingles: [String: [UInt64]] = [:]
    try reader.forEachText(ids) { shingles[$0.uid] = MinHash.shingles($0.allText) }
    return shingles
  }
}

extension PaperReader.PaperText {
  /// Title and abstract.
  fileprivate var allText: String { abstract.map { "\(title)\n\($0)" } ?? title }
}

extension DuplicateSearch.Pair {
  fileprivate var json: JSON {
    func paper(_ paper: DuplicateSearch.Known) -> JSON { ["id": .string(paper.uid), "title": .string(paper.title)] }
    var evidence: JSON.Object = ["similarity": .real(similarity), "sameTitle": .bool(isSameTitle)]
    if let first = a.year, let second = b.year { evidence["years"] = [JSON(first), JSON(second)] }
    if let first = a.firstAuthor, let second = b.firstAuthor { evidence["sameFirstAuthor"] = .bool(first == second) }
    return ["a": paper(a), "b": paper(b), "score": .real(similarity), "evidence": .object(evidence)]
  }
}
