import Charts
import Linear
import PluginKit
import Statistics

/// A classifier with fixed weights, the corners of a regular simplex, some of them kept for classes to come (Biondi,
/// Pernici, Bruni & Del Bimbo 2023).
public struct SimplexClassifier: Method {
  public static let name = "geometry.simplex_classifier"

  public struct Parameters: Decodable, Sendable {
    let dimension: Int?
    let features: MatrixReference?
    let labels: LabelReference?
    let head: Bool
    let lambda: Double
  }

  public struct Output: Encodable, Sendable {
    let prototypes: ArtifactReference
    let classes: Int
    let reserved: Int?
    let offdiagonalCosine: Double?
    let logits: ArtifactReference?
    let predictions: [Int]?
    let accuracy: Double?
    let majority: Double?
    let head: ArtifactReference?
    let warnings: [Warning]
  }

  private static let mostDimensions = 4096

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try parameters.features.map { try context.rows($0) }
    guard let dimension = parameters.dimension ?? source?.columnCount else {
      throw MethodError.invalidParameter(pointer: "/dimension", expected: "a dimension where there are no features")
    }
    guard (1...Self.mostDimensions).contains(dimension) else {
      throw MethodError.invalidParameter(
        pointer: "/dimension", expected: "1 to \(Self.mostDimensions), found \(dimension)")
    }
    try context.reserve(3 * dimension * (dimension + 1) * 8, for: "the prototypes")
    let prototypes = RegularSimplex.corners(dimension: dimension)
    let labels = try parameters.labels.map { try context.labels($0) }
    if let source, let labels, let reference = parameters.labels {
      try context.checkSameRows(source.namedRows, labels.namedRows(reference))
      guard labels.classes.count <= prototypes.rows else {
        throw MethodError.data(
          .shape, pointer: reference.pointer,
          message: "\(labels.classes.count) classes for \(prototypes.rows) corners",
          hint: "a simplex of d dimensions has d + 1 corners: raise dimension")
      }
    }
    var rows: Matrix<Double>? = try parameters.features.map { try context.matrix($0) }
    var head: Matrix<Double>?
    if parameters.head {
      (rows, head) = try headed(rows, labels, prototypes, parameters, context)
    } else if let rows, rows.columns != dimension {
      throw MethodError.data(
        .shape, pointer: "/features", message: "\(rows.columns) columns for corners of \(dimension) dimensions",
        hint: "set head to fit a linear map to the corners, or leave dimension out")
    }
    let logits = rows.map { $0.timesTransposed(prototypes) }
    let predictions = logits?.largestColumns()
    let known = labels.map { labels in labels.codes.indices.filter { labels.codes[$0] >= 0 } }
    let accuracy = accuracy(predictions, labels, known)
    var warnings: [Warning] = []
    if parameters.head {
      warnings.append(
        Warning(
          "in-sample", "the head is scored on the rows that it was fitted to; score new rows to know what it is worth"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let cosines = HeatMap(
      title: "Cosines between the corners", rowNames: (0..<prototypes.rows).map { "class \($0)" },
      columnNames: (0..<prototypes.rows).map { "class \($0)" },
      values: (0..<min(prototypes.rows, HeatMap.sizeLimit)).map { i in
        (0..<min(prototypes.rows, HeatMap.sizeLimit)).map { prototypes.row(i).dot(prototypes.row($0)) }
      }, full: 1)
    context.display(cosines)
    return Output(
      prototypes: try context.save(prototypes, "prototypes"), classes: prototypes.rows,
      reserved: labels.map { prototypes.rows - $0.classes.count }, offdiagonalCosine: -1 / Double(dimension),
      logits: try logits.map { try context.save($0, "logits", rowIDs: source?.rowIDs) }, predictions: predictions,
      accuracy: accuracy?.accuracy, majority: accuracy?.majority, head: try head.map { try context.save($0, "head") },
      warnings: warnings)
  }

  private func accuracy(
    _ predictions: [Int]?, _ labels: Labels?, _ known: [Int]?
  ) -> (accuracy: Double, majority: Double)? {
    guard let predictions, let labels, let known, !known.isEmpty else { return nil }
    let right = known.count { predictions[$0] == labels.codes[$0] }
    return (Double(right) / Double(known.count), Double(labels.classCounts.max() ?? 0) / Double(known.count))
  }

  /// A ridge regression of each row's own corner on its features, with an intercept in the last row of the head.
  private func headed(
    _ rows: Matrix<Double>?, _ labels: Labels?, _ prototypes: Matrix<Double>, _ parameters: Parameters,
    _ context: Context
  ) throws -> (Matrix<Double>, Matrix<Double>) {
    guard let rows, let labels, let reference = parameters.labels else {
      throw MethodError.invalidParameter(pointer: "/head", expected: "features and labels to fit a head to")
    }
    if let row = labels.codes.firstIndex(of: -1) {
      throw MethodError.invalidParameter(
        pointer: reference.pointer, expected: "a class for each row, none for row \(row)")
    }
    let fit = try InputPlaces(features: "/features").explain {
      try RidgeRegression(lambdas: [parameters.lambda], standardize: false).fit(
        rows, targets: prototypes.rows(at: labels.codes), workers: context.workers)
    }
    let moved = try InputPlaces(features: "/features").explain { try fit.probe.scores(rows) }
    let bias = Matrix(rows: 1, columns: prototypes.columns, elements: fit.probe.rawBias)
    return (moved, Matrix.stack([fit.probe.rawWeights.transposed(), bias]))
  }
}

/// The corners of a regular simplex about the origin.
enum RegularSimplex {
  /// (d + 1) × d, rows of length 1 with the cosine −1/d between any two.
  static func corners(dimension d: Int) -> Matrix<Double> {
    let last = (1 - Double(1 + d).squareRoot()) / Double(d)
    var result = Matrix<Double>.stack([.identity(d), Matrix(rows: 1, columns: d, repeating: last)])
    result.addToRows(columnMeans(result).map { -$0 })
    result.normaliseRows()
    return result
  }
}
