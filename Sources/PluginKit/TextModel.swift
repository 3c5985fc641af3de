import Linear
import Text

/// Terms and their weights as they were fitted, so that new papers get the same columns.
public struct TextModel: Codable, Sendable {
  static let kind = "features.tfidf"

  /// Which text of a paper is read.
  public let field: PaperField
  public let weights: TFIDF

  public init(field: PaperField, weights: TFIDF) {
    self.field = field
    self.weights = weights
  }

  /// Weights of new papers, papers × terms, and the share of each one's terms that the model does not know.
  public func apply(_ papers: PaperSet) -> TFIDF.Application { weights.apply(papers.documents(field)) }
}

/// A space of components, so that new rows can be put beside the fitted ones.
public struct LatentModel: Sendable {
  static let kind = "features.lsa"

  /// rank × columns, orthonormal rows.
  public let components: Matrix<Double>
  /// What is taken off each column first.
  public let mean: [Double]?
  /// Whether each row of the result is divided by its length.
  public let unitRows: Bool

  public init(components: Matrix<Double>, mean: [Double]?, unitRows: Bool) {
    self.components = components
    self.mean = mean
    self.unitRows = unitRows
  }

  /// Rows in the space: (x − mean)·V, rows × rank.
  public func project(_ rows: FeatureMatrix) -> Matrix<Double> {
    var scores =
      switch rows {
      case .dense(let matrix): matrix.timesTransposed(components)
      case .sparse(let matrix): matrix.times(components.transposed())
      }
    let shift = mean.map { components.times($0) }
    for row in 0..<scores.rows {
      scores.withMutableRow(row) { row in
        if let shift {
          for column in row.indices { row[column] -= shift[column] }
        }
        guard unitRows else { return }
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 1e-12 {
          for column in row.indices { row[column] /= length }
        }
      }
    }
    return scores
  }

  fileprivate struct Fields: Codable {
    var unitRows: Bool
  }
}

extension Context {
  public func save(_ model: TextModel, _ name: String) throws -> ArtifactReference {
    try save(model: model, TextModel.kind, name, arrays: Arrays(vectors: ["idf": model.weights.idf]))
  }

  public func save(_ model: LatentModel, _ name: String) throws -> ArtifactReference {
    try save(
      model: LatentModel.Fields(unitRows: model.unitRows), LatentModel.kind, name,
      arrays: Arrays(["components": model.components], vectors: model.mean.map { ["mean": $0] } ?? [:]))
  }

  /// The model that features.tfidf saved.
  public func textModel(_ reference: ModelReference) throws -> TextModel {
    try model(reference, TextModel.kind, TextModel.self).model
  }

  /// The model that features.lsa saved.
  public func latentModel(_ reference: ModelReference) throws -> LatentModel {
    let (fields, arrays) = try model(reference, LatentModel.kind, LatentModel.Fields.self)
    return LatentModel(
      components: try arrays.matrix("components"), mean: arrays.has("mean") ? try arrays.vector("mean") : nil,
      unitRows: fields.unitRows)
  }
}
