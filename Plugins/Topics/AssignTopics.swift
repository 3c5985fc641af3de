import Charts
import Linear
import PluginKit
import Statistics

/// New papers to the topics of a model, which never changes by it.
public struct AssignTopics: Method {
  public static let name = "topics.assign"

  public struct Parameters: Decodable, Sendable {
    let model: ModelReference
    let papers: PapersReference?
    let text: ModelReference?
    let space: ModelReference?
    let matrix: MatrixReference?
    let names: LabelReference?
  }

  public struct Own: Encodable, Sendable {
    let novelty: ArtifactReference
    let unknownTerms: Double?
    let far: Int
    let movedAmongFitted: Double
  }

  /// A paper farther from its topic than this share of the fitted ones is far.
  private static let farQuantile = 0.95

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> TopicOutput<Own> {
    let model = try TopicModel(parameters.model, context)
    let (rows, rowIDs, unknown) = try self.rows(parameters, context)
    guard rows.rows > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: "/papers", message: "there is no paper to assign")
    }
    guard rows.columns == model.columns else {
      throw MethodError.data(
        .shape, pointer: parameters.matrix?.pointer ?? parameters.text?.pointer ?? "/model",
        message: "rows of \(rows.columns) columns for a model of \(model.columns)",
        hint: parameters.space == nil
          ? "when the topics were made from scores of features.lsa give its model as space"
          : "give the models that the topics were made with")
    }
    let order = try CanonicalOrder(rowIDs: rowIDs, count: rows.rows, at: parameters.papers?.pointer ?? "/matrix")
    let assigned = try model.assign(rows.rows(at: order.rows), context.workers)
    let distances = order.restored(assigned.distances.map { model.quantile($0) })
    let novelty = Matrix((0..<rows.rows).map { [distances[$0], unknown?[$0] ?? 0] })
    let far = distances.count { $0 > Self.farQuantile }
    var warnings = TopicWarnings.weak(assigned.rows)
    if let unknown, let most = unknown.max(), most >= 0.5 {
      let papers = unknown.indices.filter { unknown[$0] >= 0.5 }.map { rowIDs?[$0] ?? "row \($0)" }
      warnings.append(
        Warning(
          "unknown-terms",
          "\(papers.count.counted("paper has", "papers have")) more new words than known ones; the topic rests on few: "
            + papers.listed()))
    }
    if Double(far) > max(1, 0.2 * Double(rows.rows)) {
      warnings.append(
        Warning(
          "novel",
          "\(far) of \(rows.rows) papers lie farther from their topic than 95 % of the fitted ones: they may be of a "
            + "topic that the model does not have"))
    }
    if model.moved > 0 {
      warnings.append(
        Warning(
          "moved", "the model gives \((100 * model.moved).shortText) % of its own papers another topic than the fit"))
    }
    warnings = context.tell(warnings)
    let names = try parameters.names.map { try context.labels($0).classes } ?? model.topics
    context.showSizes(
      assigned.rows, names: assigned.rows.sizes.indices.map { names.indices.contains($0) ? names[$0] : "\($0)" })
    return TopicOutput(
      saved: try save(
        assigned.rows, order, rowIDs, names, parameters.matrix.map { try context.digests($0) } ?? [], context),
      own: Own(
        novelty: try context.save(novelty, "novelty", rowIDs: rowIDs),
        unknownTerms: unknown.map { $0.reduce(0, +) / Double(max(1, $0.count)) }, far: far,
        movedAmongFitted: model.moved), warnings: warnings)
  }

  /// Topics keep the model's numbers, also those that no new paper has.
  private func save(
    _ topics: TopicRows, _ order: CanonicalOrder, _ rowIDs: [String]?, _ names: [String],
    _ madeFrom: [String], _ context: Context
  ) throws -> SavedTopics {
    let saved = try context.save(topics, of: order, rowIDs: rowIDs, madeFrom: madeFrom)
    let sizes = names.indices.map { topic in topics.labels.count { $0 == topic } }
    return SavedTopics(
      labels: try context.save(
        Labels(
          codes: order.restored(topics.labels), classes: names, rowIDs: rowIDs, madeFrom: madeFrom), "labels"),
      confidence: saved.confidence, assignments: saved.assignments, topics: names.count, sizes: sizes,
      weak: saved.weak, rows: saved.rows)
  }

  private func rows(
    _ parameters: Parameters, _ context: Context
  ) throws -> (rows: FeatureMatrix, rowIDs: [String]?, unknown: [Double]?) {
    if let matrix = parameters.matrix {
      if let other = parameters.papers?.pointer ?? parameters.text?.pointer {
        throw MethodError.invalidParameter(
          pointer: other, expected: "either a matrix or papers with a text model", hint: "leave one of both out")
      }
      let (rows, ids) = try context.features(matrix)
      guard let space = parameters.space else { return (rows, ids, nil) }
      return (.dense(try project(rows, space, context)), ids, nil)
    }
    guard let papers = parameters.papers, let text = parameters.text else {
      throw MethodError.invalidParameter(
        pointer: parameters.papers == nil ? "/papers" : "/text", expected: "papers and the model of features.tfidf",
        hint: "or rows in the space of the topics as matrix")
    }
    let set = try context.papers(papers)
    try set.checkIDs(papers)
    let application = try context.textModel(text).apply(set)
    let rows: FeatureMatrix = .sparse(application.matrix)
    guard let space = parameters.space else { return (rows, set.ids, application.unknown) }
    return (.dense(try project(rows, space, context)), set.ids, application.unknown)
  }

  private func project(_ rows: FeatureMatrix, _ space: ModelReference, _ context: Context) throws -> Matrix<Double> {
    let model = try context.latentModel(space)
    guard model.components.columns == rows.columns else {
      throw MethodError.data(
        .shape, pointer: space.pointer,
        message: "a space of \(model.components.columns) columns for rows of \(rows.columns)",
        hint: "give the model of features.lsa that was fitted on this text model's matrix")
    }
    return model.project(rows)
  }
}
