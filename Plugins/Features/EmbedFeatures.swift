import JSON
import Linear
import PluginKit
import Text

/// Papers as vectors of a sentence encoder.
public struct EmbedFeatures: Method {
  public static let name = "features.embed"

  public enum Pooling: String, Decodable, Sendable { case mean }
  public enum Chunk: String, Decodable, Sendable { case truncate, window }

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let weights: FileReference
    let vocabulary: FileReference
    let config: FileReference
    let field: PaperField
    let maxTokens: Int
    let pooling: Pooling
    let normalize: Bool
    let chunk: Chunk
  }

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let rows: Int
    let dims: Int
    let tokens: Int
    let truncated: [String]
    let modelDigest: String
    let warnings: [Warning]
  }

  public init() {}

  /// Tokens of the texts that one thread takes at once.
  private static let packTokens = 512

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let set = try context.papers(parameters.papers)
    try set.checkIDs(parameters.papers)
    guard set.count > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.papers.pointer, message: "the paper set is empty",
        hint: "select at least one paper")
    }
    let files = try EncoderFiles(parameters, context)
    let limit = parameters.maxTokens
    guard limit <= files.encoder.configuration.positions else {
      throw MethodError.invalidParameter(
        pointer: "/maxTokens", expected: "at most \(files.encoder.configuration.positions), the model's positions")
    }
    let order = try CanonicalOrder(rowIDs: set.ids, count: set.count, at: parameters.papers.pointer)
    let texts = order.rows.map { Self.text(set.papers[$0], parameters.field) }
    let tokenised = try context.workers.map(texts.count) { place -> (windows: [[Int32]], isCut: Bool) in
      let (ids, isCut) = files.pieces.ids(of: texts[place], limit: limit)
      if isCut, parameters.chunk == .window { return (files.pieces.windows(of: texts[place], limit: limit), false) }
      return ([ids], isCut)
    }
    let tokens = tokenised.reduce(0) { $0 + $1.windows.reduce(0) { $0 + $1.count } }
    let names = texts.map { Digest.sha256(Array($0.utf8)) }
    let key = [files.digest, "\(limit)", "\(parameters.normalize)", parameters.chunk.rawValue]
    let vectors = try context.memo(rows: names, columns: files.encoder.configuration.width, key) { missing in
      try embed(missing.map { tokenised[$0].windows }, files.encoder, parameters.normalize, context)
    }
    let matrix = try context.save(vectors.rows(at: order.places), "matrix", rowIDs: set.ids)
    let cut = order.rows.indices.filter { tokenised[$0].isCut }.map { set.papers[order.rows[$0]].id }
    var warnings: [Warning] = []
    let empty = texts.indices.filter { tokenised[$0].windows[0].count <= 2 }
    if !empty.isEmpty {
      warnings.append(
        Warning(
          "empty-rows",
          "\(empty.count.counted("paper has", "papers have")) no text; the vector is that of nothing: "
            + empty.map { set.papers[order.rows[$0]].id }.listed()))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      "Vectors",
      .table(
        .init(
          columns: ["papers", "numbers", "tokens", "cut at \(limit) tokens"],
          rows: [[JSON(set.count), JSON(files.encoder.configuration.width), JSON(tokens), JSON(cut.count)]])))
    return Output(
      matrix: matrix, rows: set.count, dims: files.encoder.configuration.width, tokens: tokens,
      truncated: cut, modelDigest: "sha256:" + files.digest, warnings: warnings)
  }

  private static func text(_ paper: PaperEntry, _ field: PaperField) -> String {
    let document = paper.document(field)
    return document.title.isEmpty
      ? document.body : document.body.isEmpty ? document.title : document.title + " " + document.body
  }

  /// One row a paper: the mean of its windows by their length.
  private func embed(
    _ papers: [[[Int32]]], _ encoder: SentenceEncoder, _ normalize: Bool, _ context: Context
  ) throws -> Matrix<Float> {
    let windows = papers.enumerated().flatMap { paper, windows in windows.map { (paper, $0) } }
    var packs: [Range<Int>] = []
    var (start, size) = (0, 0)
    for (place, window) in windows.enumerated() {
      if size > 0, size + window.1.count > Self.packTokens {
        packs.append(start..<place)
        (start, size) = (place, 0)
      }
      size += window.1.count
    }
    packs.append(start..<windows.count)
    let width = encoder.configuration.width
    try context.reserve(4 * (windows.count + papers.count) * width, for: "the vectors of \(papers.count) papers")
    var sums = Matrix<Float>.zeros(papers.count, width)
    var counts = [Float](repeating: 0, count: papers.count)
    let jobs = context.workers.jobs
    let all = windows
    let ranges = packs
    for first in stride(from: 0, to: packs.count, by: 4 * jobs) {
      context.progress(first, of: packs.count, "encoding")
      let parts = try context.workers.map(min(4 * jobs, packs.count - first)) { place in
        encoder.means(of: ranges[first + place].map { all[$0].1 })
      }
      for (place, part) in parts.enumerated() {
        for (row, window) in packs[first + place].enumerated() {
          let (paper, ids) = windows[window]
          let weight = Float(ids.count)
          counts[paper] += weight
          for j in 0..<width { sums[paper, j] += weight * part[row, j] }
        }
      }
    }
    for paper in papers.indices {
      sums.withMutableRow(paper) { row in
        let length = normalize ? row.reduce(0) { $0 + $1 * $1 }.squareRoot() : counts[paper]
        for j in row.indices where length > 0 { row[j] /= length }
      }
    }
    return sums
  }
}
