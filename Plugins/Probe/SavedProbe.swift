import Linear
import PluginKit
import Statistics

/// A probe that was read back, which knows the rows that it was fitted on.
struct SavedProbe: Sendable {
  let model: ProbeModel
  let probe: LinearProbe
  let pointer: String
  private let keys: RowKeys?
  private let numbers: [Int]?

  /// - Throws: `MethodError` for another kind of file, or arrays that do not fit together.
  init(_ context: Context, _ reference: ModelReference) throws {
    let (model, arrays) = try context.model(reference, ProbeModel.kind, ProbeModel.self)
    let found: LinearProbe
    do {
      found = try LinearProbe(
        weights: arrays.matrix("weights"), bias: arrays.vector("bias"), mean: arrays.vector("mean"),
        scale: arrays.vector("scale"), isClassifier: !model.classes.isEmpty)
    } catch let error as StatisticsError {
      throw MethodError.data(.format, pointer: reference.pointer, message: "the probe is damaged: \(error)")
    }
    guard model.classes.isEmpty || model.classes.count == found.classes, model.d == found.columns else {
      throw MethodError.data(
        .format, pointer: reference.pointer,
        message: "the probe names \(model.classes.count) classes and \(model.d) columns, its weights are of "
          + "\(found.classes) and \(found.columns)")
    }
    self.model = model
    probe = found
    pointer = reference.pointer
    keys = arrays.has("fittedRows") ? RowKeys(stored: try arrays.integers("fittedRows")) : nil
    numbers = arrays.has("fittedNumbers") ? try arrays.integers("fittedNumbers") : nil
  }

  /// Whether the fitted rows are known by their ids.
  var hasKeys: Bool { keys != nil }

  /// The rows of a table that the probe was fitted on; nil when that cannot be told. Rows without ids are taken for the
  /// same when there are as many in the table as there were.
  func fittedRows(of rows: NamedRows) -> [Int]? {
    if let ids = rows.ids { return keys?.known(among: ids) }
    guard keys == nil, rows.count == model.fittedOn.of else { return nil }
    return numbers
  }

  /// - Throws: `MethodError` when the matrix has another number of columns.
  func checkColumns(of source: RowSource) throws {
    guard source.columnCount == model.d else {
      throw MethodError.data(
        .shape, pointer: source.pointer,
        message: "\(source.columnCount) columns, and the probe was fitted on \(model.d)",
        hint: "give features made the same way as those that the probe was fitted on")
    }
  }

  /// The scores of some rows, read block by block, n × R.
  func scores(_ source: RowSource, rows: [Int], _ context: Context) throws -> Matrix<Double> {
    try checkColumns(of: source)
    try context.reserve(rows.count * probe.weights.rows * MemoryLayout<Double>.stride, for: "the scores")
    var result = Matrix<Double>.zeros(rows.count, probe.weights.rows)
    let probe = probe
    try InputPlaces(features: source.pointer).explain {
      try context.workers.fill(&result) { range, target in
        let block =
          source.isSinglePrecision
          ? try probe.scores(source.gather(Array(rows[range]), as: Float.self))
          : try probe.scores(source.gather(Array(rows[range]), as: Double.self))
        block.withUnsafeBuffer { _ = target.update(fromContentsOf: $0) }
      }
    }
    return result
  }
}
