import Linear
import PluginKit
import Statistics

/// Takes out one direction of a concept of two classes (Tigges, Hollinsworth, Geiger & Nanda 2023).
public struct DirectionAblation: Method {
  public static let name = "erase.direction"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let by: DirectionFit
    let direction: MatrixReference?
    let flipped: MatrixReference?
  }

  public struct More: Encodable, Sendable {
    let direction: ArtifactReference
    let meanProjection: Double
    let guarded: Bool
    let patched: ArtifactReference?
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let task = try ErasureTask(
      context,
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: .classes, train: parameters.train,
        split: parameters.split))
    let unit = try direction(parameters, task, context)
    let (column, row) = (
      Matrix(rows: unit.count, columns: 1, elements: unit), Matrix(rows: 1, columns: unit.count, elements: unit)
    )
    let eraser = try task.input.places.explain { try Eraser(left: column, right: row, mean: task.moments.meanX) }
    let isGuarded = parameters.direction == nil && parameters.by.isGuarded
    var warnings = ErasureWarnings.aboutRows(task.reference, task.input)
    if !isGuarded {
      let what = parameters.direction == nil ? "a direction by \(parameters.by.rawValue)" : "a direction given by hand"
      warnings.append(ErasureWarnings.noGuarantee("\(what) need not be that of the class means"))
    }
    let fitted = try task.result(
      .linear(eraser), task.fields(Self.name, .linear(eraser), .classes), singularValues: [], warnings: warnings,
      context)
    return Extended(
      fitted: fitted,
      more: More(
        direction: try context.save(vector: unit, "direction"), meanProjection: unit.dot(task.moments.meanX),
        guarded: isGuarded, patched: try patched(parameters, task, unit, context)))
  }

  private func direction(_ parameters: Parameters, _ task: ErasureTask, _ context: Context) throws -> [Double] {
    if let given = parameters.direction {
      let numbers: Matrix<Double> = try context.matrix(given)
      guard numbers.count == task.input.features.columnCount, let unit = numbers.elements.unit else {
        throw MethodError.data(
          .shape, pointer: given.pointer,
          message: "\(numbers.count.counted("number")) for \(task.input.features.columnCount.counted("column"))",
          hint: "give one number for each column, not all of them 0")
      }
      return unit
    }
    let classes = try task.input.fittedClasses(Self.name)
    guard task.input.classes?.count == 2 else {
      throw MethodError.data(
        .degenerate, pointer: "/labels",
        message: "one direction is between two classes, and the fitted rows have \(task.input.classes?.count ?? 0)",
        hint: "use erase.leace, which takes out as many directions as the concept has")
    }
    return try task.input.places.explain {
      try parameters.by.direction(
        moments: task.moments, labels: classes, rows: { try task.input.fittedRows(context) }, seed: context.seed,
        workers: context.workers)
    }
  }

  /// The rows of the table with what they have along the direction taken from other rows.
  private func patched(
    _ parameters: Parameters, _ task: ErasureTask, _ unit: [Double], _ context: Context
  ) throws -> ArtifactReference? {
    guard let flipped = parameters.flipped else { return nil }
    let rows: Matrix<Double> = try context.matrix(parameters.features)
    let others: Matrix<Double> = try context.matrix(flipped)
    return try context.save(
      InputPlaces(features: flipped.pointer).explain { try DirectionFit.patched(rows, from: others, along: unit) },
      "patched", rowIDs: task.input.features.rowIDs)
  }
}
