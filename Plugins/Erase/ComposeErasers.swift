import Charts
import Linear
import PluginKit
import Statistics

/// One eraser for several concepts: fitted jointly, or a chain of fitted ones.
public struct ComposeErasers: Method {
  public static let name = "erase.compose"

  enum Joint: String, Codable, Sendable { case leace, orth }

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let concepts: [LabelReference]
    let erasers: [ModelReference]?
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let by: Joint
    let rtol: Double?
  }

  /// What the erased fitted rows keep of one concept.
  struct Concept: Encodable, Sendable {
    let before, after: Double
    let rank: Int
    let classes: [String]?
  }

  public struct Output: Encodable, Sendable {
    let eraser: ArtifactReference
    let rank: Int
    let joint: Bool
    let concepts: [Concept]
    let meanSquaredChange, meanSquaredChangeRelative: Double
    let n, d: Int
    let fittedOn: FittedOn
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let tasks = try parameters.concepts.map { labels in
      try ErasureTask(
        context,
        ConceptInput(
          context, features: parameters.features, labels: labels, kind: parameters.zKind, train: parameters.train,
          split: parameters.split), rtol: parameters.rtol)
    }
    guard let first = tasks.first else {
      throw MethodError.invalidParameter(pointer: "/concepts", expected: "at least one concept")
    }
    let joint = try Self.moments(tasks, context)
    let eraser = try first.input.places.explain { try self.eraser(parameters, first, joint, context) }
    let concepts = try tasks.map { try concept($0, eraser, context) }
    var warnings = ErasureWarnings.aboutRows(first.reference, first.input)
    let left = concepts.indices.filter { concepts[$0].after > 0.01 }
    if !left.isEmpty {
      warnings.append(
        ErasureWarnings.noGuarantee(
          "the fitted rows keep a canonical correlation with "
            + left.map { "concept \($0 + 1) of \(concepts[$0].after.shortText)" }.listed()))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(picture(concepts, first.input.rows.count))
    let fittedOn = try context.fittedOn(first.input.rows, of: first.input.table.count, rowIDs: first.input.table.ids)
    let model = EraserModel(
      method: Self.name, form: .linear, zKind: parameters.zKind, classes: nil, d: eraser.columns, rank: eraser.rank,
      rtol: parameters.rtol,
      fittedOn: EraserModel.Fit(rows: fittedOn.rows, of: fittedOn.of, digest: fittedOn.digest))
    let change = eraser.change(of: first.moments)
    return Output(
      eraser: try context.save(
        model: model, EraserModel.kind, "eraser",
        arrays: Erasure.linear(eraser).arrays(fittedIDs: first.input.fittedIDs)),
      rank: eraser.rank, joint: parameters.erasers == nil, concepts: concepts, meanSquaredChange: change.0,
      meanSquaredChangeRelative: change.1, n: first.input.rows.count, d: eraser.columns, fittedOn: fittedOn,
      warnings: warnings)
  }

  private func eraser(
    _ parameters: Parameters, _ first: ErasureTask, _ joint: Moments, _ context: Context
  ) throws -> Eraser {
    if let erasers = parameters.erasers {
      var chain: Eraser?
      for reference in erasers {
        let saved = try SavedEraser(reference, context)
        guard case .linear(let next) = saved.erasure else {
          throw MethodError.invalidParameter(
            pointer: reference.pointer, expected: "a linear eraser, found one of \(saved.model.method)",
            hint: "erasers that read labels or give features of a kernel do not compose: apply them one after the other"
          )
        }
        guard next.columns == first.input.features.columnCount else {
          throw MethodError.data(
            .shape, pointer: reference.pointer,
            message: "an eraser of \(next.columns.counted("column")) for \(first.input.features.columnCount)",
            hint: "give erasers of these features")
        }
        chain = try chain?.followed(by: next) ?? next
      }
      return try chain ?? .identity(columns: first.input.features.columnCount)
    }
    switch parameters.by {
    case .leace:
      var settings = first.reference.settings
      if let rtol = parameters.rtol { settings.tolerance = rtol }
      return try settings.fit(joint).eraser
    case .orth:
      return try OrthogonalErasure().fit(CrossMoments(joint), coding: .numeric(joint.meanZ.count)).eraser
    }
  }

  /// What is left of one concept on the fitted rows that are erased, measured on the rows themselves.
  private func concept(
    _ task: ErasureTask, _ eraser: Eraser, _ context: Context
  ) throws -> Concept {
    let rows: Matrix<Double> = try task.input.fittedRows(context)
    let after = try task.input.places.explain {
      try Certificate(
        before: rows, after: eraser.erased(rows, workers: context.workers),
        concept: task.input.columns(task.input.rows),
        single: task.input.features.isSinglePrecision, workers: context.workers
      ).after
    }
    return Concept(
      before: task.reference.canonicalCorrelations.first ?? 0, after: after, rank: task.reference.rank,
      classes: task.input.classes)
  }

  /// The moments of the fitted rows beside the columns of all concepts.
  private static func moments(_ tasks: [ErasureTask], _ context: Context) throws -> Moments {
    guard tasks.count > 1, let first = tasks.first else { return tasks.first?.moments ?? Moments(d: 0) }
    for task in tasks.dropFirst() where task.input.rows != first.input.rows {
      throw MethodError.data(
        .shape, pointer: task.input.labelsPointer, message: "the concepts are of different rows",
        hint: "give a label of each concept to every fitted row")
    }
    let features = first.input.features
    let inputs = tasks.map(\.input)
    let rows = first.input.rows
    let k = inputs.reduce(0) { $0 + $1.coding.columns }
    let sum = try context.workers.sum(over: rows.count) { range in
      let part = Array(rows[range])
      let x = try features.gather(part, as: Double.self)
      let columns = try inputs.map { try $0.columns(part).transposed() }
      return Moments(block: x, Matrix.stack(columns).transposed())
    } merge: {
      $0.merge($1)
    }
    return sum ?? Moments(d: features.columnCount, k: k)
  }

  private func picture(_ concepts: [Concept], _ count: Int) -> BarChart {
    let bars = concepts.enumerated().flatMap { index, concept in
      [
        BarChart.Bar("concept \(index + 1)", concept.before, series: "before"),
        BarChart.Bar("concept \(index + 1)", concept.after, series: "after"),
      ]
    }
    return BarChart(
      title: "Largest canonical correlation with each concept", axis: Axis("correlation", domain: 0...1), bars: bars,
      count: count, note: "on the fitted rows")
  }
}
