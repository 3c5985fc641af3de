import JSON
import Linear
import PluginKit
import Text

/// Papers as weighted term counts.
public struct TFIDFFeatures: Method {
  public static let name = "features.tfidf"

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let model: ArtifactReference
    let rows: Int
    let columns: Int
    let nnz: Int
    let vocabulary: ArtifactReference
    let idf: ArtifactReference
    let dropped: TermCounts.Dropped
    let emptyRows: [String]
    let medianWords: Double
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let options = try parameters.options()
    let papers = try context.papers(parameters.papers)
    try papers.checkIDs(parameters.papers)
    guard papers.count > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.papers.pointer, message: "the paper set is empty",
        hint: "select at least one paper")
    }
    let documents = papers.documents(parameters.field)
    let rows = try parameters.fitRows.resolved(
      context, of: NamedRows(pointer: parameters.papers.pointer, count: papers.count, ids: papers.ids))
    let fit = try TermWeights(documents, fittedOn: rows, options, context)
    try fit.checkTerms()
    let emptyRows = fit.emptyRows.map { papers.papers[$0].id }
    let warnings =
      TextWarnings.about(papers, documents, parameters.field)
      + fit.warnings(emptyRows: emptyRows, stopWords: options.counting)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.displayTerms(fit)
    return Output(
      matrix: try context.save(fit.matrix, "matrix", rowIDs: papers.ids),
      model: try context.save(TextModel(field: parameters.field, weights: fit.model), "model"), rows: fit.matrix.rows,
      columns: fit.matrix.columns, nnz: fit.matrix.nonZeros,
      vocabulary: try context.save(JSON(Array(fit.model.vocabulary)), "vocabulary"),
      idf: try context.save(vector: fit.model.idf, "idf"), dropped: fit.dropped, emptyRows: emptyRows,
      medianWords: fit.medianWords, fittedOn: try context.fittedOn(rows, of: papers.count, rowIDs: papers.ids),
      warnings: warnings)
  }
}
