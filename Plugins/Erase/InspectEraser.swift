import Linear
import PluginKit
import Statistics

/// What an eraser takes out: its rank, its null space, and how it lies to directions and probes.
public struct InspectEraser: Method {
  public static let name = "erase.inspect"

  public struct Parameters: Decodable, Sendable {
    let eraser: ModelReference
    let probe: ModelReference?
    let directions: MatrixReference?
    let features: MatrixReference?
  }

  struct Angle: Encodable, Sendable {
    /// Between the direction and the null space, in degrees: 0 where it is taken out whole.
    let degrees: Double
    /// The cosine of it.
    let cosine: Double
    /// ‖P·v‖/‖v‖, what the map leaves of the direction.
    let kept: Double
  }

  struct ProbeLoss: Encodable, Sendable {
    /// ‖Pᵀ·w‖/‖w‖ for each row of weights.
    let keptNorm: [Double]
    /// The share of the variance of each score that is lost on the rows of `features`; absent without them.
    let lostVariance: [Double]?
  }

  public struct Output: Encodable, Sendable {
    let method: String
    let form: EraserModel.Form
    let rank: Int
    let d: Int
    let classes: [String]?
    let fittedRows: Int
    let canonicalCorrelations: [Double]?
    let nullSpace: ArtifactReference?
    /// Between null space and the directions that are read, largest first, in degrees: 0 for an orthogonal projection.
    let obliquity: [Double]
    let idempotence: Double?
    let angles: [Angle]?
    let probe: ProbeLoss?
    let warnings: [Warning]
  }

  /// What this reads of a probe's file.
  private struct Probe: Decodable, Sendable { let d: Int }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let saved = try SavedEraser(parameters.eraser, context)
    let places = InputPlaces(features: parameters.eraser.pointer)
    var warnings: [Warning] = []
    let eraser: Eraser?
    switch saved.erasure {
    case .linear(let own): eraser = own
    case .kernel(let own): eraser = own.eraser
    case .oracle, .quadratic: eraser = nil
    }
    if eraser == nil {
      warnings.append(
        Warning("reads-labels", "a map that reads labels has no null space: every direction of x may stay or go"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let output = try places.explain {
      let basis = try eraser.map { try Self.nullSpace($0) }
      let angles = try angles(parameters, eraser, basis, context)
      return Output(
        method: saved.model.method, form: saved.model.form, rank: saved.model.rank, d: saved.model.d,
        classes: saved.model.classes, fittedRows: saved.model.fittedOn.rows,
        canonicalCorrelations: saved.model.canonicalCorrelations,
        nullSpace: try basis.map { try context.save($0, "nullSpace") },
        obliquity: try eraser.map { try Self.obliquity($0) } ?? [],
        idempotence: eraser.map { Self.idempotence($0) }, angles: angles,
        probe: try probe(parameters, eraser, saved, context), warnings: warnings)
    }
    show(output, context)
    return output
  }

  /// An orthonormal basis of what the map sends to 0, r × d.
  static func nullSpace(_ eraser: Eraser) throws -> Matrix<Double> {
    let parts = try SVD(eraser.left.rowsTimes([Double](repeating: 1, count: eraser.columns)))
    let kept = parts.singularValues.prefix { $0 > 1e-12 * (parts.singularValues.first ?? 0) }.count
    return parts.u.columns(0..<kept).transposed()
  }

  /// Principal angles of null space and the span of what is read.
  static func obliquity(_ eraser: Eraser) throws -> [Double] {
    guard eraser.rank > 0 else { return [] }
    let (null, read) = (try nullSpace(eraser), try SVD(eraser.right))
    let kept = read.singularValues.prefix { $0 > 1e-12 * (read.singularValues.first ?? 0) }.count
    let cosines = try SVD(null.timesTransposed(read.vt.rows(0..<kept))).singularValues
    return cosines.reversed().map { Degrees.ofCosine($0) }
  }

  /// ‖right·left − I‖_F/√r: 0 for a projection.
  static func idempotence(_ eraser: Eraser) -> Double {
    guard eraser.rank > 0 else { return 0 }
    let inner = eraser.right.times(eraser.left)
    return inner.adding(.identity(eraser.rank), times: -1).frobeniusNorm / Double(eraser.rank).squareRoot()
  }

  private func angles(
    _ parameters: Parameters, _ eraser: Eraser?, _ basis: Matrix<Double>?, _ context: Context
  ) throws -> [Angle]? {
    guard let reference = parameters.directions, let eraser, let basis else { return nil }
    var directions: Matrix<Double> = try context.matrix(reference)
    // A list of numbers is one direction.
    if directions.columns == 1, directions.rows == eraser.columns { directions = directions.transposed() }
    guard directions.columns == eraser.columns else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "directions of \(directions.columns.counted("number")) for an eraser of \(eraser.columns)",
        hint: "give one direction a row, a number for each column")
    }
    return try (0..<directions.rows).map { row in
      guard let unit = directions.row(row).unit else {
        throw MethodError.data(
          .degenerate, pointer: reference.pointer, message: "direction \(row) is 0", row: row,
          hint: "give directions that are longer than 0")
      }
      let cosine = min(1, basis.times(unit).norm)
      var left = unit
      left.add(eraser.left.times(eraser.right.times(unit)), times: -1)
      return Angle(degrees: Degrees.ofCosine(cosine), cosine: cosine, kept: left.norm)
    }
  }

  private func probe(
    _ parameters: Parameters, _ eraser: Eraser?, _ saved: SavedEraser, _ context: Context
  ) throws -> ProbeLoss? {
    guard let reference = parameters.probe, let eraser else { return nil }
    let (model, arrays) = try context.model(reference, "probe", Probe.self)
    guard model.d == eraser.columns else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "a probe of \(model.d.counted("column")) for an eraser of \(eraser.columns)",
        hint: "give a probe that was fitted on the features that the eraser takes")
    }
    var weights = try arrays.matrix("weights")
    weights.scaleColumns(by: try arrays.vector("scale").map { 1 / $0 })
    // Pᵀ·w = w − rightᵀ·(leftᵀ·w).
    let after = weights.adding(weights.times(eraser.left).times(eraser.right), times: -1)
    let norms = (0..<weights.rows).map { row in
      let length = weights.row(row).norm
      return length > 0 ? after.row(row).norm / length : 0
    }
    return ProbeLoss(keptNorm: norms, lostVariance: try lostVariance(parameters, weights, after, context))
  }

  private func lostVariance(
    _ parameters: Parameters, _ weights: Matrix<Double>, _ after: Matrix<Double>, _ context: Context
  ) throws -> [Double]? {
    guard let reference = parameters.features else { return nil }
    let rows: Matrix<Double> = try context.matrix(reference)
    guard rows.columns == weights.columns else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "\(rows.columns.counted("column")) for a probe of \(weights.columns)",
        hint: "give the features that the probe was fitted on")
    }
    let before = try ColumnScaling(rows.timesTransposed(weights)).deviation
    let left = try ColumnScaling(rows.timesTransposed(after)).deviation
    return zip(before, left).map { $0 > 0 ? 1 - $1 * $1 / ($0 * $0) : 0 }
  }

  private func show(_ output: Output, _ context: Context) {
    var facts: [(String, String)] = [
      ("method", output.method), ("directions taken out", "\(output.rank) of \(output.d)"),
      ("rows that it was fitted on", "\(output.fittedRows)"),
    ]
    if let largest = output.obliquity.first { facts.append(("largest obliquity, degrees", largest.shortText)) }
    for (index, angle) in (output.angles ?? []).enumerated() {
      facts.append(("direction \(index + 1): degrees from the null space", angle.degrees.shortText))
    }
    for (index, kept) in (output.probe?.keptNorm ?? []).enumerated() {
      facts.append(("probe, row \(index + 1): share of its length that stays", kept.shortText))
    }
    context.display(
      "Eraser", .table(.init(columns: ["", ""], rows: facts.map { [.string($0.0), .string($0.1)] })))
  }
}
