import Linear
import PluginKit
import Statistics

/// Gives the scores, probabilities and classes that a saved probe finds for rows.
public struct ApplyProbe: Method {
  public static let name = "probe.apply"

  public struct Parameters: Decodable, Sendable {
    let probe: ModelReference
    let features: MatrixReference
  }

  public struct Output: Encodable, Sendable {
    let predicted: ArtifactReference?
    let scores: ArtifactReference
    let probabilities: ArtifactReference?
    let n, d: Int
    let classes: [String]
    let predictedCounts: [Int]?
    let fittedRows: Int?
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let saved = try SavedProbe(context, parameters.probe)
    let source = try context.rows(parameters.features)
    let scores = try saved.scores(source, rows: Array(0..<source.rowCount), context)
    let seen = saved.fittedRows(of: source.namedRows)
    let warnings = warnings(seen, source, saved)
    for warning in warnings { context.warn(warning.code, warning.message) }
    let classes = saved.model.classes
    let scoresFile = try context.save(scores, "scores", rowIDs: source.rowIDs)
    guard !classes.isEmpty else {
      return Output(
        predicted: nil, scores: scoresFile, probabilities: nil, n: scores.rows, d: saved.model.d, classes: [],
        predictedCounts: nil, fittedRows: seen?.count, warnings: warnings)
    }
    let logs = LinearProbe.logProbabilities(scores: scores)
    let labels = Labels(
      codes: logs.largestColumns(), classes: classes, rowIDs: source.rowIDs,
      madeFrom: try context.digests(parameters.features))
    return Output(
      predicted: try context.save(labels, "predicted"), scores: scoresFile,
      probabilities: try context.save(logs.exponentials, "probabilities", rowIDs: source.rowIDs), n: scores.rows,
      d: saved.model.d, classes: classes, predictedCounts: labels.classCounts, fittedRows: seen?.count,
      warnings: warnings)
  }

  private func warnings(_ seen: [Int]?, _ source: RowSource, _ saved: SavedProbe) -> [Warning] {
    guard let seen else {
      return [
        Warning(
          "unknown-rows",
          "the rows cannot be matched with the \(saved.model.fittedOn.rows.counted("row")) that the probe was fitted on: "
            + "give both tables row ids")
      ]
    }
    guard !seen.isEmpty else { return [] }
    return [
      Warning(
        "fit-saw-test",
        "the probe was fitted on \(seen.count) of the \(source.rowCount.counted("row")): a score of them says what it "
          + "can memorise")
    ]
  }
}
