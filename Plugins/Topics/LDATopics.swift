import Linear
import PluginKit
import Statistics

/// Texts as mixtures of topics, topics as mixtures of words; each text's largest share is its topic.
public struct LDATopics: Method {
  public static let name = "topics.lda"

  public struct Parameters: Decodable, Sendable {
    let matrix: MatrixReference
    let k: Int
    let passes: Int?
    let batch: Int
    let kappa: Double
    let tau0: Double
    let heldOut: Double
    let papers: PapersReference?
  }

  public struct Score: Encodable, Sendable {
    let logProbabilityPerWord: Double
    let perplexity: Double
    let words: Int
    let texts: Int
  }

  public struct Own: Encodable, Sendable {
    let shares: ArtifactReference
    let terms: ArtifactReference
    let heldOut: Score?
    let passes: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    let rows = try CanonicalRows(parameters.matrix, parameters.papers, context)
    let counts: SparseMatrix =
      switch rows.matrix {
      case .sparse(let matrix): matrix
      case .dense(let matrix): SparseMatrix(matrix)
      }
    if let value = counts.values.first(where: { $0 < 0 || $0 != $0.rounded() }) {
      throw MethodError.data(
        .format, pointer: parameters.matrix.pointer, message: "\(value.shortText) is no count",
        hint: "give counts: features.tfidf with idf none, norm none, sublinear false")
    }
    try context.reserve(
      3 * 8 * parameters.k * (counts.rows + counts.columns), for: "the topics of \(counts.columns) terms")
    let isWhole = counts.rows <= LatentDirichlet.mostAtOnce
    let passes = parameters.passes ?? (isWhole ? 50 : 10)
    let model = LatentDirichlet(
      k: parameters.k, passes: passes, batch: parameters.batch, kappa: parameters.kappa, tau: parameters.tau0,
      seed: context.seed)
    let places = InputPlaces(features: parameters.matrix.pointer)
    let fit = try places.explain {
      try model.fit(counts, workers: context.workers) { context.progress($0, of: 2 * $1, $2) }
    }
    let score = try places.explain { try heldOut(model, counts, parameters.heldOut, context) }
    let partition = Partition(TopicRows(weights: fit.shares).labels)
    let order = partition.names + (0..<parameters.k).filter { !partition.names.contains($0) }
    let shares = fit.shares.columns(at: order)
    let topics = TopicRows(weights: shares)
    var warnings = TopicWarnings.weak(topics)
    if topics.sizes.count < parameters.k {
      warnings.append(
        Warning(
          "fewer-topics",
          "\(parameters.k) topics were asked for; only \(topics.sizes.count) are the largest share of some text"))
    }
    warnings.append(Warning("seed", "the start is random: another seed gives other topics"))
    warnings = context.tell(warnings)
    try context.show(topics, of: rows, metric: .cosine)
    return TopicOutput(
      saved: try context.save(topics, of: rows.order, rowIDs: rows.rowIDs, madeFrom: rows.madeFrom),
      own: Own(
        shares: try context.save(shares.rows(at: rows.order.places), "shares", rowIDs: rows.rowIDs),
        terms: try context.save(fit.terms.rows(at: order), "terms"), heldOut: score, passes: passes),
      warnings: warnings)
  }

  /// The score of a second fit that has not seen the texts that are scored.
  private func heldOut(
    _ model: LatentDirichlet, _ counts: SparseMatrix, _ share: Double, _ context: Context
  ) throws -> Score? {
    let number = Int((share * Double(counts.rows)).rounded())
    guard number > 0, counts.rows - number > 1 else { return nil }
    var numbers = context.random("held-out")
    let chosen = numbers.sample(number, of: counts.rows)
    let others = Set(chosen)
    let fit = try model.fit(
      counts.rows(at: (0..<counts.rows).filter { !others.contains($0) }), workers: context.workers
    ) { context.progress($1 + $0, of: 2 * $1, $2) }
    let (score, words) = try model.score(counts.rows(at: chosen), with: fit, workers: context.workers)
    guard words > 0 else { return nil }
    return Score(
      logProbabilityPerWord: score, perplexity: exponential(-score), words: words, texts: number)
  }
}
